"""Who works in the house."""

from datetime import date, datetime, time

import pytest
from django.db import IntegrityError, transaction
from tests import cast

from kept.ledger import chain
from kept.ledger.models import Event
from kept.people import staff
from kept.people.models import Absence, ApiToken, Member, MemberSkill, Role, Skill, WorkingTime
from kept.tenancy import scope
from kept.tenancy.refusals import NotAllowed, Refused

USUAL = [
    (day, starts, ends)
    for day in range(5)
    for starts, ends in ((time(9), time(13)), (time(14), time(18)))
]


def stories() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][1:]


def week(member: Member) -> list[tuple[int, time, time]]:
    return [(row.weekday, row.starts, row.ends) for row in member.working_times.all()]


def test_somebody_added_gets_the_house_s_place_the_usual_week_and_their_skills(
    northlight: cast.House, now: datetime
) -> None:
    ines = staff.add_member(
        name="  Ines   Duarte ",
        email="Ines@Northlight.example",
        skills=["Build", "Film"],
        by=northlight.ada,
        now=now,
    )

    ines = Member.objects.get(pk=ines.pk)
    assert (ines.name, ines.email, ines.role) == (
        "Ines Duarte",
        "ines@northlight.example",
        "member",
    )
    assert (ines.zone, ines.country, ines.does_work) == (cast.ZONE, "PT", True)
    assert week(ines) == USUAL
    assert sorted(row.skill.name for row in ines.member_skills.all()) == ["Film", "build"]
    assert stories() == ["member.added"]
    assert list(chain.faults()) == []


def test_the_event_of_an_added_person_carries_every_row_and_no_name(
    northlight: cast.House, now: datetime
) -> None:
    ines = staff.add_member(name="Ines", skills=["film"], by=northlight.ada, now=now)

    event = Event.objects.get(kind=Event.Kind.MEMBER_ADDED)
    assert "Ines" not in str(event.images)
    film = Skill.objects.get(name="film")
    assert set(event.images) == {
        f"member:{ines.pk}",
        f"skill:{film.pk}",
        f"memberskill:{ines.member_skills.get().pk}",
        *(f"workingtime:{row.pk}" for row in ines.working_times.all()),
    }


