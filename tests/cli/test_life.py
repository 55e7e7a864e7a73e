"""A promise's life by command line."""

from datetime import UTC, datetime, timedelta

from tests import cast
from tests.cli.conftest import Type

from kept.jobs import making
from kept.promises.models import Promise

LINE = "Menu cards for Harbour Clinic by Fri 18 Dec"


def test_delivered_sent_back_delivered_and_settled(northlight: cast.House, typed: Type) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    assert typed("deliver", promise, "--note", "Here they are.").out == (
        f"promise {promise}: Menu cards for Harbour Clinic, Fri\u00a018\u00a0Dec, 18:00, "
        "delivered, kept\n"
    )
    back = typed("settle", promise, "--sent-back", "Wrong red.", "--json").document
    assert (back["state"], back["by_last_terms"]) == ("active", "open")
    early = typed("settle", promise)
    assert (early.status, "so you cannot record that it was accepted" in early.err) == (1, True)
    typed("deliver", promise)
    taken = typed("settle", promise, "--word", "Fine.", "--below-standard", "--json").document
    assert (taken["state"], taken["by_first_terms"]) == ("settled", "sub_standard")


def test_the_clock_stands_while_something_is_owed(
    northlight: cast.House, typed: Type, now: datetime
) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    nothing = typed("pause", promise)
    assert (nothing.status, "Nothing that the client owes is overdue." in nothing.err) == (1, True)
    job = Promise.objects.get(pk=int(promise)).job
    making.record_obligation(
        job, what="Prices", due_at=now - timedelta(hours=1), by=northlight.dev, now=now
    )
    assert typed("pause", promise, "--json").document["state"] == "paused"
    friday = datetime(2026, 12, 4, 15, 10, tzinfo=UTC)
    came = typed("resume", promise, "--came", "--json", at=friday).document
    assert (came["state"], came["due_at"]) == ("active", "2026-12-22T18:00:00+00:00")


def test_later_inside_released_and_revoked(northlight: cast.House, typed: Type) -> None:
    first = str(typed("promise", LINE, "--json").document["id"])
    said = typed("slip", first, "--until", "2026-12-17", "--json").document
    assert said["due_at"] == "2026-12-18T18:00:00+00:00"
    assert typed("slip", first, "--until", "2026-12-10").status == 2
    assert typed("release", first, "--word", "Never mind.", "--json").document["state"] == (
        "released"
    )
    again = typed("deliver", first)
    assert (again.status, "What you can do: void it." in again.err.replace("\n", " ")) == (1, True)
    second = str(typed("promise", LINE, "--json").document["id"])
    maya = ("--as", "maya@northlight.example")
    assert typed("revoke", second, "--word", "We cannot.", *maya).status == 1
    assert typed("revoke", second, "--word", "We cannot.", "--json").document["by_last_terms"] == (
        "broken"
    )
    assert typed("deliver", "999").status == 2
