from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client
from kept.jobs.models import Job
from kept.people.models import Member
from kept.tenancy.models import Scoped


class Placement(models.TextChoices):
    """How a promise's work stands among all other work."""

    BY_DATE = "by_date", _("by date")
    YIELDS = "yields", _("yields")


class Promise(Scoped):
    """What a client was given a yes to. Its dates are its terms."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        DELIVERED = "delivered", _("delivered")
        SETTLED = "settled", _("settled")
        RELEASED = "released", _("released")
        REVOKED = "revoked", _("revoked")
        VOIDED = "voided", _("voided")

    class Origin(models.TextChoices):
        QUOTE = "quote", _("an accepted offer")
        LOOSE = "loose", _("recorded in one line")
        IMPORTED = "imported", _("imported")

    OPEN = (State.PENDING, State.ACTIVE, State.PAUSED)

    job = models.OneToOneField(Job, models.PROTECT, related_name="promise")
    client = models.ForeignKey(Client, models.PROTECT, related_name="promises")
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    origin = models.CharField(max_length=8, choices=Origin)
    placement = models.CharField(max_length=7, choices=Placement, default=Placement.BY_DATE)
    pinned = models.PositiveSmallIntegerField(null=True, blank=True)
    last_mile_owner = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="last_miles"
    )
    due_at = models.DateTimeField()
    internal_due_at = models.DateTimeField()
    day_only = models.BooleanField(default=True)
    zone = models.CharField(max_length=60)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    gate = models.CharField(
        max_length=12, default="not_asked", choices={"not_asked": _("owners were not asked")}
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)

    personal = ("void_reason",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "state", "due_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(state="settled") & Q(settled_at__isnull=False))
                | (~Q(state="settled") & Q(settled_at__isnull=True)),
                name="a_settled_promise_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="voided") | ~Q(void_reason=""),
                name="a_voided_promise_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"promise {self.pk}"


class Terms(Scoped):
    """What was promised. Number 1 are the first terms and never change; the highest, the last."""

    frozen: ClassVar[Mapping[str, int]] = {"number": 1}

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="terms")
    number = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    chance_when_given = models.FloatField(null=True, blank=True)
    lead_at_even_chances_hours = models.FloatField(null=True, blank=True)
    agreed_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promise", "number"], name="terms_are_numbered"),
            models.CheckConstraint(condition=Q(number__gte=1), name="terms_start_at_one"),
            models.CheckConstraint(
                condition=Q(chance_when_given__isnull=True)
                | Q(chance_when_given__gt=0, chance_when_given__lt=1),
                name="terms_chance_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"terms {self.number} of {self.promise_id}"
