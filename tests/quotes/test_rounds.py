"""What happens although nobody presses a button."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.past.test_profiles import past
from tests.quotes.test_checking import end_of, given
from tests.quotes.test_hold_and_yes import held

from kept.past.models import DurationProfile
from kept.plan import outlook
from kept.plan.models import Outlook
from kept.quotes import offering, rounds
from kept.quotes.models import Quote
from kept.tenancy import scope


def test_each_house_lets_offers_lapse_and_forecasts_what_is_a_day_old(
    one_builder: cast.House, southbank: cast.House, now: datetime
) -> None:
    given(one_builder, 8, end_of(11), now)
    quote = held(one_builder, 8, end_of(9), now)
    outlook.refresh(by=None, now=now)

    rounds.look_after(now=quote.expires_at)

    quote.refresh_from_db()
    assert quote.state == Quote.State.LAPSED
    assert Outlook.objects.count() == 2


def test_what_a_large_past_left_for_later_is_learned(northlight: cast.House, now: datetime) -> None:
    past(3, ratio=2.0, now=now)
    rounds.look_after(now=now)
    rounds.look_after(now=now + timedelta(days=1))
    assert [row.items for row in DurationProfile.objects.all()] == [3]


def test_a_house_that_fails_does_not_hold_up_the_next(
    northlight: cast.House,
    southbank: cast.House,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen = []

    def failing(*, now: datetime) -> list[Quote]:
        seen.append(scope.current().slug)
        if scope.current() == northlight.organisation:
            raise OSError("the disk is full")
        return []

    monkeypatch.setattr(offering, "lapse_expired", failing)
    rounds.look_after(now=now + timedelta(days=1))
    assert seen == ["northlight", "southbank"]
    assert "it is tried again" in caplog.text
