"""Somebody is asked to own a part of the work, and says yes, otherwise, or no."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests import cast

from kept.jobs import making, owners, owning
from kept.jobs.making import StageSketch
from kept.jobs.models import Job, Responsibility, Stage
from kept.jobs.owners import Missing
from kept.jobs.owning import MOVES
from kept.ledger import chain
from kept.ledger.models import Event
from kept.people import staff
from kept.tenancy.refusals import NotAllowed, Refused

State = Responsibility.State
FRIDAY = timedelta(days=2)


@pytest.fixture
def page(northlight: cast.House, now: datetime) -> Job:
    """Maya writes; nobody is named for the building; somebody finishes it."""
    return making.make(
        title="Landing page",
        stages=[
            StageSketch("Write", 8, owner=northlight.maya, done_means="Text in the folder."),
            StageSketch("Build", 16, low_hours=8, high_hours=32),
            StageSketch("Checks", 2, finishing=True),
        ],
        by=northlight.ben,
        now=now,
    )


def stage(job: Job, name: str) -> Stage:
    return Stage.objects.select_related("owner").get(job=job, name=name)


def kinds() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][2:]


def told(job: Job) -> list[tuple[str, str | None, str, datetime | None]]:
    """Each gap: of what, whose, why, since when."""
    return [
        (
            "last mile" if gap.stage is None else gap.stage.name,
            None if gap.member is None else gap.member.name,
            str(gap.state),
            gap.since,
        )
        for gap in owners.gaps(job)
    ]


def test_whoever_was_only_named_has_not_said_yes(page: Job) -> None:
    assert told(page) == [
        ("Write", "Maya", "not_asked", None),
        ("Build", None, "nobody", None),
        ("Checks", None, "nobody", None),
        ("last mile", None, "nobody", None),
    ]


def test_a_yes_is_to_what_when_and_what_done_means(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    asked = owning.propose(
        stage(page, "Build"),
        northlight.dev,
        by_at=now + FRIDAY,
        hours=20,
        done_means="Every page opens on a phone.",
        by=northlight.ben,
        now=now,
    )
    assert (asked.state, stage(page, "Build").owner) == (State.PROPOSED, None)

    answered = owning.accept(asked, by=northlight.dev, now=now + timedelta(hours=1))

    build = stage(page, "Build")
    assert (answered.state, answered.answered_at) == (State.ACCEPTED, now + timedelta(hours=1))
    assert (build.owner, build.likely_hours, build.done_means) == (
        northlight.dev,
        20,
        "Every page opens on a phone.",
    )
    # A range keeps its shape: 8-16-32 becomes 10-20-40.
    assert (build.low_hours, build.high_hours) == (10, 40)
    assert owners.said_when_accepted(build) == (20, now + timedelta(hours=1))
    assert [row[0] for row in told(page)] == ["Write", "Checks", "last mile"]
    assert kinds() == ["owner.proposed", "owner.accepted"]
    assert list(chain.faults()) == []


def test_a_stage_stays_with_its_owner_until_somebody_new_says_yes(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    write = stage(page, "Write")
    owning.propose(write, northlight.maya, by=northlight.maya, now=now)
    asked = owning.propose(write, northlight.dev, by=northlight.ben, now=now)
    assert stage(page, "Write").owner == northlight.maya
    # Maya's yes stands meanwhile, so nothing is missing.
    assert "Write" not in [row[0] for row in told(page)]
    [row] = [row for row in owners.table(page) if row.stage == write]
    assert (row.owner, row.asked) == (northlight.maya, asked)

    owning.accept(asked, by=northlight.dev, now=now)
    assert stage(page, "Write").owner == northlight.dev


def test_what_one_takes_oneself_is_a_yes(northlight: cast.House, page: Job, now: datetime) -> None:
    mine = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.dev, now=now)
    assert (mine.state, stage(page, "Build").owner) == (State.ACCEPTED, northlight.dev)
    with pytest.raises(NotAllowed, match="“Build” is Dev’s"):
        owning.propose(stage(page, "Build"), northlight.maya, by=northlight.maya, now=now)
    owning.propose(stage(page, "Build"), northlight.ben, by=northlight.ben, now=now)
    assert stage(page, "Build").owner == northlight.ben


def test_silence_is_visible_since_when(northlight: cast.House, page: Job, now: datetime) -> None:
    owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    owning.propose(page, northlight.maya, by=northlight.ben, now=now + timedelta(hours=2))
    assert told(page)[1:] == [
        ("Build", "Dev", "silent", now),
        ("Checks", None, "nobody", None),
        ("last mile", "Maya", "silent", now + timedelta(hours=2)),
    ]
    assert [str(gap) for gap in owners.gaps(page)][1:] == [
        "Dev has not answered about “Build”",
        "nobody is named for “Checks”",
        "Maya has not answered about the last mile",
    ]


def test_what_was_said_instead_is_taken_by_whoever_asked(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    asked = owning.propose(
        stage(page, "Build"), northlight.dev, by_at=now + FRIDAY, by=northlight.ben, now=now
    )
    with pytest.raises(Refused, match="Say what would be possible instead"):
        owning.counter(asked, by=northlight.dev, now=now)
    owning.counter(
        asked, by_at=now + 2 * FRIDAY, hours=24, word="The map is new to me.",
        by=northlight.dev, now=now,
    )  # fmt: skip
    assert told(page)[1] == ("Build", "Dev", "countered", now)
    assert stage(page, "Build").likely_hours == 16

    with pytest.raises(NotAllowed, match="Whoever asked Dev, or a lead"):
        owning.agree(asked, by=northlight.maya, now=now)
    agreed = owning.agree(asked, by=northlight.ben, now=now)

    assert (agreed.state, agreed.by_at, agreed.likely_hours, agreed.word) == (
        State.ACCEPTED, now + 2 * FRIDAY, 24, "The map is new to me.",
    )  # fmt: skip
    assert (stage(page, "Build").owner, stage(page, "Build").likely_hours) == (northlight.dev, 24)
    assert kinds() == ["owner.proposed", "owner.countered", "owner.accepted"]


def test_instead_of_taking_it_one_may_ask_anew(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    first = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    owning.counter(first, hours=60, by=northlight.dev, now=now)
    again = owning.propose(stage(page, "Build"), northlight.maya, by=northlight.ben, now=now)
    assert list(Responsibility.objects.values_list("member__name", "state")) == [
        ("Dev", "withdrawn"),
        ("Maya", "proposed"),
    ]
    owning.decline(again, word="I cannot build.", by=northlight.maya, now=now)
    assert told(page)[1] == ("Build", "Maya", "declined", now)
    assert stage(page, "Build").owner is None


def test_a_stage_that_changed_after_the_yes_is_to_be_asked_about_again(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    asked = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    owning.accept(asked, by=northlight.dev, now=now)
    making.change_stage(stage(page, "Build"), likely_hours=20, by=northlight.ben, now=now)
    assert told(page)[1] == ("Build", "Dev", "changed", now)


def test_only_the_one_who_was_asked_answers(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    asked = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    for verb in (owning.accept, owning.decline):
        with pytest.raises(NotAllowed, match="Dev was asked, and answers for themself"):
            verb(asked, by=northlight.ada, now=now)
    assert kinds() == ["owner.proposed"]


ANSWERS: dict[str, Callable[..., Responsibility]] = {
    "accept": owning.accept,
    "counter": lambda row, **said: owning.counter(row, word="later", **said),
    "decline": owning.decline,
    "agree": owning.agree,
    "withdraw": owning.withdraw,
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", list(MOVES))
def test_what_the_table_does_not_name_is_refused_and_changes_nothing(
    northlight: cast.House, page: Job, now: datetime, verb: str, state: Responsibility.State
) -> None:
    # Dev asks himself through Ben, so that every verb is his or Ben's.
    asked = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    answered = None if state == State.PROPOSED else now
    Responsibility.objects.update(state=state, answered_at=answered)
    asked.refresh_from_db()
    who = northlight.dev if verb in owning.OF_THE_ASKED else northlight.ben
    sources, target = MOVES[verb]
    if state in sources:
        assert verb in owning.allowed(asked, who)
        assert ANSWERS[verb](asked, by=who, now=now).state == target
        return
    assert verb not in owning.allowed(asked, who)
    with pytest.raises(owning.MoveNotAllowed, match=r"Nothing was changed\."):
        ANSWERS[verb](asked, by=who, now=now)
    assert Responsibility.objects.get().state == state
    assert kinds() == ["owner.proposed"]


def test_a_refusal_says_what_can_be_done(northlight: cast.House, page: Job, now: datetime) -> None:
    asked = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    owning.counter(asked, hours=20, by=northlight.dev, now=now)
    with pytest.raises(owning.MoveNotAllowed) as refused:
        owning.accept(asked, by=northlight.dev, now=now)
    assert refused.value.sentence == (
        "This is countered, so you cannot say yes. What you can do: say no. Nothing was changed."
    )


def test_who_left_or_reads_only_or_does_no_work_is_not_asked(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    build = stage(page, "Build")
    with pytest.raises(owning.CannotOwn, match="Gus is a guest here"):
        owning.propose(build, northlight.gus, by=northlight.ben, now=now)
    staff.change_member(northlight.maya, does_work=False, by=northlight.ada, now=now)
    northlight.maya.refresh_from_db()
    with pytest.raises(owning.CannotOwn, match="does no planned work"):
        owning.propose(build, northlight.maya, by=northlight.ben, now=now)
    owning.propose(page, northlight.maya, by=northlight.ben, now=now)  # the last mile is no stage
    staff.leave(northlight.dev, by=northlight.ada, now=now)
    northlight.dev.refresh_from_db()
    with pytest.raises(owning.CannotOwn, match="Dev has left"):
        owning.propose(build, northlight.dev, by=northlight.ben, now=now)


def test_what_is_done_or_closed_needs_no_owner_any_more(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    asked = owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    Stage.objects.filter(name="Build").update(state=Stage.State.HANDED_OVER)
    with pytest.raises(owning.NothingToOwn, match="“Build” is handed over"):
        owning.propose(stage(page, "Build"), northlight.maya, by=northlight.ben, now=now)
    with pytest.raises(owning.NothingToOwn):
        owning.accept(asked, by=northlight.dev, now=now)
    Job.objects.update(state=Job.State.CLOSED)
    with pytest.raises(owning.NothingToOwn, match="“Landing page” is closed"):
        owning.propose(page, northlight.maya, by=northlight.ben, now=now)


def test_handing_over_counts_as_the_owner_s_yes(page: Job) -> None:
    Stage.objects.filter(name="Write").update(state=Stage.State.HANDED_OVER)
    Stage.objects.filter(name="Checks").update(state=Stage.State.DONE)
    assert [row[0] for row in told(page)] == ["Build", "last mile"]


def test_the_last_mile_is_suggested_to_somebody_who_is_no_doer(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    # Maya writes. Dev and Ben do nothing here, and Ben leads.
    assert owners.suggested_last_mile_owner(page) == northlight.ben
    # Who finishes it is the natural one to see it over the line.
    Stage.objects.filter(name="Checks").update(owner=northlight.dev)
    assert owners.suggested_last_mile_owner(page) == northlight.dev
    Stage.objects.filter(name="Build").update(owner=northlight.dev)
    assert owners.suggested_last_mile_owner(page) == northlight.ben


def test_several_jobs_are_looked_at_in_two_queries(
    northlight: cast.House, page: Job, now: datetime, django_assert_num_queries: object
) -> None:
    other = making.make(title="Signs", stages=[StageSketch("Paint", 2)], by=northlight.dev, now=now)
    stages = {job.pk: list(job.stages.select_related("owner")) for job in (page, other)}
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = owners.gaps_of(stages)
    assert {key: [str(gap.state) for gap in gaps] for key, gaps in found.items()} == {
        page.pk: ["not_asked", Missing.NOBODY, Missing.NOBODY, Missing.NOBODY],
        other.pk: [Missing.NOBODY, Missing.NOBODY],
    }
