"""Ways to say yes: later, less, other people, overtime; worked on paper with certain work.

It is Wednesday 2 December 2026, 15:10 in Lisbon; Tuesday 8 is a holiday. Until the end of
Friday 4 December a builder has 2 h 50, 8 h and 8 h: 18 h 50.
"""

from datetime import date, datetime, time

import pytest
from tests import cast
from tests.quotes.test_checking import SURE, ask, certain, end_of, given

from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.jobs.lines import Effort
from kept.ledger.models import Event
from kept.people import staff
from kept.promises.models import Placement
from kept.quotes import asking, checking, offering, wording
from kept.quotes.asking import Change
from kept.quotes.checked import Checked, DateAt, NoSuchWay
from kept.quotes.models import Answer
from kept.quotes.ways import Kind
from kept.tenancy import refusals

#: The overtime is walked in fewer futures than the answer.
SURE_OF_400 = pytest.approx(401 / 402)


def with_a_form(house: cast.House, now: datetime, **more: object) -> Checked:
    """Sixteen hours of page and eight of an optional form, wanted on Friday."""
    return checking.check(
        what="Landing page",
        client=house.clients["Harbour Clinic"],
        stages=[*certain(16), *certain(8, optional=True)],
        wanted_at=end_of(4),
        by=house.ben,
        now=now,
        **more,  # type: ignore[arg-type]
    )


def test_a_date_too_early_can_be_later_or_less_or_cost_overtime(
    one_builder: cast.House, now: datetime
) -> None:
    checked = with_a_form(one_builder, now, keep=False)

    said = {
        offer.kind: (offer.date, offer.sentence.replace("\u00a0", " "), offer.overtime_hours)
        for offer in checked.offers
    }
    missing = 24 - (18 + 50 / 60)
    assert said == {
        Kind.LATER: (
            DateAt(end_of(7), SURE, Placement.YIELDS),
            "All of it: the first day that is as safe as you ask.",
            None,
        ),
        Kind.LESS: (DateAt(end_of(4), SURE, Placement.YIELDS), "Without “Build”.", None),
        Kind.OVERTIME: (
            DateAt(end_of(4), SURE_OF_400, Placement.BY_DATE),
            "All of it, with up to 5.2 h of overtime, if the team says yes.",
            pytest.approx(missing),
        ),
    }
    assert checked.overtime == [(level, pytest.approx(missing)) for level in (0.5, 0.8, 0.9)]
    assert checked.overtime_hours == pytest.approx(missing)


def test_overtime_is_told_of_what_it_gains_and_of_no_chance_there_is_already() -> None:
    walked = [(0.5, 0.0), (0.8, 0.6), (0.9, 4.4)]

    assert [each.replace("\u00a0", " ") for each in wording.roads(0.802, walked)] == [
        "Promised anyway, it breaks once in 5.",
        "With overtime of the team: 90 % with 4.4 h.",
    ]


def test_overtime_that_no_night_can_hold_is_no_offer(
    one_builder: cast.House, now: datetime
) -> None:
    # 30 h by Friday lack 11 h 10, and two nights hold eight.
    checked = ask(one_builder, 30, now, wanted_at=end_of(4))

    assert [offer.kind for offer in checked.offers] == [Kind.LATER]
    assert checked.overtime == [(0.5, None), (0.8, None), (0.9, None)]


def test_a_date_that_is_safe_needs_no_other_way(one_builder: cast.House, now: datetime) -> None:
    checked = ask(one_builder, 8, now, wanted_at=end_of(4))

    assert [(offer.kind, offer.date.due_at) for offer in checked.offers] == [
        (Kind.WANTED, end_of(4)),
        (Kind.LATER, end_of(3)),
    ]
    assert (checked.overtime, checked.overtime_hours) == ([], None)


def test_another_owner_is_offered_where_the_usual_one_is_away(
    northlight: cast.House, now: datetime
) -> None:
    northlight.organisation.usable_share = 1.0
    northlight.organisation.save()
    staff.add_absence(
        northlight.dev, date(2026, 12, 3), date(2026, 12, 9), by=northlight.dev, now=now
    )

    checked = checking.check(
        what="Landing page",
        client=northlight.clients["Harbour Clinic"],
        stages=certain(8, owner=northlight.dev),
        wanted_at=end_of(4),
        by=northlight.ben,
        now=now,
    )

    offer = next(offer for offer in checked.offers if offer.kind == Kind.PEOPLE)
    assert offer.date == DateAt(end_of(4), SURE, Placement.YIELDS)
    assert offer.sentence == "All of it. Ben takes “Build”."
    assert offer.change == Change(owners=((1, northlight.ben.pk),))

    assert checked.answer is not None
    taken = checking.take(checked.answer, "people", by=northlight.ben, now=now)
    assert taken.answer is not None
    assert taken.answer.pk != checked.answer.pk
    assert taken.answer.job.stages.get().owner == northlight.ben
    quote = offering.hold(answer=taken.answer, due_at=end_of(4), by=northlight.ben, now=now)
    assert quote.chance_when_given == pytest.approx(4001 / 4002)


def test_less_of_it_is_an_answer_of_its_own_and_is_held_as_such(
    one_builder: cast.House, now: datetime
) -> None:
    whole = with_a_form(one_builder, now).answer
    assert whole is not None

    less = checking.take(whole, "less", by=one_builder.ben, now=now).answer

    assert less is not None
    assert [stage.likely_hours for stage in whole.job.stages.all()] == [16, 8]
    assert [stage.likely_hours for stage in less.job.stages.all()] == [16]
    assert (less.wanted_at, less.confidence) == (end_of(4), 0.9)
    with pytest.raises(offering.DateDoesNotStand):
        offering.hold(answer=whole, due_at=end_of(4), by=one_builder.ben, now=now)
    quote = offering.hold(answer=less, due_at=end_of(4), by=one_builder.ben, now=now)
    assert quote.job.stages.get().likely_hours == 16


