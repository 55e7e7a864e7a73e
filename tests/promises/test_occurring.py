"""Standing promises recur in the client's zone; each occurrence is judged by itself."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from tests import cast
from tests.asks.whole import faults

from kept import zones
from kept.clients import keeping
from kept.ledger.models import Event
from kept.promises import occurring, repeating
from kept.promises.models import Occurrence, StandingPromise
from kept.tenancy import refusals

TEN = time(10)
NBSP = "\N{NO-BREAK SPACE}"


def mondays(house: cast.House, now: datetime, **said: object) -> StandingPromise:
    options = {"rule": "freq=weekly; byday=mo", "due_time": TEN, **said}
    return occurring.make(
        client=house.clients["Harbour Clinic"],
        what="Monday letter",
        by=house.maya,
        now=now,
        **options,  # type: ignore[arg-type]
    )


def test_every_monday_by_ten_for_five_weeks_and_no_further(
    northlight: cast.House, now: datetime
) -> None:
    """Now is Wednesday 2 December 2026; the round makes more as time goes by, each day once."""
    standing = mondays(northlight, now)
    assert standing.rule == "FREQ=WEEKLY;BYDAY=MO"
    assert repeating.in_words(standing.rule, TEN) == "every Monday by 10:00"

    def made() -> list[datetime]:
        return list(Occurrence.objects.values_list("due_at", flat=True))

    ten = [datetime(2026, 12, day, 10, tzinfo=UTC) for day in (7, 14, 21, 28)]
    assert made() == [*ten, datetime(2027, 1, 4, 10, tzinfo=UTC)]
    assert occurring.look_ahead(now=now) == 0
    assert occurring.look_ahead(now=now + timedelta(days=7)) == 1
    assert occurring.look_ahead(now=now + timedelta(days=7)) == 0
    assert made()[-1] == datetime(2027, 1, 11, 10, tzinfo=UTC)
    assert faults() == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", "every day by 10:00"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days by 10:00"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every weekday by 10:00"),
        ("FREQ=DAILY;BYDAY=MO,FR", "every Monday and Friday by 10:00"),
        ("FREQ=WEEKLY", "every week by 10:00"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=1", "every Monday by 10:00, 1 time"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR", "every 2 weeks on Tuesday and Friday by 10:00"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20271231", "every Monday by 10:00, until Fri 31 Dec 2027"),
        ("FREQ=MONTHLY;INTERVAL=2", "every 2 months by 10:00"),
        ("FREQ=MONTHLY;BYDAY=MO", "every Monday by 10:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on day 1, 15 by 10:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of every month by 10:00"),
        ("FREQ=MONTHLY;BYDAY=1TU", "on the first Tuesday of every month by 10:00"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", "every 3 months on the last Friday by 10:00"),
        (
            "FREQ=MONTHLY;BYDAY=2TU,4TU",
            "on the second Tuesday and the fourth Tuesday of every month by 10:00",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "on the last weekday of every month by 10:00",
        ),
        ("FREQ=MONTHLY;BYDAY=WE;BYSETPOS=3", "on the third Wednesday of every month by 10:00"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=1",
            "on the first day of every month by 10:00",
        ),
        ("FREQ=YEARLY", "every year by 10:00"),
        (
            "FREQ=YEARLY;BYMONTH=3,6;BYMONTHDAY=-1",
            "every year on the last day of March and June by 10:00",
        ),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=1MO", "every year on the first Monday of May by 10:00"),
    ],
)
def test_a_rule_is_said_in_words(rule: str, said: str) -> None:
    assert repeating.in_words(rule, TEN).replace(NBSP, " ") == said


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=-3FR",
        "FREQ=YEARLY;BYDAY=20MO",
    ],
)
def test_a_rule_without_words_is_shown_as_it_is_to_us_and_never_to_a_client(rule: str) -> None:
    assert repeating.in_words(rule, TEN) == f"{rule} by 10:00"
    assert repeating.in_words(rule, TEN, otherwise="as agreed,") == "as agreed, by 10:00"


def test_ten_stays_ten_when_the_clocks_change(northlight: cast.House) -> None:
    """Lisbon goes forward on Sunday 28 March 2027."""
    now = datetime(2027, 3, 20, 12, tzinfo=UTC)
    mondays(northlight, now)
    due = [row.due_at for row in Occurrence.objects.all()][:2]
    assert due == [datetime(2027, 3, 22, 10, tzinfo=UTC), datetime(2027, 3, 29, 9, tzinfo=UTC)]


def test_a_time_that_the_clocks_skip_is_refused_unless_it_is_said_what_then(
    northlight: cast.House,
) -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    half_past_one = {"rule": "FREQ=DAILY", "due_time": time(1, 30)}
    with pytest.raises(refusals.Refused) as refused:
        mondays(northlight, now, **half_past_one)
    assert refused.value.sentence == (
        "On Sunday 28 March 2027 there is no 01:30 in Lisbon: the clocks go forward over it. Say "
        "whether it is due just before, or as soon as they have changed."
    )
    assert not StandingPromise.objects.exists()
    for gap, due_at in {
        "before": datetime(2027, 3, 28, 0, 59, tzinfo=UTC),
        "after": datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
    }.items():
        standing = mondays(northlight, now, **half_past_one, in_a_gap=gap)
        assert standing.occurrences.get(due_on=date(2027, 3, 28)).due_at == due_at


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "FREQ=HOURLY",
            (
                "A standing promise recurs by the day, week, month or year: FREQ is DAILY, WEEKLY, "
                "MONTHLY or YEARLY. For example: FREQ=WEEKLY;BYDAY=MO."
            ),
        ),
        (
            "FREQ=DAILY;BYHOUR=9,12",
            "A rule with FREQ=DAILY has no BYHOUR here. Say it without.",
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "This rule never falls on a day within ten years. Nothing was saved.",
        ),
        (
            "FREQ=WEEKLY;BYDAY=XX",
            (
                "“FREQ=WEEKLY;BYDAY=XX” is not a rule by which something recurs. "
                "FREQ=WEEKLY;BYDAY=MO is one."
            ),
        ),
        ("FREQ=WEEKLY;UNTIL=soon", "“SOON” is not a last day. 20271231 is one."),
        *(
            (
                f"FREQ=DAILY;COUNT={count}",
                (
                    f"COUNT={count[:30]} is too many times: a rule with a COUNT recurs 5,000 times "
                    "at most. Say fewer, or the last day as UNTIL=20271231, or neither: it then "
                    "recurs until you end it."
                ),
            )
            for count in ("5001", "9" * 200)
        ),
        *(
            (
                f"FREQ=DAILY;COUNT={count}",
                f"COUNT={count.upper()} is no number of times. COUNT=12 is one.",
            )
            for count in ("0", "-3", "often")
        ),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(
    northlight: cast.House, now: datetime, rule: str, sentence: str
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        mondays(northlight, now, rule=rule)
    assert refused.value.sentence == sentence
    assert not StandingPromise.objects.exists()


def test_a_rule_with_an_end_ends_on_its_last_day(northlight: cast.House, now: datetime) -> None:
    """23:30 UTC on 14 December is still that day in Lisbon; the 14th is the second Monday."""
    standing = mondays(northlight, now, rule="RRULE:FREQ=WEEKLY;UNTIL=20261214T233000Z;BYDAY=MO")
    assert standing.rule == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261214"
    assert [row.due_on for row in standing.occurrences.all()] == [
        date(2026, 12, 7),
        date(2026, 12, 14),
    ]


def test_each_occurrence_is_judged_like_a_promise(northlight: cast.House, now: datetime) -> None:
    standing = mondays(northlight, now)
    on_time, late, short, let_off, missed = standing.occurrences.all()
    doing = {"by": northlight.maya}
    occurring.done(on_time, now=on_time.due_at, **doing)
    occurring.done(late, now=late.due_at + timedelta(hours=1), **doing)
    occurring.done(short, now=short.due_at, short=True, **doing)
    occurring.release(let_off, now=let_off.due_at, word="Closed that week", **doing)
    after = missed.due_at + timedelta(days=1)
    words = [occurring.outcome(row, now=after).word for row in standing.occurrences.all()]
    assert words[:5] == ["kept", "late", "short", "released", "overdue"]
    assert occurring.figure(standing.occurrences.all(), now=after) == occurring.Figure(
        due=4, kept=1, released=1, open=0
    )
    assert faults() == []


def test_what_was_done_on_friday_can_be_noted_on_monday_but_not_later(
    northlight: cast.House, now: datetime
) -> None:
    standing = mondays(northlight, now)
    row = standing.occurrences.first()
    assert row is not None
    monday = row.due_at + timedelta(days=3)
    with pytest.raises(refusals.Refused, match="within the last three days"):
        occurring.done(row, done_at=monday - timedelta(hours=73), by=northlight.maya, now=monday)
    done = occurring.done(row, done_at=row.due_at, by=northlight.maya, now=monday)
    assert (done.done_at, done.said_at) == (row.due_at, monday)
    with pytest.raises(occurring.SaidAlready):
        occurring.done(row, by=northlight.maya, now=monday)
    reopened = occurring.reopen(row, by=northlight.ben, now=monday)
    assert (reopened.done_at, reopened.said_by) == (None, None)


def test_an_ended_one_owes_nothing_more(northlight: cast.House, now: datetime) -> None:
    standing = mondays(northlight, now)
    later = zones.moment(date(2026, 12, 10), time(9), cast.ZONE)
    occurring.end(standing, word="The season is over", by=northlight.maya, now=later)
    assert [row.due_on for row in standing.occurrences.all()] == [date(2026, 12, 7)]
    assert occurring.look_ahead(now=later + timedelta(days=30)) == 0
    with pytest.raises(occurring.HasEnded):
        occurring.end(standing, by=northlight.maya, now=later)
    assert faults() == []


def test_who_reads_it_is_named_at_once_or_later_and_can_be_nobody(
    northlight: cast.House, now: datetime
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    sara, rui = (
        keeping.add_contact(clinic, name=name, by=northlight.maya, now=now)
        for name in ("Sara Nunes", "Rui Costa")
    )
    standing = mondays(northlight, now, contact=sara)
    assert standing.contact == sara
    for contact in (rui, rui, None):
        standing = occurring.name_reader(standing, contact, by=northlight.maya, now=now)
        assert standing.contact == contact
    changed = Event.objects.filter(kind="standing.changed").order_by("number")
    assert [(event.about_id, event.by_id, event.facts) for event in changed] == [
        (standing.pk, northlight.maya.pk, {"contact": rui.pk}),
        (standing.pk, northlight.maya.pk, {"contact": None}),
    ], "what changes nothing writes nothing"
    assert faults() == []
    StandingPromise.objects.filter(pk=standing.pk).update(contact=sara)
    assert len(faults()) == 1, "a reader that no event named is found"


def test_nobody_reads_it_who_is_not_there(northlight: cast.House, now: datetime) -> None:
    doing = {"by": northlight.maya, "now": now}
    pete = keeping.add_contact(northlight.clients["Pete's Bakery"], name="Pete", **doing)
    gone = keeping.add_contact(northlight.clients["Harbour Clinic"], name="Sara", **doing)
    gone = keeping.change_contact(gone, archived=True, **doing)
    standing = mondays(northlight, now)
    for contact, sentence in {
        pete: "Pete is not somebody at Harbour Clinic. Nothing was changed.",
        gone: "Sara is archived. Bring the contact back first, or name somebody else.",
    }.items():
        with pytest.raises(refusals.Refused) as refused:
            occurring.name_reader(standing, contact, **doing)
        assert (refused.value.field, refused.value.sentence) == ("contact_id", sentence)
        with pytest.raises(refusals.Refused):
            mondays(northlight, now, contact=contact)
    with pytest.raises(refusals.NotAllowed):
        occurring.name_reader(standing, None, by=northlight.gus, now=now)
    occurring.end(standing, **doing)
    with pytest.raises(occurring.HasEnded, match="so nobody reads it any more"):
        occurring.name_reader(standing, None, **doing)
    assert StandingPromise.objects.count() == 1
