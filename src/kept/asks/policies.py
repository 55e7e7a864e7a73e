"""House rules: what each is for, whose it is, and how far whom may bend it. Rule 8."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Count, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.asks import rules
from kept.asks.models import Ask, Decision, Policy
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, refusals, scope

Quantity = Policy.Quantity
Direction = Policy.Direction
MOST = Decimal(9_999_999)
#: Bent fewer times, a rule is not questioned: one of one says nothing.
LEAST_BENT = 3


class PolicyIsRetired(refusals.Conflict):
    """It is no rule any more."""


class NameIsTaken(refusals.Conflict):
    """There is a policy of that name."""


class PolicyChanges(TypedDict, total=False):
    """What can be said of a policy; amounts as people write them, such as “14:30” or “480”."""

    name: str
    rule: str
    purpose: str
    owner: Member | None
    quantity: str
    unit: str
    direction: str
    zone: str
    limit: str
    tolerance: str
    band_limit: str
    band_role: str
    band_cost_cap: Decimal | None
    hard_limit: str
    hard_reason: str
    price: Decimal | None


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
        return f"{asked}, {bent}: {words.percent(self.share)}."


def make(*, by: Member, now: datetime, **said: Unpack[PolicyChanges]) -> Policy:
    """Make a rule of the house.

    Raises:
        NotAllowed: only owners make rules.
        Refused: no owner or no purpose; a value that cannot be; a hard limit inside
            the tolerance, or a discretion band that is nobody's.
        NameIsTaken: there is a rule of that name.
    """
    access.demand(by, Role.OWNER)
    policy = Policy(made_at=now, made_by=by, zone=scope.current().zone)
    defaults: PolicyChanges = {"name": "", "rule": "", "purpose": "", "owner": None, "limit": ""}
    with transaction.atomic():
        _put(policy, {**defaults, **said})
        _save(policy)
        recording.record(Event.Kind.POLICY_MADE, about=policy, by=by, at=now, rows=[policy])
    return policy


def change(policy: Policy, *, by: Member, now: datetime, **said: Unpack[PolicyChanges]) -> Policy:
    """Change a rule; what is not named stays. Decisions keep what the rule said to them.

    Raises: what `make` raises, and
        PolicyIsRetired: it is no rule any more.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        policy = _locked(policy)
        _put(policy, said)
        _save(policy)
        recording.record(Event.Kind.POLICY_CHANGED, about=policy, by=by, at=now, rows=[policy])
    return policy


def retire(policy: Policy, *, by: Member, now: datetime) -> Policy:
    """End a rule; what was decided by it stays."""
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        policy = _locked(policy)
        policy.retired_at = now
        policy.save(update_fields=["retired_at"])
        recording.record(Event.Kind.POLICY_RETIRED, about=policy, by=by, at=now, rows=[policy])
    return policy


def rule_of(policy: Policy) -> rules.Rule:
    """Return the rule as plain values."""
    return rules.Rule(
        limit=policy.limit,
        tolerance=policy.tolerance,
        at_least=policy.direction == Direction.AT_LEAST,
        band_limit=policy.band_limit,
        hard_limit=policy.hard_limit,
    )


def measure(policy: Policy, *, at: datetime | None = None, value: str = "") -> Decimal:
    """Return what a rule measures: of a moment for a time of day, else of what was said.

    Raises:
        Refused: nothing was said, or a value that cannot be.
    """
    if policy.quantity == Quantity.TIME_OF_DAY and at is not None:
        return rules.minute_of_day(policy.limit, at, policy.zone)
    measured = value_of(policy.quantity, value, called=_("How much it is"), field="measured")
    if policy.quantity == Quantity.TIME_OF_DAY:
        return rules.nearest(policy.limit, measured)
    return measured


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


def value_of(quantity: str, text: str, *, called: str, field: str) -> Decimal:
    """Return a value as a rule measures it, from “14:30” or a number.

    Raises:
        Refused: it is neither.
    """
    text = text.strip()
    if quantity == Quantity.TIME_OF_DAY:
        try:
            return rules.minutes_of(time.fromisoformat(text))
        except ValueError:
            raise refusals.Refused(
                _("%(called)s: “%(text)s” is not a time of day. 14:30 is one.")
                % {"called": called, "text": text[:40]},
                field=field,
            ) from None
    return _amount(text, called=called, field=field)