def test_an_offer_that_was_not_made_cannot_be_taken(one_builder: cast.House, now: datetime) -> None:
    answer = with_a_form(one_builder, now).answer
    assert answer is not None
    before = (Answer.objects.count(), Event.objects.count())

    with pytest.raises(NoSuchWay):
        checking.take(answer, "people", by=one_builder.ben, now=now)

    assert (Answer.objects.count(), Event.objects.count()) == before


def test_what_waited_for_a_stage_left_out_waits_for_what_that_one_waited_for() -> None:
    stages = [
        StageSketch("Copy", 4, after=()),
        StageSketch("Design", 4, after=(1,)),
        StageSketch("Form", 4, after=(2,), optional=True),
        StageSketch("Film", 4, after=(3,), optional=True),
        StageSketch("Checks", 4, after=(4,)),
    ]

    left = asking.changed(stages, Change(without=(3, 4)))

    assert [(stage.name, stage.after) for stage in left] == [
        ("Copy", ()),
        ("Design", (1,)),
        ("Checks", (2,)),
    ]


@pytest.mark.parametrize(
    "change", ["without-1", "without-9", "stage-1-by-999999", "without", "stage-1-by-x", "drop-2"]
)
def test_a_change_that_cannot_be_is_refused(change: str, one_builder: cast.House) -> None:
    with pytest.raises(refusals.Refused):
        asking.changed(catalogue.checked(certain(8)), Change.read(change))


def test_a_change_is_read_as_it_is_written() -> None:
    change = Change(without=(2, 5), owners=((1, 17), (3, 4)))
    assert str(change) == "without-2 without-5 stage-1-by-17 stage-3-by-4"
    assert Change.read(str(change)) == change


@pytest.mark.parametrize(
    ("size", "grown"),
    [
        (Effort(36, 30, 48), [(9, 7.5, 12), (27, 22.5, 36)]),
        (Effort(48), [(12, None, None), (36, 24, 72)]),
    ],
)
def test_a_size_beside_a_service_is_shared_out_as_its_stages_are(
    size: Effort, grown: list[tuple[float, float | None, float | None]]
) -> None:
    usual = [
        StageSketch("Copy", 6),
        StageSketch("Build", 18, low_hours=12, high_hours=36, skill="build", optional=True),
    ]

    sketches = asking.scaled(usual, size)

    assert [(s.likely_hours, s.low_hours, s.high_hours) for s in sketches] == grown
    assert [(s.name, s.skill, s.optional) for s in sketches] == [
        ("Copy", None, False),
        ("Build", "build", True),
    ]


def test_a_service_with_a_size_keeps_its_stages(one_builder: cast.House, now: datetime) -> None:
    service = catalogue.add_service(
        name="Landing page", stages=[*certain(6), *certain(18)], by=one_builder.ada, now=now
    )

    checked = checking.check(
        what="Page", size=Effort(36, 36, 36), service=service, by=one_builder.ben, now=now
    )

    assert [stage.likely_hours for stage in checked.stages] == [9, 27]
    assert checked.expected_hours == pytest.approx(36)


def test_one_asks_as_sure_as_one_likes(one_builder: cast.House, now: datetime) -> None:
    spread = [
        StageSketch("Build", 16, low_hours=8, high_hours=32, skill="build"),
    ]

    def day(confidence: float | None) -> datetime:
        checked = checking.check(
            what="Page", stages=spread, confidence=confidence, by=one_builder.ben, now=now
        )
        assert checked.advised is not None
        assert checked.answer is not None
        assert checked.answer.confidence == checked.confidence == (confidence or 0.9)
        assert checked.advised.chance >= checked.confidence
        return checked.advised.due_at

    # 16 h end on Friday the 4th, 32 h on Thursday the 10th: 2 h 50, 8, 8, 8 and the rest.
    assert (day(0.5), day(None), day(0.9)) == (end_of(4), end_of(9), end_of(9))
    assert day(0.8) < day(0.99)


@pytest.mark.parametrize("confidence", [0.49, 1.0, 0.995, 0.0, -1.0, float("nan")])
def test_nobody_is_as_sure_as_that(
    confidence: float, one_builder: cast.House, now: datetime
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        checking.check(
            what="Page", stages=certain(8), confidence=confidence, by=one_builder.ben, now=now
        )
    assert refused.value.field == "confidence"
    assert Answer.objects.count() == 0


def test_a_week_cut_by_a_third_moves_the_date_and_names_whose_it_is(
    one_builder: cast.House, now: datetime
) -> None:
    # Eight hours are given first. 32 h are 2 h 50, 8, 8 and 8 h, and Wednesday the 9th; of days
    # from nine to 14:36 they take six, and nothing is left of today.
    given(one_builder, 8, end_of(4), now)
    before = ask(one_builder, 24, now)
    hours = [(weekday, time(9), time(14, 36)) for weekday in range(5)]
    staff.set_week(one_builder.dev, hours, by=one_builder.ada, now=now)

    after = ask(one_builder, 24, now)

    assert before.advised is not None
    assert after.advised is not None
    assert (before.advised.due_at, after.advised.due_at) == (end_of(9), end_of(11))
    assert ("Only Dev can do this: build", 1.0) in [(x.sentence, x.days) for x in after.limits]
