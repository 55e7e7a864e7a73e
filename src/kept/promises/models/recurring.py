"""A promise that recurs, and each time it falls due."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Contact, Service
from kept.people.models import Member
from kept.tenancy.models import Scoped


class StandingPromise(Scoped):
    """A promise that recurs, such as "every Monday by 10:00", in the client's own zone."""

    class Gap(models.TextChoices):
        """What to do on the night the clocks go forward over its time."""

        REFUSE = "refuse", _("say it when it is made")
        AFTER = "after", _("as soon as the clocks have changed")
        BEFORE = "before", _("just before the clocks change")

    client = models.ForeignKey(Client, models.PROTECT, related_name="standing_promises")
    #: Who at the client reads it by link; without one nobody outside does.
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="standing_promises"
    )
    what = models.CharField(max_length=200)
    owner = models.ForeignKey(Member, models.PROTECT, related_name="standing_promises")
    #: RFC 5545, without its start: "FREQ=WEEKLY;BYDAY=MO".
    rule = models.CharField(max_length=300)
    starts_on = models.DateField()
    due_time = models.TimeField()
    zone = models.CharField(max_length=60)
    in_a_gap = models.CharField(max_length=6, choices=Gap, default=Gap.REFUSE)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    #: From then on nothing more is owed.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_word = models.CharField(max_length=300, blank=True)

    personal = ("what", "ended_word")
    shown = ("rule", "starts_on", "due_time", "zone", "in_a_gap", "made_at", "ended_at")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["client_id", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(what="") & ~Q(rule=""), name="a_standing_promise_says_what_and_when"
            ),
        ]

    def __str__(self) -> str:
        return self.what


class Occurrence(Scoped):
    """One instance of a standing promise. Its outcome is derived, like a promise's own."""

    standing = models.ForeignKey(StandingPromise, models.CASCADE, related_name="occurrences")
    due_on = models.DateField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    short = models.BooleanField(default=False)
    sub_standard = models.BooleanField(default=False)
    #: The client let us off this one.
    released_at = models.DateTimeField(null=True, blank=True)
    word = models.CharField(max_length=300, blank=True)
    said_at = models.DateTimeField(null=True, blank=True)
    said_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")

    personal = ("word",)
    shown = (
        "standing_id", "due_on", "due_at", "done_at", "short", "sub_standard", "released_at",
    )  # fmt: skip

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["standing", "due_on"], name="an_occurrence_falls_on_a_day_once"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(released_at__isnull=True),
                name="an_occurrence_is_done_or_let_off",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=False) | Q(short=False, sub_standard=False),
                name="only_what_was_done_is_short",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, released_at__isnull=True)
                | Q(said_at__isnull=False),
                name="an_outcome_says_when_it_was_said",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standing_id} due {self.due_at}"
