"""Who owns what: asked on the pages, answered on a page of one's own."""

import contextvars
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests import cast
from tests.quotes.test_checking import certain, end_of
from tests.quotes.test_hold_and_yes import held
from tests.web.visiting import outside, text

from kept.jobs import making, owning
from kept.jobs.making import StageSketch
from kept.jobs.models import CheckItem, HandOver, Job, Responsibility, Stage
from kept.past.models import PastItem
from kept.people.models import Member
from kept.promises.models import Promise
from kept.quotes import checking, offering
from kept.quotes.models import Quote
from kept.tenancy import scope

LogIn = Callable[[Member], Browser]


class Page:
    """Somebody's browser, outside of the test's own house."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def get(self, name: str, *keys: int) -> str:
        path = reverse(name, args=keys)
        answer = contextvars.copy_context().run(outside, self.browser.get, path)
        assert answer.status_code == 200
        return text(answer).replace("\xa0", " ")

    def post(self, name: str, *keys: int, **said: str) -> object:
        path = reverse(name, args=keys)
        return contextvars.copy_context().run(outside, self.browser.post, path, said)


@pytest.fixture
def page(northlight: cast.House, now: datetime) -> Job:
    return making.make(
        title="Landing page",
        client=northlight.clients["Harbour Clinic"],
        stages=[
            StageSketch("Build", 16, done_means="Every page opens on a phone."),
            StageSketch("Checks", 2, finishing=True),
        ],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )


def test_all_owners_are_asked_at_once_and_the_offer_waits_for_them(
    one_builder: cast.House, now: datetime, login: LogIn
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    ben = Page(login(one_builder.ben))
    shown = ben.get("quote", quote.pk)
    assert "It goes out when everybody has said yes." in shown
    assert "Sign, I told them" in shown  # Ben leads
    build = quote.job.stages.get()
    ben.post(
        "quote_owners", quote.pk,
        **{f"owner-{build.pk}": str(one_builder.dev.pk), "owner-last": str(one_builder.maya.pk)},
        by_on="2026-12-09",
    )  # fmt: skip
    assert "Dev silent since today" in ben.get("quote", quote.pk)
    assert list(Responsibility.objects.values_list("member__name", "by_at", "likely_hours")) == [
        ("Dev", end_of(9), 8),
        ("Maya", end_of(9), None),
    ]

    dev = Page(login(one_builder.dev))
    assert "One question to you" in (mine := dev.get("work"))
    assert "Build · Landing page, Harbour Clinic 8 h, by Wed 9 Dec. Ben asked today." in mine
    for member in (one_builder.dev, one_builder.maya):
        [row] = Responsibility.objects.filter(member=member)
        Page(login(member)).post("answer", row.pk, verb="accept")
    assert "Everybody has said yes." in ben.get("quote", quote.pk)
    ben.post("quote_offer", quote.pk)
    quote.refresh_from_db()
    assert (quote.state, quote.gate) == (Quote.State.OFFERED, Promise.Gate.COMPLETE)


def test_a_lead_signs_on_the_quote_page_and_a_member_cannot(
    one_builder: cast.House, now: datetime, login: LogIn
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    maya, ben = Page(login(one_builder.maya)), Page(login(one_builder.ben))
    assert "Or a lead signs that as a risk." in maya.get("quote", quote.pk)
    refused = maya.post("quote_offer", quote.pk, gap_reason="It is fine.")
    assert refused.status_code == 403  # type: ignore[attr-defined]
    ben.post("quote_offer", quote.pk, gap_reason="Dev is on a train.")
    assert "Gaps signed Ben: Dev is on a train." in ben.get("quote", quote.pk)


def test_what_one_says_instead_stands_with_whoever_asked(
    northlight: cast.House, page: Job, now: datetime, login: LogIn
) -> None:
    build = page.stages.get(name="Build")
    ben, dev = Page(login(northlight.ben)), Page(login(northlight.dev))
    asked_page = ben.post(
        "stage_owner", build.pk, member=str(northlight.dev.pk), by_on="2026-12-09", hours="16",
        done_means="Every page opens on a phone.", next=reverse("work"),
    )  # fmt: skip
    assert asked_page["Location"] == reverse("work")  # type: ignore[index]
    [row] = Responsibility.objects.all()
    dev.post("answer", row.pk, verb="counter", hours="24", by_on="2026-12-11", word="Maps are new.")
    shown = ben.get("work")
    assert "Dev about Build: 24 h, by Fri 11 Dec: “Maps are new.”" in shown
    assert "You said something else" in dev.get("work")
    ben.post("answer", row.pk, verb="agree")
    row.refresh_from_db()
    build.refresh_from_db()
    assert (row.state, row.by_at) == ("accepted", datetime(2026, 12, 11, 18, tzinfo=UTC))
    assert (build.owner, build.likely_hours) == (northlight.dev, 24)
    assert "Build · Landing page , Harbour Clinic ready · 24 h" in dev.get("work")


def test_what_cannot_be_done_any_more_is_said_in_words(
    northlight: cast.House, page: Job, now: datetime, login: LogIn
) -> None:
    build = page.stages.get(name="Build")
    row = owning.propose(build, northlight.dev, by=northlight.ben, now=now)
    maya = Page(login(northlight.maya)).post("answer", row.pk, verb="accept")
    assert maya.status_code == 403  # type: ignore[attr-defined]
    owning.withdraw(row, by=northlight.ben, now=now)
    late = Page(login(northlight.dev)).post("answer", row.pk, verb="accept")
    assert late.status_code == 409  # type: ignore[attr-defined]
    assert "It is settled. Nothing was changed." in text(late)  # type: ignore[arg-type]


def test_a_page_of_one_s_own_shows_nobody_else_s_work(
    northlight: cast.House, page: Job, now: datetime, login: LogIn
) -> None:
    owning.propose(page.stages.get(name="Build"), northlight.dev, by=northlight.ben, now=now)
    owning.propose(page.stages.get(name="Checks"), northlight.maya, by=northlight.maya, now=now)
    maya = Page(login(northlight.maya)).get("work")
    assert "Checks · Landing page" in maya
    assert "Build" not in maya.replace("for Build", "")
    assert "Dev" not in maya
    ada = Page(login(northlight.ada)).get("work")
    assert "Nothing waits for you" in ada


def test_where_one_person_is_alone_owners_are_no_subject(
    southbank: cast.House, now: datetime, login: LogIn
) -> None:
    cleo = southbank.cleo
    with scope.acting_in(southbank.organisation):
        answer = checking.check(
            what="Cards", client=southbank.clients["Harbour Clinic"], stages=certain(4),
            by=cleo, now=now,
        ).answer  # fmt: skip
        assert answer is not None
        quote = offering.hold(answer=answer, due_at=end_of(18), by=cleo, now=now)
    shown = Page(login(cleo)).get("quote", quote.pk)
    assert "Who owns what" not in shown
    assert "I told them" in shown


@pytest.mark.parametrize("where", ["work", "quote"])
def test_more_questions_cost_no_more_queries(
    one_builder: cast.House, now: datetime, login: LogIn, where: str
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    dev = login(one_builder.dev)
    counts = []
    for number in range(3):
        job = making.make(
            title=f"J{number}",
            stages=[StageSketch("a", 1, owner=one_builder.dev), StageSketch("b", 2)],
            state=Job.State.OPEN,
            by=one_builder.ben,
            now=now,
        )
        owning.propose(job.stages.get(name="b"), one_builder.dev, by=one_builder.ben, now=now)
        owning.propose(job, one_builder.maya, by=one_builder.dev, now=now)
        Stage.objects.create(job=quote.job, position=10 + number, name=f"s{number}", likely_hours=1)
        path = reverse("work") if where == "work" else reverse("quote", args=[quote.pk])
        with CaptureQueriesContext(connection) as queries:
            answer = contextvars.copy_context().run(outside, dev.get, path)
        assert answer.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[2]


# ----- Handing over ------------------------------------------------------------------------------


@pytest.fixture
def relay(northlight: cast.House, now: datetime) -> Job:
    """Dev builds, then Maya finishes it."""
    return making.make(
        title="Landing page",
        client=northlight.clients["Harbour Clinic"],
        stages=[
            StageSketch("Build", 16, owner=northlight.dev),
            StageSketch("Checks", 2, owner=northlight.maya, finishing=True),
        ],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )


def test_one_tap_hands_over_with_its_hours_and_the_next_one_takes_it(
    northlight: cast.House, relay: Job, now: datetime, login: LogIn
) -> None:
    build = relay.stages.get(name="Build")
    dev, maya = Page(login(northlight.dev)), Page(login(northlight.maya))
    assert "It took: 4 h" in dev.get("work")
    dev.post("hand_over", build.pk, tap="16")
    build.refresh_from_db()
    assert (build.state, build.spent_hours) == ("handed_over", 16)
    assert "Dev handed it over today." in maya.get("work")
    assert "handed over for Maya to take" in dev.get("job", relay.pk)

    handed = HandOver.objects.get()
    maya.post("hand_over_answer", handed.pk, send_back="1", reason="The map is missing.")
    assert "Sent back: The map is missing." in dev.get("work")
    dev.post("hand_over", build.pk, hours="2", out_of_hours="2")
    maya.post("hand_over_answer", HandOver.objects.get(number=2).pk, take="1")
    build.refresh_from_db()
    assert (build.state, build.spent_hours, build.out_of_hours) == ("done", 18, 2)
    # What it took is learned from: 16 hours were estimated.
    [item] = PastItem.objects.all()
    assert (item.estimate_hours, item.actual_hours) == (16, 18)


def test_a_checklist_is_gone_through_before_the_hand_over(
    northlight: cast.House, relay: Job, now: datetime, login: LogIn
) -> None:
    Stage.objects.filter(name="Build").update(state="done", done_at=now)
    Stage.objects.filter(name="Checks").update(state="ready")
    checks = relay.stages.get(name="Checks")
    maya = Page(login(northlight.maya))
    maya.post("check_new", checks.pk, text="Every link works")
    shown = maya.get("work")
    assert "Every link works" in shown
    assert "Hand it over" not in shown
    refused = maya.post("hand_over", checks.pk, hours="1")
    assert "“Every link works”. Nothing was handed over." in text(refused)  # type: ignore[arg-type]
    assert "1 of 1 check left, 2 h held" in maya.get("job", relay.pk)
    item = CheckItem.objects.get()
    maya.post("check", item.pk, done="1")
    maya.post("check", item.pk, reopen="1")
    maya.post("check", item.pk, done="1")
    maya.post("hand_over", checks.pk, hours="1")
    checks.refresh_from_db()
    assert checks.state == "done"


def test_hours_that_cannot_be_hand_nothing_over(
    northlight: cast.House, relay: Job, login: LogIn
) -> None:
    build = relay.stages.get(name="Build")
    dev = Page(login(northlight.dev))
    for said in ({"hours": "many"}, {"hours": "-1"}, {"hours": "1", "out_of_hours": "2"}):
        refused = dev.post("hand_over", build.pk, **said)
        assert refused.status_code == 422  # type: ignore[attr-defined]
    build.refresh_from_db()
    assert (build.state, build.spent_hours) == ("ready", 0)
