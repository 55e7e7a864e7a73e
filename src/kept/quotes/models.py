from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client
from kept.jobs.models import Job
from kept.people.models import Member
from kept.plan.models import Hold, Snapshot
from kept.promises.models import Placement, Promise
from kept.tenancy.models import Scoped


class Answer(Scoped):
    """What kept said to an ask for a date. It reserves nothing."""

    class Colour(models.TextChoices):
        ENOUGH = "enough", _("enough")
        TIGHT = "tight", _("tight")
        SHORT = "short", _("short")

    job = models.ForeignKey(Job, models.PROTECT, related_name="answers")
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="answers"
    )
    wanted_at = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=60)
    confidence = models.FloatField()
    line = models.FloatField()
    chance_wanted = models.FloatField(null=True, blank=True)
    advised = models.CharField(max_length=8, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="answers")
    plan_fingerprint = models.CharField(max_length=64)
    ask = models.JSONField()
    story = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    futures = models.PositiveIntegerField()
    engine_version = models.CharField(max_length=20)
    profile_version = models.CharField(max_length=64)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(confidence__gt=0, confidence__lt=1) & Q(line__gt=0, line__lt=1),
                name="answer_confidence_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class AnswerDate(Scoped):
    """One date of an answer, the chance to keep it, and how the work would be placed."""

    class Why(models.TextChoices):
        LEVEL = "level", _("the first day at least this likely")
        WANTED = "wanted", _("the day that was wanted")
        WITHOUT = "without", _("without disturbing anyone")
        IN_PLACE = "in_place", _("in its place by date")

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="dates")
    why = models.CharField(max_length=8, choices=Why)
    level = models.FloatField(null=True, blank=True)
    due_at = models.DateTimeField()
    placement = models.CharField(max_length=7, choices=Placement)
    chance = models.FloatField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["answer_id", "due_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(chance__gt=0, chance__lt=1), name="answer_chance_is_a_probability"
            )
        ]

    def __str__(self) -> str:
        return f"{self.due_at} at {self.chance:.2f}"


class AnswerEffect(Scoped):
    """Who pays: what a yes to one date does to a promise or hold already given."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="effects")
    why = models.CharField(max_length=8, choices=AnswerDate.Why)
    job = models.ForeignKey(Job, models.PROTECT, related_name="+")
    chance_before = models.FloatField()
    chance_after = models.FloatField()
    below_line = models.BooleanField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["answer_id", "chance_after", "pk"]

    def __str__(self) -> str:
        return f"{self.chance_before:.2f} → {self.chance_after:.2f}"


class AnswerLimit(Scoped):
    """What limits the 90 % date: lifted alone, it would come so many working days earlier."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="limits")
    kind = models.CharField(max_length=16)
    about = models.JSONField(default=dict)
    days = models.FloatField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["answer_id", "-days", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.days:+.1f}"


class Quote(Scoped):
    """A date offered to a client, with the capacity it needs held until it expires."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        HELD = "held", _("held")
        OFFERED = "offered", _("offered")
        COUNTERED = "countered", _("countered")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("lapsed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    LIVE = (State.HELD, State.OFFERED, State.COUNTERED)

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="quotes")
    job = models.OneToOneField(Job, models.PROTECT, related_name="quote")
    client = models.ForeignKey(Client, models.PROTECT, related_name="quotes")
    hold = models.OneToOneField(Hold, models.PROTECT, related_name="quote")
    promise = models.OneToOneField(
        Promise, models.PROTECT, null=True, blank=True, related_name="quote"
    )
    state = models.CharField(max_length=9, choices=State, default=State.HELD)
    due_at = models.DateTimeField()
    internal_due_at = models.DateTimeField()
    day_only = models.BooleanField(default=True)
    zone = models.CharField(max_length=60)
    placement = models.CharField(max_length=7, choices=Placement)
    chance_when_given = models.FloatField()
    even_chances_at = models.DateTimeField(null=True, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    word = models.TextField(blank=True)
    risk_signed_by = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+"
    )
    risk_reason = models.CharField(max_length=300, blank=True)

    personal = ("word", "risk_reason")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(chance_when_given__gt=0, chance_when_given__lt=1),
                name="quote_chance_is_a_probability",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("held_at")), name="a_quote_expires_after_it_is_held"
            ),
            models.CheckConstraint(
                condition=(Q(state="accepted") & Q(promise__isnull=False))
                | (~Q(state="accepted") & Q(promise__isnull=True)),
                name="an_accepted_quote_is_a_promise",
            ),
        ]

    def __str__(self) -> str:
        return f"quote {self.pk}"
