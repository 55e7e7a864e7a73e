"""A promise and what was promised: its first terms, which never change, to its last."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Contact
from kept.jobs.models import Condition, Job
from kept.people.models import Member
from kept.tenancy.models import Scoped


class Placement(models.TextChoices):
    """How a promise's work stands among all other work."""

    BY_DATE = "by_date", _("by date")
    YIELDS = "yields", _("yields")


class ToldHow(models.TextChoices):
    """How the client was told something."""

    LINK = "link", _("by mail with a link")
    SAID = "said", _("by word of mouth")


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

    #: Work is left to do.
    OPEN = (State.PENDING, State.ACTIVE, State.PAUSED)
    #: The client has not said their last word.
    LIVE = (*OPEN, State.DELIVERED)

    class Gate(models.TextChoices):
        """Whether everybody who owns a part said yes before the client was offered a date."""

        NOT_ASKED = "not_asked", _("owners were not asked")
        OPEN = "open", _("gaps are left")
        SIGNED = "signed", _("a lead signed the gaps as a risk")
        COMPLETE = "complete", _("every owner said yes")
        SILENT = "silent", _("giver and owner are one person")

    class Again(models.TextChoices):
        """Would we promise it again?"""

        YES = "yes", _("yes")
        OTHERWISE = "otherwise", _("yes, but otherwise")
        NO = "no", _("no")

    job = models.OneToOneField(Job, models.PROTECT, related_name="promise")
    client = models.ForeignKey(Client, models.PROTECT, related_name="promises")
    #: Who at the client reads it by link, and whose word counts.
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="promises"
    )
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
    gate = models.CharField(max_length=12, choices=Gate, default=Gate.NOT_ASKED)
    #: When it ended without being settled: released, revoked or voided.
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The word that ended it: the client's letting off, or why we cannot.
    ended_word = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)
    again = models.CharField(max_length=9, choices=Again, blank=True)
    again_word = models.CharField(max_length=300, blank=True)

    personal = ("void_reason", "ended_word", "again_word")
    shown = ("state", "due_at", "day_only", "zone", "given_at", "ended_at", "settled_at")

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

    class Kind(models.TextChoices):
        FIRST = "first", _("first terms")
        IMPORTED = "imported", _("as imported")
        RENEGOTIATED = "renegotiated", _("moved in time, and agreed")
        CLIENT_ASKED = "client_asked", _("a change the client asked for")

    frozen: ClassVar[Mapping[str, int]] = {"number": 1}

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="terms")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FIRST)
    due_at = models.DateTimeField()
    standard = models.CharField(max_length=300, blank=True)
    #: The proposal whose acceptance made these terms; null for the first.
    proposal = models.OneToOneField(
        "Proposal", models.PROTECT, null=True, blank=True, related_name="made_terms"
    )
    chance_when_given = models.FloatField(null=True, blank=True)
    lead_at_even_chances_hours = models.FloatField(null=True, blank=True)
    agreed_at = models.DateTimeField()
    agreed_by_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )

    personal = ("standard",)
    shown = ("number", "kind", "due_at", "agreed_at")

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


class TermsLine(Scoped):
    """One testable line of terms, as it read when they were agreed."""

    terms = models.ForeignKey(Terms, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    condition = models.ForeignKey(
        Condition, models.PROTECT, null=True, blank=True, related_name="+"
    )
    text = models.CharField(max_length=300)
    required = models.BooleanField(default=True)

    # Never changed by a verb, but not frozen: a name in it can be erased.
    personal = ("text",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["terms_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["terms", "position"], name="terms_lines_are_in_order")
        ]

    def __str__(self) -> str:
        return self.text
