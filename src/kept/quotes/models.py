from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Contact
from kept.jobs.models import Condition, Job
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
    #: Who at the client answers it by link.
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="quotes"
    )
    last_mile_owner = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+"
    )
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
    #: Who told the client, and hears what they answer by link.
    offered_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )
    word = models.TextField(blank=True)
    gate = models.CharField(max_length=12, choices=Promise.Gate, default=Promise.Gate.NOT_ASKED)
    gap_signed_by = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+"
    )
    gap_reason = models.CharField(max_length=300, blank=True)
    risk_signed_by = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+"
    )
    risk_reason = models.CharField(max_length=300, blank=True)

    personal = ("word", "risk_reason", "gap_reason")
    shown = ("state", "due_at", "day_only", "zone", "expires_at", "offered_at", "answered_at")

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
            models.CheckConstraint(
                condition=~Q(gate="signed") | ~Q(gap_reason=""),
                name="a_signed_gap_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"quote {self.pk}"


class QuoteOption(Scoped):
    """Something else that the client may choose of an offer, instead of the date that is held."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    chance = models.FloatField()
    placement = models.CharField(max_length=7, choices=Placement)
    even_chances_at = models.DateTimeField(null=True, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    words = models.CharField(max_length=300, blank=True)

    personal = ("words",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["quote_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quote", "position"], name="choices_are_in_order"),
            models.CheckConstraint(
                condition=Q(chance__gt=0, chance__lt=1), name="choice_chance_is_a_probability"
            ),
        ]

    def __str__(self) -> str:
        return f"choice {self.position} of {self.quote_id}"


class LeftOutLine(Scoped):
    """A line of the job that a choice would not promise."""

    option = models.ForeignKey(QuoteOption, models.CASCADE, related_name="left_out")
    condition = models.ForeignKey(Condition, models.PROTECT, related_name="+")

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["option", "condition"], name="a_choice_omits_it_once")
        ]

    def __str__(self) -> str:
        return f"{self.condition_id} not in {self.option_id}"


class Counter(Scoped):
    """What the client proposed instead of an offer: another date, other lines, with a word."""

    class State(models.TextChoices):
        OPEN = "open", _("no answer yet")
        TAKEN = "taken", _("offered as they wished")
        KEPT = "kept", _("the first offer stands")
        CLOSED = "closed", _("closed without an answer")

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="counters")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    wanted_at = models.DateTimeField(null=True, blank=True)
    lines = models.TextField(blank=True)
    word = models.TextField(blank=True)
    said_at = models.DateTimeField()
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    #: A member who wrote down what the client said.
    recorded_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    personal = ("lines", "word")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["quote_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quote", "number"], name="counters_are_numbered"),
            models.CheckConstraint(
                condition=Q(wanted_at__isnull=False) | ~Q(lines="") | ~Q(word=""),
                name="a_counter_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"counter {self.number} to {self.quote_id}"


class HoldingReply(Scoped):
    """“We answer by …”: a small promise with a clock, for an ask too little is known about."""

    class State(models.TextChoices):
        OPEN = "open", _("no answer given yet")
        ANSWERED = "answered", _("answered")
        WITHDRAWN = "withdrawn", _("not wanted any more")

    client = models.ForeignKey(Client, models.PROTECT, related_name="holding_replies")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    what = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    due_at = models.DateTimeField()
    zone = models.CharField(max_length=60)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="holding_replies"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    quote = models.ForeignKey(
        Quote, models.PROTECT, null=True, blank=True, related_name="holding_replies"
    )
    word = models.TextField(blank=True)

    personal = ("what", "word")
    shown = ("state", "due_at", "zone", "given_at", "answered_at")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(state="open") & Q(answered_at__isnull=True))
                | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="an_answered_holding_reply_says_when",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("given_at")), name="a_holding_reply_looks_ahead"
            ),
        ]

    def __str__(self) -> str:
        return f"answer by {self.due_at}"
