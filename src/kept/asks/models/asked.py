from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kept.asks.models.policies import Policy
from kept.clients.models import Client, Contact, Service
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.promises.models import Promise
from kept.quotes.models import Answer, HoldingReply, Quote
from kept.tenancy.models import Scoped


class AskKind(Scoped):
    """A kind of ask, so that the third "one more page" is known as one: for rarity and creep."""

    name = models.CharField(max_length=80)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organisation", Lower("name"), name="kinds_of_asks_are_named_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Ask(Scoped):
    """Something a client wants, as they said it; a person answers it, by its clock."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ANSWERED = "answered", _("answered")
        WITHDRAWN = "withdrawn", _("not wanted any more")

    class Sort(models.TextChoices):
        CORE = "core", _("core")
        IN_SCOPE = "in_scope", _("in scope")
        CHANGE = "change", _("change")
        EXTRA = "extra", _("extra")
        EXCEPTION = "exception", _("exception")

    #: Beyond what was agreed: rules 7 and 8 apply.
    BEYOND = (Sort.CHANGE, Sort.EXTRA, Sort.EXCEPTION)

    class Came(models.TextChoices):
        MAIL = "mail", _("by mail")
        PHONE = "phone", _("by telephone")
        IN_PERSON = "in_person", _("in person")
        MESSAGE = "message", _("by message")
        OTHER = "other", _("otherwise")

    class Sincere(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        NOT_SURE = "not_sure", _("not sure")

    #: Empty for a walk-in whose name nobody knows.
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="asks")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    #: In a few words, for the list; and as they said it.
    title = models.CharField(max_length=200)
    words = models.TextField(blank=True)
    came = models.CharField(max_length=9, choices=Came, default=Came.OTHER)
    came_at = models.DateTimeField()
    zone = models.CharField(max_length=60)
    wanted_at = models.DateTimeField(null=True, blank=True)
    day_only = models.BooleanField(default=True)
    low_hours = models.FloatField(null=True, blank=True)
    likely_hours = models.FloatField(null=True, blank=True)
    high_hours = models.FloatField(null=True, blank=True)
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    sort = models.CharField(max_length=9, choices=Sort, blank=True)
    kind = models.ForeignKey(AskKind, models.PROTECT, null=True, blank=True, related_name="asks")
    #: They asked for it as if it were due: creep has become an expectation.
    as_if_due = models.BooleanField(default=False)
    #: The promise that it goes beyond.
    beyond = models.ForeignKey(
        Promise, models.PROTECT, null=True, blank=True, related_name="asks_beyond"
    )
    decider = models.ForeignKey(Member, models.PROTECT, null=True, related_name="asks_to_decide")
    due_at = models.DateTimeField()
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, blank=True, related_name="asks")
    #: What the rule measures: minutes after midnight, hours of notice, rounds, money, a number.
    measured = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    #: For a time of day: the moment that was measured.
    measured_at = models.DateTimeField(null=True, blank=True)
    #: What would make this possible?
    possible = models.TextField(blank=True)
    sincere = models.CharField(max_length=8, choices=Sincere, blank=True)
    sincere_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    sincere_at = models.DateTimeField(null=True, blank=True)
    #: The can-check that is shown, and the quote and holding reply that came of it.
    answer = models.ForeignKey(Answer, models.PROTECT, null=True, blank=True, related_name="+")
    quote = models.ForeignKey(Quote, models.PROTECT, null=True, blank=True, related_name="asks")
    holding_reply = models.ForeignKey(
        HoldingReply, models.PROTECT, null=True, blank=True, related_name="asks"
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    withdrawn_word = models.CharField(max_length=300, blank=True)

    personal = ("title", "words", "possible", "withdrawn_word")
    # Worked out anew whenever the plan changed; the decision keeps what it said.
    unrecorded = ("answer_id",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["-came_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state", "due_at"]),
            models.Index(fields=["organisation", "client", "kind", "came_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(state="open") & Q(ended_at__isnull=True))
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="an_ended_ask_says_when",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("came_at")), name="an_ask_is_owed_after_it_came"
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(state="withdrawn") | ~Q(sort=""),
                name="an_answered_ask_was_sorted",
            ),
            models.CheckConstraint(
                condition=(Q(sincere="") & Q(sincere_by__isnull=True, sincere_at__isnull=True))
                | (~Q(sincere="") & Q(sincere_by__isnull=False, sincere_at__isnull=False)),
                name="sincerity_is_a_persons_word",
            ),
            models.CheckConstraint(
                condition=Q(measured__isnull=True, measured_at__isnull=True)
                | Q(policy__isnull=False),
                name="a_measure_belongs_to_a_policy",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Challenge(Scoped):
    """Somebody said "we can't", and the engine found that we can: is that a won't?"""

    ask = models.ForeignKey(Ask, models.CASCADE, related_name="challenges")
    answer = models.ForeignKey(Answer, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField()
    chance = models.FloatField()
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["ask_id", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(chance__gt=0, chance__lt=1), name="challenge_chance_is_a_probability"
            )
        ]

    def __str__(self) -> str:
        return f"can't of ask {self.ask_id}, challenged"


