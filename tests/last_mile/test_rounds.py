"""The rules: what raises an alarm, for whom, once for each cause, and what closes it again."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.last_mile.conftest import dec, heard, untold

from kept.jobs import handing, making, owning, work
from kept.jobs.models import Stage
from kept.last_mile import answering, forecasts, rounds, rules
from kept.last_mile.models import Alarm, AlarmAnswer, ChaseRule, Kind, Notice
from kept.outbox import running
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.plan import outlook
from kept.plan.models import Outlook, Snapshot
from kept.promises import delivering
from kept.promises.models import Promise, Proposal, Terms
from kept.tenancy import scope
from kept.tenancy.refusals import Refused


def forecast(promise: Promise, chance: float, at: datetime) -> Outlook:
    """An outlook of that chance, as a forecast of that moment would have left it."""
    snapshot, _made = Snapshot.objects.get_or_create(
        fingerprint="x" * 64, defaults={"plan": b"", "made_at": at}
    )
    return Outlook.objects.create(
        promise=promise,
        computed_at=at,
        due_at=promise.due_at,
        chance=chance,
        known_items=9,
        snapshot=snapshot,
        plan_fingerprint=snapshot.fingerprint,
        seed=1,
        futures=1000,
        engine_version="1",
        profile_version="1",
    )


def alarms() -> list[tuple[str, str, str]]:
    rows = Alarm.objects.order_by("pk").select_related("asked")
    return [(row.kind, row.asked.name, row.state) for row in rows]


def raised(kind: Kind) -> list[tuple[str, str]]:
    rows = Alarm.objects.filter(kind=kind).order_by("pk").select_related("asked")
    return [(row.asked.name, row.state) for row in rows]


def test_a_chance_under_the_line_is_told_to_the_last_mile_owner_once(
    accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.92, now - timedelta(days=2))
    forecast(accepted, 0.70, now - timedelta(hours=1))
    rounds.go(now=now)
    forecast(accepted, 0.66, now)
    rounds.go(now=now + timedelta(minutes=6))
    assert raised(Kind.AT_RISK) == [("Maya", "raised")]
    alarm = Alarm.objects.get(kind=Kind.AT_RISK)
    assert heard(alarm) == [("nudge", "Maya", "2 Dec 15:10")]
    assert alarm.chance_then == 0.70
    assert untold() == []


def test_a_chance_that_falls_in_the_very_moment_of_a_good_one_is_told(
    accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.92, now)
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    assert raised(Kind.AT_RISK) == [("Maya", "raised")]


def test_a_chance_that_recovers_closes_the_alarm_and_another_fall_raises_another(
    accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    forecast(accepted, 0.85, now + timedelta(hours=1))
    rounds.go(now=now + timedelta(hours=1))
    forecast(accepted, 0.75, now + timedelta(hours=2))
    rounds.go(now=now + timedelta(hours=2))
    assert raised(Kind.AT_RISK) == [("Maya", "closed"), ("Maya", "raised")]


@pytest.mark.parametrize("seed", [18, 38, 59])
def test_a_date_at_which_exactly_nine_in_ten_futures_end_is_not_yet_sure_enough(
    accepted: Promise, now: datetime, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "seed", lambda: seed)
    Stage.objects.filter(name="Recording").update(likely_hours=60)
    forecast(accepted, 0.10, now)
    rounds.go(now=now)
    proposal = Alarm.objects.get(kind=Kind.AT_RISK).proposal
    assert proposal is not None
    assert [option.chance >= 0.9 for option in proposal.options.all()] == [True]


def test_a_chance_that_hovers_at_the_line_is_told_once(accepted: Promise, now: datetime) -> None:
    for hour, chance in enumerate((0.79, 0.81, 0.78, 0.80, 0.79)):
        forecast(accepted, chance, now + timedelta(minutes=30 * hour))
        rounds.go(now=now + timedelta(minutes=30 * hour))
    assert alarms() == [("at_risk", "Maya", "raised")]


def test_the_sheet_with_bad_news_is_there_before_anybody_asks(
    accepted: Promise, now: datetime
) -> None:
    """Given with 0.92; Dev has 60 hours left to do and seven working days: it cannot be."""
    Stage.objects.filter(name="Recording").update(likely_hours=60)
    forecast(accepted, 0.10, now)
    rounds.go(now=now)
    alarm = Alarm.objects.get(kind=Kind.AT_RISK)
    assert alarm.proposal is not None
    assert alarm.proposal.state == Proposal.State.DRAFT
    assert alarm.proposal.made_by is None
    option = alarm.proposal.options.get()
    assert option.due_at > accepted.due_at
    assert option.chance is not None
    assert option.chance >= 0.9
    assert alarm.proposal.body.startswith("Hello,\n\nAudio guide will be complete on ")
    assert untold() == []


def test_a_chance_ten_points_below_what_the_client_was_told_is_drift(
    accepted: Promise, now: datetime
) -> None:
    """Told at 0.92: 0.83 is no news, 0.82 is, and a new fall under the line speaks for itself."""
    forecast(accepted, 0.83, now)
    rounds.go(now=now)
    assert alarms() == []
    forecast(accepted, 0.82, now + timedelta(minutes=10))
    rounds.go(now=now + timedelta(minutes=10))
    assert raised(Kind.DRIFT) == [("Maya", "raised")]
    forecast(accepted, 0.79, now + timedelta(minutes=20))
    rounds.go(now=now + timedelta(minutes=20))
    assert alarms() == [("drift", "Maya", "closed"), ("at_risk", "Maya", "raised")]


def test_an_owner_who_is_silent_for_a_working_day_is_asked(
    northlight: cast.House, promise: Promise, now: datetime
) -> None:
    """Asked on Wednesday at 15:10: nine working hours later it is Thursday, 15:10."""
    stage = promise.job.stages.get(name="Recording")
    asked = owning.propose(stage, northlight.dev, by=northlight.ben, now=now)
    rounds.go(now=dec(3, 15))
    assert raised(Kind.SILENCE) == []
    rounds.go(now=dec(3, 15, 10))
    assert raised(Kind.SILENCE) == [("Dev", "raised")]
    owning.accept(asked, by=northlight.dev, now=dec(3, 16))
    rounds.go(now=dec(3, 16))
    assert raised(Kind.SILENCE) == [("Dev", "closed")]


def test_a_finish_without_change_for_two_working_days_is_asked_about(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    recording = accepted.job.stages.get(name="Recording")
    handing.hand_over(recording, by=northlight.dev, now=now, hours=16)
    handing.take(
        recording.hand_overs.get(), by=northlight.maya, now=now, last_mile_owner=northlight.maya
    )
    rounds.go(now=dec(4, 15))
    assert raised(Kind.STUCK) == []
    rounds.go(now=dec(4, 15, 10))
    assert raised(Kind.STUCK) == [("Maya", "raised")]


def test_what_the_client_owes_is_asked_about_when_it_is_overdue(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    owed = making.record_obligation(
        accepted.job, what="test accounts", due_at=now, by=northlight.ben, now=now
    )
    rounds.go(now=now + timedelta(minutes=1))
    assert raised(Kind.OBLIGATION) == [("Maya", "raised")]
    making.meet_obligation(owed, by=northlight.ben, now=dec(2, 16))
    rounds.go(now=dec(2, 16))
    assert raised(Kind.OBLIGATION) == [("Maya", "closed")]


def test_who_knows_and_says_nothing_more_hears_the_next_rung(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """“Rui seen 14:05, answer owed”: two working hours, then the ladder goes on above."""
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    alarm = Alarm.objects.get()
    known = answering.acknowledge(alarm, by=northlight.maya, now=now)
    assert known.answer_due_at == dec(2, 17, 10)
    rounds.go(now=dec(2, 17))
    assert alarms() == [("at_risk", "Maya", "acknowledged")]
    rounds.go(now=dec(2, 17, 10))
    assert alarms() == [("at_risk", "Maya", "closed"), ("answer", "Maya", "raised")]
    assert heard(Alarm.objects.get(kind=Kind.ANSWER)) == [("knock", "Maya", "2 Dec 17:10")]
    assert untold() == []


def test_an_answer_that_does_not_come_true_raises_again(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    answering.answer(
        Alarm.objects.get(),
        kind=AlarmAnswer.Kind.DONE_BY,
        due_at=dec(3, 11),
        words="Printer promised it for ten.",
        by=northlight.maya,
        now=now,
    )
    rounds.go(now=dec(3, 10, 59))
    assert alarms() == [("at_risk", "Maya", "answered")]
    rounds.go(now=dec(3, 11))
    assert alarms() == [("at_risk", "Maya", "closed"), ("answer", "Maya", "raised")]
    assert AlarmAnswer.objects.get().outcome == AlarmAnswer.Outcome.MISSED


def test_an_answer_is_kept_when_the_work_is_there(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    answering.answer(
        Alarm.objects.get(),
        kind=AlarmAnswer.Kind.DONE_BY,
        due_at=dec(3, 11),
        by=northlight.maya,
        now=now,
    )
    Stage.objects.update(state="done", done_at=dec(3, 10))
    delivering.deliver(accepted, by=northlight.ben, now=dec(3, 10))
    rounds.go(now=dec(3, 12))
    assert alarms() == [("at_risk", "Maya", "closed")]
    assert AlarmAnswer.objects.get().outcome == AlarmAnswer.Outcome.KEPT


def test_a_message_that_reaches_nobody_is_told_to_somebody_else(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    Member.objects.filter(pk=northlight.maya.pk).update(email="")
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    running.run_due(now=now)
    assert Notice.objects.get().failed_at is not None
    rounds.go(now=now + timedelta(minutes=6))
    assert raised(Kind.UNDELIVERABLE) == [("Ben", "raised")]


def test_a_letter_that_was_given_up_is_told(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    running.run_due(now=now)
    Letter.objects.update(failed_at=now, sent_at=None)
    rounds.go(now=now + timedelta(minutes=6))
    assert raised(Kind.UNDELIVERABLE) == [("Ben", "raised")]


def test_a_rule_that_is_off_raises_nothing(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    rules.change(Kind.AT_RISK, on=False, by=northlight.ada, now=now)
    rules.change(Kind.DRIFT, amount=0.3, by=northlight.ada, now=now)
    forecast(accepted, 0.65, now)
    rounds.go(now=now)
    assert alarms() == []
    assert untold() == []


def test_a_house_of_one_chases_nobody(southbank: cast.House, now: datetime) -> None:
    with scope.acting_in(southbank.organisation):
        assert rounds.go(now=now) == []


def test_three_days_off_lose_nothing_and_double_nothing(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """At risk, owed, and silent on Wednesday; the house is off until Monday morning."""
    forecast(accepted, 0.70, now)
    making.record_obligation(
        accepted.job, what="test accounts", due_at=now, by=northlight.ben, now=now
    )
    for minute in range(0, 30, 3):
        rounds.go(now=dec(7, 9, minute))
    assert alarms() == [("at_risk", "Maya", "raised"), ("obligation", "Maya", "raised")]
    assert [len(heard(alarm)) for alarm in Alarm.objects.order_by("pk")] == [1, 1]


@pytest.mark.parametrize("often", [1, 5])
def test_a_round_that_is_repeated_changes_nothing(
    accepted: Promise, now: datetime, often: int
) -> None:
    forecast(accepted, 0.70, now)
    for _again in range(often):
        rounds.look(now=now)
    assert alarms() == [("at_risk", "Maya", "raised")]


def test_terms_without_odds_are_measured_by_the_first_outlook_after_them(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """Told at 0.92, then agreed anew without odds: nothing is known until the next outlook."""
    forecast(accepted, 0.81, now)
    Terms.objects.create(
        promise=accepted, number=2, kind=Terms.Kind.CLIENT_ASKED, due_at=accepted.due_at,
        agreed_at=dec(2, 16),
    )  # fmt: skip
    assert (list(forecasts.drifting(0.1)), forecasts.drift_of(accepted)) == ([], 0.0)
    forecast(accepted, 0.95, dec(2, 17))
    forecast(accepted, 0.82, dec(2, 18))
    assert list(forecasts.drifting(0.1)) == [(accepted, "terms 2", 0.82)]
    assert forecasts.drift_of(accepted) == pytest.approx(0.13)


def test_a_promise_that_drifts_past_its_date_is_told_by_another_rule(
    accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.82, now)
    rounds.go(now=accepted.due_at)
    assert raised(Kind.DRIFT) == []


def test_a_finish_that_was_stuck_and_is_handed_over_closes_its_alarm(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    recording = accepted.job.stages.get(name="Recording")
    handing.hand_over(recording, by=northlight.dev, now=now, hours=16)
    handing.take(
        recording.hand_overs.get(), by=northlight.maya, now=now, last_mile_owner=northlight.maya
    )
    rounds.go(now=dec(4, 15, 10))
    assert raised(Kind.STUCK) == [("Maya", "raised")]
    finishing = accepted.job.stages.get(finishing=True)
    handing.hand_over(finishing, by=northlight.maya, now=dec(4, 16), hours=2)
    rounds.go(now=dec(4, 16))
    alarm = Alarm.objects.get(kind=Kind.STUCK)
    assert (alarm.state, alarm.closed_why) == ("closed", "done")


def test_what_the_client_owes_is_asked_about_as_late_as_the_house_says(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    rules.change(Kind.OBLIGATION, amount=60, by=northlight.ada, now=now)
    making.record_obligation(
        accepted.job, what="test accounts", due_at=now, by=northlight.ben, now=now
    )
    rounds.look(now=dec(2, 16, 9))
    assert raised(Kind.OBLIGATION) == []
    rounds.look(now=dec(2, 16, 10))
    assert raised(Kind.OBLIGATION) == [("Maya", "raised")]


def test_where_nobody_leads_or_owns_the_house_any_more_nothing_is_raised(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """Its rows say so, whatever its verbs allow; no rule stumbles over it."""
    recording = accepted.job.stages.get(name="Recording")
    handing.hand_over(recording, by=northlight.dev, now=now, hours=16)
    handing.take(
        recording.hand_overs.get(), by=northlight.maya, now=now, last_mile_owner=northlight.maya
    )
    making.record_obligation(
        accepted.job, what="test accounts", due_at=now, by=northlight.ben, now=now
    )
    Letter.objects.create(
        to_name="Ana", to_address="ana@clinic.example", subject="Friday", body="…",
        message_id="<1@clinic.example>", written_at=now, failed_at=now, promise_id=accepted.pk,
    )  # fmt: skip
    Promise.objects.update(last_mile_owner=None)
    Stage.objects.update(owner=None)
    Member.objects.exclude(pk__in=[northlight.dev.pk, northlight.maya.pk]).update(left_at=now)
    forecast(accepted, 0.82, dec(4, 17))
    rounds.go(now=dec(4, 17))
    forecast(accepted, 0.60, dec(4, 17, 10))
    rounds.go(now=dec(4, 17, 10))
    assert alarms() == []

    Member.objects.filter(pk=northlight.ben.pk).update(left_at=None)
    rounds.go(now=dec(4, 17, 20))
    assert alarms() == [
        ("at_risk", "Ben", "raised"),
        ("stuck", "Ben", "raised"),
        ("obligation", "Ben", "raised"),
        ("undeliverable", "Ben", "raised"),
    ]


def test_a_rule_takes_a_number_only_where_it_works_by_one(
    northlight: cast.House, now: datetime
) -> None:
    for kind, sentence in (
        (Kind.ASKED, "There is no such rule."),
        (Kind.STUCK, "This rule has no number."),
    ):
        with pytest.raises(Refused) as refused:
            rules.change(kind, amount=5, by=northlight.ada, now=now)
        assert refused.value.sentence == sentence
    assert rules.rules()[Kind.STUCK] == rules.Rule(Kind.STUCK, True, None, rules.Unit.NONE)
    assert not ChaseRule.objects.exists()


def test_a_stuck_finish_on_which_something_happens_closes_its_alarm(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    recording = accepted.job.stages.get(name="Recording")
    handing.hand_over(recording, by=northlight.dev, now=now, hours=16)
    handing.take(
        recording.hand_overs.get(), by=northlight.maya, now=now, last_mile_owner=northlight.maya
    )
    rounds.go(now=dec(4, 15, 10))
    rounds.go(now=dec(4, 15, 20))
    assert raised(Kind.STUCK) == [("Maya", "raised")]
    work.begin(accepted.job.stages.get(finishing=True), by=northlight.maya, now=dec(4, 15, 30))
    rounds.go(now=dec(4, 15, 30))
    alarm = Alarm.objects.get(kind=Kind.STUCK)
    assert (alarm.state, alarm.closed_why) == ("closed", "over")


def test_a_chance_that_recovers_while_the_round_looks_is_told_to_nobody(
    accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecast(accepted, 0.70, now)
    newest = outlook.newest

    def meanwhile() -> dict[int, Outlook]:
        found = newest()
        forecast(accepted, 0.92, now)
        return found

    monkeypatch.setattr(outlook, "newest", meanwhile)
    assert list(forecasts.under_the_line()) == []
