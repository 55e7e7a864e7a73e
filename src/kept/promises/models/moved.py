"""What moves a date: pauses, other terms that one side proposes, slips, and the reasons."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Contact
from kept.jobs.models import Assumption, Condition, Obligation, Stage
from kept.people.models import Member
from kept.promises.models.given import Promise, ToldHow
from kept.tenancy.models import Scoped


class Pause(Scoped):
    """The clock stands because the client owes something.

    It starts at the later of obligation overdue and notice sent, and ends on receipt.
    """

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="pauses")
    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="pauses")
    notice_at = models.DateTimeField()
    #: How they were told; empty where it was told before kept asked.
    notice_how = models.CharField(max_length=4, choices=ToldHow, blank=True)
    #: Who at the client was, where that is known.
    notice_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The working time it stood, by the client's calendar; it moves the due moment of all terms.
    working_minutes = models.PositiveIntegerField(null=True, blank=True)
    shown = ("notice_at", "notice_how", "started_at", "ended_at", "working_minutes")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "started_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["promise"],
                condition=Q(ended_at__isnull=True),
                name="a_promise_is_paused_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="a_pause_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(started_at__gte=F("notice_at")), name="a_pause_starts_with_its_notice"
            ),
            models.CheckConstraint(
                condition=(Q(ended_at__isnull=True) & Q(working_minutes__isnull=True))
                | (Q(ended_at__isnull=False) & Q(working_minutes__isnull=False)),
                name="an_ended_pause_says_how_long",
            ),
        ]

    @property
    def never_began(self) -> bool:
        """Say whether nothing came of its notice: it ended at the moment it would have begun."""
        return self.ended_at == self.started_at

    def __str__(self) -> str:
        return f"pause of {self.promise_id} from {self.started_at}"


class Reason(Scoped):
    """Why a date moved or was missed: about the system, never about a person."""

    class Category(models.TextChoices):
        CLIENT_MATERIAL = "client_material", _("Client’s material late")
        CLIENT_CHANGE = "client_change", _("The client changed it")
        ESTIMATE = "estimate", _("Estimate too low")
        THIRD_PARTY = "third_party", _("Third party late")
        AWAY = "away", _("Ill or away")
        CAPACITY = "capacity", _("Too much at once")
        QUALITY = "quality", _("It had to be done again")
        CHANGED_MIND = "changed_mind", _("We changed our minds")
        OTHER = "other", _("Other")

    class Controllable(models.TextChoices):
        OURS = "ours", _("ours to change")
        CLIENTS = "clients", _("the client’s to change")
        THEIRS = "theirs", _("a third party’s to change")
        NOBODYS = "nobodys", _("nobody’s to change")

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="reasons")
    category = models.CharField(max_length=16, choices=Category)
    controllable = models.CharField(max_length=8, choices=Controllable)
    stated = models.CharField(max_length=300, blank=True)
    assumption = models.ForeignKey(
        Assumption, models.PROTECT, null=True, blank=True, related_name="+"
    )
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    personal = ("stated",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "pk"]

    def __str__(self) -> str:
        return f"{self.category} of {self.promise_id}"


class Proposal(Scoped):
    """Other terms, proposed by one side; the other side answers. *Told at* is not *agreed at*."""

    class From(models.TextChoices):
        HOUSE = "house", _("us")
        CLIENT = "client", _("the client")

    class State(models.TextChoices):
        DRAFT = "draft", _("not told yet")
        TOLD = "told", _("told, no answer yet")
        AGREED = "agreed", _("agreed")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    How = ToldHow

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="proposals")
    number = models.PositiveSmallIntegerField()
    by_side = models.CharField(max_length=6, choices=From)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    #: What was promised, and how likely it was, when this was written.
    due_before = models.DateTimeField()
    chance_then = models.FloatField(null=True, blank=True)
    #: Told by then, and agreed, it counts as moved; after it, as late.
    tell_by_at = models.DateTimeField(null=True, blank=True)
    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    told_at = models.DateTimeField(null=True, blank=True)
    told_how = models.CharField(max_length=4, choices=How, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    chosen = models.ForeignKey(
        "ProposalOption", models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: What the side that answered said.
    word = models.TextField(blank=True)

    personal = ("subject", "body", "word")
    shown = ("number", "by_side", "state", "told_at", "agreed_at")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promise", "number"], name="proposals_are_numbered"),
            models.UniqueConstraint(
                fields=["promise"],
                condition=Q(state="told"),
                name="one_proposal_waits_for_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(told_at__isnull=False),
                name="a_proposal_that_was_told_says_when",
            ),
            models.CheckConstraint(
                condition=(Q(state="agreed") & Q(agreed_at__isnull=False))
                | (~Q(state="agreed") & Q(agreed_at__isnull=True)),
                name="an_agreed_proposal_says_when",
            ),
            models.CheckConstraint(
                condition=Q(chance_then__isnull=True) | Q(chance_then__gt=0, chance_then__lt=1),
                name="proposal_chance_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.number} for {self.promise_id}"


class ProposalOption(Scoped):
    """One way out that a proposal offers: a date, and the lines that it leaves for later."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    chance = models.FloatField(null=True, blank=True)
    words = models.CharField(max_length=300, blank=True)
    #: When what is left for later follows, as a promise of its own.
    rest_due_at = models.DateTimeField(null=True, blank=True)

    personal = ("words",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["proposal_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["proposal", "position"], name="options_are_in_order"),
            models.CheckConstraint(
                condition=Q(chance__isnull=True) | Q(chance__gt=0, chance__lt=1),
                name="option_chance_is_a_probability",
            ),
            models.CheckConstraint(
                condition=Q(rest_due_at__isnull=True) | Q(rest_due_at__gt=F("due_at")),
                name="what_follows_comes_later",
            ),
        ]

    def __str__(self) -> str:
        return f"option {self.position} of {self.proposal_id}"


class LaterLine(Scoped):
    """A line of the terms that an option leaves out, or for later."""

    option = models.ForeignKey(ProposalOption, models.CASCADE, related_name="later_lines")
    condition = models.ForeignKey(Condition, models.PROTECT, related_name="+")

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["option", "condition"], name="a_line_is_left_out_once")
        ]

    def __str__(self) -> str:
        return f"{self.condition_id} later by {self.option_id}"


class Slip(Scoped):
    """Somebody said a later internal date: “one more day”. What followed tells what it became."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="slips")
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, blank=True, related_name="+")
    number = models.PositiveSmallIntegerField()
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    before_at = models.DateTimeField()
    now_at = models.DateTimeField()
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="slips")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promise", "number"], name="slips_are_numbered"),
            models.CheckConstraint(
                condition=Q(now_at__gt=F("before_at")), name="a_slip_moves_to_a_later_date"
            ),
        ]

    def __str__(self) -> str:
        return f"slip {self.number} of {self.promise_id}"
