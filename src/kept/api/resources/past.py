"""What the past says: how dates were kept, how estimates did, how long work lay."""

from datetime import date
from typing import Any

from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Shown
from kept.past import looking
from kept.people.access import Policy

door = Door("past")


class Count(Shown):
    """So many of so many."""

    name: str = Field(description="What is counted.")
    part: int = Field(description="So many.")
    of: int = Field(description="Of so many.")
    share: float | None = Field(description="The share, 0 to 1; null where it is too early to say.")


class Spread(Shown):
    """Quantiles."""

    count: int = Field(description="How many values.")
    p50: float = Field(description="Half are no more than this.")
    p80: float = Field(description="8 in 10 are no more than this.")
    p90: float = Field(description="9 in 10 are no more than this.")
    p95: float = Field(description="19 in 20 are no more than this.")
    lowest: float = Field(description="The lowest.")
    highest: float = Field(description="The highest.")


class Bar(Shown):
    """How many values lie in a range."""

    low: float | None = Field(description="From; null, without end.")
    high: float | None = Field(description="To below; null, without end.")
    count: int = Field(description="How many.")


class Moved(Shown):
    """Dates that were moved."""

    count: int = Field(description="How many were moved.")
    of: int = Field(description="Of how many.")
    said_days: float = Field(description="Days they were moved by, as said (median).")
    took_days: float = Field(description="Days it took beyond the first date (median).")


class Dates(Shown):
    """How dates were kept."""

    kept: Count = Field(description="On or before the day.")
    first: bool = Field(description="Against first dates; else only the last ones are known.")
    last: Count | None = Field(description="Against last dates, where first ones are known.")
    late_days: Spread | None = Field(description="Calendar days late, of those that were late.")
    bars: list[Bar] = Field(description="Calendar days late; early ones below zero.")
    by_client: list[Count] = Field(description="For each client or project.")
    moved: Moved | None = Field(description="What became of dates that were moved.")


class KindRatio(Shown):
    """What it took ÷ what was estimated, for one kind of work."""

    name: str = Field(description="The kind of work.")
    over: int = Field(description="How many took longer.")
    exact: int = Field(description="How many took just that.")
    under: int = Field(description="How many took less.")
    ratios: Spread = Field(description="What it took ÷ what was estimated.")


class Efforts(Shown):
    """How estimates did."""

    all: KindRatio = Field(description="Over all work.")
    by_kind: list[KindRatio] = Field(description="For each kind of work.")
    bars: list[Bar] = Field(description="What it took ÷ what was estimated.")


class LeadsOfKind(Shown):
    """How long one kind of work lay."""

    name: str = Field(description="The kind of work.")
    days: Spread = Field(description="Calendar days.")


class Leads(Shown):
    """How long work lay, from asked to finished."""

    days: Spread = Field(description="Calendar days.")
    from_start: bool = Field(description="Counted from its start: when it was asked is not known.")
    bars: list[Bar] = Field(description="Calendar days.")
    by_kind: list[LeadsOfKind] = Field(description="For each kind of work.")


class Past(Shown):
    """What the past says. What its rows do not tell is null."""

    items: int = Field(description="How many pieces of finished work there are.")
    finished_from: date | None = Field(description="When the first of them was finished.")
    finished_until: date | None = Field(description="When the last of them was finished.")
    too_early: bool = Field(description="Whether there is too little of everything to judge by.")
    dates: Dates | None = Field(description="How dates were kept.")
    efforts: Efforts | None = Field(description="How estimates did.")
    leads: Leads | None = Field(description="How long work lay.")


@door.read("/past", Policy.MEMBER, Past)
def show_past(request: ApiRequest) -> dict[str, Any]:
    """Show what the past says."""
    found = looking.figures(request.now)
    leads = found.leads
    return {
        "items": found.items,
        "finished_from": found.finished_from,
        "finished_until": found.finished_until,
        "too_early": found.too_early,
        "dates": found.dates,
        "efforts": found.efforts,
        "leads": None
        if leads is None
        else {
            "days": leads.days,
            "from_start": leads.from_start,
            "bars": leads.bars,
            "by_kind": [{"name": name, "days": days} for name, days in leads.by_kind],
        },
    }
