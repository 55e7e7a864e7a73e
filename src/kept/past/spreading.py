"""Spread an estimate by the past: the form in which a plan carries what was learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kept.engine.durations import Profile
from kept.past import profiles


@dataclass(frozen=True)
class Learned:
    """How actual ÷ estimate is spread for one piece of work.

    Attributes:
        ratios: [share of such work, actual ÷ estimate] at 1 … 99 %; never falling.
        known: how many equally weighted past items it rests on.
    """

    ratios: Sequence[Sequence[float]]
    known: int


def spread(
    profile: Profile,
    *,
    estimate: float,
    member: int | None = None,
    service: int | None = None,
    skill: int | None = None,
    client: int | None = None,
) -> Learned:
    """Return what the past says about an estimate in hours; who, what and for whom are keys."""
    return _spread(profile, estimate, member, service, skill, client)


@lru_cache(maxsize=8192)
def _spread(
    profile: Profile,
    estimate: float,
    member: int | None,
    service: int | None,
    skill: int | None,
    client: int | None,
) -> Learned:
    forecast = profile.ratios(
        person=profiles.person_key(member),
        kind=profiles.kind_key(service),
        subkind=profiles.subkind_key(skill),
        project=profiles.project_key(client),
        estimate=estimate,
    )
    pairs = zip(forecast.levels, forecast.quantiles, strict=True)
    return Learned(
        ratios=[[round(float(level), 2), round(float(ratio), 4)] for level, ratio in pairs],
        known=round(forecast.effective_n),
    )
