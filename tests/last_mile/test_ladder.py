"""The ladder: each rung once, in order, within everybody's charter, until somebody knows."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests import cast
from tests.last_mile.conftest import dec, heard, untold

from kept.jobs import owning
from kept.last_mile import answering, climbing, delegating, ladders, raising, reaching
from kept.last_mile.ladders import Step
from kept.last_mile.models import Alarm, Envelope, Kind, Ladder, Rung
from kept.people import charters, staff
from kept.people.models import Absence, Role
from kept.promises.models import Promise
from kept.tenancy.refusals import NotAllowed, Refused


def climbed(alarm: Alarm, *moments: datetime) -> Alarm:
    for moment in moments:
        climbing.climb_due(now=moment)
    alarm.refresh_from_db()
    return alarm


def test_it_climbs_from_nudge_to_ice_bucket_while_nobody_says_that_they_know(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """The waits are working time: 2 h, 2 h, 4 h, and 4 h of any kind before the ice bucket."""
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert (alarm.next_rung, alarm.next_at) == (2, dec(2, 17, 10))
    climbed(alarm, dec(2, 17, 10))
    # 50 minutes of Wednesday are left; 70 of the 120 fall on Thursday, from nine o'clock.
    assert (alarm.next_rung, alarm.next_at) == (3, dec(3, 10, 10))
    climbed(alarm, dec(3, 10, 10))
    assert (alarm.next_rung, alarm.next_at) == (4, dec(3, 14, 10))
    climbed(alarm, dec(3, 14, 10))
    assert (alarm.next_rung, alarm.next_at) == (5, dec(3, 18, 10))
    climbed(alarm, dec(3, 18, 10), dec(4, 9))
    assert (alarm.next_rung, alarm.next_at) == (None, None)
    assert heard(alarm) == [
        ("nudge", "Dev", "2 Dec 15:10"),
        ("knock", "Dev", "2 Dec 17:10"),
        ("huddle", "Dev", "3 Dec 10:10"),
        ("lead", "Ben", "3 Dec 14:10"),
        # Nobody allowed the top rung at any hour, so it waits until Friday morning.
        ("ice_bucket", "Ada", "4 Dec 09:00"),
        ("ice_bucket", "Ben", "4 Dec 09:00"),
        ("ice_bucket", "Dev", "4 Dec 09:00"),
    ]
    assert untold() == []


def test_who_allows_the_top_rung_is_reached_at_any_hour(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    charters.change(northlight.dev, top_rung=True, by=northlight.dev, now=now)
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    climbed(alarm, dec(2, 17, 10), dec(3, 10, 10), dec(3, 14, 10), dec(3, 18, 10))
    assert heard(alarm)[-3:] == [
        ("ice_bucket", "Ada", "4 Dec 09:00"),
        ("ice_bucket", "Ben", "4 Dec 09:00"),
        ("ice_bucket", "Dev", "3 Dec 18:10"),
    ]


def test_saying_that_one_knows_stops_it(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.acknowledge(alarm, by=northlight.dev, now=now)
    climbed(alarm, dec(2, 17, 10), dec(4, 9), dec(20, 9))
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 15:10")]
    assert (alarm.state, alarm.next_rung) == (Alarm.State.ACKNOWLEDGED, None)


def test_after_three_days_off_each_rung_comes_once_in_order_and_says_that_it_is_late(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    monday = dec(7, 9)
    climbed(alarm, *(monday + timedelta(minutes=10 * step) for step in range(12)))
    # The knock was meant for Wednesday; the huddle's two hours start when it was heard.
    assert heard(alarm) == [
        ("nudge", "Dev", "2 Dec 15:10"),
        ("knock", "Dev", "7 Dec 09:00", "late"),
    ]
    climbed(alarm, dec(7, 11))
    assert heard(alarm)[2:] == [("huddle", "Dev", "7 Dec 11:00")]


def test_quiet_hours_holidays_and_absences_are_waited_out(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """Asked on Friday after hours; Monday 7 away, Tuesday 8 a holiday: it waits until Wednesday."""
    house = northlight
    charters.change(
        house.dev, quiet_from=time(17, 30), quiet_until=time(9, 30), by=house.dev, now=now
    )
    staff.add_absence(house.dev, dec(7, 0).date(), dec(7, 0).date(), by=house.dev, now=now)
    alarm = raising.ask(accepted, house.dev, by=house.maya, now=dec(4, 17, 45))
    assert heard(alarm) == [("nudge", "Dev", "9 Dec 09:30")]
    assert alarm.next_at == dec(9, 11, 30)


def test_nobody_gets_more_in_a_day_than_they_said(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    charters.change(northlight.dev, daily_cap=1, by=northlight.dev, now=now)
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=dec(2, 10))
    climbed(alarm, dec(2, 12))
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 10:00"), ("knock", "Dev", "3 Dec 09:00")]


def test_leads_and_the_owner_are_asked_like_everybody(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    for boss in (house.ben, house.ada):
        alarm = raising.ask(accepted, boss, by=house.maya, now=now, question="May we hire?")
        assert heard(alarm) == [("nudge", boss.name, "2 Dec 15:10")]


def test_only_whoever_sees_it_over_the_line_chases(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    with pytest.raises(raising.MayNotChase, match="Only whoever sees this promise over the line"):
        raising.ask(accepted, northlight.maya, by=northlight.dev, now=now)
    with pytest.raises(raising.NotOnIt, match="Gus"):
        raising.ask(accepted, northlight.gus, by=northlight.maya, now=now)
    assert not Alarm.objects.exists()


def test_the_next_rung_can_be_taken_at_once(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    raising.push(alarm, by=northlight.maya, now=dec(2, 15, 30))
    alarm.refresh_from_db()
    assert heard(alarm)[-1] == ("knock", "Dev", "2 Dec 15:30")
    assert alarm.next_rung == 3


def test_an_alarm_keeps_the_ladder_it_was_raised_on(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    ladders.change(
        [Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 0), Step(Rung.Name.LEAD, Rung.Hears.LEADS, 30)],
        by=northlight.ada,
        now=now,
    )
    climbed(alarm, dec(2, 17, 10))
    assert heard(alarm)[-1] == ("knock", "Dev", "2 Dec 17:10")
    later = raising.ask(accepted, northlight.ben, by=northlight.maya, now=dec(2, 17, 10))
    assert (later.next_rung, later.next_at) == (2, dec(2, 17, 40))


def test_a_ladder_goes_upwards(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(Refused, match="from nudge up to ice bucket"):
        ladders.change(
            [Step(Rung.Name.LEAD, Rung.Hears.LEADS, 0), Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 5)],
            by=northlight.ada,
            now=now,
        )


def test_a_ladder_that_is_set_as_it_is_stays_the_same(
    northlight: cast.House, now: datetime
) -> None:
    rungs = [Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 30)]
    first = ladders.change(rungs, by=northlight.ada, now=now)
    assert ladders.change(rungs, by=northlight.ada, now=now) == first
    assert (Ladder.objects.count(), untold()) == (1, [])


def test_a_rule_waits_before_the_first_rung_where_the_house_says_so(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """Thirty minutes of grace; a person who asks is heard at once."""
    ladders.change([Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 30)], by=northlight.ada, now=now)
    alarm = raising.raise_alarm(
        Kind.DRIFT, cause="drift", asked=northlight.dev, promise=accepted, now=now
    )
    assert alarm is not None
    assert (heard(alarm), alarm.next_at) == ([], dec(2, 15, 40))
    climbed(alarm, dec(2, 15, 39), dec(2, 15, 40))
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 15:40")]
    asked = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert heard(asked) == [("nudge", "Dev", "2 Dec 15:10")]


def test_where_who_is_asked_took_consent_back_whoever_is_above_hears_at_once(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """Nudge and knock reach nobody, so nobody waits for them; the huddle has the last mile."""
    charters.take_back(northlight.dev, now=now)
    alarm = raising.raise_alarm(
        Kind.AT_RISK,
        cause="risk",
        asked=northlight.dev,
        promise=accepted,
        job=accepted.job,
        now=now,
    )
    assert alarm is not None
    climbed(alarm, now, now)
    assert heard(alarm) == [("huddle", "Maya", "2 Dec 15:10")]
    assert (alarm.next_rung, alarm.next_at) == (4, dec(3, 10, 10))


@pytest.mark.parametrize(
    ("owned", "about", "hear"),
    [
        (True, ("promise",), ["Dev", "Maya"]),
        (True, ("promise", "job"), ["Dev", "Maya"]),
        (False, ("promise", "job"), ["Dev", "Maya"]),  # Maya owns the finishing stretch, too
        (True, ("job",), ["Dev", "Maya"]),
        (True, (), ["Dev"]),
    ],
)
def test_a_huddle_is_whoever_works_on_it_and_sees_it_over_the_line(
    northlight: cast.House,
    accepted: Promise,
    now: datetime,
    owned: bool,
    about: tuple[str, ...],
    hear: list[str],
) -> None:
    if not owned:
        Promise.objects.update(last_mile_owner=None)
        accepted.refresh_from_db()
    found = {"promise": accepted, "job": accepted.job}
    ladders.change([Step(Rung.Name.HUDDLE, Rung.Hears.TEAM, 0)], by=northlight.ada, now=now)
    alarm = raising.raise_alarm(
        Kind.UNDELIVERABLE,
        cause="webhook",
        asked=northlight.dev,
        now=now,
        **{name: found[name] for name in about},
    )
    assert alarm is not None
    assert [name for _rung, name, _at in heard(alarm)] == hear


def test_who_is_away_for_longer_than_anybody_looks_ahead_is_told_nothing(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    Absence.objects.create(member=northlight.dev, from_on=now.date(), to_on=date(2029, 12, 31))
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert (heard(alarm), alarm.next_at) == ([], now)


def test_who_has_no_room_for_sixty_days_is_told_nothing(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    charters.change(northlight.dev, daily_cap=1, by=northlight.dev, now=now)
    for day in range(120):
        at = now + timedelta(days=day)
        Envelope.objects.create(member=northlight.dev, due_at=at, sealed_at=at)
    who = charters.reachable(northlight.dev)
    assert reaching.first_moment(who, at=now) is None
    Envelope.objects.filter(due_at__gt=now + timedelta(days=40)).delete()
    assert reaching.first_moment(who, at=now) is not None


def test_who_is_known_to_know_while_the_others_climb_is_passed_over(
    northlight: cast.House, accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    climb = climbing.climb

    def known_first(key: int, **how: Any) -> Alarm | None:
        answering.acknowledge(alarm, by=northlight.dev, now=dec(2, 17, 10))
        return climb(key, **how)

    monkeypatch.setattr(climbing, "climb", known_first)
    assert climbing.climb_due(now=dec(2, 17, 10)) == []
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 15:10")]


def test_two_rounds_that_find_the_same_cause_raise_one_alarm(
    northlight: cast.House, accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    what: dict[str, Any] = {
        "cause": "drift", "asked": northlight.dev, "promise": accepted, "now": now,
    }  # fmt: skip
    atomic = transaction.atomic

    def overtaken() -> Any:
        monkeypatch.setattr(transaction, "atomic", atomic)
        assert raising.raise_alarm(Kind.DRIFT, **what) is not None
        return atomic()

    monkeypatch.setattr(transaction, "atomic", overtaken)
    assert raising.raise_alarm(Kind.DRIFT, **what) is None
    assert heard(Alarm.objects.get()) == [("nudge", "Dev", "2 Dec 15:10")]
    assert untold() == []


def test_what_the_tables_refuse_for_another_reason_is_not_taken_for_a_second_round(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        raising.raise_alarm(
            Kind.DRIFT, cause="x", asked=northlight.dev, promise=accepted, now=now, chance_then=1.5
        )
    assert not Alarm.objects.exists()


def test_asked_answered_and_asked_again_in_one_moment_is_asked_once(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    with pytest.raises(raising.AskedAlready, match="the answer is still to come"):
        raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.close(alarm, by=northlight.maya, now=now)
    with pytest.raises(raising.AskedAlready, match="Dev was just asked"):
        raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert Alarm.objects.count() == 1


@pytest.mark.parametrize("may", [answering.may_answer, raising.is_on])
def test_who_became_a_guest_is_not_asked_and_answers_no_more(
    northlight: cast.House, accepted: Promise, now: datetime, may: Any
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    about = alarm if may is answering.may_answer else accepted
    assert may(about, northlight.dev)
    northlight.dev.role = Role.GUEST
    assert not may(about, northlight.dev)
    with pytest.raises(NotAllowed, match="needs the role"):
        answering.acknowledge(alarm, by=northlight.dev, now=now)


def test_who_stands_in_for_somebody_chases_no_more_as_a_guest(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    delegating.name(northlight.ben, by=northlight.maya, now=now)
    assert delegating.may_chase(accepted, northlight.ben)
    northlight.ben.role = Role.GUEST
    assert not delegating.may_chase(accepted, northlight.ben)


def test_a_rung_is_climbed_at_its_moment_and_pushed_by_who_may_until_the_top(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    ladders.change(
        [Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 0), Step(Rung.Name.LEAD, Rung.Hears.LEADS, 30)],
        by=northlight.ada,
        now=now,
    )
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert climbing.climb(alarm.pk, now=now) is None
    with pytest.raises(raising.MayNotChase, match="Only whoever sees this promise over the line"):
        raising.push(alarm, by=northlight.dev, now=now)
    raising.push(alarm, by=northlight.maya, now=now)
    with pytest.raises(Refused, match="There is no next rung"):
        raising.push(alarm, by=northlight.maya, now=now)
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 15:10"), ("lead", "Ben", "2 Dec 15:10")]


def test_who_can_be_asked_works_on_it_or_was_asked_to_or_leads(
    northlight: cast.House, promise: Promise, now: datetime
) -> None:
    recording = promise.job.stages.get(name="Recording")
    owning.propose(recording, northlight.ben, by=northlight.maya, now=now)
    assert [member.name for member in raising.whom(promise)] == ["Dev", "Maya", "Ben", "Ada"]