def test_a_guest_does_no_planned_work_until_it_is_said(
    northlight: cast.House, now: datetime
) -> None:
    guest = staff.add_member(name="Gil", role=Role.GUEST, by=northlight.ada, now=now)
    assert not guest.does_work
    assert staff.change_member(guest, does_work=True, by=northlight.ada, now=now).does_work


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"name": ""}, "name", "The name is missing."),
        ({"name": " \n "}, "name", "The name is missing."),
        (
            {"name": "I" * 10_000},
            "name",
            "The name: 10,000 characters are too many. Write at most 120.",
        ),
        ({"name": "In\x00es"}, "name", "The name: character 3 cannot be kept. Type it anew."),
        ({"name": "In\ud800es"}, "name", "The name: character 3 cannot be kept. Type it anew."),
        (
            {"email": "ines at home"},
            "email",
            "“ines at home” is not an e-mail address. ada@example.org is one.",
        ),
        (
            {"zone": "Mars/Olympus"},
            "zone",
            "“Mars/Olympus” is not a time zone. Europe/Lisbon is one.",
        ),
        (
            {"zone": "../../etc/passwd"},
            "zone",
            "“../../etc/passwd” is not a time zone. Europe/Lisbon is one.",
        ),
        (
            {"country": "XX"},
            "country",
            "No public holidays are known for “XX”. Choose a country of the list.",
        ),
        (
            {"country": "GB", "region": "ZZ"},
            "region",
            "“ZZ” is no region there with holidays of its own. Known: ENG, NIR, SCT, WLS.",
        ),
        (
            {"skills": ["build", "b" * 61]},
            "skills",
            "A skill: 61 characters are too many. Write at most 60.",
        ),
        (
            {"email": "DEV@northlight.example"},
            "email",
            (
                "Somebody of this house has the address dev@northlight.example already. "
                "Nothing was saved."
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_saved(
    northlight: cast.House, now: datetime, given: dict[str, object], field: str, sentence: str
) -> None:
    before = Member.objects.count(), Skill.objects.count(), WorkingTime.objects.count()

    with pytest.raises(Refused) as refused:
        staff.add_member(**{"name": "Ines", "by": northlight.ada, "now": now, **given})  # type: ignore[arg-type]

    assert (refused.value.field, refused.value.sentence) == (field, sentence)
    assert (Member.objects.count(), Skill.objects.count(), WorkingTime.objects.count()) == before
    assert stories() == []


def test_only_an_owner_adds_people_and_gives_roles(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        staff.add_member(name="Ines", by=northlight.ben, now=now)
    with pytest.raises(NotAllowed):
        staff.change_member(northlight.ben, role=Role.OWNER, by=northlight.ben, now=now)
    assert stories() == []


def test_one_s_own_page_is_one_s_own_to_fill_in(northlight: cast.House, now: datetime) -> None:
    dev = staff.change_member(
        northlight.dev,
        name="Dev Anand",
        zone="Asia/Kolkata",
        country="IN",
        outside_hours=10,
        by=northlight.dev,
        now=now,
    )
    assert (dev.name, dev.zone, dev.country, dev.outside_hours) == (
        "Dev Anand",
        "Asia/Kolkata",
        "IN",
        10,
    )
    with pytest.raises(NotAllowed):
        staff.change_member(northlight.maya, name="Maja", by=northlight.dev, now=now)
    with pytest.raises(NotAllowed):
        staff.set_skills(northlight.maya, ["build"], by=northlight.dev, now=now)
    assert stories() == ["member.changed"]


def test_a_change_that_changes_nothing_is_no_event(northlight: cast.House, now: datetime) -> None:
    staff.change_member(northlight.dev, name="Dev", parallel=1, by=northlight.ada, now=now)
    staff.set_skills(northlight.dev, ["BUILD"], by=northlight.ada, now=now)
    staff.set_week(northlight.dev, USUAL, by=northlight.ada, now=now)
    assert stories() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"usable_share": 0}, "usable_share"),
        ({"usable_share": 1.01}, "usable_share"),
        ({"usable_share": float("nan")}, "usable_share"),
        ({"outside_hours": -1}, "outside_hours"),
        ({"outside_hours": 40}, "outside_hours"),
        ({"outside_hours": 1e9}, "outside_hours"),
        ({"parallel": 0}, "parallel"),
        ({"parallel": 21}, "parallel"),
    ],
)
def test_absurd_numbers_of_a_person_are_refused(
    northlight: cast.House, now: datetime, changes: dict[str, float], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        staff.change_member(northlight.dev, by=northlight.ada, now=now, **changes)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert stories() == []


def test_a_house_always_has_an_owner_who_can_log_in(northlight: cast.House, now: datetime) -> None:
    invited = staff.add_member(name="Olga", role=Role.OWNER, by=northlight.ada, now=now)
    assert invited.login is None
    for attempt in (
        lambda: staff.change_member(northlight.ada, role=Role.LEAD, by=northlight.ada, now=now),
        lambda: staff.leave(northlight.ada, by=northlight.ada, now=now),
    ):
        with pytest.raises(staff.LastOwner) as refused:
            attempt()
        assert refused.value.kind == "conflict"

    staff.change_member(northlight.ben, role=Role.OWNER, by=northlight.ada, now=now)
    staff.leave(northlight.ada, by=northlight.ada, now=now)
    assert not Member.objects.get(pk=northlight.ada.pk).may(Role.GUEST)


def test_skills_are_replaced_as_a_whole(northlight: cast.House, now: datetime) -> None:
    skills = staff.set_skills(northlight.dev, ["film", "Write", "Film"], by=northlight.dev, now=now)

    assert [skill.name for skill in skills] == ["film", "write"]
    assert Skill.objects.count() == 3
    assert MemberSkill.objects.filter(skill__name="build").count() == 1
    event = Event.objects.get(kind=Event.Kind.MEMBER_CHANGED)
    assert [key for key, image in event.images.items() if image is None] != []


def test_skill_names_are_found_whatever_the_case_of_their_letters(
    northlight: cast.House, now: datetime
) -> None:
    staff.set_skills(northlight.dev, ["Übersetzen"], by=northlight.ada, now=now)
    staff.set_skills(northlight.maya, ["übersetzen"], by=northlight.ada, now=now)
    assert Skill.objects.filter(name__icontains="bersetzen").count() == 1


def test_a_part_time_week_replaces_the_usual_one(northlight: cast.House, now: datetime) -> None:
    mornings = [(day, time(9), time(13)) for day in range(4)]
    staff.set_week(northlight.maya, reversed(mornings), by=northlight.maya, now=now)
    assert week(northlight.maya) == mornings
    assert stories() == ["member.changed"]


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([], "A working week needs at least one stretch of time."),
        ([(0, time(13), time(9))], "Working time from 13:00 to 09:00 ends before it starts."),
        ([(0, time(9), time(9))], "Working time from 09:00 to 09:00 ends before it starts."),
        ([(7, time(9), time(10))], "There is no such weekday."),
        (
            [(0, time(9), time(13)), (0, time(12), time(15))],
            "Two working times on one day overlap: 09:00–13:00 and 12:00–15:00.",
        ),
        ([(0, time(9, 0, 30), time(13))], "Working times are kept to the minute."),
    ],
)
def test_a_week_that_cannot_be_is_refused_and_the_old_one_stays(
    northlight: cast.House,
    now: datetime,
    times: list[tuple[int, time, time]],
    sentence: str,
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        staff.set_week(northlight.dev, times, by=northlight.ada, now=now)
    assert refused.value.field == "week"
    assert week(northlight.dev) == USUAL
    assert stories() == []


def test_a_week_shorter_than_the_work_outside_is_refused(
    northlight: cast.House, now: datetime
) -> None:
    staff.change_member(northlight.dev, outside_hours=10, by=northlight.ada, now=now)
    with pytest.raises(Refused) as refused:
        staff.set_week(northlight.dev, [(0, time(8), time(18))], by=northlight.ada, now=now)
    assert refused.value.sentence == (
        "10 hours a week outside kept leave nothing of a week of 10 hours. "
        "Whoever does no planned work can be marked so."
    )
    assert week(northlight.dev) == USUAL


def test_an_absence_said_twice_is_kept_once(northlight: cast.House, now: datetime) -> None:
    days = date(2026, 12, 24), date(2027, 1, 2)
    first = staff.add_absence(northlight.dev, *days, by=northlight.dev, now=now)
    again = staff.add_absence(northlight.dev, *days, by=northlight.ben, now=now)
    assert first == again
    assert stories() == ["absence.added"]

    staff.remove_absence(first, by=northlight.ben, now=now)
    staff.remove_absence(first, by=northlight.ben, now=now)
    assert not Absence.objects.exists()
    assert stories() == ["absence.added", "absence.removed"]
    assert list(chain.faults()) == []


@pytest.mark.parametrize(
    ("from_on", "to_on", "refusal"),
    [
        (date(2026, 12, 5), date(2026, 12, 4), Refused),
        (date(2026, 12, 5), date(2126, 12, 4), staff.TooLongAway),
        (date(2026, 12, 5), date.max, Refused),
        (date.min, date(2026, 12, 5), Refused),
    ],
)
def test_nobody_is_away_for_ever(
    northlight: cast.House,
    now: datetime,
    from_on: date,
    to_on: date,
    refusal: type[Refused],
) -> None:
    with pytest.raises(refusal):
        staff.add_absence(northlight.dev, from_on, to_on, by=northlight.ada, now=now)
    assert not Absence.objects.exists()


def test_a_colleague_s_absence_is_a_lead_s_to_enter(northlight: cast.House, now: datetime) -> None:
    days = date(2026, 12, 24), date(2027, 1, 2)
    with pytest.raises(NotAllowed):
        staff.add_absence(northlight.dev, *days, by=northlight.maya, now=now)
    with pytest.raises(NotAllowed):
        staff.add_absence(northlight.gus, *days, by=northlight.gus, now=now)
    assert staff.add_absence(northlight.dev, *days, by=northlight.ben, now=now).pk


def test_the_database_itself_refuses_an_absence_that_ends_before_it_starts(
    northlight: cast.House,
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(
            member=northlight.dev, from_on=date(2026, 12, 5), to_on=date(2026, 12, 4)
        )


def test_who_has_left_can_do_nothing_and_their_tokens_end(
    northlight: cast.House, now: datetime
) -> None:
    token = ApiToken.objects.create(
        member=northlight.dev, token_hash="1" * 64, scopes="read", made_at=now
    )
    staff.leave(northlight.dev, by=northlight.ada, now=now)
    staff.leave(northlight.dev, by=northlight.ada, now=now)

    assert not Member.objects.get(pk=northlight.dev.pk).may(Role.GUEST)
    token.refresh_from_db()
    assert token.revoked_at == now
    assert stories() == ["member.left"]


def test_the_house_s_numbers_are_the_owner_s(northlight: cast.House, now: datetime) -> None:
    house = northlight.organisation
    with pytest.raises(NotAllowed):
        staff.change_house(house, line=0.7, by=northlight.ben, now=now)

    staff.change_house(
        house, name="North Light", line=0.7, asked_confidence=0.8, by=northlight.ada, now=now
    )
    assert (house.name, house.line, house.asked_confidence) == ("North Light", 0.7, 0.8)
    assert stories() == ["organisation.changed"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"line": 0.95}, "line"),
        ({"line": 0}, "line"),
        ({"asked_confidence": 1}, "asked_confidence"),
        ({"asked_confidence": float("nan")}, "asked_confidence"),
        ({"usable_share": 0}, "usable_share"),
        ({"currency": "€"}, "currency"),
        ({"quote_lasts_days": 0}, "quote_lasts_days"),
        ({"zone": ""}, "zone"),
        ({"name": "\x00"}, "name"),
    ],
)
def test_absurd_settings_are_refused(
    northlight: cast.House, now: datetime, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        staff.change_house(northlight.organisation, by=northlight.ada, now=now, **changes)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert stories() == []


def test_another_house_s_people_and_skills_are_not_seen(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    staff.add_member(
        name="Cleo", email="cleo@southbank.example", skills=["film"], by=northlight.ada, now=now
    )
    with scope.acting_in(southbank.organisation):
        assert staff.skill_named("film") is None
        assert staff.skill_named("build") == southbank.skills["build"]
        assert list(Member.objects.all()) == [southbank.cleo]
