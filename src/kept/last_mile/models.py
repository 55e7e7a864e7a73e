from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.jobs.models import Job, Obligation, Responsibility, Stage
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.plan.models import Hold
from kept.promises.models import Promise, Proposal
from kept.tenancy.models import Scoped


class Kind(models.TextChoices):
    """What an alarm is about. All but the first are raised by rule."""

    ASKED = "asked", _("asked by a person")
    AT_RISK = "at_risk", _("chance under the line")
    DRIFT = "drift", _("drift")
    SILENCE = "silence", _("silence of an owner")
    STUCK = "stuck", _("stuck near the end")
    OBLIGATION = "obligation", _("obligation overdue")
    ANSWER = "answer", _("answer overdue")
    UNDELIVERABLE = "undeliverable", _("undeliverable message")
    HOLD = "hold", _("hold about to lapse")


class ChaseRule(Scoped):
    """How this house wants one rule that raises alarms, where it is not the usual way."""

    kind = models.CharField(max_length=13, choices=Kind)
    on = models.BooleanField(default=True)
    #: Working minutes to wait, or how far a chance may fall; what it counts depends on the kind.
    amount = models.FloatField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "kind"], name="a_rule_is_set_once_in_a_house"
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                name="a_rules_amount_is_not_negative",
            ),
            models.CheckConstraint(condition=~Q(kind="asked"), name="asking_is_no_rule"),
        ]

    def __str__(self) -> str:
        return self.kind


