"""People one by one, and settings."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests import cast
from tests.web.visiting import Visitor, text, typed

from kept.jobs import making
from kept.jobs.making import StageSketch
from kept.jobs.models import Job
from kept.people import staff, tokens
from kept.people.models import Absence, ApiToken, Member, Role, WorkingTime
from kept.tenancy import scope
from kept.tenancy.models import Organisation


def at(name: str, *keys: int) -> str:
    return reverse(name, args=keys)


def details(member: Member, **change: object) -> dict[str, object]:
    return {
        "name": member.name,
        "role": member.role,
        "zone": member.zone,
        "country": member.country,
        "region": member.region,
        "does_work": "on",
        "outside_hours": "",
        "usable_percent": "",
        "parallel": member.parallel,
        **change,
    }


def week(**stretches: str) -> dict[str, str]:
    """A sent week: d0="09:00-13:00 14:00-18:00"."""
    sent = {
        f"d{day}_{place}_{end}": ""
        for day in range(7)
        for place in (0, 1)
        for end in ("from", "to")
    }
    for day, said in stretches.items():
        for place, stretch in enumerate(said.split()):
            sent[f"{day}_{place}_from"], sent[f"{day}_{place}_to"] = stretch.split("-")
    return sent


def test_an_owner_adds_a_person_with_skills(northlight: cast.House) -> None:
    ada = Visitor(northlight.ada)
    answer = ada.post(
        at("person_new"), {"name": "Ines", "email": "", "skills": "film, Build", "role": "member"}
    )
    ines = Member.objects.get(name="Ines")
    assert answer.headers["Location"] == at("person", ines.pk)
    assert "build, film" in text(ada.get(at("everybody"))).replace("film, build", "build, film")


def test_a_refused_person_keeps_what_was_typed(northlight: cast.House) -> None:
    answer = Visitor(northlight.ada).post(
        at("person_new"),
        {"name": "Ines", "email": "DEV@northlight.example", "skills": "film", "role": "member"},
    )
    assert answer.status_code == 409
    assert "has the address dev@northlight.example already" in text(answer)
    assert {"Ines", "DEV@northlight.example", "film"} <= typed(answer)
    assert not Member.objects.filter(name="Ines").exists()


def test_one_fills_in_one_s_own_page_and_only_reads_another_s(northlight: cast.House) -> None:
    dev = Visitor(northlight.dev)
    own, other = at("person", northlight.dev.pk), at("person", northlight.maya.pk)
    assert "Keep this week" in text(dev.get(own))
    shown = text(dev.get(other))
    assert "Keep this week" not in shown
    assert "usable" not in shown  # what somebody gives elsewhere is theirs and the owner's to know
    assert "Monday 09:00–13:00 and 14:00–18:00" in shown

    assert dev.post(own, details(northlight.dev, outside_hours="10")).status_code == 302
    assert Member.objects.get(pk=northlight.dev.pk).outside_hours == 10
    assert dev.post(other, details(northlight.maya, name="Maja")).status_code == 403
    for name in ("person_skills", "person_week", "person_absence"):
        sent = {"skills": "x", "from_on": "2027-01-04", **week(d0="09:00-10:00")}
        assert dev.post(at(name, northlight.maya.pk), sent).status_code == 403
    assert not Absence.objects.exists()


def test_a_role_is_not_sent_along_by_who_may_not_give_it(northlight: cast.House) -> None:
    Visitor(northlight.dev).post(
        at("person", northlight.dev.pk), details(northlight.dev, role="owner")
    )
    assert Member.objects.get(pk=northlight.dev.pk).role == Role.MEMBER


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"usable_percent": "150"}, "Usable share: 1.5 cannot be."),
        ({"outside_hours": "40"}, "40 hours a week outside kept leave nothing"),
        ({"outside_hours": "-1"}, "Hours outside kept: -1 cannot be."),
        ({"parallel": "0"}, "Work in parallel: 0 cannot be."),
        ({"zone": "Mars/Olympus"}, "Select a valid choice."),
        ({"region": "ZZ"}, "“ZZ” is no region there"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_details_that_cannot_be_are_refused_at_their_field(
    northlight: cast.House, change: dict[str, str], sentence: str
) -> None:
    said = details(northlight.dev, **{"name": "Dev Rao", **change})
    answer = Visitor(northlight.ada).post(at("person", northlight.dev.pk), said)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert change.keys() & {"zone"} or set(change.values()) <= typed(answer) | {""}
    assert Member.objects.get(pk=northlight.dev.pk).name == "Dev"


def test_a_week_is_kept_as_it_was_typed(northlight: cast.House) -> None:
    page = at("person_week", northlight.maya.pk)
    maya = Visitor(northlight.maya)
    assert maya.post(page, week(d0="9-13", d2="09.30-12:00 13:00-15:30")).status_code == 302
    assert [
        (row.weekday, row.starts, row.ends)
        for row in WorkingTime.objects.filter(member=northlight.maya)
    ] == [
        (0, time(9), time(13)),
        (2, time(9, 30), time(12)),
        (2, time(13), time(15, 30)),
    ]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (week(), "A working week needs at least one stretch of time."),
        (week(d0="13:00-09:00"), "Working time from 13:00 to 09:00 ends before it starts."),
        (week(d1="09:00-"), "Say both ends, or neither."),
        (week(d1="late-18:00"), "Write a time like 09:00."),
    ],
)
def test_a_week_that_cannot_be_is_refused_and_stays_on_the_page(
    northlight: cast.House, sent: dict[str, str], sentence: str
) -> None:
    answer = Visitor(northlight.maya).post(at("person_week", northlight.maya.pk), sent)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert {value for value in sent.values() if value} <= typed(answer)
    assert WorkingTime.objects.filter(member=northlight.maya).count() == 10


def test_absences_come_and_go(northlight: cast.House) -> None:
    page = at("person_absence", northlight.dev.pk)
    ben = Visitor(northlight.ben)
    soon = date.today() + timedelta(days=30)  # noqa: DTZ011 - the page itself asks the clock
    assert ben.post(page, {"from_on": soon.isoformat()}).status_code == 302
    absence = Absence.objects.get()
    assert (absence.from_on, absence.to_on) == (soon, soon)

    for sent, sentence in (
        ({"from_on": "2027-01-05", "to_on": "2027-01-04"}, "lies before the first one"),
        ({"from_on": "2027-01-05", "to_on": "2099-01-04"}, "Somebody away for good has left"),
        ({"from_on": "2027-02-31"}, "This is no day. Write it like 2026-12-18."),
    ):
        answer = ben.post(page, sent)
        assert (answer.status_code, sentence in text(answer)) == (422, True)
    assert Absence.objects.count() == 1

    elsewhere = at("person_present", northlight.maya.pk, absence.pk)
    assert ben.post(elsewhere).status_code == 404
    assert ben.post(at("person_present", northlight.dev.pk, absence.pk)).status_code == 302
    assert not Absence.objects.exists()


def test_leaving_is_asked_twice_and_names_the_work_that_is_handed_back(
    northlight: cast.House, now: datetime
) -> None:
    making.make(
        title="Menu cards",
        stages=[StageSketch("Set the type", 8, owner=northlight.dev)],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )
    ada = Visitor(northlight.ada)
    asked = text(ada.get(at("person_leave", northlight.dev.pk)))
    assert "Has Dev left?" in asked
    assert "Menu cards: Set the type" in asked
    assert Member.objects.get(pk=northlight.dev.pk).left_at is None

    ada.post(at("person_leave", northlight.dev.pk))

    assert "1 stage has no owner now." in text(ada.get(at("everybody")))
    assert Visitor(northlight.dev).get(at("jobs")).headers["Location"] == "/no-house"


def test_the_only_owner_cannot_leave(northlight: cast.House) -> None:
    answer = Visitor(northlight.ada).post(at("person_leave", northlight.ada.pk))
    assert answer.status_code == 409
    assert "Ada is the only owner of Northlight." in text(answer)


def test_one_person_alone_is_never_asked_about_roles(southbank: cast.House) -> None:
    cleo = Visitor(southbank.cleo)
    for page in (at("person", southbank.cleo.pk), at("everybody"), at("settings")):
        shown = text(cleo.get(page))
        assert "Owner" not in shown
        assert "Role" not in shown
    sent = details(southbank.cleo, name="Cleo S")
    del sent["role"]
    assert cleo.post(at("person", southbank.cleo.pk), sent).status_code == 302
    with scope.acting_in(southbank.organisation):
        assert Member.objects.get().role == Role.OWNER


def test_another_house_s_people_are_not_found(
    northlight: cast.House, southbank: cast.House
) -> None:
    cleo = Visitor(southbank.cleo)
    for name in ("person", "person_leave"):
        assert cleo.get(at(name, northlight.dev.pk)).status_code == 404
    for name in ("person_skills", "person_week", "person_absence", "person_invite"):
        assert cleo.post(at(name, northlight.dev.pk)).status_code == 404
    assert "Dev" not in text(cleo.get(at("everybody")))


def test_more_people_cost_no_more_queries(northlight: cast.House, now: datetime) -> None:
    ada = Visitor(northlight.ada)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            ada.get(at("everybody"))
        counts.append(len(queries))
        for number in range(3):
            staff.add_member(
                name=f"P{number}{_round}", skills=["film", "build"], by=northlight.ada, now=now
            )
    assert counts[0] == counts[1]


def test_more_absences_cost_no_more_queries(northlight: cast.House, now: datetime) -> None:
    ada = Visitor(northlight.ada)
    page = at("person", northlight.dev.pk)
    counts = []
    for start in (1, 2, 3):
        staff.add_absence(
            northlight.dev, date(2027, start, 1), date(2027, start, 3), by=northlight.ada, now=now
        )
        with CaptureQueriesContext(connection) as queries:
            ada.get(page)
        counts.append(len(queries))
    assert counts[0] == counts[2]


# ----- Settings ----------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_can_be_revoked(northlight: cast.House, now: datetime) -> None:
    dev = Visitor(northlight.dev)
    shown = dev.post(at("token_new"), {"name": "nightly", "scopes": ["read"]})
    secret = re.search(r"kept_[\w-]+", text(shown))
    assert secret is not None
    assert "no-store" in shown.headers["Cache-Control"]
    assert tokens.find(secret[0], now) is not None
    later = text(dev.get(at("settings")))
    assert "nightly" in later
    assert secret[0] not in later

    token = ApiToken.objects.get()
    assert Visitor(northlight.ben).post(at("token_revoke", token.pk)).status_code == 404
    dev.post(at("token_revoke", token.pk))
    assert tokens.find(secret[0], now) is None


def test_a_token_without_a_scope_is_refused(northlight: cast.House) -> None:
    answer = Visitor(northlight.dev).post(at("token_new"), {"name": "nightly"})
    assert answer.status_code == 422
    assert "Say what the token may be used for" in text(answer)
    assert "nightly" in typed(answer)


HOUSE = {
    "name": "Northlight",
    "zone": cast.ZONE,
    "country": "PT",
    "region": "",
    "day_ends_at": "17:30",
    "asked_percent": "85",
    "line_percent": "75",
    "usable_percent": "60",
    "quote_lasts_days": "3",
    "stuck_after_days": "4",
    "currency": "gbp",
}


def test_the_owner_sets_the_house_s_numbers(northlight: cast.House) -> None:
    assert Visitor(northlight.ada).post(at("house_settings"), HOUSE).status_code == 302
    house = Organisation.objects.get()
    assert (house.asked_confidence, house.line, house.usable_share) == (0.85, 0.75, 0.6)
    assert (house.day_ends_at, house.quote_lasts_days, house.currency) == (time(17, 30), 3, "GBP")
    assert house.stuck_after_days == 4
    assert Visitor(northlight.ben).get(at("house_settings")).status_code == 403


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"line_percent": "90"}, "The line must not lie above the chance"),
        ({"asked_percent": "100"}, "nothing is ever certain"),
        ({"usable_percent": "0"}, "Usable share: 0 cannot be."),
        ({"currency": "euros"}, "A currency is written in three letters"),
        ({"day_ends_at": "25:00"}, "Enter a valid time."),
        ({"name": "N" * 200}, "200 characters are too many."),
    ],
)
def test_absurd_settings_are_refused_at_their_field(
    northlight: cast.House, change: dict[str, str], sentence: str
) -> None:
    answer = Visitor(northlight.ada).post(at("house_settings"), {**HOUSE, **change})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert set(change.values()) <= typed(answer)
    assert Organisation.objects.get().line == 0.8
