from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.asks.models.asked import Ask, AskKind
from kept.clients.models import Client, CoreService
from kept.jobs.models import Job
from kept.people.models import Member
from kept.promises.models import Promise
from kept.tenancy.models import Scoped


class Extra(Scoped):
    """Work given beyond what is paid: in hours, and in money at our prices."""

    class State(models.TextChoices):
        GIVEN = "given", _("given")
        DISMISSED = "dismissed", _("not an extra")
        VOIDED = "voided", _("recorded by mistake")

    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="extras")
    ask = models.OneToOneField(Ask, models.PROTECT, null=True, blank=True, related_name="extra")
    kind = models.ForeignKey(AskKind, models.PROTECT, null=True, blank=True, related_name="extras")
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.GIVEN)
    hours = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    money = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    #: The promise that carries it: with owner, date, check and last mile.
    promise = models.OneToOneField(
        Promise, models.PROTECT, null=True, blank=True, related_name="extra"
    )
    #: The job whose hours went over: where kept suggested it and a person confirmed.
    found_in = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="extras")
    given_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    void_reason = models.CharField(max_length=300, blank=True)

    personal = ("title", "void_reason")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["given_on", "pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "client", "given_on"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(hours__gte=0, money__gte=0), name="an_extra_is_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(state="voided") | ~Q(void_reason=""), name="a_voided_extra_says_why"
            ),
            models.UniqueConstraint(
                fields=["found_in"],
                condition=~Q(state="voided"),
                name="over_scope_time_is_judged_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Budget(Scoped):
    """How much we mean to give one client in a period: hours, money, or both."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="budgets")
    first_on = models.DateField()
    last_on = models.DateField()
    hours = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    money = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["client_id", "first_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "first_on"], name="one_budget_for_a_client_and_period"
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="a_budget_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0) | Q(money__gte=0), name="a_budget_says_how_much"
            ),
        ]

    def __str__(self) -> str:
        return f"budget of client {self.client_id} from {self.first_on}"


class Creep(Scoped):
    """What a person decided about an extra that one client came to expect."""

    class Decided(models.TextChoices):
        PRICED = "priced", _("priced")
        ADOPTED = "adopted", _("adopted")
        RETIRED = "retired", _("retired")

    client = models.ForeignKey(Client, models.PROTECT, related_name="creeps")
    kind = models.ForeignKey(AskKind, models.PROTECT, related_name="creeps")
    decided = models.CharField(max_length=7, choices=Decided)
    #: What kept saw then.
    was_expected = models.BooleanField()
    hours = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    money = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    #: A retainer: the price is of a month, not of each.
    by_month = models.BooleanField(default=False)
    core_service = models.ForeignKey(
        CoreService, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The draft of an offer that a price came with; it waits on the desk.
    draft = models.OneToOneField(Ask, models.PROTECT, null=True, blank=True, related_name="prices")
    #: The line of a change or retainer, or the sentence that ends it kindly.
    words = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    #: When it was looked at anew; the decision stays listed.
    ended_at = models.DateTimeField(null=True, blank=True)

    personal = ("words",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["decided_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "kind"],
                condition=Q(ended_at__isnull=True),
                name="creep_of_a_kind_is_decided_once",
            ),
            models.CheckConstraint(
                condition=(Q(decided="priced") & Q(price__gt=0))
                | (~Q(decided="priced") & Q(price__isnull=True)),
                name="a_priced_kind_says_its_price",
            ),
            models.CheckConstraint(
                condition=Q(by_month=False) | Q(decided="priced"),
                name="what_is_paid_by_the_month_has_a_price",
            ),
            models.CheckConstraint(
                condition=(Q(decided="adopted") & Q(core_service__isnull=False))
                | (~Q(decided="adopted") & Q(core_service__isnull=True)),
                name="an_adopted_kind_is_a_core_service",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decided}: {self.kind_id} for client {self.client_id}"


class CreepEvidence(Scoped):
    """One gift that the decision rests on, and the ask that it answered, if there was one."""

    creep = models.ForeignKey(Creep, models.CASCADE, related_name="evidence")
    ask = models.ForeignKey(Ask, models.PROTECT, null=True, blank=True, related_name="+")
    extra = models.ForeignKey(Extra, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["creep_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creep", "ask"], name="evidence_is_named_once"),
            models.UniqueConstraint(fields=["creep", "extra"], name="a_gift_is_evidence_once"),
            models.CheckConstraint(
                condition=Q(ask__isnull=False) | Q(extra__isnull=False),
                name="evidence_is_an_ask_or_a_gift",
            ),
        ]

    def __str__(self) -> str:
        return f"extra {self.extra_id} for creep {self.creep_id}"
