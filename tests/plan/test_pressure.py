"""How full the house is, by hours that can be counted; and whose figures nobody sees.

It is Wednesday 2 December 2026, 15:10 in Lisbon. Tuesday 8 is a holiday.
"""

from datetime import datetime

import pytest
from tests import cast
from tests.quotes.test_checking import certain, end_of, given

from kept import engine
from kept.clients.catalogue import StageSketch
from kept.engine import laws
from kept.jobs import making
from kept.jobs.models import Job
from kept.people import staff
from kept.people.models import Member, Skill
from kept.plan import loading, pressure
from kept.quotes import checking


def measured(now: datetime) -> pressure.Pressure:
    return pressure.measure(loading.load(now=now), now=now, weeks=3)


def test_a_builders_weeks_hold_what_is_usable_less_what_is_planned(
    one_builder: cast.House, now: datetime
) -> None:
    given(one_builder, 16, end_of(11), now)

    dev = f"m{one_builder.dev.pk}"
    found = measured(now)

    # 2 h 50 today, 8 and 8; then four days of eight, for Tuesday is a holiday; then five.
    assert found.usable[dev] == [pytest.approx(18 + 50 / 60), 32.0, 40.0]
    assert found.busy[dev] == [pytest.approx(16, abs=0.01), 0.0, 0.0]
    assert found.free_before("any", end_of(4)) == pytest.approx(2 + 50 / 60, abs=0.01)


def test_a_plan_with_an_ask_is_fuller_by_the_asks_hours(
    one_builder: cast.House, now: datetime
) -> None:
    checked = checking.work_out(what="Page", stages=certain(20), now=now, reasons=False)
    found = measured(now)

    both = found.with_load(checked.load)

    dev = f"m{one_builder.dev.pk}"
    assert found.busy[dev] == [0.0, 0.0, 0.0]
    assert both.busy[dev] == [
        pytest.approx(18.83, abs=0.01),
        pytest.approx(1.17, abs=0.01),
        0.0,
    ]
    assert both.usable == found.usable


def test_the_same_plan_is_measured_once_and_another_anew(
    one_builder: cast.House, now: datetime
) -> None:
    dev = f"m{one_builder.dev.pk}"
    before = measured(now)
    assert measured(now).busy is before.busy

    given(one_builder, 8, end_of(11), now)
    staff.change_member(one_builder.dev, usable_share=0.5, by=one_builder.ada, now=now)

    after = measured(now)
    assert (before.busy[dev][0], after.busy[dev][0]) == (0.0, pytest.approx(8, abs=0.01))
    assert after.usable[dev][1] == before.usable[dev][1] / 2


def test_the_tank_counts_what_is_owed_by_internal_dates_in_four_weeks(
    one_builder: cast.House, now: datetime
) -> None:
    given(one_builder, 16, end_of(11), now)

    tank = measured(now).tank(now=now)

    # Of four weeks: 18 h 50, four days, five, and Christmas week without Friday; then until
    # Wednesday at 15:10: two days and 5 h 10.
    assert (tank.owed_hours, tank.usable_hours) == (
        16.0,
        pytest.approx(18 + 50 / 60 + 32 + 40 + 32 + 16 + 5 + 10 / 60),
    )


def test_a_skill_of_one_or_two_shows_only_free_or_full(
    northlight: cast.House, now: datetime
) -> None:
    three = Skill.objects.create(name="check")
    for name in ("ben", "dev", "maya"):
        northlight.people[name].member_skills.create(skill=three)

    rows = {
        row.skill.name: [(cell.free_hours is None, cell.usable_hours > 0) for cell in row.cells]
        for row in measured(now).by_skill(list(Skill.objects.all()), seen_by=northlight.maya.pk)
    }

    hidden, shown = [(True, False)] * 3, [(False, True)] * 3
    # Dev and Ben build, Maya alone writes: her own figure is hers to see.
    assert rows == {"build": hidden, "write": shown, "check": shown}
    others = measured(now).by_skill(list(Skill.objects.all()), seen_by=northlight.ben.pk)
    assert next(r for r in others if r.skill.name == "write").cells[0].free_hours is None


def test_a_house_of_two_has_no_figure_of_the_team(northlight: cast.House, now: datetime) -> None:
    Member.objects.exclude(pk__in=[northlight.dev.pk, northlight.maya.pk]).update(does_work=False)

    found = measured(now)

    assert [cell.free_hours for cell in found.team()] == [None] * 3
    assert found.of(northlight.dev.pk)[1].free_hours is not None


@pytest.mark.parametrize(
    "law",
    [
        laws.certain(8),
        laws.uniform(4, 12),
        laws.low_likely_high(4, 8, 20),
        laws.ratios(8, ((0.05, 0.5), (0.5, 1.0), (0.95, 3.0))),
        laws.ratios(8, ((0.05, 0.0), (0.5, 1.0), (0.95, 3.0))),
        laws.exponential(8),
        laws.lognormal(8, 0.5),
    ],
)
@pytest.mark.parametrize("spent", [0.0, 6.0])
def test_what_a_stage_still_takes_is_the_mean_of_its_law(law: laws.Law, spent: float) -> None:
    situation = engine.Situation.from_document(
        {
            "start": "2026-12-02T15:10+00:00",
            "people": [{"id": "dev", "skills": [], "week": {"mon": [["09:00", "17:00"]]}}],
            "promises": [{"id": "p"}],
            "stages": [
                {
                    "id": "s",
                    "promise": "p",
                    "people": ["dev"],
                    "effort": law.document(),
                    **({"spent": spent} if spent else {}),
                }
            ],
        }
    )
    begun = law.share_below(spent) if spent else 0.0
    shares = [begun + (1 - begun) * (n + 0.5) / 200 for n in range(200)]

    assert pressure.hours_of_stage(situation.stages[0]) == pytest.approx(
        sum(max(0.0, law.hours(share) - spent) for share in shares) / 200
    )


def test_hours_of_a_job_are_those_of_its_stages(one_builder: cast.House, now: datetime) -> None:
    job = making.make(
        title="Shelves",
        stages=[*certain(6), StageSketch("More", 4, low_hours=4, high_hours=4, skill="build")],
        state=Job.State.OPEN,
        by=one_builder.ben,
        now=now,
    )
    assert pressure.expected_hours(loading.load(now=now), job.pk) == 10.0
