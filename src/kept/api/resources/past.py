"""What the past says: how dates were kept, how estimates did, how long work lay."""

from datetime import date, datetime
from typing import Any

from ninja import Query
from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Asked, Hours, Id, Shown
from kept.past import hindsight, looking, own, similar
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


class LevelKept(Shown):
    """What was said at a level, and how often it came."""

    level: float = Field(description="What was said, 0 to 1.")
    within: int = Field(description="How many took no more than was said.")
    of: int = Field(description="Of so many.")


class TimePart(Shown):
    """A part of the past along time."""

    from_on: date = Field(description="The day of the first estimate in it.")
    to_on: date = Field(description="The day of the last estimate in it.")
    scored: int = Field(description="How many pieces of work.")
    within: int = Field(description="How many took no more than was said at 9 in 10.")


class OwnBias(Shown):
    """What your own estimates became: shown to you alone."""

    count: int = Field(description="How many pieces of your own finished work have both numbers.")
    over: int = Field(description="How many took longer than you estimated.")
    exact: int = Field(description="How many took just that.")
    under: int = Field(description="How many took less.")
    together: float | None = Field(
        description="All hours they took ÷ all hours you estimated; null below twenty."
    )
    ratios: Spread | None = Field(
        description="What each took ÷ what you estimated; null below twenty."
    )


class Hindsight(Shown):
    """What kept would have said of the past, each piece from what was finished before it."""

    scored: int = Field(description="How many pieces of work could be judged.")
    undated: int = Field(description="How many more were learned from, without a day of estimate.")
    kept: Count = Field(description="Took no more than kept would have said at 9 in 10.")
    as_estimated: Count = Field(description="Took no more than the estimate.")
    half_more: Count = Field(description="Took no more than 1.5 times the estimate.")
    levels: list[LevelKept] = Field(
        description="Took no more than kept would have said at a level."
    )
    typical_factor: float | None = Field(
        description="What kept would have said at 9 in 10 ÷ the estimate (median)."
    )
    exact: int = Field(description="How many took exactly the estimate.")
    informative: bool = Field(description="False where nearly all took exactly the estimate.")
    drift: str = Field(
        description="“slower” or “faster” where the newest part lies outside of what chance "
        "explains, else empty."
    )
    parts: list[TimePart] = Field(description="The same at 9 in 10, along time.")
    sums: Count | None = Field(
        description="Runs of ten pieces in a row of one client, added up: took no more than was "
        "said of them at 9 in 10; null below twenty."
    )
    lean: float = Field(
        description="By how much dates shift all luck since, in normal scores: above zero, sums "
        "took more than was said."
    )
    profile_version: str = Field(description="The version of what was learned that says so.")


class Past(Shown):
    """What the past says. What its rows do not tell is null."""

    items: int = Field(description="How many pieces of finished work there are.")
    finished_from: date | None = Field(description="When the first of them was finished.")
    finished_until: date | None = Field(description="When the last of them was finished.")
    too_early: bool = Field(description="Whether there is too little of everything to judge by.")
    dates: Dates | None = Field(description="How dates were kept.")
    efforts: Efforts | None = Field(description="How estimates did.")
    leads: Leads | None = Field(description="How long work lay.")
    hindsight: Hindsight | None = Field(
        description="What kept would have said of it, and how often that would have been kept."
    )


class SimilarPiece(Shown):
    """A piece of past work, and what it says about the estimate asked about."""

    name: str = Field(description="What imported work was called in its file.")
    stage: int | None = Field(description="The stage it was, if it was one of kept.")
    client: str = Field(description="For whom.")
    kind: str = Field(description="The service it was part of.")
    part: str = Field(description="The skill it needed.")
    estimate_hours: float = Field(description="What it was estimated at.")
    actual_hours: float = Field(description="What it took.")
    finished_at: datetime | None = Field(description="When it was finished.")
    scaled_hours: float = Field(description="What it would mean for the estimate asked about.")
    share: float = Field(description="How much it counts, beside the one that counts most.")


