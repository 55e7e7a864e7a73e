from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Contact, Service
from kept.jobs.models import Assumption, Condition, Job, Obligation, Stage
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


class Pause(Scoped):
    """The clock stands because the client owes something.

    It starts at the later of obligation overdue and notice sent, and ends on receipt.
    """

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="pauses")
    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="pauses")
    notice_at = models.DateTimeField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The working time it stood, by the client's calendar; it moves the due moment of all terms.
    working_minutes = models.PositiveIntegerField(null=True, blank=True)
    shown = ("notice_at", "started_at", "ended_at", "working_minutes")

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
        return self.ended_at == self.started_at and self.notice_at < self.started_at

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

    class How(models.TextChoices):
        LINK = "link", _("by mail with a link")
        SAID = "said", _("by word of mouth")

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


class Delivery(Scoped):
    """We say it is done. The client accepts, sends back, or is silent after notice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the client’s word")
        ACCEPTED = "accepted", _("accepted")
        DEEMED = "deemed", _("accepted by silence after notice")
        SENT_BACK = "sent_back", _("sent back")

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="deliveries")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    delivered_at = models.DateTimeField()
    delivered_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    where = models.CharField(max_length=500, blank=True)
    #: When the client was told that silence counts as acceptance, and when it will.
    noticed_at = models.DateTimeField(null=True, blank=True)
    deemed_from = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: A member who wrote down what the client said.
    answered_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    to_standard = models.BooleanField(null=True, blank=True)
    word = models.TextField(blank=True)
    thanked_at = models.DateTimeField(null=True, blank=True)

    personal = ("note", "where", "word")
    shown = ("number", "state", "delivered_at", "noticed_at", "answered_at", "to_standard")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promise", "number"], name="deliveries_are_numbered"),
            models.UniqueConstraint(
                fields=["promise"],
                condition=Q(state="waiting"),
                name="one_delivery_waits_for_the_client",
            ),
            models.UniqueConstraint(
                fields=["promise"],
                condition=Q(state__in=["accepted", "deemed"]),
                name="a_promise_is_accepted_once",
            ),
            models.CheckConstraint(
                condition=(Q(state="waiting") & Q(answered_at__isnull=True))
                | (~Q(state="waiting") & Q(answered_at__isnull=False)),
                name="an_answered_delivery_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent_back") | ~Q(word=""),
                name="a_delivery_sent_back_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="deemed") | Q(noticed_at__isnull=False),
                name="acceptance_is_deemed_only_after_notice",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.number} of {self.promise_id}"


class DeliveredLine(Scoped):
    """One line of the last terms in a delivery: whether we say it is met, and whether they do."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="lines")
    condition = models.ForeignKey(Condition, models.PROTECT, related_name="+")
    met = models.BooleanField(default=True)
    accepted = models.BooleanField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["delivery_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["delivery", "condition"], name="a_line_is_delivered_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.condition_id} in {self.delivery_id}"


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


class StandingPromise(Scoped):
    """A promise that recurs, such as "every Monday by 10:00", in the client's own zone."""

    class Gap(models.TextChoices):
        """What to do on the night the clocks go forward over its time."""

        REFUSE = "refuse", _("say it when it is made")
        AFTER = "after", _("as soon as the clocks have changed")
        BEFORE = "before", _("just before the clocks change")

    client = models.ForeignKey(Client, models.PROTECT, related_name="standing_promises")
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
