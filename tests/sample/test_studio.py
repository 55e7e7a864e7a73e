"""The sample studio: the same for the same seed, another for another, and not too rosy."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from kept.custody import verifying
from kept.jobs.models import Stage
from kept.ledger.models import Event
from kept.past import looking
from kept.people.models import Login
from kept.plan import standing
from kept.plan.models import Outlook
from kept.sample import studio
from kept.tenancy import scope


@dataclass(frozen=True)
class Made:
    """What the pages of a studio rest on. Chances are left out: each house has luck of its own."""

    kept: tuple[int, int]
    ratio_p90: float
    promises: list[tuple[str, str, date]]
    hours: list[float]
    states: set[str]


def made(seed: int, now: datetime) -> Made:
    """Make a studio of twelve in a new house, and check what holds for every seed."""
    login = Login.objects.create(email=f"owner{Login.objects.count()}@studio.example")
    owner = studio.make(login=login, now=now, seed=seed)
    with scope.acting_in(owner.organisation):
        assert verifying.verify().faults == []
        moments = list(Event.objects.order_by("number").values_list("at", flat=True))
        assert moments[-1] == now
        began = now - timedelta(days=30)
        since = [at for at in moments if at > began]
        assert since == sorted(since)  # the ledger tells it in the order in which it happened
        assert Outlook.objects.values("computed_at").distinct().count() == 11
        figures = looking.figures(now)
        dates, efforts = figures.dates, figures.efforts
        assert dates is not None
        assert efforts is not None
        assert dates.first
        stands = standing.standings(now=now)
        return Made(
            kept=(dates.kept.part, dates.kept.of),
            ratio_p90=efforts.all.ratios.p90,
            promises=[(s.promise.job.title, s.promise.client.name, s.promised_on) for s in stands],
            hours=list(Stage.objects.order_by("pk").values_list("likely_hours", flat=True)),
            states={str(s.state) for s in stands},
        )


@pytest.mark.slow
def test_a_seed_makes_one_studio_and_another_seed_another(db: None, now: datetime) -> None:
    first, again, other = made(1, now), made(1, now), made(2, now)
    assert (first.kept, first.hours) == (again.kept, again.hours)
    assert sorted(first.promises) == sorted(again.promises)
    assert first.kept != other.kept
    assert first.hours != other.hours
    assert first.ratio_p90 != other.ratio_p90
    for house in (first, other):
        kept, dates = house.kept
        assert 0.65 <= kept / dates <= 0.85  # a real business, not a rosy one
        assert len(house.promises) == 14
        assert {"overdue", "at-risk", "on-track"} <= house.states
