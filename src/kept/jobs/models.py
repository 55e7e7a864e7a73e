from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Service, effort_is_sane
from kept.people.models import Member, Skill
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
    release_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    personal = ("title",)

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