class Ladder(Scoped):
    """Who hears next, and when. It is never changed: another ladder gets the next number.

    The highest number is the house's ladder; an alarm keeps climbing the one it was raised on.
    """

    frozen: ClassVar[Mapping[str, int]] = {}

    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="ladders_are_numbered"),
            models.CheckConstraint(condition=Q(number__gte=1), name="ladders_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"ladder {self.number}"


class Rung(Scoped):
    """One step of a ladder: who hears, and how long is waited before it."""

    class Name(models.TextChoices):
        NUDGE = "nudge", _("nudge")
        KNOCK = "knock", _("knock")
        HUDDLE = "huddle", _("huddle")
        LEAD = "lead", _("lead")
        ICE_BUCKET = "ice_bucket", _("ice bucket")

    class Hears(models.TextChoices):
        ASKED = "asked", _("whoever is asked")
        TEAM = "team", _("everybody on the promise")
        LEADS = "leads", _("the leads")
        EVERYBODY = "everybody", _("whoever is asked, the leads and the owners")

    frozen: ClassVar[Mapping[str, int]] = {}

    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="rungs")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=10, choices=Name)
    hears = models.CharField(max_length=9, choices=Hears)
    #: Minutes of the house's working time after the rung below was heard.
    wait_minutes = models.PositiveIntegerField()
    #: The wait counts every hour, and whoever allows the top rung is reached at any.
    any_hour = models.BooleanField(default=False)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["ladder_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ladder", "position"], name="rungs_are_in_order"),
            models.UniqueConstraint(fields=["ladder", "name"], name="a_rung_stands_once"),
            models.CheckConstraint(
                condition=Q(position__gte=1, position__lte=5), name="rungs_start_at_one"
            ),
            models.CheckConstraint(
                condition=Q(wait_minutes__lte=60 * 24 * 30), name="a_rungs_wait_is_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Alarm(Scoped):
    """One raised case: somebody must answer, and who hears next if they do not."""

    class State(models.TextChoices):
        RAISED = "raised", _("raised")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    class Why(models.TextChoices):
        """Why an alarm was closed."""

        DONE = "done", _("it is done")
        OVER = "over", _("what raised it is over")
        PERSON = "person", _("closed by a person")
        MISSED = "missed", _("what was answered did not come true")

    #: Somebody has to do something.
    OPEN = (State.RAISED, State.ACKNOWLEDGED, State.ANSWERED)

    kind = models.CharField(max_length=13, choices=Kind)
    #: Names what raised it, so that the same cause raises one alarm.
    cause = models.CharField(max_length=160)
    state = models.CharField(max_length=12, choices=State, default=State.RAISED)
    #: Who is to answer.
    asked = models.ForeignKey(Member, models.PROTECT, related_name="alarms")
    promise = models.ForeignKey(
        Promise, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="alarms")
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, blank=True, related_name="alarms")
    responsibility = models.ForeignKey(
        Responsibility, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    obligation = models.ForeignKey(
        Obligation, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, blank=True, related_name="alarms")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, blank=True, related_name="alarms")
    #: The alarm that this one goes on from: its answer is overdue.
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    #: The sheet with bad news that was prepared for it.
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    #: What a person asked, in their words.
    question = models.CharField(max_length=300, blank=True)
    chance_then = models.FloatField(null=True, blank=True)
    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="alarms")
    raised_at = models.DateTimeField()
    #: None: a rule.
    raised_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    #: The next rung and its moment; none once somebody said they know, or after the top.
    next_rung = models.PositiveSmallIntegerField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Whoever acknowledged owes an answer by then.
    answer_due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    closed_why = models.CharField(max_length=6, choices=Why, blank=True)

    personal = ("question",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["raised_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state", "next_at"]),
            models.Index(fields=["promise", "state"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "cause"], name="a_cause_raises_one_alarm"
            ),
            models.CheckConstraint(
                condition=Q(next_rung__isnull=True, next_at__isnull=True)
                | Q(next_rung__isnull=False, next_at__isnull=False, state="raised"),
                name="only_a_raised_alarm_climbs",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="raised", acknowledged_at__isnull=True, answer_due_at__isnull=True
                )
                | Q(state__in=["acknowledged", "answered"], acknowledged_at__isnull=False)
                | Q(state="closed"),
                name="an_alarm_says_when_it_was_acknowledged",
            ),
            models.CheckConstraint(
                condition=(Q(state="closed", closed_at__isnull=False) & ~Q(closed_why=""))
                | (~Q(state="closed") & Q(closed_at__isnull=True, closed_why="")),
                name="a_closed_alarm_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(kind="asked") | Q(raised_by__isnull=False),
                name="what_is_asked_is_asked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(chance_then__isnull=True) | Q(chance_then__gt=0, chance_then__lt=1),
                name="alarm_chance_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Envelope(Scoped):
    """What goes out to one person at once: notices, the morning digest, or both.

    Whatever is due to them at the same moment goes into one, until it is sealed.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="envelopes")
    #: From when on the charter lets it go.
    due_at = models.DateTimeField()
    #: The day of theirs whose morning digest it brings.
    digest_on = models.DateField(null=True, blank=True)
    #: Nothing is put in any more.
    sealed_at = models.DateTimeField(null=True, blank=True)
    #: How it went out: the channel's name, and the letter where it was mail.
    channel = models.CharField(max_length=20, blank=True)
    letter = models.ForeignKey(
        Letter, models.PROTECT, null=True, blank=True, related_name="envelopes"
    )
    #: Since when the channel whose turn it is does not take it.
    failing_since = models.DateTimeField(null=True, blank=True)
    #: What it did not go by, in order: the key of the way, what was shown of it, why, and when.
    passed = models.JSONField(default=list, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    #: It was not needed any more when its moment came.
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["member", "due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "digest_on"],
                condition=Q(digest_on__isnull=False),
                name="a_morning_has_one_digest",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True),
                name="an_envelope_is_sent_or_dropped",
            ),
        ]

    def __str__(self) -> str:
        return f"envelope {self.pk}"


class Notice(Scoped):
    """What an alarm's rung tells one person; it goes out in an envelope."""

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="notices")
    rung = models.PositiveSmallIntegerField()
    member = models.ForeignKey(Member, models.PROTECT, related_name="notices")
    written_at = models.DateTimeField()
    #: When the rung was to be climbed, and from when on the charter lets the message go.
    meant_at = models.DateTimeField()
    due_at = models.DateTimeField()
    #: It was climbed clearly after it was meant to be, as after a standstill.
    late = models.BooleanField(default=False)
    #: Makes the secret of the link in it; only the secret's hash is kept.
    nonce = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    #: How it went out: the channel's name, and the letter where it was mail.
    channel = models.CharField(max_length=20, blank=True)
    letter = models.ForeignKey(
        Letter, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    envelope = models.ForeignKey(
        Envelope, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    #: It was not needed any more when its moment came.
    dropped_at = models.DateTimeField(null=True, blank=True)

    unrecorded = ("channel", "letter_id", "envelope_id", "sent_at", "failed_at", "dropped_at")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["alarm_id", "rung", "pk"]
        indexes: ClassVar = [models.Index(fields=["member", "due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alarm", "rung", "member"], name="a_rung_reaches_a_person_once"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True),
                name="a_notice_is_sent_or_dropped",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("meant_at")), name="a_notice_is_not_sent_before_its_rung"
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"


class AlarmAnswer(Scoped):
    """What came back: a small promise with a clock of its own."""

    class Kind(models.TextChoices):
        DONE_BY = "done_by", _("done by")
        BLOCKED_BY = "blocked_by", _("blocked by")
        NEED_HELP = "need_help", _("need help")

    class Outcome(models.TextChoices):
        KEPT = "kept", _("kept")
        MISSED = "missed", _("missed")
        REPLACED = "replaced", _("replaced by another answer")
        MOOT = "moot", _("not needed any more")

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=10, choices=Kind)
    words = models.CharField(max_length=300, blank=True)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(Member, models.PROTECT, related_name="alarm_answers")
    #: By when it is done, or by when somebody looks again.
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: Whether being asked was of use; seen by whoever said it, and by nobody else.
    useful = models.BooleanField(null=True, blank=True)

    personal = ("words",)
    unrecorded = ("useful",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["alarm_id", "pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "ended_at", "due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alarm"],
                condition=Q(ended_at__isnull=True),
                name="one_answer_to_an_alarm_runs",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True)
                | (~Q(outcome="") & Q(ended_at__isnull=False)),
                name="an_answer_that_ended_says_how",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("said_at")), name="an_answer_is_due_after_it_was_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Delegate(Scoped):
    """Somebody who may chase in a last-mile owner's place, for one promise or for all."""

    owner = models.ForeignKey(Member, models.PROTECT, related_name="delegates")
    member = models.ForeignKey(Member, models.PROTECT, related_name="delegated")
    promise = models.ForeignKey(
        Promise, models.PROTECT, null=True, blank=True, related_name="delegates"
    )
    named_at = models.DateTimeField()
    named_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "member", "promise"],
                condition=Q(ended_at__isnull=True, promise__isnull=False),
                name="a_delegate_is_named_once_for_a_promise",
            ),
            models.UniqueConstraint(
                fields=["owner", "member"],
                condition=Q(ended_at__isnull=True, promise__isnull=True),
                name="a_delegate_is_named_once_for_all",
            ),
            models.CheckConstraint(
                condition=~Q(owner=F("member")), name="nobody_is_their_own_delegate"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("named_at")),
                name="a_delegate_ends_after_being_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} for {self.owner_id}"


class Rounds(Scoped):
    """How far the rounds have read the ledger, and when they last looked at everything."""

    seen_number = models.PositiveBigIntegerField(default=0)
    looked_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="a_house_has_one_round")
        ]

    def __str__(self) -> str:
        return f"up to {self.seen_number}"
