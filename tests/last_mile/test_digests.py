"""The morning digest: once a day as one's hours begin, with what is due, waits and climbed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from tests import cast
from tests.last_mile.conftest import dec
from tests.last_mile.test_notices import run
from tests.last_mile.test_rounds import forecast
from tests.outbox import postman
from tests.outbox.postman import Postman, text_of
from tests.promises.conftest import Give

from kept.last_mile import answering, climbing, mornings, raising, reaching, rounds
from kept.last_mile.models import Envelope, Kind
from kept.people import charters
from kept.people.charters import Reachable
from kept.people.models import Absence
from kept.promises.models import Promise


@pytest.fixture
def mail() -> Iterator[Postman]:
    with postman.at_work() as at_work:
        yield at_work


def to(mail: Postman, name: str) -> list[str]:
    """Return the texts of the letters that somebody got."""
    return [
        text_of(letter).replace("\r\n", "\n")
        for letter in mail.letters
        if name in str(letter["To"])
    ]


def opened() -> set[tuple[str, date]]:
    rows = Envelope.objects.filter(digest_on__isnull=False)
    return set(rows.values_list("member__name", "digest_on"))


def test_it_says_what_is_due_what_waits_and_what_climbed(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    """Maya sees the audio guide over the line; Dev was asked yesterday and is silent."""
    forecast(accepted, 0.70, dec(2, 16))
    alarm = raising.ask(
        accepted, northlight.dev, by=northlight.maya, now=dec(2, 15), question="When?"
    )
    climbing.climb(alarm.pk, now=dec(2, 17))
    mornings.open_digests(now=dec(3, 8, 40))
    assert ("Maya", date(2026, 12, 3)) in opened()
    run(dec(3, 9))
    [told] = to(mail, "Maya")
    assert "Due:\n– Audio guide, Harbour Clinic: Fri" in told
    assert "at risk with 70" in told
    assert "Climbed:\n– Audio guide, Harbour Clinic: knock, Dev has not answered" in told
    assert "All of it is here:\nhttps://kept.northlight.example/last-mile" in told
    [letter] = [each for each in mail.letters if "Maya" in str(each["To"])]
    assert str(letter["Subject"]).replace("\u00a0", " ") == "Thu 3 Dec: 1 due, 1 climbed"
    assert letter["List-Unsubscribe"] == "<https://kept.northlight.example/settings/charter>"


def test_what_came_overnight_and_the_digest_are_one_message(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=dec(2, 15))
    raising.raise_alarm(
        Kind.AT_RISK,
        cause="risk",
        asked=northlight.dev,
        now=dec(2, 22),
        promise=accepted,
        job=accepted.job,
        chance_then=0.6,
    )
    mornings.open_digests(now=dec(3, 8, 40))
    run(dec(3, 9))
    _asked, told = to(mail, "Dev")
    assert "is at risk: its chance is 60" in told
    # What the message begins with is not said twice.
    assert "Waiting for you:\n– your answer: Audio guide, Harbour Clinic\n\n" in told
    assert reaching.asked_today([northlight.dev], now=dec(3, 10)) == {northlight.dev.pk: 1}


def test_one_with_nothing_in_it_is_not_sent_and_counts_for_nothing(
    northlight: cast.House, mail: Postman
) -> None:
    mornings.open_digests(now=dec(3, 8, 40))
    assert {name for name, _day in opened()} == {"Ada", "Ben", "Dev", "Maya"}
    run(dec(3, 9))
    assert mail.letters == []
    assert set(reaching.asked_today([northlight.dev], now=dec(3, 10)).values()) == {0}


def test_each_day_has_one_however_often_the_rounds_are_gone(northlight: cast.House) -> None:
    for minute in (0, 40, 50):
        rounds.go(now=dec(3, 8, minute))
    rounds.go(now=dec(3, 9, 5))
    rounds.go(now=dec(4, 8, 45))
    assert sorted(opened()) == sorted(
        (name, date(2026, 12, day)) for name in ("Ada", "Ben", "Dev", "Maya") for day in (3, 4)
    )


def test_a_standstill_of_a_few_hours_brings_it_late_and_a_longer_one_not_at_all(
    northlight: cast.House,
) -> None:
    assert mornings.open_digests(now=dec(3, 14)) == []
    assert [row.due_at for row in mornings.open_digests(now=dec(3, 11))] == [dec(3, 11)] * 4


def test_it_follows_their_zone_days_and_wishes(northlight: cast.House) -> None:
    """On Saturday, on a holiday, while away, without consent, switched off: none."""
    dev, maya, ben = northlight.dev, northlight.maya, northlight.ben
    dev.zone = "America/New_York"
    dev.save()
    assert {row.member for row in mornings.open_digests(now=dec(3, 8, 45))} == {
        northlight.ada,
        ben,
        maya,
    }
    assert [row.due_at for row in mornings.open_digests(now=dec(3, 13, 45))] == [dec(3, 14)]
    assert mornings.open_digests(now=dec(5, 8, 45)) == []  # Saturday
    assert mornings.open_digests(now=dec(8, 8, 45)) == []  # a holiday
    charters.change(maya, digest=False, by=maya, now=dec(3, 15))
    charters.change(ben, daily_cap=1, by=ben, now=dec(3, 15))
    Absence.objects.create(member=dev, from_on=date(2026, 12, 4), to_on=date(2026, 12, 4))
    assert {row.member for row in mornings.open_digests(now=dec(4, 8, 45))} == {northlight.ada}
    assert mornings.open_digests(now=dec(4, 13, 45)) == []


def test_whoever_may_be_asked_at_any_hour_reads_it_as_their_work_begins(
    northlight: cast.House,
) -> None:
    dev = northlight.dev
    charters.change(dev, quiet_from=None, quiet_until=None, by=dev, now=dec(2, 15))
    found = mornings.open_digests(now=dec(3, 8, 45))
    assert [row.due_at for row in found if row.member == dev] == [dec(3, 9)]


def test_a_full_day_has_no_room_for_it(northlight: cast.House) -> None:
    dev = northlight.dev
    charters.change(dev, daily_cap=2, by=dev, now=dec(2, 15))
    for minute in (0, 1):
        Envelope.objects.create(member=dev, due_at=dec(3, 9, minute), sealed_at=dec(3, 9, 5))
    found = mornings.open_digests(now=dec(3, 9, 30))
    assert dev not in {row.member for row in found}


def test_what_is_told_once_is_not_told_tomorrow(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=dec(2, 15))
    climbing.climb(alarm.pk, now=dec(2, 17))
    for day in (3, 4):
        mornings.open_digests(now=dec(day, 8, 45))
        run(dec(day, 9) + timedelta(seconds=1))
    told = to(mail, "Maya")
    assert [("Climbed:" in each) for each in told] == [True]


def test_of_many_things_eight_are_told_and_the_others_are_counted(
    northlight: cast.House, give: Give, mail: Postman
) -> None:
    """Ten promises end tomorrow, and are well."""
    for _number in range(10):
        give(due_at=dec(4, 17))
    mornings.open_digests(now=dec(3, 8, 40))
    run(dec(3, 9))
    [told] = to(mail, "Maya")
    due = told.split("Due:\n")[1].split("\n\n")[0].replace("\u00a0", " ").splitlines()
    assert due == [*["– Audio guide, Harbour Clinic: Fri 4 Dec, 17:00"] * 8, "– and 2 more"]
    [letter] = [each for each in mail.letters if "Maya" in str(each["To"])]
    assert str(letter["Subject"]).replace("\u00a0", " ") == "Thu 3 Dec: 10 due"


def test_what_is_about_no_promise_is_called_by_its_work_or_by_its_kind(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    for cause, job in (("hold", accepted.job), ("webhook", None)):
        raising.raise_alarm(
            Kind.UNDELIVERABLE, cause=cause, asked=northlight.ada, now=dec(2, 15), job=job
        )
    mornings.open_digests(now=dec(3, 8, 40))
    run(dec(3, 9))
    *_alarms, told = to(mail, "Ada")
    assert "– your answer: Audio guide\n– your answer: undeliverable message\n" in told


def test_two_rounds_at_once_open_one_digest(
    northlight: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens, others = mornings._open, []

    def overtaken(who: Reachable, day: date, *, at: datetime, now: datetime) -> Envelope | None:
        monkeypatch.setattr(mornings, "_open", opens)
        others.extend(mornings.open_digests(now=now))
        return opens(who, day, at=at, now=now)

    monkeypatch.setattr(mornings, "_open", overtaken)
    assert mornings.open_digests(now=dec(3, 8, 45)) == []
    assert len(others) == len(opened()) == 4


def test_a_digest_that_waits_out_a_day_off_leaves_with_the_next_ones(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    """Opened for Thursday morning; before it leaves, Dev takes Thursday off."""
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=dec(2, 15))
    answering.acknowledge(alarm, by=northlight.dev, now=dec(2, 15))
    mornings.open_digests(now=dec(3, 8, 40))
    Absence.objects.create(
        member=northlight.dev, from_on=date(2026, 12, 3), to_on=date(2026, 12, 3)
    )
    run(dec(3, 9))
    assert to(mail, "Dev") == []
    mine = Envelope.objects.filter(member=northlight.dev, dropped_at__isnull=True, sealed_at=None)
    assert [(row.due_at, row.digest_on) for row in mine] == [(dec(4, 9), date(2026, 12, 3))]
    mornings.open_digests(now=dec(4, 8, 40))
    run(dec(4, 9))
    [told] = to(mail, "Dev")
    assert "Waiting for you:\n– your answer: Audio guide, Harbour Clinic" in told


def test_a_digest_that_waits_until_another_leaves_is_that_one(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    """Thursday's was not carried until Friday's stood ready: Dev reads one."""
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=dec(2, 15))
    answering.acknowledge(alarm, by=northlight.dev, now=dec(2, 15))
    mornings.open_digests(now=dec(3, 8, 40))
    mornings.open_digests(now=dec(4, 8, 40))
    run(dec(4, 8, 45))
    assert to(mail, "Dev") == []
    run(dec(4, 9))
    assert len(to(mail, "Dev")) == 1
    sent = Envelope.objects.get(member=northlight.dev, digest_on__isnull=False)
    assert (sent.digest_on, sent.sent_at is not None) == (date(2026, 12, 4), True)


def test_what_is_overdue_says_since_when(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    mornings.open_digests(now=dec(14, 8, 40))
    run(dec(14, 9))
    [told] = to(mail, "Maya")
    assert "Due:\n– Audio guide, Harbour Clinic: overdue since Fri" in told
