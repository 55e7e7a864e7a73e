"""Twenty bad links a minute from one address, then none is looked at."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory

from kept.people import throttle
from kept.people.models import TryBucket
from kept.tenancy.refusals import NotFound

HOME, OFFICE = "203.0.113.7", "203.0.113.8"


def bad(address: str, now: datetime) -> str:
    """Try a bad secret, and say what became of it."""
    try:
        with throttle.looking(address, now=now):
            raise NotFound("no such link")
    except NotFound:
        return "looked at"
    except throttle.TooMany as refused:
        return f"wait {refused.seconds}"


def test_the_twenty_first_bad_secret_of_a_minute_is_not_looked_at(db: None, now: datetime) -> None:
    tries = [bad(HOME, now) for _try in range(22)]
    assert tries == ["looked at"] * 20 + ["wait 3"] * 2
    assert bad(OFFICE, now) == "looked at"


def test_an_empty_bucket_refuses_good_secrets_as_well(db: None, now: datetime) -> None:
    for _try in range(20):
        bad(HOME, now)
    with pytest.raises(throttle.TooMany), throttle.looking(HOME, now=now):
        pytest.fail("the block is not entered")


def test_good_secrets_cost_nothing(db: None, now: datetime) -> None:
    for _try in range(100):
        with throttle.looking(HOME, now=now):
            pass
    assert TryBucket.objects.count() == 0


def test_a_try_comes_back_every_three_seconds(db: None, now: datetime) -> None:
    for _try in range(20):
        bad(HOME, now)
    assert bad(HOME, now + timedelta(seconds=2)) == "wait 1"
    later = now + timedelta(seconds=3)
    assert [bad(HOME, later) for _try in range(2)] == ["looked at", "wait 3"]
    rested = later + timedelta(minutes=2)
    assert [bad(HOME, rested) for _try in range(21)].count("looked at") == 20


def test_a_clock_set_back_gives_nothing_back(db: None, now: datetime) -> None:
    for _try in range(20):
        bad(HOME, now)
    assert bad(HOME, now - timedelta(hours=1)) == "wait 3"


def test_what_is_full_again_is_forgotten_and_no_address_is_kept(db: None, now: datetime) -> None:
    bad(HOME, now)
    assert HOME not in str(TryBucket.objects.values())
    bad(OFFICE, now + timedelta(minutes=2))
    assert TryBucket.objects.count() == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", HOME, True),
        ("no address", "another", False),
    ],
)
def test_a_network_of_ipv6_is_one_address(one: str, other: str, same: bool) -> None:
    assert (throttle._name("link", one) == throttle._name("link", other)) is same


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "forged, 198.51.100.1", "198.51.100.1"),
        (2, "forged, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_address_is_what_our_own_proxy_was_told(
    settings: Any, proxies: int, header: str, expected: str
) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/join/x", headers={"X-Forwarded-For": header})
    assert throttle.address_of(request) == expected