class Similar(Shown):
    """What past work like an estimate took, in hours of that estimate."""

    estimate_hours: float = Field(description="The estimate asked about.")
    own: bool = Field(description="Whether every piece is your own work.")
    half_hours: float | None = Field(description="Half of such work took no more.")
    nine_in_ten_hours: float | None = Field(description="9 in 10 took no more.")
    known: int = Field(description="How many equally weighted pieces the forecast rests on.")
    assumed: bool = Field(description="It rests more on what is assumed than on past work.")
    too_few_people: bool = Field(
        description="It rests on the work of one or two others, and so is not shown."
    )
    pieces: list[SimilarPiece] = Field(description="Those that count most, the first one first.")


class SimilarAsked(Asked):
    """An estimate to compare."""

    estimate_hours: Hours = Field(description="The estimate, in hours.")
    mine: bool = Field(False, description="Whether you will do it: then your own work counts.")
    service_id: Id | None = Field(None, description="The service it is part of.")
    skill_id: Id | None = Field(None, description="The skill it needs.")
    client_id: Id | None = Field(None, description="For whom.")


@door.read("/past/similar", Policy.MEMBER, Similar)
def show_similar_work(request: ApiRequest, asked: Query[SimilarAsked]) -> dict[str, Any]:
    """Show what past work like an estimate took.

    Whose work it was counts, and shows, only where it is your own.
    """
    found = similar.similar(
        estimate_hours=asked.estimate_hours,
        asker=request.member,
        own=asked.mine,
        service=asked.service_id,
        skill=asked.skill_id,
        client=asked.client_id,
        now=request.now,
    )
    hidden = found.too_few_people
    return {
        "estimate_hours": found.estimate_hours,
        "own": found.own,
        "half_hours": None if hidden else found.half_hours,
        "nine_in_ten_hours": None if hidden else found.nine_in_ten_hours,
        "known": found.known,
        "assumed": found.assumed,
        "too_few_people": hidden,
        "pieces": found.pieces,
    }


@door.read("/past/mine", Policy.MEMBER, OwnBias)
def show_own_bias(request: ApiRequest) -> dict[str, Any]:
    """Show what your own estimates became; nobody else can ask for it."""
    bias = own.bias(request.member, now=request.now)
    if bias is None:
        return {"count": 0, "over": 0, "exact": 0, "under": 0, "together": None, "ratios": None}
    enough = bias.ratios.enough
    return {
        "count": bias.count,
        "over": bias.over,
        "exact": bias.exact,
        "under": bias.under,
        "together": bias.together if enough else None,
        "ratios": bias.ratios if enough else None,
    }


def _hindsight(seen: hindsight.LookedBack) -> dict[str, Any]:
    row = seen.row
    kept, as_estimated, half_more = seen.ways
    return {
        "scored": row.scored,
        "undated": row.undated,
        "kept": kept,
        "as_estimated": as_estimated,
        "half_more": half_more,
        "levels": [
            {"level": level, "within": count.part, "of": count.of} for level, count in seen.levels
        ],
        "typical_factor": row.typical_factor,
        "exact": row.exact,
        "informative": row.informative,
        "drift": str(seen.drift),
        "parts": [
            {
                "from_on": part.row.from_on,
                "to_on": part.row.to_on,
                "scored": part.row.scored,
                "within": part.row.within_90,
            }
            for part in seen.parts
        ],
        "sums": seen.sums,
        "lean": row.lean,
        "profile_version": row.profile.version,
    }


@door.read("/past", Policy.MEMBER, Past)
def show_past(request: ApiRequest) -> dict[str, Any]:
    """Show what the past says."""
    found = looking.known(request.now)
    seen = hindsight.look_back(request.now)
    leads = found.leads
    return {
        "items": found.items,
        "finished_from": found.finished_from,
        "finished_until": found.finished_until,
        "too_early": found.too_early,
        "dates": found.dates,
        "efforts": found.efforts,
        "hindsight": None if seen is None else _hindsight(seen),
        "leads": None
        if leads is None
        else {
            "days": leads.days,
            "from_start": leads.from_start,
            "bars": leads.bars,
            "by_kind": [{"name": name, "days": days} for name, days in leads.by_kind],
        },
    }
