from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Service, effort_is_sane
from kept.people.models import Charter, Member, Skill
from kept.tenancy.models import Scoped


class Job(Scoped):
    """Work asked for. A draft was only asked about; open work is on the team's plate."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Asked about")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    title = models.CharField(max_length=200)
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="jobs")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="jobs")
    state = models.CharField(max_length=6, choices=State, default=State.DRAFT)
    #: A client was given a yes: the work is over when they have it, not with its last stage.
    promised = models.BooleanField(default=False)
    release_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    #: How good it is to be; becomes part of what is promised.
    standard = models.CharField(max_length=300, blank=True)

    personal = ("title", "standard")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.title


class Stage(Scoped):
    """A piece of a job: effort that everybody on it spends together, in hours.

    One number is an estimate, spread by the past; low, likely and high are
    taken as 10, 50 and 90 % as said; all three equal is certain.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READY = "ready", _("ready")
        DOING = "doing", _("doing")
        HANDED_OVER = "handed_over", _("handed over")
        DONE = "done", _("done")

    job = models.ForeignKey(Job, models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    skill = models.ForeignKey(Skill, models.PROTECT, null=True, blank=True, related_name="stages")
    hands = models.PositiveSmallIntegerField(default=1)
    owner = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="owned_stages"
    )
    low_hours = models.FloatField(null=True, blank=True)
    likely_hours = models.FloatField()
    high_hours = models.FloatField(null=True, blank=True)
    spent_hours = models.FloatField(default=0)
    out_of_hours = models.FloatField(default=0)
    optional = models.BooleanField(default=False)
    finishing = models.BooleanField(default=False)
    done_means = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=11, choices=State, default=State.WAITING)
    begun_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    personal = ("name", "done_means")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["job_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="stage_positions_are_unique"),
            models.CheckConstraint(
                condition=effort_is_sane("low_hours", "likely_hours", "high_hours"),
                name="stage_effort_is_sane",
            ),
            models.CheckConstraint(
                condition=Q(spent_hours__gte=0), name="stage_spent_hours_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(out_of_hours__gte=0, out_of_hours__lte=F("spent_hours")),
                name="stage_hours_out_of_hours_are_part_of_its_hours",
            ),
            models.CheckConstraint(
                condition=Q(hands__gte=1, hands__lte=50), name="stage_hands_are_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StageAfter(Scoped):
    """One stage starts after another is done."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="afters")
    after = models.ForeignKey(Stage, models.CASCADE, related_name="befores")

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "after"], name="stage_order_is_said_once"),
            models.CheckConstraint(
                condition=~Q(stage=F("after")), name="a_stage_does_not_wait_for_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id} after {self.after_id}"


class StagePerson(Scoped):
    """Somebody named to do a stage together with its owner."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="people")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "member"], name="a_stage_names_people_once")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} on {self.stage_id}"


class Responsibility(Scoped):
    """Somebody was asked to own a stage, or the last mile of the whole job, and what they said.

    The stage's (or promise's) owner stays who it is until the proposal is accepted.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("asked, no answer yet")
        ACCEPTED = "accepted", _("accepted")
        COUNTERED = "countered", _("countered")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    LIVE = (State.PROPOSED, State.COUNTERED)

    job = models.ForeignKey(Job, models.CASCADE, related_name="responsibilities")
    #: None: the last mile of the job.
    stage = models.ForeignKey(
        Stage, models.CASCADE, null=True, blank=True, related_name="responsibilities"
    )
    member = models.ForeignKey(Member, models.PROTECT, related_name="responsibilities")
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    #: What was proposed to them: by when, how much work, and what done means.
    by_at = models.DateTimeField(null=True, blank=True)
    likely_hours = models.FloatField(null=True, blank=True)
    done_means = models.CharField(max_length=300, blank=True)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    #: What they said instead, where they countered.
    countered_by_at = models.DateTimeField(null=True, blank=True)
    countered_hours = models.FloatField(null=True, blank=True)
    word = models.CharField(max_length=300, blank=True)
    #: Saying yes includes consent to be chased for it until it is done, as this charter says.
    charter = models.ForeignKey(
        Charter, models.PROTECT, null=True, blank=True, related_name="consents"
    )

    personal = ("done_means", "word")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(state__in=["proposed", "countered"], stage__isnull=False),
                name="a_stage_is_proposed_to_one_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(state__in=["proposed", "countered"], stage__isnull=True),
                name="a_last_mile_is_proposed_to_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(state="proposed") & Q(answered_at__isnull=True))
                | (~Q(state="proposed") & Q(answered_at__isnull=False)),
                name="a_responsibility_says_when_it_was_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.state}"


class HandOver(Scoped):
    """A stage handed over, whole, and what whoever took it said."""

    class State(models.TextChoices):
        HANDED = "handed", _("handed over")
        ACCEPTED = "accepted", _("accepted")
        SENT_BACK = "sent_back", _("sent back")

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="hand_overs")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.HANDED)
    handed_at = models.DateTimeField()
    handed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    #: Hours worked since the hand-over before, and how many of them out of hours.
    hours = models.FloatField(default=0)
    out_of_hours = models.FloatField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    personal = ("reason",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["stage_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "number"], name="hand_overs_are_numbered"),
            models.CheckConstraint(
                condition=~Q(state="sent_back") | ~Q(reason=""),
                name="a_hand_over_sent_back_says_why",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0, out_of_hours__gte=0, out_of_hours__lte=F("hours")),
                name="hand_over_hours_are_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"hand-over {self.number} of {self.stage_id}"


class CheckItem(Scoped):
    """One line of the checklist of a finishing stretch."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="checks")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")

    personal = ("text",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["stage_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "position"], name="check_items_are_in_order")
        ]

    def __str__(self) -> str:
        return self.text


class Condition(Scoped):
    """One testable line of what satisfies the client."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="conditions")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    required = models.BooleanField(default=True)

    personal = ("text",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["job_id", "position"]

    def __str__(self) -> str:
        return self.text


class Obligation(Scoped):
    """Something the client must supply, by when; the stages named wait for it."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="obligations")
    what = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True, blank=True)
    stage = models.ForeignKey(
        Stage, models.CASCADE, null=True, blank=True, related_name="waits_for_client"
    )

    personal = ("what",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]

    def __str__(self) -> str:
        return self.what


class InboundPromise(Scoped):
    """What a third party said it would supply, by when. Not backed: nobody there said so."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="inbound")
    who = models.CharField(max_length=160)
    what = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    backed = models.BooleanField(default=False)
    met_at = models.DateTimeField(null=True, blank=True)
    stage = models.ForeignKey(
        Stage, models.CASCADE, null=True, blank=True, related_name="waits_for_others"
    )

    personal = ("who", "what")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]

    def __str__(self) -> str:
        return self.what


class Assumption(Scoped):
    """What was counted on; it may break."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="assumptions")
    text = models.CharField(max_length=300)
    broke_at = models.DateTimeField(null=True, blank=True)

    personal = ("text",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.text
