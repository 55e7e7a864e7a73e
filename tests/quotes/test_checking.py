"""Can we promise this, by when, and who pays: worked on paper with certain work.

It is Wednesday 2 December 2026, 15:10 in Lisbon. Tuesday 8 is a holiday. Dev
has 2 h 50 min left today and eight hours on every working day.
"""

from datetime import UTC, datetime

import pytest
from tests import cast

from kept.clients.catalogue import StageSketch
from kept.clients.models import Client
from kept.jobs import making
from kept.jobs.models import Job
from kept.ledger.models import Event
from kept.people import staff
from kept.plan import loading, outlook
from kept.promises import recording
from kept.promises.models import Placement, Promise
from kept.quotes import answers, asking, checking
from kept.quotes.checked import Checked, DateAt, NotSizedYet, WantedInThePast
from kept.quotes.models import Answer
from kept.tenancy import refusals, scope

SURE = pytest.approx(1001 / 1002)


def certain(hours: float, **more: object) -> list[StageSketch]:
    """One stage of building that takes exactly so long."""
    return [
        StageSketch(
            name="Build",
            skill="build",
            likely_hours=hours,
            low_hours=hours,
            high_hours=hours,
            **more,  # type: ignore[arg-type]
        )
    ]


def end_of(day: int, month: int = 12) -> datetime:
    """The end of a working day of December 2026; Lisbon keeps Greenwich time in winter."""
    return datetime(2026, month, day, 18, tzinfo=UTC)


def given(house: cast.House, hours: float, due_at: datetime, now: datetime) -> Promise:
    """A promise of certain building work to Pete's Bakery."""
    job = making.make(
        title="Shelves",
        client=house.clients["Pete's Bakery"],
        stages=certain(hours),
        state=Job.State.OPEN,
        by=house.ben,
        now=now,
    )
    return recording.give(
        job=job,
        client=house.clients["Pete's Bakery"],
        due_at=due_at,
        zone=cast.ZONE,
        origin=Promise.Origin.LOOSE,
        by=house.ben,
        now=now,
    )


def ask(
    house: cast.House, hours: float, now: datetime, wanted_at: datetime | None = None
) -> Checked:
    return checking.check(
        what="Landing page",
        client=house.clients["Harbour Clinic"],
        stages=certain(hours),
        wanted_at=wanted_at,
        by=house.ben,
        now=now,
        keep=False,
    )


def test_eight_hours_asked_on_wednesday_afternoon_are_done_on_thursday(
    one_builder: cast.House, now: datetime
) -> None:
    checked = ask(one_builder, 8, now, wanted_at=end_of(2))

    thursday = DateAt(end_of(3), SURE, Placement.YIELDS)
    assert checked.advised == thursday
    assert [level.date for level in checked.levels] == [thursday] * 4
    assert checked.wanted == DateAt(end_of(2), pytest.approx(1 / 1002), Placement.BY_DATE)
    assert list(checked.curve)[:2] == [
        (end_of(2), pytest.approx(1 / 1002)),
        (end_of(3), SURE),
    ]


def test_a_holiday_is_no_working_day(one_builder: cast.House, now: datetime) -> None:
    # 2 h 50 on Wednesday, 8 on Thursday, Friday and Monday make 26 h 50; Tuesday is a holiday.
    assert ask(one_builder, 27, now).advised == DateAt(end_of(9), SURE, Placement.YIELDS)


def test_the_holidays_in_the_way_are_named(one_builder: cast.House, now: datetime) -> None:
    # 34 h 50 would end on Wednesday the 9th; without the 8th, 36 hours do too.
    checked = ask(one_builder, 36, now)

    assert checked.advised == DateAt(end_of(10), SURE, Placement.YIELDS)
    named = {limit.kind: (limit.sentence, limit.days) for limit in checked.limits}
    assert named["holiday"] == ("Public holidays: Tue\u00a08\u00a0Dec", 1.0)


def test_half_the_usable_share_takes_twice_as_long(one_builder: cast.House, now: datetime) -> None:
    staff.change_member(one_builder.dev, by=one_builder.ada, now=now, usable_share=0.5)

    # 5 h 40 at half speed are 11 h 20 of Dev's days: Wednesday 2 h 50, Thursday 8, Friday 30 min.
    assert ask(one_builder, 5 + 40 / 60, now).advised == DateAt(end_of(4), SURE, Placement.YIELDS)


def test_an_absence_moves_the_date_and_is_named_with_its_days(
    one_builder: cast.House, now: datetime
) -> None:
    from_on, to_on = datetime(2026, 12, 3).date(), datetime(2026, 12, 4).date()  # noqa: DTZ001
    staff.add_absence(one_builder.dev, from_on, to_on, by=one_builder.dev, now=now)

    checked = ask(one_builder, 8, now)

    assert checked.advised == DateAt(end_of(7), SURE, Placement.YIELDS)
    named = {limit.kind: (limit.sentence, limit.days) for limit in checked.limits}
    assert named["absence"] == ("Dev away Thu\u00a03\u00a0Dec – Fri\u00a04\u00a0Dec", 2.0)