class Decision(Scoped):
    """How an ask was answered, by whom, and what the four tests said then."""

    class Given(models.TextChoices):
        DO_IT = "do_it", _("Just do it")
        YES_ONCE = "yes_once", _("Yes, this once")
        PAID_YES = "paid_yes", _("Paid yes")
        FAIR_NO = "fair_no", _("Fair no")
        CANT_NOW = "cant_now", _("We can’t now")
        CANT_EVER = "cant_ever", _("We can’t ever")

    YES = (Given.DO_IT, Given.YES_ONCE, Given.PAID_YES)

    class Wont(models.TextChoices):
        PRICE = "price", _("price")
        PRIORITY = "priority", _("priority")
        POLICY = "policy", _("policy")
        PRINCIPLE = "principle", _("principle")

    class Core(models.TextChoices):
        HOT = "hot", _("hot")
        WARM = "warm", _("warm")
        COLD = "cold", _("cold")
        UNKNOWN = "unknown", _("too little known")
        WALK_IN = "walk_in", _("a walk-in")

    class Can(models.TextChoices):
        YES = "yes", _("we can")
        NO = "no", _("not by then")
        NOT_ASKED = "not_asked", _("not worked out")

    class Rarity(models.TextChoices):
        RARE = "rare", _("rare")
        REPEATED = "repeated", _("repeated")
        EXPECTED = "expected", _("expected")
        SETTLED = "settled", _("settled")

    class Within(models.TextChoices):
        NO_RULE = "no_rule", _("no rule")
        RULE = "rule", _("inside the rule")
        TOLERANCE = "tolerance", _("inside the tolerance")
        BAND = "band", _("in the discretion band")
        BEYOND = "beyond", _("beyond the band")
        HARD = "hard", _("beyond a hard limit")

    class Gate(models.TextChoices):
        OPEN = "open", _("open")
        BAND = "band", _("up to whoever holds the discretion band")
        SHUT = "shut", _("shut")

    ask = models.OneToOneField(Ask, models.PROTECT, related_name="decision")
    given = models.CharField(max_length=9, choices=Given)
    suggested = models.CharField(max_length=9, choices=Given, blank=True)
    wont = models.CharField(max_length=9, choices=Wont, blank=True)
    #: For us only; the client's wording is the reply's.
    true_reason = models.TextField(blank=True)
    #: What stands in the way of a can't, and when we could.
    constraint = models.CharField(max_length=300, blank=True)
    nearest_at = models.DateTimeField(null=True, blank=True)
    #: The gates, as they were shown then.
    core = models.CharField(max_length=7, choices=Core)
    core_kept = models.PositiveSmallIntegerField(default=0)
    core_of = models.PositiveSmallIntegerField(default=0)
    core_low = models.FloatField(null=True, blank=True)
    can = models.CharField(max_length=9, choices=Can)
    chance = models.FloatField(null=True, blank=True)
    pushes_below_line = models.BooleanField(default=False)
    sincere = models.CharField(max_length=8, choices=Ask.Sincere, blank=True)
    rarity = models.CharField(max_length=8, choices=Rarity)
    of_kind = models.PositiveSmallIntegerField(default=0)
    within = models.CharField(max_length=9, choices=Within)
    beyond_by = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    gate = models.CharField(max_length=4, choices=Gate)
    overridden = models.BooleanField(default=False)
    override_reason = models.CharField(max_length=500, blank=True)
    #: What a paid yes costs them, and what a free one costs us.
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    cost_hours = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    cost_money = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    promise = models.ForeignKey(
        Promise, models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    personal = ("true_reason", "constraint", "override_reason")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["decided_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(given="fair_no") & ~Q(wont="")) | (~Q(given="fair_no") & Q(wont="")),
                name="a_wont_says_which",
            ),
            models.CheckConstraint(
                condition=~Q(given="cant_ever") | ~Q(constraint=""),
                name="a_cant_ever_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(given="cant_now") | Q(nearest_at__isnull=False) | ~Q(constraint=""),
                name="a_cant_now_names_what_stands_in_the_way",
            ),
            models.CheckConstraint(
                condition=(Q(overridden=True) & ~Q(override_reason=""))
                | (Q(overridden=False) & Q(override_reason="")),
                name="an_override_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(gate="shut")
                | ~Q(given__in=["yes_once", "paid_yes"])
                | Q(overridden=True),
                name="nobody_passes_a_shut_gate_without_an_override",
            ),
            models.CheckConstraint(
                condition=~Q(within="hard") | ~Q(given__in=["do_it", "yes_once", "paid_yes"]),
                name="nobody_goes_beyond_a_hard_limit",
            ),
            models.CheckConstraint(
                condition=Q(chance__isnull=True) | Q(chance__gt=0, chance__lt=1),
                name="decision_chance_is_a_probability",
            ),
            models.CheckConstraint(
                condition=Q(core_kept__lte=F("core_of")), name="core_kept_is_part_of_core_of"
            ),
            models.CheckConstraint(
                condition=(Q(price__isnull=True) | Q(price__gte=0))
                & (Q(cost_hours__isnull=True) | Q(cost_hours__gte=0))
                & (Q(cost_money__isnull=True) | Q(cost_money__gte=0)),
                name="decision_money_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.given} to ask {self.ask_id}"


class ReplyTemplate(Scoped):
    """How this house words a reply, in one language; merge fields stand in braces."""

    class For(models.TextChoices):
        DO_IT = "do_it", _("Just do it")
        YES_ONCE = "yes_once", _("Yes, this once")
        PAID_YES = "paid_yes", _("Paid yes")
        FAIR_NO = "fair_no", _("Fair no")
        CANT_NOW = "cant_now", _("We can’t now")
        CANT_EVER = "cant_ever", _("We can’t ever")
        HOLDING = "holding", _("We answer by")
        PRICED = "priced", _("It has a price now")
        RETIRED = "retired", _("It ends kindly")
        REACTION = "reaction", _("How was it?")
        STORY = "story", _("May we tell it?")

    reply_for = models.CharField(max_length=9, choices=For)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    #: How "this once" is said in it, and the normal rule where no rule of the house is meant.
    once = models.CharField(max_length=80, blank=True)
    no_rule = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["reply_for", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "reply_for", "language"],
                name="one_template_for_each_reply_and_language",
            ),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(body=""), name="a_template_says_something"
            ),
            models.CheckConstraint(
                condition=~Q(reply_for="yes_once") | ~Q(once=""),
                name="an_exceptions_template_says_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reply_for} in {self.language}"


class Reply(Scoped):
    """What a person told the client, as it was worded: by letter, or said to their face."""

    class How(models.TextChoices):
        LETTER = "letter", _("by mail")
        SAID = "said", _("by word of mouth")

    ask = models.ForeignKey(Ask, models.CASCADE, related_name="replies")
    reply_for = models.CharField(max_length=9, choices=ReplyTemplate.For)
    how = models.CharField(max_length=6, choices=How)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(Member, models.PROTECT, related_name="+")

    personal = ("subject", "body")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["ask_id", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(how="letter") & Q(letter__isnull=False))
                | (Q(how="said") & Q(letter__isnull=True)),
                name="a_reply_by_letter_has_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reply_for} for ask {self.ask_id}"
