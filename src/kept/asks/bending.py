"""How often rules were bent lately: a figure about the rule, never about a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.asks.models import Ask, Decision, Policy
from kept.people.models import Member
from kept.tenancy import scope

#: Bent fewer times, a rule is not questioned: one of one says nothing.
LEAST_BENT = 3


@dataclass(frozen=True, slots=True)
class Bent:
    """How often a rule was bent lately: a figure about the rule, never about a person.

    Attributes:
        asks: asks that it was asked about in the days looked at.
        bent: those that got a free yes beyond it.
        questioned: bent in more than the share that the house allows.
    """

    asks: int
    bent: int
    days: int
    questioned: bool

    @property
    def share(self) -> float:
        """The share of asks that got an exception."""
        return self.bent / self.asks if self.asks else 0.0

    @property
    def told(self) -> str:
        """ "Asked about 9 times in 90 days, bent 4 times: 44 %."; empty where nobody asked."""
        if not self.asks:
            return ""
        asked = ngettext(
            "Asked about once in %(days)s days", "Asked about %(asks)s times in %(days)s days",
            self.asks,
        ) % {"asks": self.asks, "days": self.days}  # fmt: skip
        if not self.bent:
            return _("%(asked)s, never bent.") % {"asked": asked}
        if self.bent == self.asks:
            return _("%(asked)s, bent each time.") % {"asked": asked}
        bent = ngettext("bent once", "bent %(bent)s times", self.bent) % {"bent": self.bent}
        return f"{asked}, {bent}: {words.share(self.share)}."


def bent(policies: Iterable[Policy], *, now: datetime) -> dict[int, Bent]:
    """Count how often each rule was bent in the days that the house looks at."""
    house = scope.current()
    keys = [policy.pk for policy in policies]
    free = Q(decision__given__in=[Decision.Given.YES_ONCE, Decision.Given.DO_IT])
    beyond = Q(decision__within__in=["tolerance", "band", "beyond", "hard"])
    counted = (
        Ask.objects.filter(
            policy_id__in=keys,
            came_at__gt=now - timedelta(days=house.beyond_days),
            came_at__lte=now,
        )
        .exclude(state=Ask.State.WITHDRAWN)
        .order_by()
        .values("policy_id")
        .annotate(asks=Count("pk"), bent=Count("pk", filter=free & beyond))
    )
    found = {row["policy_id"]: (row["asks"], row["bent"]) for row in counted}
    return {
        key: Bent(
            asks=asks,
            bent=often,
            days=house.beyond_days,
            questioned=often >= LEAST_BENT and often > house.questioned_above * asks,
        )
        for key in keys
        for asks, often in [found.get(key, (0, 0))]
    }


def questioned(owner: Member, *, now: datetime) -> list[tuple[Policy, Bent]]:
    """Return the rules of one owner that were bent too often lately, and how often."""
    theirs = list(Policy.objects.filter(owner=owner, retired_at__isnull=True))
    often = bent(theirs, now=now) if theirs else {}
    return [(rule, often[rule.pk]) for rule in theirs if often[rule.pk].questioned]
