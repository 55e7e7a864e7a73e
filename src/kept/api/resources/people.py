"""People of the house: skills, working weeks, absences."""

from datetime import date, datetime, time
from typing import Any, Literal

from django.db.models import Prefetch, QuerySet
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    ClockTime,
    Day,
    Email,
    Id,
    Name,
    Page,
    PageAsked,
    Share,
    Shown,
    Zone,
    unsaid,
)
from kept.jobs import work
from kept.people import models, staff
from kept.people.access import Policy

door = Door("people", person_id=models.Member, absence_id=models.Absence)
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Role = Literal["guest", "member", "lead", "owner"]


class Stretch(Asked):
    """A stretch of a weekday in which somebody works, by their own clock."""

    day: Weekday = Field(description="The weekday.")
    starts: ClockTime = Field(description="When it starts, as 09:00.")
    ends: ClockTime = Field(description="When it ends, as 13:00.")


class Person(Shown):
    """Somebody of this house."""

    id: int = Field(description="The person's number.")
    name: str = Field(description="The name.")
    email: str = Field(description="The address, or empty.")
    role: Role = Field(description="What the person may do; each role includes those before it.")
    zone: str = Field(description="The time zone in which the person works.")
    country: str = Field(description="The country whose holidays count, as PT; empty, none.")
    region: str = Field(description="The region whose holidays count as well.")
    skills: list[str] = Field(description="What the person can do.")
    week: list[Stretch] = Field(description="When the person works.")
    does_work: bool = Field(description="Whether work is planned with this person.")
    parallel: int = Field(description="How many stages at once; they share the time.")
    usable_share: float | None = Field(
        description="The share of the working time that goes to promised work, if one was set. "
        "Shown to the person and to owners only."
    )
    outside_hours: float | None = Field(
        description="Hours a week spent outside kept, if entered. "
        "Shown to the person and to owners only."
    )
    left_at: datetime | None = Field(description="When the person left; null while here.")


class NewPerson(Asked):
    """Somebody new."""

    name: Name = Field(description="The name.")
    email: Email = Field("", description="The address.")
    role: Role = Field("member", description="What the person may do.")
    zone: Zone | None = Field(None, description="The time zone; left out, the house's.")
    country: str | None = Field(None, max_length=2, description="Whose holidays count, as PT.")
    region: str | None = Field(None, max_length=10, description="The region of that country.")
    skills: list[Name] = Field([], max_length=50, description="What the person can do.")


class PersonChanges(Changes):
    """What changes about somebody."""

    name: Name = unsaid(description="The name.")
    email: Email = unsaid(description="The address.")
    role: Role = unsaid(description="What the person may do.")
    zone: Zone = unsaid(description="The time zone.")
    country: str = unsaid(max_length=2, description="Whose holidays count, as PT.")
    region: str = unsaid(max_length=10, description="The region of that country.")
    skills: list[Name] = unsaid(max_length=50, description="All that the person can do.")
    week: list[Stretch] = unsaid(max_length=70, description="All of the working week.")
    does_work: bool = unsaid(description="Whether work is planned with this person.")
    parallel: int = unsaid(ge=1, le=20, description="How many stages at once.")
    usable_share: Share | None = unsaid(
        description="The share that goes to promised work; null, as the house has it."
    )
    outside_hours: float | None = unsaid(
        ge=0, le=168, allow_inf_nan=False, description="Hours a week spent outside kept."
    )


class Absence(Shown):
    """Whole days on which somebody is away. Nobody asks why."""

    id: int = Field(description="Its number.")
    person_id: int = Field(description="Who is away.")
    from_on: date = Field(description="The first day away.")
    to_on: date = Field(description="The last day away.")


class NewAbsence(Asked):
    """Days on which somebody will be away."""

    person_id: Id = Field(description="Who is away.")
    from_on: Day = Field(description="The first day away.")
    to_on: Day = Field(description="The last day away.")


def all_people() -> QuerySet[models.Member]:
    """Return everybody with what a page of them shows, in a constant number of queries."""
    return models.Member.objects.prefetch_related(
        Prefetch("member_skills", models.MemberSkill.objects.select_related("skill")),
        Prefetch("working_times", models.WorkingTime.objects.order_by("weekday", "starts")),
    )


