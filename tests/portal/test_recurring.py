"""What recurs on the client's page: when it is due next, and what became of the last ones.

The present is Wednesday 2 December 2026, 15:10 in Lisbon. The letters are due every Monday by
10:00; promised now, the first is due on Monday the 7th.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.portal.conftest import Sara, known
from tests.portal.test_page import plain
from tests.web.visiting import Visitor

from kept.clients import links
from kept.clients.models import Contact
from kept.promises import occurring
from kept.promises.models import Occurrence, StandingPromise
from kept.tenancy import scope

MONDAYS = "FREQ=WEEKLY;BYDAY=MO"


def letters(
    house: cast.House, contact: Contact | None, now: datetime, **said: Any
) -> StandingPromise:
    options = {"what": "Patient letters", "rule": MONDAYS, "due_time": time(10), **said}
    return occurring.make(
        client=house.clients["Harbour Clinic"],
        contact=contact,
        by=house.dev,
        now=now,
        **options,
    )


def monday(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


def letters_since(
    house: cast.House, contact: Contact, now: datetime, *, weeks: int, but: datetime | None = None
) -> StandingPromise:
    """Letters of so many weeks, each sent on Monday at nine; but one that nobody noted."""
    began = now - timedelta(weeks=weeks)
    standing = letters(house, contact, began)
    for week in range(weeks + 1):
        occurring.look_ahead(now=began + timedelta(weeks=week))
    for row in standing.occurrences.filter(due_at__lte=now):
        if row.due_at != but:
            occurring.done(row, by=house.dev, now=row.due_at - timedelta(hours=1))
    return standing


def part(answer: Any) -> str:
    """What the page says between its lead and its foot."""
    said = plain(answer)
    return said[said.index("at the moment.") + 15 : said.index("Northlight keeps its promises")]


HEAD, FOOT = "Every Monday by 10:00 Patient letters ", "You owe us Nothing at the moment. "


def test_the_page_ends_with_what_recurs(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    standing = letters_since(one_builder, sara.contact, now, weeks=4)
    doing = {"by": one_builder.dev}
    rows = {row.due_at.day: row for row in standing.occurrences.filter(due_at__gt=now)}
    assert part(sara.get()) == (
        f"{HEAD}On track for Monday 7 December. Last done Mon 30 Nov, 09:00. {FOOT}"
    )

    occurring.done(rows[7], now=monday(7, 9), **doing)
    present.move_to(monday(7, 9))
    assert part(sara.get()) == (
        f"{HEAD}On track for Monday 14 December. Last done Mon 7 Dec, 09:00. {FOOT}"
    ), "done before it was due"

    present.move_to(monday(14, 11))
    assert part(sara.get()) == (
        f"{HEAD}Overdue: it was promised for Monday 14 December, 10:00 Lisbon, and is not noted as "
        f"done. The next one is due Mon 21 Dec. Last done Mon 7 Dec, 09:00. {FOOT}"
    )

    occurring.done(rows[14], short=True, now=monday(14, 12), **doing)
    missed = "Missed in the last 90 days: due Mon 14 Dec, 10:00: done late and not in full, 12:00 "
    assert part(sara.get()) == (
        f"{HEAD}Promised for Monday 21 December. Last done Mon 14 Dec, 12:00. {missed}{FOOT}"
    )

    occurring.release(rows[21], now=monday(14, 13), word="Closed that week", **doing)
    assert "Promised for Monday 28 December." in part(sara.get())
    assert "Closed that week" not in part(sara.get())

    occurring.done(rows[28], now=monday(28, 9), **doing)
    present.move_to(monday(28, 11))
    assert part(sara.get()) == (
        f"{HEAD}Promised for Monday 4 January 2027. Last done Mon 28 Dec, 09:00. {missed}{FOOT}"
    ), "six of seven kept: a chance of 7 in 9, below the line"

    occurring.done(rows[4], now=monday(28, 12), **doing)
    assert part(sara.get()) == (
        f"{HEAD}On track for Monday 11 January 2027. Last done Mon 28 Dec, 12:00. {missed}{FOOT}"
    ), "8 in 10; and a miss stays named, whatever came after it"

    present.move_to(monday(14, 10) + timedelta(days=91))
    sara.token = links.token_of(links.live_for(sara.contact, by=None, now=monday(28)))
    assert "14 Dec" not in part(sara.get())


def test_before_the_first_ones_it_is_only_promised(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    """One or two kept are luck; with three in a row the chance of the next reaches the line."""
    standing = letters(one_builder, sara.contact, now)
    assert part(sara.get()) == f"{HEAD}Promised for Monday 7 December. {FOOT}"
    told = []
    for row in standing.occurrences.all()[:3]:
        occurring.done(row, by=one_builder.dev, now=row.due_at)
        present.move_to(row.due_at + timedelta(hours=1))
        told.append(part(sara.get()).removeprefix(HEAD).split(" for ")[0])
    assert told == ["Promised", "Promised", "On track"]


def test_what_was_not_noted_is_a_miss_as_it_is_in_the_figures(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    """While it can still be done nothing is on track; past its cut-off, five working days after it
    was due, it counts as broken: a miss, and nothing that is waited for."""
    missed = datetime(2026, 11, 30, 10, tzinfo=UTC)
    standing = letters_since(one_builder, sara.contact, now, weeks=10, but=missed)
    occurring.done(standing.occurrences.get(due_at=monday(7)), by=one_builder.dev, now=monday(7, 9))
    not_noted = "Missed in the last 90 days: due Mon 30 Nov, 10:00: not noted as done "

    present.move_to(monday(7, 9))
    assert part(sara.get()) == (
        f"{HEAD}Promised for Monday 14 December. Last done Mon 7 Dec, 09:00. {not_noted}{FOOT}"
    )

    present.move_to(monday(11))
    assert occurring.outcome(standing.occurrences.get(due_at=missed), now=monday(11)).broken
    figure = occurring.figure(standing.occurrences.all(), now=monday(11))
    assert (figure.due, figure.kept) == (11, 10)
    assert part(sara.get()) == (
        f"{HEAD}On track for Monday 14 December. Last done Mon 7 Dec, 09:00. {not_noted}{FOOT}"
    )


def test_many_misses_take_it_off_the_track_however_the_last_one_went(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    standing = letters_since(one_builder, sara.contact, now, weeks=10)
    for row in standing.occurrences.filter(due_at__lt=now - timedelta(weeks=1))[:2]:
        Occurrence.objects.filter(pk=row.pk).update(done_at=row.due_at + timedelta(days=1))
    said = part(sara.get())
    assert said.startswith(f"{HEAD}Promised for Monday 7 December. Last done Mon 30 Nov, 09:00.")
    assert "due Mon 28 Sep, 10:00: done late, Tue 29 Sep, 10:00" in said


def test_only_the_last_misses_are_named_and_the_rest_counted(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    letters(one_builder, sara.contact, now, rule="FREQ=DAILY")
    present.move_to(now + timedelta(days=8))
    said = part(sara.get())
    assert "Overdue: it was promised for Thursday 10 December, 10:00 Lisbon" in said
    assert said.count("not noted as done") == 1 + 5
    assert "due Wed 9 Dec" in said
    assert "and 2 before these" in said


@pytest.mark.parametrize(
    ("rule", "when", "due"),
    [
        ("FREQ=YEARLY", "Every year by 10:00", "Thursday 2 December 2027"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "As agreed, by 10:00", "Wednesday 30 December"),
    ],
)
def test_a_rule_is_never_shown_as_a_rule_and_is_followed_as_far_as_its_next_day(
    one_builder: cast.House, sara: Sara, now: datetime, rule: str, when: str, due: str
) -> None:
    letters(one_builder, sara.contact, now, rule=rule)
    assert part(sara.get()).startswith(f"{when} Patient letters Promised for {due}.")


def test_the_days_are_those_of_the_zone_it_was_promised_in(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    """01:00 on Monday in Tokyo is Sunday afternoon in Lisbon, where the client is now."""
    standing = letters(one_builder, sara.contact, now, due_time=time(1))
    standing.occurrences.all().delete()
    StandingPromise.objects.filter(pk=standing.pk).update(zone="Asia/Tokyo")
    assert part(sara.get()).startswith(
        "Every Monday by 01:00 (Tokyo) Patient letters Promised for Monday 7 December."
    )


def test_what_ended_leaves_and_stands_among_what_closed(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    standing = letters(one_builder, sara.contact, now)
    letters(one_builder, sara.contact, now, what="Two lists", rule=f"{MONDAYS};COUNT=2")
    for row in Occurrence.objects.filter(standing__what="Two lists"):
        occurring.done(row, by=one_builder.dev, now=now)
    occurring.end(standing, word="They pay late", by=one_builder.dev, now=now)
    present.move_to(monday(14, 11))
    said = part(sara.get())
    assert said == (
        "Closed lately Two lists it recurs no more, Mon 14 Dec Patient letters it recurs no more, "
        "Wed 2 Dec "
    )
    present.move_to(now + timedelta(days=89))
    assert "Patient letters" in part(sara.get())
    StandingPromise.objects.filter(pk=standing.pk).update(ended_at=now - timedelta(days=2))
    assert "Patient letters" not in part(sara.get())


def test_nobody_else_reads_it(
    one_builder: cast.House, southbank: cast.House, sara: Sara, now: datetime
) -> None:
    rui = known(one_builder, "Rui Costa", now)
    letters(one_builder, rui, now, what="Canary of Rui")
    letters(one_builder, None, now, what="Canary of nobody")
    letters(one_builder, sara.contact, now, what="Letters for Sara")
    with scope.acting_in(southbank.organisation):
        theo = known(southbank, "Theo", now)
        token = links.token_of(links.live_for(theo, by=southbank.cleo, now=now))
    page = sara.get().content.decode()
    assert ("Letters for Sara" in page, "Canary" in page) == (True, False)
    elsewhere = Visitor().get(f"/p/{token}/").content.decode()
    assert ("Canary" in elsewhere, "Letters for Sara" in elsewhere) == (False, False)
    record = sara.browser.get(f"/p/{sara.token}/record").content.decode()
    assert ("Letters for Sara" in record, "Canary" in record) == (True, False)


def test_whoever_read_it_before_does_no_more(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    standing = letters(one_builder, sara.contact, now)
    assert "Patient letters" in plain(sara.get())
    rui = known(one_builder, "Rui Costa", now)
    occurring.name_reader(standing, rui, by=one_builder.dev, now=now)
    assert "Patient letters" not in plain(sara.get())
    occurring.name_reader(standing, sara.contact, by=one_builder.dev, now=now)
    assert "Patient letters" in plain(sara.get())


def test_no_word_of_the_inside_is_shown(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    standing = letters(one_builder, sara.contact, now)
    row = standing.occurrences.earliest("due_at")
    occurring.done(row, word="Ben was away", sub_standard=True, by=one_builder.dev, now=monday(7))
    present.move_to(monday(8))
    said = part(sara.get())
    assert "due Mon 7 Dec, 10:00: not as well as agreed" in said
    for inside in ("%", "chance", "Dev", "Ben", "FREQ", "core", "occurrence", "kept", "score"):
        assert inside not in said, inside


def test_the_page_costs_as_many_questions_with_three_that_recur_as_with_one(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    letters(one_builder, sara.contact, now)
    present.move_to(monday(8))
    sara.get()
    with CaptureQueriesContext(connection) as one:
        sara.get()
    letters(one_builder, sara.contact, now, what="Lists", rule="FREQ=DAILY")
    letters(one_builder, sara.contact, now, what="Sums", rule="FREQ=YEARLY")
    with CaptureQueriesContext(connection) as three:
        answer = sara.get()
    assert "Sums" in plain(answer)
    assert len(three) == len(one), "\n".join(row["sql"][:200] for row in three.captured_queries)


def test_a_member_views_it_as_the_client_does(
    one_builder: cast.House, southbank: cast.House, sara: Sara, now: datetime
) -> None:
    standing = letters(one_builder, sara.contact, now)
    path = f"/standing/{standing.pk}/as-client"
    said = plain(Visitor(one_builder.maya).get(path))
    assert "This is what the client sees. Nothing can be done here." in said
    assert "for Harbour Clinic, Sara Nunes" in said
    assert "Every Monday by 10:00 Patient letters Promised for Monday 7 December." in said
    assert Visitor(southbank.cleo).get(path).status_code == 404
