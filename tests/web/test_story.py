"""The story of a promise: every event in a sentence, the odds shown then, its number."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.quotes.test_checking import certain, end_of
from tests.web.conftest import LogIn, Promised
from tests.web.test_today_page import DEC, _words

from kept.jobs import making, work
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people.models import Member
from kept.plan.models import Outlook, Snapshot
from kept.promises import carrying
from kept.promises import recording as promising
from kept.promises.models import Promise
from kept.quotes import accepting, checking, offering
from kept.web import story

FIRST = "These are the first terms and stay so."
TODAY = datetime(2026, 12, 2, tzinfo=UTC).date()


def told(promise: Promise) -> list[str]:
    """The story of a promise, the oldest first, each with the odds shown then."""
    happenings = story.of(
        promise,
        outlooks=list(Outlook.objects.filter(promise=promise).order_by("computed_at", "pk")),
        stages=list(promise.job.stages.all()),
        obligations=list(promise.job.obligations.all()),
        inbound=list(promise.job.inbound.all()),
        assumptions=list(promise.job.assumptions.all()),
        line=0.8,
        today=TODAY,
        at_most=1000,
    )
    return [
        happening.told.replace("\u00a0", " ")
        + (f" [{happening.chance:.0%}]" if happening.chance else "")
        for happening in reversed(happenings)
    ]


def test_a_promise_from_an_offer_is_told_from_the_ask_to_the_last_stage(
    one_builder: cast.House, now: datetime
) -> None:
    house = one_builder
    doing = {"by": house.ben, "now": now}
    checked = checking.check(
        what="Landing page",
        client=house.clients["Harbour Clinic"],
        stages=certain(8),
        wanted_at=end_of(3),
        **doing,
    )
    assert checked.answer is not None
    quote = offering.hold(answer=checked.answer, due_at=end_of(3), **doing)
    offering.offer(quote=quote, gap_reason="Dev is at the dentist.", **doing)
    promise = accepting.accept(quote=quote, word="Yes, please.", **doing)
    stage = promise.job.stages.get()
    stage = making.change_stage(stage, owner=house.dev, **doing)
    making.change_stage(stage, likely_hours=12, low_hours=12, high_hours=12, **doing)
    work.begin(stage, by=house.dev, now=now)
    work.log_hours(stage, 1.5, by=house.dev, now=now)
    carrying.hand_over(stage, by=house.dev, now=now, hours=2)

    odds = f"[{quote.chance_when_given:.0%}]"
    assert told(promise) == [
        "Ben made the job in one stage, 8 h in all.",
        f"Ben asked for Thu 3 Dec, 18:00; safe enough was Thu 3 Dec, 18:00. {odds}",
        "Ben held Thu 3 Dec, 18:00; nobody else could be sold that time until Fri 4 Dec, 18:00. "
        + odds,
        "Ben signed that not everybody had said yes: Dev is at the dentist.",
        f"Ben told Harbour Clinic the date. {odds}",
        f"Promised by Ben: Thu 3 Dec, 18:00. {FIRST} {odds}",
        f"Harbour Clinic said yes; Ben recorded it. “Yes, please.” {odds}",
        "Build went from nobody to Dev, by Ben.",
        "Ben counts 12 h for Build now, before 8 h.",
        "Dev began Build.",
        "Dev worked 1.5 h on Build.",
        # Ben sees it over the line, and Dev hands it to him.
        "Build handed over by Dev, for Ben to take. It took 3.5 h.",
        "kept learned from Build: it took 3.5 h.",
    ]


def test_what_the_date_counts_on_is_told_with_who_said_so(
    northlight: cast.House, now: datetime
) -> None:
    doing = {"by": northlight.maya, "now": now}
    promise = promising.loose(
        what="Menu cards",
        client=northlight.clients["Harbour Clinic"],
        due_at=end_of(18),
        day_only=True,
        **doing,
    )
    job, soon = promise.job, end_of(9)
    making.meet_obligation(
        making.record_obligation(job, what="The texts", due_at=soon, **doing), **doing
    )
    making.meet_inbound(
        making.record_inbound(job, who="Print shop", what="Proofs", due_at=soon, **doing), **doing
    )
    making.break_assumption(making.record_assumption(job, "No strike", **doing), **doing)
    making.add_condition(job, "In two languages", **doing)
    promising.pin(promise=promise, pinned=1, by=northlight.ben, now=now)
    promising.pin(promise=promise, pinned=None, by=northlight.ben, now=now)
    promising.void(promise=promise, reason="Meant another.", by=northlight.ben, now=now)
    promise.refresh_from_db()

    assert told(promise) == [
        "Maya made the job in one stage, 4 h in all.",
        "Given already, recorded by Maya: Fri 18 Dec, 18:00. " + FIRST,
        "Harbour Clinic owes us The texts by Wed 9 Dec, noted by Maya.",
        "Harbour Clinic sent what was owed: The texts. Noted by Maya.",
        "We need Proofs from Print shop by Wed 9 Dec; no word of theirs stands for it.",
        "Print shop delivered: Proofs. Noted by Maya.",
        "Maya counts on this: No strike",
        "It does not hold any more: No strike. Noted by Maya.",
        "Maya added to what “done” means.",
        "Ben ranked it before all that have only their date, at place 1.",
        "Ben let it go back to its date.",
        "Voided by Ben: Meant another.",
    ]


def forecast(promise: Promise, chance: float, at: datetime, *, by: Member | None = None) -> None:
    """Write an outlook with its event, as a forecast does."""
    snapshot, _new = Snapshot.objects.get_or_create(
        fingerprint="f" * 64, defaults={"plan": b"", "made_at": at}
    )
    Outlook.objects.create(
        promise=promise, computed_at=at, due_at=promise.due_at, chance=chance,
        finish_50_at=end_of(10), finish_80_at=end_of(11), finish_90_at=end_of(14),
        finish_95_at=end_of(15), known_items=40, snapshot=snapshot, plan_fingerprint="f" * 64,
        seed=1, futures=1000, engine_version="1", profile_version="",
    )  # fmt: skip
    recording.record(Event.Kind.OUTLOOK_COMPUTED, about=snapshot, by=by, at=at)


def test_outlooks_of_note_are_in_the_story_and_the_others_are_not(
    northlight: cast.House, promised: Promised, now: datetime
) -> None:
    promise = promised("Letters", due=DEC[14])
    for hour, (chance, by) in enumerate(
        [
            (0.94, None),
            (0.90, None),  # less than ten points
            (0.85, None),
            (0.79, northlight.ben),  # below the line
            (0.70, None),  # nine points since
            (0.55, None),
            (0.92, northlight.dev),
        ]
    ):
        forecast(promise, chance, now + timedelta(hours=hour), by=by)

    by_monday = "Nine chances in ten by Mon 14 Dec."
    below = "The chance fell from 94 % to 79 %, below the line of 80 %, after a change by Ben."
    above = "The chance rose from 55 % to 92 %, above the line of 80 %, after a change by Dev."
    assert told(promise)[-4:] == [
        f"First outlook. {by_monday} [94%]",
        f"{below} {by_monday} [79%]",
        f"The chance fell from 79 % to 55 %, as time passed. {by_monday} [55%]",
        f"{above} {by_monday} [92%]",
    ]


def test_an_event_without_a_sentence_of_its_own_is_told_by_its_name(
    northlight: cast.House, promised: Promised, now: datetime
) -> None:
    promise = promised("Letters", due=DEC[14])
    recording.record(
        Event.Kind.QUOTE_LAPSED, about=promise, by=None, at=now, promise=promise, chance=0.5
    )
    assert told(promise)[-1] == "Offer lapsed, by kept. [50%]"


def test_the_page_shows_the_story_in_as_many_queries_for_one_event_as_for_many(
    northlight: cast.House, promised: Promised, login: LogIn, now: datetime
) -> None:
    promise = promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11])
    browser = login(northlight.maya)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = browser.get(f"/promises/{promise.pk}")
        assert page.status_code == 200
        return len(seen)

    making.record_assumption(promise.job, "No strike", by=northlight.ben, now=now)
    queries()
    before = queries()
    for word in ("No rain", "No flu"):
        making.record_assumption(promise.job, word, by=northlight.ben, now=now)
    stage = promise.job.stages.get()
    work.begin(stage, by=northlight.dev, now=now)
    work.log_hours(stage, 2, by=northlight.dev, now=now)
    assert queries() == before
    said = _words(browser.get(f"/promises/{promise.pk}").content)
    assert "Dev worked 2 h on Building." in said


def test_a_long_story_is_told_to_its_beginning_page_by_page(
    promised: Promised, northlight: cast.House, login: LogIn, now: datetime
) -> None:
    promise = promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11])
    for hours in range(10, 70):
        making.change_stage(
            promise.job.stages.get(), likely_hours=hours, low_hours=hours, high_hours=hours,
            by=northlight.ben, now=now,
        )  # fmt: skip
    whole = told(promise)
    browser = login(northlight.maya)

    newest = browser.get(f"/promises/{promise.pk}")
    earlier = browser.get(f"/promises/{promise.pk}/earlier?before={newest.context['earlier']}")
    from_the_end = browser.get(f"/promises/{promise.pk}/earlier")

    pages = [*newest.context["story"], *earlier.context["story"]]
    assert len(newest.context["story"]) == story.SHOWN < len(whole) == len(pages)
    assert f"?before={newest.context['earlier']}" in newest.content.decode()
    assert [one.told for one in pages] == [one.told for one in from_the_end.context["story"]]
    # The oldest one of a page still tells what it changed, though that was on the page before it.
    assert newest.context["story"][-1].told == (
        "Ben counts 45\u00a0h for Building now, before 44\u00a0h."
    )
    assert (earlier.context["earlier"], from_the_end.context["earlier"]) == (None, None)
    assert "Nothing happened before that." in _words(
        browser.get(f"/promises/{promise.pk}/earlier?before=1").content
    )
    for nonsense in ("x", "-1", "1" * 30):
        answer = browser.get(f"/promises/{promise.pk}/earlier?before={nonsense}")
        assert answer.status_code == 404
