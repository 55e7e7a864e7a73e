"""Figures of the desk: can'ts that were won'ts, who asks and who pays, and room to shine."""

from decimal import Decimal
from typing import Any

from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Shown
from kept.asks import figures
from kept.people.access import Policy

door = Door("desk figures")


class CantsShown(Shown):
    """How often "we can't" was said lately, and how often we could have: about the team."""

    said: int = Field(description="Asks to which it was said.")
    wonts: int = Field(description="Of them, those that were challenged: a won't.")
    days: int = Field(description="In so many days.")


class BalanceShown(Shown):
    """What one client asked for beyond in a year, and what became of it."""

    client_id: int = Field(description="The client.")
    asked: int = Field(description="So many asks beyond.")
    free: int = Field(description="Given once.")
    paid: int = Field(description="Paid.")
    declined: int = Field(description="Declined.")
    hours_free: Decimal = Field(description="What was given, in hours.")
    money_free: Decimal = Field(description="What that was worth.")
    money_paid: Decimal = Field(description="What they paid.")
    insincere: int = Field(description="Judged not to be sincere, by a person.")


class BalancesShown(Shown):
    """Who asks and who pays."""

    items: list[BalanceShown] = Field(description="Each client that asked; most asked first.")


class ShineShown(Shown):
    """For whom something small and unexpected would be right."""

    client_ids: list[int] = Field(description="Core hot, nothing lately; none while work is late.")


@door.read("/beyond/cants", Policy.MEMBER, CantsShown)
def show_cants(request: ApiRequest) -> figures.Cants:
    """Say how many can'ts were won'ts."""
    return figures.cants(now=request.now)


@door.read("/beyond/balances", Policy.LEAD, BalancesShown)
def show_balances(request: ApiRequest) -> dict[str, Any]:
    """Say who asks and who pays; for leads only."""
    items = [
        {**vars(one), "client_id": one.client.pk}
        for one in figures.balances(by=request.member, now=request.now)
    ]
    return {"items": items}


@door.read("/beyond/room-to-shine", Policy.MEMBER, ShineShown)
def show_room_to_shine(request: ApiRequest) -> dict[str, Any]:
    """Say for whom something small and unexpected would be right."""
    return {"client_ids": [one.client.pk for one in figures.room_to_shine(now=request.now)]}
