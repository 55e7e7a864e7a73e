"""The rules that raise alarms, each with the number it works by; a house may set them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept.last_mile.models import ChaseRule, Kind
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given
from kept.tenancy.refusals import Refused


class Unit(StrEnum):
    """What a rule's number counts."""

    NONE = "none"
    POINTS = "points"
    MINUTES = "working minutes"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as a house has it."""

    kind: Kind
    on: bool
    amount: float | None
    unit: Unit


@dataclass(frozen=True, slots=True)
class Usual:
    """A rule until a house says otherwise."""

    unit: Unit
    amount: float | None
    told: Lazy | str


USUAL: Mapping[Kind, Usual] = {
    Kind.AT_RISK: Usual(
        Unit.NONE, None, gettext_lazy("The chance of a promise falls under the line.")
    ),
    Kind.DRIFT: Usual(
        Unit.POINTS,
        0.10,
        gettext_lazy("The chance is so much lower than when the client was last told."),
    ),
    Kind.SILENCE: Usual(
        Unit.MINUTES, 540, gettext_lazy("Somebody was asked to own a stage and is silent so long.")
    ),
    Kind.STUCK: Usual(
        Unit.NONE,
        None,
        gettext_lazy("Nothing happens on a finishing stretch; after how long, the house says."),
    ),
    Kind.OBLIGATION: Usual(
        Unit.MINUTES, 0, gettext_lazy("What the client owes is overdue by so much.")
    ),
    Kind.ANSWER: Usual(
        Unit.MINUTES,
        120,
        gettext_lazy("Somebody said that they know, and gives no answer for so long."),
    ),
    Kind.UNDELIVERABLE: Usual(
        Unit.NONE, None, gettext_lazy("A letter or a message could not be delivered.")
    ),
    Kind.HOLD: Usual(
        Unit.MINUTES, 240, gettext_lazy("Capacity is held for an offer that lapses in so much.")
    ),
}


def rules() -> dict[Kind, Rule]:
    """Return every rule as this house has it, in one query."""
    said = {row.kind: row for row in ChaseRule.objects.all()}
    return {
        kind: Rule(
            kind,
            said[kind].on if kind in said else True,
            _amount(said.get(kind), usual),
            usual.unit,
        )
        for kind, usual in USUAL.items()
    }


def _amount(row: ChaseRule | None, usual: Usual) -> float | None:
    return usual.amount if row is None or row.amount is None else row.amount


def change(
    kind: Kind, *, by: Member, now: datetime, on: bool | None = None, amount: float | None = None
) -> Rule:
    """Set a rule of the house; what is not named stays.

    Raises:
        Refused: there is no such rule, or its number cannot be.
        NotAllowed: only owners do.
    """
    access.demand(by, Role.OWNER)
    if kind not in USUAL:
        raise Refused(_("There is no such rule."), field="kind")
    usual = USUAL[kind]
    if amount is not None:
        if usual.unit is Unit.NONE:
            raise Refused(_("This rule has no number."), field="amount")
        points = usual.unit is Unit.POINTS
        amount = given.number(
            amount, called=_("The number"), field="amount", least=0, most=1 if points else 43_200
        )
    with transaction.atomic():
        row = ChaseRule.objects.select_for_update(no_key=True).filter(kind=kind).first()
        row = row or ChaseRule(kind=kind)
        row.on = row.on if on is None else on
        row.amount = row.amount if amount is None else amount
        row.save()
        recording.record(Event.Kind.CHASE_RULE_CHANGED, about=row, by=by, at=now, rows=[row])
    return rules()[kind]
