"""The sheet with bad news: prepared of what the engine knows, and only where it is of use."""

from datetime import UTC, datetime

import pytest
from tests import cast
from tests.web.test_bad_news_page import FRIDAY, THURSDAY, site

from kept.clients.models import Contact
from kept.last_mile import bad_news, rounds
from kept.people.models import Member
from kept.promises import ending
from kept.promises.models import Promise, Proposal

__all__ = ["site"]

WEDNESDAY = datetime(2026, 12, 9, 18, tzinfo=UTC)


def offered(sheet: bad_news.Sheet | None) -> list[tuple[datetime, str, datetime | None]]:
    """Return what a sheet offers: when, without what, and the rest of it when."""
    assert sheet is not None
    return [(way.due_at, way.words, way.rest_due_at) for way in sheet.options]


def test_all_of_it_is_offered_later_or_a_part_in_time(site: Promise, now: datetime) -> None:
    sheet = bad_news.compose(site, now=now)

    assert offered(sheet) == [
        (FRIDAY, "", None),
        (THURSDAY, "without online tickets", FRIDAY),
    ]
    assert sheet is not None
    assert sheet.body.startswith("Dear Ana Prates,\n\nSeason site will be complete on Friday 4 ")
    assert "you can have everything except online tickets on Thursday 3 December" in sheet.body
    kept = bad_news.keep(sheet, now=now)
    assert kept is not None
    assert (kept.state, kept.made_by, kept.body) == ("draft", None, sheet.body)
    whole, part = kept.options.order_by("position")
    assert [way.due_at for way in (whole, part)] == [FRIDAY, THURSDAY]
    assert [line.condition.text for line in part.later_lines.all()] == ["online tickets"]


def test_a_date_of_ones_own_is_offered_with_the_reason_and_to_whom_one_says(
    northlight: cast.House, site: Promise, now: datetime
) -> None:
    rui = Contact.objects.create(
        client=site.client, name="Rui Costa", email="rui@clinic.example", language=""
    )
    sheet = bad_news.written(site, now=now, to=rui, whole_at=WEDNESDAY, reason="Boxline is late")

    assert offered(sheet)[0] == (WEDNESDAY, "", None)
    assert sheet is not None
    assert sheet.body.startswith("Dear Rui Costa,\n\nSeason site will be complete on Wednesday 9 ")
    assert "The reason: Boxline is late." in sheet.body


def test_a_date_that_is_no_later_is_no_bad_news(site: Promise, now: datetime) -> None:
    assert bad_news.written(site, now=now, whole_at=THURSDAY) is None


def test_no_sheet_is_prepared_once_the_date_has_passed_or_somebody_is_at_it(
    northlight: cast.House, site: Promise, now: datetime
) -> None:
    assert bad_news.compose(site, now=THURSDAY) is None
    sheet = bad_news.compose(site, now=now)
    assert sheet is not None
    bad_news.keep(sheet, now=now)
    assert bad_news.compose(site, now=now) is None
    assert Proposal.objects.count() == 1


def test_of_a_promise_that_ends_meanwhile_no_sheet_is_kept(
    northlight: cast.House, site: Promise, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = bad_news.compose(site, now=now)
    assert sheet is not None
    ending.release(site, by=northlight.maya, now=now, word="Never mind.")
    caplog.set_level("INFO")

    assert bad_news.keep(sheet, now=now) is None
    assert not Proposal.objects.exists()
    assert f"No sheet was prepared for promise {site.pk}: " in caplog.text


def test_a_sheet_waits_for_who_sees_it_over_the_line_and_for_leads_where_nobody_does(
    northlight: cast.House, site: Promise, now: datetime
) -> None:
    house = northlight
    rounds.go(now=now)

    def waiting(*members: Member) -> list[list[Promise]]:
        return [bad_news.prepared_for(member, [site]) for member in members]

    assert waiting(house.maya, house.ben, house.dev) == [[site], [], []]
    site.last_mile_owner = None
    assert waiting(house.maya, house.ben, house.dev) == [[], [site], []]
