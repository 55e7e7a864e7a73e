"""What the work of a promise tells in its story, and what of it stands on the first page."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.test import Client as Browser
from tests import cast
from tests.quotes.test_checking import certain, end_of, given
from tests.web.test_owning_pages import Page

from kept.clients.catalogue import StageSketch
from kept.jobs import checklist, handing, making, owning
from kept.jobs.models import HandOver, Stage
from kept.people.models import Member
from kept.promises import carrying
from kept.promises.models import Promise
from kept.quotes import accepting, checking, offering, onset, rounds

LogIn = Callable[[Member], Browser]


def given_with_gaps(house: cast.House, now: datetime) -> Promise:
    """Dev is asked to build and Maya to finish; Ben signs that they have not answered."""
    answer = checking.check(
        what="Landing page",
        client=house.clients["Harbour Clinic"],
        stages=[
            *certain(8),
            StageSketch("Checks", 2, low_hours=2, high_hours=2, finishing=True),
        ],
        by=house.ben,
        now=now,
    ).answer
    assert answer is not None
    quote = offering.hold(
        answer=answer, due_at=end_of(18), risk_reason="It is ours to learn.", by=house.ben, now=now
    )
    build, checks = quote.job.stages.all()
    onset.ask_owners(
        quote, {build: house.dev, checks: house.dev, None: house.maya}, by=house.ben, now=now
    )
    offering.offer(quote=quote, gap_reason="Dev is on a train.", by=house.ben, now=now)
    return accepting.accept(quote=quote, by=house.ben, now=now)


def test_the_story_tells_who_was_asked_and_who_handed_what_to_whom(
    one_builder: cast.House, now: datetime, login: LogIn
) -> None:
    promise = given_with_gaps(one_builder, now)
    ben, dev, maya = one_builder.ben, one_builder.dev, one_builder.maya
    build, checks = promise.job.stages.all()
    to_build, to_finish, last = owning.Responsibility.objects.order_by("pk")
    owning.counter(to_build, by_at=end_of(17), by=dev, now=now)
    carrying.agree(to_build, by=ben, now=now)
    carrying.accept(to_finish, by=dev, now=now)
    owning.decline(last, word="No.", by=maya, now=now)
    carrying.accept(carrying.propose(promise.job, maya, by=ben, now=now), by=maya, now=now)
    handed = carrying.hand_over(build, hours=9, by=ben, now=now)
    assert handed.state == HandOver.State.ACCEPTED  # Dev goes on himself
    checklist.done(checklist.add(checks, "Links work", by=dev, now=now), by=dev, now=now)
    handed = carrying.hand_over(checks, hours=2, by=dev, now=now)
    carrying.send_back(handed, reason="One is broken.", by=maya, now=now)
    carrying.take(carrying.hand_over(checks, by=dev, now=now), by=maya, now=now)

    page = Page(login(ben))
    # The page tells the newest; what came before stands on the next.
    said = page.get("promise", promise.pk) + page.get("promise_earlier", promise.pk)

    for sentence in (
        "Ben asked Dev to own Build, by Wed 16 Dec.",
        "Ben signed that not everybody had said yes: Dev is on a train.",
        "Dev said otherwise about Build: by Thu 17 Dec.",
        "Ben took what Dev said: Build is Dev’s.",
        "Dev said yes to Checks.",
        "Maya said no to the last mile.",
        "Maya said yes to the last mile.",
        "Maya sees it over the line from here on.",
        "Build is done, handed over by Ben. It took 9 h.",
        "Dev added a line to the checklist of Checks.",
        "Dev ticked a line of Checks.",
        "Checks handed over by Dev, for Maya to take. It took 2 h.",
        "Maya sent Checks back.",
        "Maya took Checks: it is done.",
    ):
        assert sentence in said
    promise.refresh_from_db()
    assert promise.state == Promise.State.ACTIVE


def test_the_first_page_says_whose_yes_is_missing_and_what_waits_for_you(
    one_builder: cast.House, now: datetime, login: LogIn
) -> None:
    given_with_gaps(one_builder, now)
    assert "Dev has not answered about “Build”" in Page(login(one_builder.ben)).get("today")
    assert "2 questions wait for you" in Page(login(one_builder.dev)).get("today")


def test_a_stuck_finish_stands_on_the_first_page_and_on_the_promise(
    one_builder: cast.House, now: datetime, login: LogIn
) -> None:
    promise = given(one_builder, 8, end_of(18), now - timedelta(days=10))
    Stage.objects.filter(job=promise.job).update(finishing=True, owner=one_builder.dev)
    rounds.look_after(now=now)
    browser = login(one_builder.dev)
    assert "Build is stuck since Sun 22 Nov" in Page(browser).get("today")
    told = Page(browser).get("promise", promise.pk)
    assert "Build is stuck: nothing happened since Sun 22 Nov." in told
    assert "stuck since Sun 22 Nov" in told
    assert "Nothing happened here since Sun 22 Nov" in Page(browser).get("work")
    making.change_stage(
        promise.job.stages.get(), done_means="It stands.", by=one_builder.dev, now=now
    )
    assert handing.standstills(Stage.objects.all(), now=now) == {}
    assert "is stuck since" not in Page(browser).get("today")
