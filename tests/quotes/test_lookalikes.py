"""Promises like this one: what became of them and what they cost, before the yes."""

from datetime import datetime

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.api.conftest import Caller
from tests.record.conftest import DAY, Played, at, played

from kept.clients.catalogue import StageSketch
from kept.clients.models import Service
from kept.jobs import making
from kept.jobs.models import Job
from kept.promises import ending, slips
from kept.promises.models import Promise
from kept.quotes import lookalikes
from kept.web import lookalikes as shown

__all__ = ["played"]

DUE = at(6, 19, 17)


@pytest.fixture
def asked(played: Played, now: datetime) -> Job:
    """Eight hours of signs for the clinic, asked about now."""
    signs = Service.objects.create(name="Signs")
    return making.make(
        title="More signs",
        client=played.house.clients["Harbour Clinic"],
        service=signs,
        stages=[StageSketch("Paint", 8, skill="build")],
        by=played.house.ben,
        now=now,
    )


def past(
    play: Played, what: str, *, service: Service | None, late: int = 0, **rest: object
) -> Promise:
    promise = play.give(DUE, what=what, **rest)
    Job.objects.filter(pk=promise.job_id).update(service=service)
    play.deliver(promise, DUE + late * DAY)
    return promise


def test_the_same_service_and_client_come_first_with_what_became_of_them(
    played: Played, asked: Job, now: datetime
) -> None:
    other = past(played, "Menu", service=None, client="Pete's Bakery")
    same = past(played, "Signs in May", service=asked.service, late=3)
    elsewhere = past(played, "Signs for Pete", service=asked.service, client="Pete's Bakery")
    played.worked(same, 20, out_of_hours=0, when=DUE)
    ending.again(same, Promise.Again.NO, by=played.house.maya, now=now, word="Never in the rain.")

    found = lookalikes.of_job(asked, now=now)

    assert [one.promise for one in found] == [same.pk, elsewhere.pk]
    assert other.pk not in {one.promise for one in found}
    first = found[0]
    assert (first.what, first.client, first.service) == ("Signs in May", "Harbour Clinic", "Signs")
    assert (first.became, first.moved, first.late_days) == ("late", False, 1)
    assert (first.estimate_hours, first.spent_hours, first.times) == (8.0, 20.0, 2.5)
    assert (first.again, first.again_word) == ("no", "Never in the rain.")
    assert (first.same_client, first.same_service) == (True, True)
    assert (found[1].became, found[1].late_days, found[1].times) == ("kept", None, None)


def test_what_is_open_voided_or_itself_is_no_lookalike(
    played: Played, asked: Job, now: datetime
) -> None:
    still_open = played.give(at(12, 18, 17))
    Job.objects.filter(pk=still_open.job_id).update(service=asked.service)
    assert lookalikes.of_job(asked, now=now) == []
    done = past(played, "Signs", service=asked.service)
    assert lookalikes.of_job(done.job, now=now) == []
    assert len(lookalikes.of_job(asked, now=now)) == 1


def test_a_size_far_off_and_the_same_client_alone_say_too_little(
    played: Played, asked: Job, now: datetime
) -> None:
    past(played, "Something else", service=None)
    sized = {"client": asked.client_id, "service": None, "skills": set(), "now": now}
    assert len(lookalikes.like(hours=8, **sized)) == 1  # same client, same size
    assert lookalikes.like(hours=80, **sized) == []
    assert lookalikes.like(hours=0, **sized) == []


def test_five_at_most_are_named_in_a_fixed_number_of_queries(
    played: Played, asked: Job, now: datetime
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            lookalikes.of_job(asked, now=now)
        return len(seen)

    past(played, "Signs 0", service=asked.service)
    one = queries()
    for number in range(1, 7):
        past(played, f"Signs {number}", service=asked.service)
    assert queries() == one
    assert len(lookalikes.of_job(asked, now=now)) == lookalikes.NAMED


def test_the_include_says_it_in_words(played: Played, asked: Job, now: datetime) -> None:
    same = past(played, "Signs in <May>", service=asked.service, late=3)
    slips_said = played.give(DUE, what="Signs with a slip")
    Job.objects.filter(pk=slips_said.job_id).update(service=asked.service)
    slips.say(slips_said, until=DUE - DAY, by=played.house.maya, now=DUE - 4 * DAY)
    played.deliver(slips_said, DUE)
    ending.again(same, Promise.Again.NO, by=played.house.maya, now=now)

    told = shown.of_job(asked, zone=cast.ZONE, now=now)

    assert told is not None
    assert told.sentence == (
        "Of the two promises most like this, one kept as first promised. "
        "One we would not promise again."
    )
    assert [(row.state, row.became) for row in told.rows] == [
        ("kept", "kept"),
        ("late", "late, 1 working day"),
    ]
    assert [(row.cost, row.regretted) for row in told.rows] == [("1 slip", False), ("", True)]
    page = render_to_string("kept/lookalikes/_lookalikes.html", {"lookalikes": told})
    assert "Signs in &lt;May&gt;" in page
    assert f'href="/promises/{same.pk}"' in page
    assert render_to_string("kept/lookalikes/_lookalikes.html", {"lookalikes": None}).strip() == ""


def test_the_api_shows_them_for_a_promise_and_hides_another_house_s(
    played: Played, asked: Job, southbank: cast.House, now: datetime
) -> None:
    one, other = (past(played, name, service=asked.service) for name in ("Signs A", "Signs B"))
    path = f"/promises/{one.pk}/lookalikes"
    items = Caller(played.house.maya, ["read"], now).get(path).json()["items"]
    assert [(item["promise"], item["became"]) for item in items] == [(other.pk, "kept")]
    assert Caller(southbank.cleo, ["read"], now).get(path).status_code == 404