def said(policy: Policy, value: Decimal | None) -> str:
    """ "14:33", "48 hours of notice", "€ 480", "2 rounds": a value in words."""
    if value is None:
        return ""
    match policy.quantity:
        case Quantity.TIME_OF_DAY:
            return rules.clock_face(value)
        case Quantity.NOTICE | Quantity.HOURS:
            return words.hours(float(value))
        case Quantity.MONEY:
            return words.money(value, scope.current().currency)
        case Quantity.ROUNDS:
            return ngettext("%(count)s round", "%(count)s rounds", _plural(value)) % {
                "count": plain(value)
            }
    return f"{plain(value)} {unit(policy, value)}".strip()


def unit(policy: Policy, value: Decimal | None = None) -> str:
    """Return what a rule counts, for so many of it: “page” of “page/pages” for one."""
    one, _slash, more = policy.unit.partition("/")
    return one.strip() if not more or value == 1 else more.strip()


def length(policy: Policy, value: Decimal) -> str:
    """ "3 minutes" for a time of day; as `said` for the rest: how far beyond."""
    if policy.quantity == Quantity.TIME_OF_DAY:
        return ngettext("%(count)s minute", "%(count)s minutes", _plural(value)) % {
            "count": plain(value)
        }
    return said(policy, value)


def verdict(policy: Policy, judged: rules.Judged) -> str:
    """ "3 minutes past 14:30; tolerance 10 minutes": where a value lies, in words."""
    limit = said(policy, policy.limit)
    if judged.within is rules.Within.RULE:
        return _("inside the rule: %(limit)s") % {"limit": limit}
    far = {"far": length(policy, judged.beyond_by), "limit": limit}
    if policy.quantity == Quantity.NUMBER:
        far["far"] = plain(judged.beyond_by)  # the unit is said once
    if policy.quantity == Quantity.TIME_OF_DAY:
        beyond = _("%(far)s past %(limit)s") % far
    elif policy.direction == Direction.AT_LEAST:
        beyond = _("%(far)s short of %(limit)s") % far
    else:
        beyond = _("%(far)s over %(limit)s") % far
    match judged.within:
        case rules.Within.TOLERANCE:
            tail = _("tolerance %(far)s") % {"far": length(policy, policy.tolerance)}
        case rules.Within.BAND:
            tail = _("%(who)s decides up to %(limit)s") % {
                "who": Role(policy.band_role).label,
                "limit": said(policy, policy.band_limit),
            }
        case rules.Within.HARD:
            tail = _("nobody goes beyond %(limit)s") % {"limit": said(policy, policy.hard_limit)}
        case _:
            tail = _("beyond what the rule lets anybody decide")
    return f"{beyond}; {tail}"


def plain(value: Decimal) -> str:
    """ "5", "2.5": without noughts that say nothing."""
    return number_format(value.normalize() if value else Decimal(0))


def _plural(value: Decimal) -> int:
    return 1 if value == 1 else 2


