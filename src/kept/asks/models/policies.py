from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kept.people.models import Member, Role
from kept.tenancy.models import Scoped


class Policy(Scoped):
    """A rule of the house: what it is for, whose it is, where it stands, and how far it bends.

    `limit`, `band_limit` and `hard_limit` are values of the measured quantity;
    a time of day is minutes after midnight in the rule's zone. `tolerance` is
    how far beyond the limit a yes needs nobody. Beyond a hard limit (law,
    safety) nobody may go.
    """

    class Quantity(models.TextChoices):
        TIME_OF_DAY = "time_of_day", _("time of day")
        NOTICE = "notice", _("hours of notice")
        ROUNDS = "rounds", _("rounds")
        HOURS = "hours", _("hours of work")
        MONEY = "money", _("money")
        NUMBER = "number", _("a number")

    class Direction(models.TextChoices):
        AT_MOST = "at_most", _("at most")
        AT_LEAST = "at_least", _("at least")

    name = models.CharField(max_length=120)
    #: The normal rule, as a client may read it: "The kitchen closes at 14:30".
    rule = models.CharField(max_length=300)
    #: The language it is written in; empty in rules older than that question: the house's.
    language = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=500)
    owner = models.ForeignKey(Member, models.PROTECT, related_name="policies")
    quantity = models.CharField(max_length=11, choices=Quantity)
    unit = models.CharField(max_length=40, blank=True)
    direction = models.CharField(max_length=8, choices=Direction, default=Direction.AT_MOST)
    zone = models.CharField(max_length=60)
    limit = models.DecimalField(max_digits=12, decimal_places=2)
    tolerance = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    #: As far as whoever holds the discretion band may go; null: no band.
    band_limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    band_role = models.CharField(max_length=6, choices=Role, blank=True)
    #: The most that one exception in the band may cost the house; null: no cap.
    band_cost_cap = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    hard_limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    hard_reason = models.CharField(max_length=300, blank=True)
    #: What it costs a client who wants more than the rule gives, where that has a price.
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organisation",
                Lower("name"),
                condition=Q(retired_at__isnull=True),
                name="policy_names_are_unique",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(rule="") & ~Q(purpose=""),
                name="a_policy_says_what_it_is_for",
            ),
            models.CheckConstraint(
                condition=Q(tolerance__gte=0), name="policy_tolerance_is_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(quantity="time_of_day") | Q(limit__gte=0, limit__lt=1440),
                name="a_time_of_day_is_one",
            ),
            models.CheckConstraint(
                condition=Q(hard_limit__isnull=True)
                | Q(direction="at_most", hard_limit__gte=F("limit") + F("tolerance"))
                | Q(direction="at_least", hard_limit__lte=F("limit") - F("tolerance")),
                name="a_hard_limit_lies_outside_the_tolerance",
            ),
            models.CheckConstraint(
                condition=Q(band_limit__isnull=True)
                | Q(direction="at_most", band_limit__gte=F("limit") + F("tolerance"))
                | Q(direction="at_least", band_limit__lte=F("limit") - F("tolerance")),
                name="a_discretion_band_begins_outside_the_tolerance",
            ),
            models.CheckConstraint(
                condition=Q(band_limit__isnull=True)
                | Q(hard_limit__isnull=True)
                | Q(direction="at_most", band_limit__lte=F("hard_limit"))
                | Q(direction="at_least", band_limit__gte=F("hard_limit")),
                name="a_discretion_band_ends_before_the_hard_limit",
            ),
            models.CheckConstraint(
                condition=(Q(band_limit__isnull=True) & Q(band_role=""))
                | (Q(band_limit__isnull=False) & ~Q(band_role="")),
                name="a_discretion_band_is_somebodys",
            ),
            models.CheckConstraint(
                condition=(Q(band_cost_cap__isnull=True) | Q(band_cost_cap__gte=0))
                & (Q(price__isnull=True) | Q(price__gte=0)),
                name="policy_money_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleWording(Scoped):
    """A rule as clients of another language read it, put into it from the rule as it was then."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="wordings")
    language = models.CharField(max_length=10)
    rule = models.CharField(max_length=300)
    #: What the rule said when this was written: where it says something else now, this is old.
    worded_from = models.CharField(max_length=300)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["policy_id", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "language"], name="one_wording_for_each_rule_and_language"
            ),
            models.CheckConstraint(
                condition=~Q(language="") & ~Q(rule="") & ~Q(worded_from=""),
                name="a_rules_wording_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"rule {self.policy_id} in {self.language}"
