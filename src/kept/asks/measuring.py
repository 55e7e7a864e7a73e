"""What a house rule measures: values as people write them, and in words."""

from datetime import datetime, time
from decimal import Decimal, InvalidOperation

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.asks import rules
from kept.asks.models import Policy
from kept.people.models import Role
from kept.tenancy import refusals, scope

Quantity = Policy.Quantity
Direction = Policy.Direction
MOST = Decimal(9_999_999)


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
    return amount(text, called=called, field=field)


def said(policy: Policy, value: Decimal | None) -> str:
    """ "14:33", "48 hours of notice", "€ 480", "2 rounds": a value in words."""
    if value is None:
        return ""
    match policy.quantity:
        case Quantity.TIME_OF_DAY:
            return rules.clock_face(value)
        case Quantity.NOTICE | Quantity.HOURS:
            return words.exact_hours(value)
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


def counted_in(policy: Policy) -> str:
    """Return what whoever types a value counts: “hours”, “guests”, “EUR”; empty for a clock."""
    match policy.quantity:
        case Quantity.TIME_OF_DAY:
            return ""
        case Quantity.NOTICE | Quantity.HOURS:
            return _("hours")
        case Quantity.MONEY:
            return scope.current().currency
        case Quantity.ROUNDS:
            return _("rounds")
    return unit(policy)


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


def amount(text: str, *, called: str, field: str) -> Decimal:
    """Return a number as people write it.

    Raises:
        Refused: it is none, or larger than any rule measures.
    """
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
