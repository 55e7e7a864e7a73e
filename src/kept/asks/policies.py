"""House rules: what each is for, whose it is, and how far whom may bend it. Rule 8."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words
from kept.asks import measuring, rules
from kept.asks.models import Policy
from kept.clients import languages
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, refusals, scope

Quantity = Policy.Quantity
Direction = Policy.Direction


class PolicyIsRetired(refusals.Conflict):
    """It is no rule any more."""


class NameIsTaken(refusals.Conflict):
    """There is a policy of that name."""


class PolicyChanges(TypedDict, total=False):
    """What can be said of a policy; amounts as people write them, such as “14:30” or “480”."""

    name: str
    rule: str
    language: str
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
    defaults: PolicyChanges = {
        "name": "",
        "rule": "",
        "purpose": "",
        "owner": None,
        "limit": "",
        "language": "",
    }
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


def _put(policy: Policy, said: PolicyChanges) -> None:
    """Write what was said into a policy, checked; and that the whole of it can be."""
    if "name" in said:
        policy.name = _line(said["name"], _("The name"), "name", 120)
    if "rule" in said:
        policy.rule = _line(said["rule"], _("The normal rule"), "rule", 300)
    if "language" in said:
        policy.language = languages.checked(said["language"]) or scope.current().language
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
        policy.limit = measuring.value_of(
            policy.quantity, said["limit"], called=_("The limit"), field="limit"
        )
    if "tolerance" in said:
        policy.tolerance = measuring.amount(
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
    value = measuring.value_of(policy.quantity, text, called=called, field=field)
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
            "tolerance": measuring.length(policy, policy.tolerance),
            "limit": measuring.said(policy, policy.limit),
            "hard": measuring.said(policy, policy.hard_limit),
            "band": measuring.said(policy, policy.band_limit),
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
    if not amount.is_finite() or not 0 <= amount <= measuring.MOST:
        raise refusals.Refused(_("An amount of money is not less than nothing."), field=field)
    return amount.quantize(Decimal("0.01"))
