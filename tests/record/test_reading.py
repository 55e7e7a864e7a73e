"""Reading the record: the same judgement as everywhere else, in a constant number of queries."""

from datetime import UTC, datetime, timedelta

import pytest
from benchmarks import many_promises
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from tests import cast

from kept import zones
from kept.clients.models import Client, Service
from kept.promises import judging
from kept.promises.models import Promise
from kept.record import reading

LISBON = "Europe/Lisbon"


def test_every_kind_of_life_is_judged_as_the_promise_s_own_page_judges_it(
    northlight: cast.House, now: datetime
) -> None:
    many_promises.write(400, now=now, seed=7)
    lives = judging.lives(Promise.objects.all())

    rows = reading.load(since=None, until=now, now=now)

    assert {row.promise for row in rows} == lives.keys()
    for row in rows:
        life = lives[row.promise]
        assert row.first == judging.by_first_terms(life, now=now), life.promise.state
        assert row.last == judging.by_last_terms(life, now=now), life.promise.state
        house = northlight.organisation
        assert row.first_due_at == life.due_of(life.terms[0], house=house, now=now)
        assert row.last_due_at == life.due_of(life.terms[-1], house=house, now=now)
    # The lives are of all kinds, or the comparison says little.
    for flag in (
        "kept", "late", "short", "sub_standard", "broken", "released", "voided", "open",
        "overdue", "provisional", "deemed", "warned", "painful",
    ):  # fmt: skip
        assert any(getattr(row.last, flag) for row in rows), flag
    assert any(row.first != row.last for row in rows)


def test_a_window_leaves_out_only_what_cannot_belong_to_it(
    northlight: cast.House, now: datetime
) -> None:
    many_promises.write(200, now=now, seed=3, years=3)
    since = now - timedelta(days=365)
    everything = reading.load(since=None, until=now, now=now)

    window = reading.load(since=since, until=now, now=now)

    kept_out = {row.promise for row in everything} - {row.promise for row in window}
    assert kept_out
    for row in everything:
        belongs = row.first_due_at >= since or (row.delivered_at or since) > since
        assert not (belongs and row.promise in kept_out)
    by_key = {row.promise: row for row in everything}
    assert all(row == by_key[row.promise] for row in window)


def test_more_promises_take_no_more_queries(northlight: cast.House, now: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            rows = reading.load(since=now - timedelta(days=365), until=now, now=now)
            reading.slipped(rows, zone=LISBON)
            reading.apart(since=now - timedelta(days=365), until=now)
        return len(seen)

    many_promises.write(60, now=now, seed=1)
    few = queries()
    Client.objects.all().update(name=Concat("name", Value(" the elder")))
    Service.objects.all().update(name=Concat("name", Value(" of old")))
    many_promises.write(120, now=now, seed=2)
    assert Promise.objects.count() == 180
    assert queries() == few


@pytest.mark.parametrize(
    ("now", "edges"),
    [
        (
            datetime(2026, 12, 2, 15, 10, tzinfo=UTC),
            ["2026-07-01 00:00", "2026-10-01 00:00", "2027-01-01 00:00"],
        ),
        (
            datetime(2026, 1, 31, 23, 59, tzinfo=UTC),
            ["2025-08-01 00:00", "2025-11-01 00:00", "2026-02-01 00:00"],
        ),
    ],
)
def test_quarters_are_three_months_and_the_last_one_runs(now: datetime, edges: list[str]) -> None:
    found = reading.quarters(now, zone=LISBON, count=2)
    moments = [found[0][0], *(end for _start, end in found)]
    assert [f"{zones.local(at, LISBON):%Y-%m-%d %H:%M}" for at in moments] == edges
