"""What the past says, in numbers small enough to check by hand."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests import cast

from kept import zones
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import looking
from kept.past.looking import Bar, Count, Spread
from kept.past.models import PastItem, SourceName
from kept.tenancy import scope

PORTO = "Europe/Lisbon"


def at(day: str) -> datetime:
    year, month, number = map(int, day.split("-"))
    return zones.moment(date(year, month, number), looking_noon, PORTO)


looking_noon = datetime(2026, 1, 1, 12).time()  # noqa: DTZ001 - a time of day


def item(number: int, **columns: object) -> PastItem:
    named = {}
    for role in ("project", "kind"):
        if role in columns:
            named[role] = SourceName.objects.get_or_create(role=role, name=columns.pop(role))[0]
    return PastItem.objects.create(external_id=str(number), **named, **columns)


def test_without_finished_work_nothing_is_said(northlight: cast.House, now: datetime) -> None:
    seen = looking.figures(now)
    assert (seen.items, seen.dates, seen.efforts, seen.leads) == (0, None, None, None)
    assert seen.too_early


def test_dates_are_judged_by_the_day_and_counted_before_shares(
    northlight: cast.House, now: datetime
) -> None:
    item(1, project="A", due_at=at("2026-03-10"), finished_at=at("2026-03-10"))
    item(2, project="A", due_at=at("2026-03-10"), finished_at=at("2026-03-13"))
    item(3, project="B", due_at=at("2026-03-10"), finished_at=at("2026-03-05"))
    item(4, project="B", due_at=at("2026-03-10"), finished_at=None)
    item(5, project="B", due_at=at("2026-03-10"), finished_at=at("2026-03-17"))
    dates = looking.figures(now).dates
    assert dates is not None
    assert (dates.kept, dates.kept.share) == (Count("", 2, 4), None)
    assert (dates.first, dates.last, dates.moved) == (False, None, None)
    assert dates.late_days == Spread(2, p10=3, p50=3, p80=7, p90=7, p95=7, lowest=3, highest=7)
    assert dates.by_client == (Count("A", 1, 2), Count("B", 1, 2))
    assert [bar for bar in dates.bars if bar.count] == [
        Bar(-7, 0, 1), Bar(0, 1, 1), Bar(2, 4, 1), Bar(4, 8, 1),
    ]  # fmt: skip


def test_first_dates_are_the_headline_where_they_are_known(
    northlight: cast.House, now: datetime
) -> None:
    item(
        1,
        first_due_at=at("2026-03-02"),
        due_at=at("2026-03-05"),
        finished_at=at("2026-03-12"),
    )
    item(2, first_due_at=at("2026-03-02"), due_at=at("2026-03-12"), finished_at=at("2026-03-12"))
    item(3, first_due_at=at("2026-03-12"), due_at=at("2026-03-12"), finished_at=at("2026-03-12"))
    dates = looking.figures(now).dates
    assert dates is not None
    assert (dates.kept, dates.first, dates.last) == (Count("", 1, 3), True, Count("", 2, 3))
    assert dates.moved == looking.Moved(count=2, of=3, said_days=3, took_days=10)


def test_a_moment_missed_on_its_own_day_is_late(northlight: cast.House, now: datetime) -> None:
    noon = at("2026-03-10")
    item(1, due_at=noon, finished_at=noon + timedelta(hours=1), day_only=False)
    item(2, due_at=noon, finished_at=noon, day_only=False)
    item(3, due_at=noon, finished_at=noon + timedelta(hours=1), day_only=True)
    dates = looking.figures(now).dates
    assert dates is not None
    assert dates.kept == Count("", 2, 3)


def test_estimates_are_told_by_kind_and_nine_in_ten_only_from_twenty_on(
    northlight: cast.House, now: datetime
) -> None:
    for number in range(20):
        item(number, kind="Poster", estimate_hours=10, actual_hours=10 + number)
    item(99, kind="Site", estimate_hours=10, actual_hours=5)
    efforts = looking.figures(now).efforts
    assert efforts is not None
    poster, site = efforts.by_kind
    assert (poster.name, poster.count, poster.over, poster.exact, poster.under) == (
        "Poster", 20, 19, 1, 0,
    )  # fmt: skip
    # Ratios 1.0, 1.1 … 2.9: half are no more than 1.9, 9 in 10 no more than 2.7.
    assert (poster.ratios.p50, poster.ratios.p80, poster.ratios.p90) == (1.9, 2.5, 2.7)
    assert poster.ratios.enough
    assert (site.count, site.under, site.ratios.enough) == (1, 1, False)
    assert (efforts.all.count, efforts.all.exact) == (21, 1)
    assert Bar(1.0, 1.0 + 1e-9, 1) in efforts.bars


def test_lead_times_run_from_the_day_asked_to_the_day_finished(
    northlight: cast.House, now: datetime
) -> None:
    item(1, kind="Poster", estimated_at=at("2026-03-02"), finished_at=at("2026-03-02"))
    item(2, kind="Poster", estimated_at=at("2026-03-02"), finished_at=at("2026-03-12"))
    item(3, kind="Poster", estimated_at=at("2026-03-13"), finished_at=at("2026-03-12"))
    leads = looking.figures(now).leads
    assert leads is not None
    assert (leads.from_start, leads.days.count, leads.days.p50, leads.days.p90) == (False, 2, 0, 10)
    assert [(name, kind.count) for name, kind in leads.by_kind] == [("Poster", 2)]


def test_beyond_a_dozen_clients_the_rest_is_summed_up(
    northlight: cast.House, now: datetime
) -> None:
    for number in range(15):
        item(
            number,
            project=f"Client {number:02}",
            due_at=at("2026-03-10"),
            finished_at=at("2026-03-10"),
        )
    dates = looking.figures(now).dates
    assert dates is not None
    assert len(dates.by_client) == looking.LISTED + 1
    assert dates.by_client[-1] == Count("3 others", 3, 3)


def test_the_past_of_another_house_is_not_in_the_figures(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    with scope.acting_in(southbank.organisation):
        item(1, kind="Poster", estimate_hours=10, actual_hours=20)
    assert looking.figures(now).items == 0


def test_three_rows_cost_no_more_queries_than_one(northlight: cast.House, now: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            looking.figures(now)
        return len(seen)

    item(1, kind="Poster", project="A", due_at=at("2026-03-10"), finished_at=at("2026-03-10"))
    one = queries()
    item(2, kind="Site", project="B", due_at=at("2026-03-10"), finished_at=at("2026-03-11"))
    item(3, kind="Card", project="C", due_at=at("2026-03-10"), finished_at=at("2026-03-11"))
    assert queries() == one


def test_what_is_known_is_computed_anew_only_when_something_of_it_was_written(
    northlight: cast.House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    compute = looking.figures
    monkeypatch.setattr(looking, "figures", lambda at: computed.append(at) or compute(at))
    doing = {"by": northlight.ben, "at": now}
    item(1, project="A", due_at=at("2026-03-10"), finished_at=at("2026-03-10"))
    pete = northlight.clients["Harbour Clinic"]

    assert looking.known(now).items == 1
    recording.record(Event.Kind.OUTLOOK_COMPUTED, about=pete, **doing)
    assert looking.known(now).items == 1
    assert len(computed) == 1

    item(2, project="A", due_at=at("2026-03-10"), finished_at=at("2026-03-10"))
    recording.record(Event.Kind.IMPORT_ROWS, about=pete, **doing)
    assert looking.known(now).items == 2
    assert len(computed) == 2

    # What is said of the future joins when it has come.
    item(3, finished_at=now + timedelta(days=1))
    recording.record(Event.Kind.IMPORT_ROWS, about=pete, **doing)
    assert [looking.known(now + timedelta(days=days)).items for days in (0, 0, 2)] == [2, 2, 3]
    assert len(computed) == 4


def test_what_was_undone_with_its_transaction_is_not_known(
    northlight: cast.House, now: datetime
) -> None:
    pete = northlight.clients["Harbour Clinic"]
    with transaction.atomic():
        item(1, finished_at=at("2026-03-10"))
        recording.record(Event.Kind.IMPORT_ROWS, about=pete, by=northlight.ben, at=now)
        assert looking.known(now).items == 1
        transaction.set_rollback(True)

    recording.record(Event.Kind.OUTLOOK_COMPUTED, about=pete, by=northlight.ben, at=now)
    assert looking.known(now).items == 0