def test_a_later_ask_may_go_first_where_the_given_promise_can_wait(
    one_builder: cast.House, now: datetime
) -> None:
    given(one_builder, 16, end_of(11), now)

    checked = ask(one_builder, 8, now)

    # Yielding, it would wait for 16 hours: Wednesday 2 h 50, Thursday 8, Friday 5 h 10, then 8.
    assert checked.without == DateAt(end_of(7), SURE, Placement.YIELDS)
    assert checked.in_place == DateAt(end_of(3), SURE, Placement.BY_DATE)
    assert checked.advised == checked.in_place
    assert checked.pays_advised == []


def test_nobody_pays_with_a_broken_promise_for_the_advised_date(
    one_builder: cast.House, now: datetime
) -> None:
    promise = given(one_builder, 8, end_of(3), now)

    checked = ask(one_builder, 8, now, wanted_at=datetime(2026, 12, 3, 17, tzinfo=UTC))

    # Both want Thursday; the promise has it. The ask is safe on Friday, whoever is first.
    assert checked.advised is not None
    assert checked.advised.due_at == end_of(4)
    assert checked.wanted is not None
    assert [(pays.job, pays.what, pays.below_line) for pays in checked.pays_wanted] == [
        (promise.job_id, "Shelves", True)
    ]
    assert checked.pays_wanted[0].before == SURE
    assert checked.pays_wanted[0].after == pytest.approx(1 / 1002)


def test_an_answer_while_typing_writes_nothing(one_builder: cast.House, now: datetime) -> None:
    events = Event.objects.count()
    ask(one_builder, 8, now)
    assert (Answer.objects.count(), Job.objects.count(), Event.objects.count()) == (0, 0, events)


def test_a_kept_answer_reserves_nothing_and_can_be_computed_again(
    one_builder: cast.House, now: datetime
) -> None:
    checked = checking.check(
        what="Landing page",
        client_name="Corner Café",
        stages=[StageSketch(name="Build", skill="build", likely_hours=8)],
        by=one_builder.ben,
        now=now,
    )
    answer = checked.answer
    assert answer is not None
    assert answer.client is not None
    assert (answer.client.name, answer.client.standing) == ("Corner Café", Client.Standing.PROSPECT)
    assert answer.job.state == Job.State.DRAFT
    assert loading.load(now=now).plan["promises"] == []

    again = answers.again(answer)

    assert [
        (date.level, date.due_at, date.chance) for date in answer.dates.filter(why="level")
    ] == [
        (level, due_at, pytest.approx(again.shown.chance(due_at)))
        for level, due_at in ((level, again.at(level)) for level in checking.LEVELS)
    ]


@pytest.mark.parametrize(
    ("refused", "changes"),
    [
        (NotSizedYet, {"stages": []}),
        (WantedInThePast, {"wanted_at": datetime(2026, 12, 1, 18, tzinfo=UTC)}),
        (refusals.Refused, {"what": "  "}),
        (refusals.Refused, {"what": "A\0B"}),
        (refusals.Refused, {"stages": [StageSketch(name="Build", likely_hours=-1)]}),
        (refusals.Refused, {"stages": [StageSketch(name="Fly", skill="fly", likely_hours=1)]}),
    ],
)
def test_an_ask_that_cannot_be_is_refused_and_leaves_nothing(
    one_builder: cast.House,
    now: datetime,
    refused: type[refusals.Refused],
    changes: dict[str, object],
) -> None:
    asked: dict[str, object] = {"what": "Landing page", "stages": certain(8), **changes}
    with pytest.raises(refused):
        checking.check(by=one_builder.ben, now=now, **asked)  # type: ignore[arg-type]
    assert (Job.objects.count(), Answer.objects.count()) == (0, 0)


def test_a_skill_whose_people_all_left_is_said_in_words(
    one_builder: cast.House, now: datetime
) -> None:
    staff.change_member(one_builder.dev, by=one_builder.ada, now=now, does_work=False)
    with pytest.raises((asking.NobodyCan, refusals.Refused)) as refused:
        ask(one_builder, 8, now)
    assert "build" in str(refused.value)


def test_the_same_ask_has_the_same_answer(one_builder: cast.House, now: datetime) -> None:
    given(one_builder, 16, end_of(11), now)
    spread = [StageSketch(name="Build", skill="build", likely_hours=8)]

    def once() -> list[float]:
        checked = checking.check(
            what="Page", stages=spread, by=one_builder.ben, now=now, keep=False
        )
        return [chance for _at, chance in checked.curve]

    assert once() == once()


def test_another_house_changes_nothing(
    one_builder: cast.House, southbank: cast.House, now: datetime
) -> None:
    before = ask(one_builder, 8, now)
    with scope.acting_in(southbank.organisation):
        job = making.make(
            title="Much", stages=certain(400), state=Job.State.OPEN, by=southbank.cleo, now=now
        )
        recording.give(
            job=job,
            client=southbank.clients["Harbour Clinic"],
            due_at=end_of(4),
            zone=cast.ZONE,
            origin=Promise.Origin.LOOSE,
            by=southbank.cleo,
            now=now,
        )
        outlook.refresh(by=None, now=now)
    assert ask(one_builder, 8, now).curve == before.curve