def shown(member: models.Member, to: models.Member) -> dict[str, Any]:
    """Return a person as `to` may see them."""
    private = to.pk == member.pk or to.may(models.Role.OWNER)
    return {
        "id": member.pk,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "zone": member.zone,
        "country": member.country,
        "region": member.region,
        "skills": sorted(row.skill.name for row in member.member_skills.all()),
        "week": [
            {
                "day": WEEKDAYS[row.weekday],
                "starts": f"{row.starts:%H:%M}",
                "ends": f"{row.ends:%H:%M}",
            }
            for row in member.working_times.all()
        ],
        "does_work": member.does_work,
        "parallel": member.parallel,
        "usable_share": member.usable_share if private else None,
        "outside_hours": member.outside_hours if private else None,
        "left_at": member.left_at,
    }


@door.read("/people", Policy.MEMBER, Page[Person])
def list_people(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List people."""
    return paging.page(all_people(), asked, lambda row: shown(row, request.member))


@door.add("/people", Policy.OWNER, Person, admin=True)
def add_person(request: ApiRequest, body: NewPerson) -> dict[str, Any]:
    """Add a person.

    Somebody added this way has no log-in; invite them on the People page.
    """
    member = staff.add_member(
        name=body.name,
        email=body.email,
        role=models.Role(body.role),
        zone=body.zone,
        country=body.country,
        region=body.region,
        skills=body.skills,
        by=request.member,
        now=request.now,
    )
    return shown(all_people().get(pk=member.pk), request.member)


@door.read("/people/{int:person_id}", Policy.MEMBER, Person)
def show_person(request: ApiRequest, person_id: int) -> dict[str, Any]:
    """Show a person."""
    return shown(all_people().get(pk=person_id), request.member)


@door.change("/people/{int:person_id}", Policy.MEMBER, Person, admin=True)
def change_person(request: ApiRequest, person_id: int, body: PersonChanges) -> dict[str, Any]:
    """Change a person.

    Everybody may change their own page but the role; owners may change all.
    """
    member = models.Member.objects.get(pk=person_id)
    changes = body.said()
    skills, week = changes.pop("skills", None), changes.pop("week", None)
    if "role" in changes:
        changes["role"] = models.Role(changes["role"])
    if week is not None:
        staff.set_week(member, [_stretch(row) for row in week], by=request.member, now=request.now)
    if skills is not None:
        staff.set_skills(member, skills, by=request.member, now=request.now)
    if changes:
        staff.change_member(member, **changes, by=request.member, now=request.now)
    return shown(all_people().get(pk=person_id), request.member)


@door.remove("/people/{int:person_id}", Policy.MEMBER, admin=True)
def remove_person(request: ApiRequest, person_id: int) -> None:
    """Note that a person has left.

    What they did stays; their tokens end, and stages they owned wait for a new owner.
    """
    member = models.Member.objects.get(pk=person_id)
    work.leave(member, by=request.member, now=request.now)


@door.read("/absences", Policy.MEMBER, Page[Absence])
def list_absences(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List days on which somebody is away."""
    return paging.page(models.Absence.objects.all(), asked, _absence)


@door.add("/absences", Policy.MEMBER, Absence)
def add_absence(request: ApiRequest, body: NewAbsence) -> dict[str, Any]:
    """Say that somebody is away.

    Everybody for themselves; leads for all.
    """
    member = named(models.Member, body.person_id, "person_id")
    return _absence(
        staff.add_absence(member, body.from_on, body.to_on, by=request.member, now=request.now)
    )


@door.read("/absences/{int:absence_id}", Policy.MEMBER, Absence)
def show_absence(request: ApiRequest, absence_id: int) -> dict[str, Any]:
    """Show one absence."""
    return _absence(models.Absence.objects.get(pk=absence_id))


@door.remove("/absences/{int:absence_id}", Policy.MEMBER)
def remove_absence(request: ApiRequest, absence_id: int) -> None:
    """Say that somebody is there after all."""
    absence = models.Absence.objects.select_related("member").get(pk=absence_id)
    staff.remove_absence(absence, by=request.member, now=request.now)


def _absence(row: models.Absence) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person_id": row.member_id,
        "from_on": row.from_on,
        "to_on": row.to_on,
    }


def _stretch(row: Stretch) -> tuple[int, time, time]:
    return (
        WEEKDAYS.index(row.day),
        time.fromisoformat(row.starts),
        time.fromisoformat(row.ends),
    )