def _amount(text: str, *, called: str, field: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > MOST:
        raise refusals.Refused(
            _("%(called)s: “%(text)s” is not a number. 48 or 2.5 is one.")
            % {"called": called, "text": text[:40]},
            field=field,
        )
    return value.quantize(Decimal("0.01"))


def _put(policy: Policy, said: PolicyChanges) -> None:
    """Write what was said into a policy, checked; and that the whole of it can be."""
    if "name" in said:
        policy.name = _line(said["name"], _("The name"), "name", 120)
    if "rule" in said:
        policy.rule = _line(said["rule"], _("The normal rule"), "rule", 300)
    if "purpose" in said:
        policy.purpose = _line(said["purpose"], _("What it is for"), "purpose", 500)
    if "owner" in said:
        _put_owner(policy, said["owner"])
    if "quantity" in said:
        policy.quantity = _choice(Quantity.values, said["quantity"], "quantity")
    if "direction" in said:
        policy.direction = _choice(Direction.values, said["direction"], "direction")
    if "unit" in said:
        policy.unit = given.one_line(
            said["unit"], called=_("What is counted"), field="unit", longest=40, needed=False
        )
    if "zone" in said:
        policy.zone = given.zone(said["zone"])
    _put_amounts(policy, said)
    if "band_role" in said:
        policy.band_role = _choice(["", *Role.values], said["band_role"], "band_role")
    if "hard_reason" in said:
        policy.hard_reason = given.one_line(
            said["hard_reason"],
            called=_("Why nobody goes further"),
            field="hard_reason",
            longest=300,
            needed=False,
        )
    if "band_cost_cap" in said:
        policy.band_cost_cap = _money(said["band_cost_cap"], "band_cost_cap")
    if "price" in said:
        policy.price = _money(said["price"], "price")
    _refuse_faults(policy)


def _put_amounts(policy: Policy, said: PolicyChanges) -> None:
    if "limit" in said:
        policy.limit = value_of(
            policy.quantity, said["limit"], called=_("The limit"), field="limit"
        )
    if "tolerance" in said:
        policy.tolerance = _amount(
            said["tolerance"] or "0", called=_("The tolerance"), field="tolerance"
        )
    if "band_limit" in said:
        policy.band_limit = _maybe(policy, said["band_limit"], _("The band’s end"), "band_limit")
    if "hard_limit" in said:
        policy.hard_limit = _maybe(policy, said["hard_limit"], _("The hard limit"), "hard_limit")


def _put_owner(policy: Policy, owner: Member | None) -> None:
    if owner is None or owner.left_at is not None:
        raise refusals.Refused(
            _("A rule without an owner is nobody’s: say who answers for it. Nothing was saved."),
            field="owner",
        )
    policy.owner = owner


def _maybe(policy: Policy, text: str, called: str, field: str) -> Decimal | None:
    """Return the end of a band or a hard limit; a time of day before the limit is the day after."""
    if not text.strip():
        return None
    value = value_of(policy.quantity, text, called=called, field=field)
    if (
        policy.quantity == Quantity.TIME_OF_DAY
        and policy.direction == Direction.AT_MOST
        and value < policy.limit - rules.MINUTES_A_DAY // 2
    ):
        value += rules.MINUTES_A_DAY
    return value


def _refuse_faults(policy: Policy) -> None:
    if bool(policy.band_role) != (policy.band_limit is not None):
        raise refusals.Refused(
            _("A discretion band needs both: how far it goes, and who holds it."),
            field="band_role" if policy.band_limit is not None else "band_limit",
        )
    rule = rule_of(policy)
    for fault in rules.faults(rule):
        told = {
            "tolerance": length(policy, policy.tolerance),
            "limit": said(policy, policy.limit),
            "hard": said(policy, policy.hard_limit),
            "band": said(policy, policy.band_limit),
        }
        match fault:
            case rules.Fault.TOLERANCE_NEGATIVE:
                raise refusals.Refused(
                    _("A tolerance is not less than nothing. Nothing was saved."),
                    field="tolerance",
                )
            case rules.Fault.HARD_INSIDE_TOLERANCE:
                raise refusals.Refused(
                    _(
                        "The hard limit %(hard)s lies inside the tolerance: %(limit)s and "
                        "%(tolerance)s more need nobody. Nothing was saved."
                    )
                    % told,
                    field="hard_limit",
                )
            case rules.Fault.BAND_INSIDE_TOLERANCE:
                raise refusals.Refused(
                    _(
                        "The discretion band ends at %(band)s, inside the tolerance: %(limit)s "
                        "and %(tolerance)s more need nobody. Nothing was saved."
                    )
                    % told,
                    field="band_limit",
                )
            case rules.Fault.BAND_BEYOND_HARD:
                raise refusals.Refused(
                    _(
                        "The discretion band reaches %(band)s, beyond the hard limit %(hard)s. "
                        "Nothing was saved."
                    )
                    % told,
                    field="band_limit",
                )


def _save(policy: Policy) -> None:
    taken = NameIsTaken(
        _("There is a rule called “%(name)s” already. Nothing was saved.") % {"name": policy.name},
        field="name",
    )
    others = Policy.objects.filter(retired_at__isnull=True).exclude(pk=policy.pk)
    if given.named(others, policy.name) is not None:
        raise taken
    with given.constrained(taken):
        policy.save()


def _locked(policy: Policy) -> Policy:
    policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if policy.retired_at is not None:
        raise PolicyIsRetired(_("This is no rule any more. Nothing was changed."))
    return policy


def _line(text: str, called: str, field: str, longest: int) -> str:
    return given.one_line(text, called=called, field=field, longest=longest)


def _choice(known: Iterable[str], said: str, field: str) -> str:
    if said not in known:
        raise refusals.Refused(
            _("“%(said)s” is none of: %(known)s.")
            % {"said": said[:40], "known": words.listed([one for one in known if one])},
            field=field,
        )
    return said


def _money(amount: Decimal | None, field: str) -> Decimal | None:
    if amount is None:
        return None
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise refusals.Refused(_("An amount of money is not less than nothing."), field=field)
    return amount.quantize(Decimal("0.01"))
