"""Who works in the house: people, their skills, weeks and absences, and the house's own numbers.

One's own page is one's own to fill in; other people's, and every role, are
the owner's. An absence may also be entered by a lead.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, capacity, places
from kept.people.founding import USUAL_WEEK
from kept.people.models import (
    Absence,
    ApiToken,
    Invitation,
    Member,
    MemberSkill,
    Role,
    Skill,
    WorkingTime,
)
from kept.tenancy import given, scope
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Conflict, Refused

#: The longest absence that is planned around; whoever is away longer has left, or comes back anew.
LONGEST_ABSENCE_DAYS = 3 * 366

Stretch = tuple[int, time, time]


class AddressIsTaken(Conflict):
    """Somebody of this house has that address."""


class LastOwner(Conflict):
    """A house without an owner could not be run any more."""


class TooLongAway(Refused):
    """The absence has no end that a plan could wait for."""


class MemberChanges(TypedDict, total=False):
    """What can be changed of a member."""

    name: str
    email: str
    role: Role
    zone: str
    country: str
    region: str
    usable_share: float | None
    outside_hours: float | None
    parallel: int
    does_work: bool


class HouseChanges(TypedDict, total=False):
    """What can be changed of an organisation."""

    name: str
    zone: str
    country: str
    region: str
    currency: str
    day_ends_at: time
    asked_confidence: float
    line: float
    usable_share: float
    quote_lasts_days: int
    stuck_after_days: int


def add_member(
    *,
    name: str,
    email: str = "",
    role: Role = Role.MEMBER,
    zone: str | None = None,
    country: str | None = None,
    region: str | None = None,
    skills: Sequence[str] = (),
    by: Member,
    now: datetime,
) -> Member:
    """Add a person, with the usual working week. A guest does no planned work until it is said.

    Zone, country and region are the house's unless given. Skills that nobody
    had before are added.

    Raises:
        Refused: a name, address, zone or place that cannot be.
        AddressIsTaken: somebody here has that address.
    """
    access.demand(by, Role.OWNER)
    house = scope.current()
    if country is None:
        country, region = house.country, house.region if region is None else region
    member = Member(
        name=_name(name),
        email=given.address(email),
        role=Role(role),
        zone=given.zone(house.zone if zone is None else zone),
        does_work=role != Role.GUEST,
    )
    member.country, member.region = places.place(country, region or "")
    with transaction.atomic():
        _save(member)
        week = WorkingTime.objects.bulk_create(
            WorkingTime(member=member, weekday=weekday, starts=starts, ends=ends)
            for weekday, starts, ends in USUAL_WEEK
        )
        made, had, _gone = _give_skills(member, skills)
        recording.record(
            Event.Kind.MEMBER_ADDED,
            about=member,
            by=by,
            at=now,
            rows=[member, *week, *made, *had],
        )
    return member


def change_member(
    member: Member, *, by: Member, now: datetime, **changes: Unpack[MemberChanges]
) -> Member:
    """Change what is known of a person; what is not named stays.

    Raises:
        Refused: a value that cannot be.
        AddressIsTaken: somebody here has that address.
        LastOwner: nobody would be owner any more.
        NotAllowed: it is another's page, or a role, and `by` is no owner.
    """
    _demand_page_of(member, by)
    with transaction.atomic():
        house = _locked()
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        before = recording.image_of(member), member.name, member.email
        if "name" in changes:
            member.name = _name(changes["name"])
        if "email" in changes:
            member.email = given.address(changes["email"])
        if "zone" in changes:
            member.zone = given.zone(changes["zone"])
        if "country" in changes or "region" in changes:
            country = changes.get("country", member.country)
            same = country == member.country
            region = changes.get("region", member.region if same else "")
            member.country, member.region = places.place(country, region)
        if "usable_share" in changes:
            member.usable_share = _share(changes["usable_share"])
        if "outside_hours" in changes:
            member.outside_hours = _outside(changes["outside_hours"])
        if "parallel" in changes:
            member.parallel = given.count(
                changes["parallel"],
                called=_("Work in parallel"),
                field="parallel",
                least=1,
                most=20,
            )
        if "does_work" in changes:
            member.does_work = changes["does_work"]
        if "role" in changes and Role(changes["role"]) != member.role:
            access.demand(by, Role.OWNER)
            if member.role == Role.OWNER:
                _demand_another_owner(member, house)
            member.role = Role(changes["role"])
        _demand_time_left(member, capacity.weekly_hours(member))
        if (recording.image_of(member), member.name, member.email) == before:
            return member
        _save(member)
        recording.record(Event.Kind.MEMBER_CHANGED, about=member, by=by, at=now, rows=[member])
    return member


def set_skills(member: Member, names: Sequence[str], *, by: Member, now: datetime) -> list[Skill]:
    """Say all that a person can do; skills that nobody had before are added.

    Raises:
        Refused: a name that cannot be.
        NotAllowed: it is another's page, and `by` is no owner.
    """
    _demand_page_of(member, by)
    with transaction.atomic():
        made, had, gone = _give_skills(member, names)
        if made or had or gone:
            recording.record(
                Event.Kind.MEMBER_CHANGED,
                about=member,
                by=by,
                at=now,
                rows=[*made, *had],
                removed=[("memberskill", key) for key in gone],
                facts={"what": "skills"},
            )
        return [
            row.skill
            for row in MemberSkill.objects.filter(member=member)
            .select_related("skill")
            .order_by("skill__name")
        ]


def set_week(
    member: Member, times: Iterable[Stretch], *, by: Member, now: datetime
) -> list[WorkingTime]:
    """Say when a person works: stretches as (weekday from 0 for Monday, from, to), in their zone.

    Raises:
        Refused: no stretch, one that ends before it starts, two that overlap,
            or less time than the person works outside kept.
        NotAllowed: it is another's page, and `by` is no owner.
    """
    _demand_page_of(member, by)
    wanted = _week(times)
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        before = list(member.working_times.all())
        if [(row.weekday, row.starts, row.ends) for row in before] == wanted:
            return before
        gone = [row.pk for row in before]
        week = [WorkingTime(member=member, weekday=d, starts=s, ends=e) for d, s, e in wanted]
        _demand_time_left(member, capacity.hours_of(week))
        WorkingTime.objects.filter(pk__in=gone).delete()
        week = WorkingTime.objects.bulk_create(week)
        recording.record(
            Event.Kind.MEMBER_CHANGED,
            about=member,
            by=by,
            at=now,
            rows=week,
            removed=[("workingtime", key) for key in gone],
            facts={"what": "week"},
        )
    return week


def add_absence(
    member: Member, from_on: date, to_on: date, *, by: Member, now: datetime
) -> Absence:
    """Say that a person is away on whole days, both included. Nobody asks why.

    The same days said twice are kept once.

    Raises:
        Refused: the last day lies before the first.
        TooLongAway: longer than a plan could wait.
        NotAllowed: it is another's page, and `by` is no lead.
    """
    _demand_page_of(member, by, Role.LEAD)
    given.day(from_on, called=_("First day away"), field="from_on")
    given.day(to_on, called=_("Last day away"), field="to_on")
    if to_on < from_on:
        raise Refused(
            _("The last day away lies before the first one. Nothing was saved."), field="to_on"
        )
    if (to_on - from_on).days >= LONGEST_ABSENCE_DAYS:
        raise TooLongAway(
            _(
                "That is more than three years. Somebody away for good has left: say so on their "
                "page, and their work can be given to others."
            ),
            field="to_on",
        )
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        absence, new = Absence.objects.get_or_create(member=member, from_on=from_on, to_on=to_on)
        if new:
            recording.record(Event.Kind.ABSENCE_ADDED, about=absence, by=by, at=now, rows=[absence])
    return absence


def remove_absence(absence: Absence, *, by: Member, now: datetime) -> None:
    """Say that a person is there after all.

    Raises:
        NotAllowed: it is another's absence, and `by` is no lead.
    """
    _demand_page_of(absence.member, by, Role.LEAD)
    with transaction.atomic():
        key = absence.pk
        removed, _tables = Absence.objects.filter(pk=key).delete()
        if removed:
            recording.record(
                Event.Kind.ABSENCE_REMOVED,
                about=Absence(pk=key),
                by=by,
                at=now,
                removed=[("absence", key)],
            )


def leave(member: Member, *, by: Member, now: datetime) -> Member:
    """Note that a person has left: they can do nothing here any more, and no work waits for them.

    Their tokens and invitations end with it.

    Raises:
        LastOwner: nobody would be owner any more.
        NotAllowed: it is somebody else, and `by` is no owner.
    """
    if by.pk != member.pk:
        access.demand(by, Role.OWNER)
    with transaction.atomic():
        house = _locked()
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        if member.left_at is not None:
            return member
        if member.role == Role.OWNER:
            _demand_another_owner(member, house)
        member.left_at = now
        member.save(update_fields=["left_at"])
        ended: list[ApiToken | Invitation] = [
            *ApiToken.objects.filter(member=member, revoked_at__isnull=True),
            *Invitation.objects.filter(
                member=member, used_at__isnull=True, revoked_at__isnull=True
            ),
        ]
        for row in ended:
            row.revoked_at = now
            row.save(update_fields=["revoked_at"])
        recording.record(Event.Kind.MEMBER_LEFT, about=member, by=by, at=now, rows=[member, *ended])
    return member


def change_house(
    organisation: Organisation, *, by: Member, now: datetime, **changes: Unpack[HouseChanges]
) -> Organisation:
    """Change the house's name, place and numbers; what is not named stays.

    Raises:
        Refused: a value that cannot be.
        NotAllowed: `by` is no owner.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        house = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        before = recording.image_of(house)
        if "name" in changes:
            house.name = given.one_line(
                changes["name"], called=_("The house’s name"), field="name", longest=120
            )
        if "zone" in changes:
            house.zone = given.zone(changes["zone"])
        if "country" in changes or "region" in changes:
            country = changes.get("country", house.country)
            region = changes.get("region", house.region if country == house.country else "")
            house.country, house.region = places.place(country, region)
        if "currency" in changes:
            house.currency = places.currency(changes["currency"])
        if "day_ends_at" in changes:
            house.day_ends_at = changes["day_ends_at"]
        if "usable_share" in changes:
            share = _share(changes["usable_share"])
            house.usable_share = house.usable_share if share is None else share
        counts = {
            "quote_lasts_days": given.Between(_("Days an offer lasts"), 1, 60),
            "stuck_after_days": given.Between(_("Days until a finish is stuck"), 1, 60),
        }
        given.put_counts(house, changes, counts)
        for field in ("asked_confidence", "line"):
            if field in changes:
                setattr(house, field, _chance(changes[field], field))
        if house.line > house.asked_confidence:
            raise Refused(
                _(
                    "The line must not lie above the chance at which dates are offered: every "
                    "promise would be at risk from the start."
                ),
                field="line",
            )
        if recording.image_of(house) == before:
            return house
        house.save()
        recording.record(Event.Kind.ORGANISATION_CHANGED, about=house, by=by, at=now, rows=[house])
    for field in HouseChanges.__annotations__:
        setattr(organisation, field, getattr(house, field))
    return house


def skill_named(name: str) -> Skill | None:
    """Return the skill of that name, whatever the case of its letters."""
    return given.named(Skill.objects.all(), name)


def _demand_page_of(member: Member, by: Member, otherwise: Role = Role.OWNER) -> None:
    access.demand(by, Role.MEMBER if by.pk == member.pk else otherwise)


def _locked() -> Organisation:
    return Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())


def _demand_another_owner(member: Member, house: Organisation) -> None:
    others = Member.objects.filter(role=Role.OWNER, left_at__isnull=True, login__isnull=False)
    if not others.exclude(pk=member.pk).exists():
        raise LastOwner(
            _(
                "%(name)s is the only owner of %(house)s. Make somebody else an owner first; "
                "nothing was changed."
            )
            % {"name": member.name, "house": house.name},
            field="role",
        )


def _demand_time_left(member: Member, hours: float) -> None:
    if member.outside_hours is None or member.usable_share is not None:
        return
    if member.outside_hours >= hours:
        raise Refused(
            _(
                "%(outside)s hours a week outside kept leave nothing of a week of %(hours)s "
                "hours. Whoever does no planned work can be marked so."
            )
            % {"outside": f"{member.outside_hours:g}", "hours": f"{hours:g}"},
            field="outside_hours",
        )


def _save(member: Member) -> None:
    taken = AddressIsTaken(
        _("Somebody of this house has the address %(email)s already. Nothing was saved.")
        % {"email": member.email},
        field="email",
    )
    others = Member.objects.exclude(pk=member.pk)
    if member.email and others.filter(email__iexact=member.email).exists():
        raise taken
    with given.constrained(taken):
        member.save()


def _name(name: str) -> str:
    return given.one_line(name, called=_("The name"), field="name", longest=120)


def _share(share: float | None) -> float | None:
    if share is None:
        return None
    return given.number(
        share, called=_("Usable share"), field="usable_share", least=0, most=1, above=True
    )


def _outside(hours: float | None) -> float | None:
    if hours is None:
        return None
    return given.number(
        hours, called=_("Hours outside kept"), field="outside_hours", least=0, most=168
    )


def _chance(chance: float, field: str) -> float:
    if not 0.5 <= chance <= 0.99:
        raise Refused(
            _("Give a chance from 50 % to 99 %; nothing is ever certain."),
            field=field,
        )
    return float(chance)


def _week(times: Iterable[Stretch]) -> list[Stretch]:
    week = sorted((day, s.replace(tzinfo=None), e.replace(tzinfo=None)) for day, s, e in times)
    if not week:
        raise Refused(
            _(
                "A working week needs at least one stretch of time. Whoever does no planned work "
                "can be marked so."
            ),
            field="week",
        )
    for day, starts, ends in week:
        if not 0 <= day <= 6:
            raise Refused(_("There is no such weekday."), field="week")
        if starts.second or starts.microsecond or ends.second or ends.microsecond:
            raise Refused(_("Working times are kept to the minute."), field="week")
        if ends <= starts:
            raise Refused(
                _("Working time from %(from)s to %(to)s ends before it starts.")
                % {"from": f"{starts:%H:%M}", "to": f"{ends:%H:%M}"},
                field="week",
            )
    for (day, starts, ends), (next_day, next_starts, next_ends) in pairwise(week):
        if day == next_day and next_starts < ends:
            raise Refused(
                _("Two working times on one day overlap: %(one)s and %(other)s.")
                % {
                    "one": f"{starts:%H:%M}–{ends:%H:%M}",
                    "other": f"{next_starts:%H:%M}–{next_ends:%H:%M}",
                },
                field="week",
            )
    return week


def _give_skills(
    member: Member, names: Sequence[str]
) -> tuple[list[Skill], list[MemberSkill], list[int]]:
    """Make a member's skills those named; return skills and ties made, and keys of ties removed."""
    wanted: dict[str, str] = {}
    for name in names:
        kept = given.one_line(name, called=_("A skill"), field="skills", longest=60)
        wanted.setdefault(kept.casefold(), kept)
    if len(wanted) > 50:
        raise Refused(
            ngettext(
                "%(count)s skill is too many. Keep to what stages need.",
                "%(count)s skills are too many. Keep to what stages need.",
                len(wanted),
            )
            % {"count": len(wanted)},
            field="skills",
        )
    made: list[Skill] = []
    skills: list[Skill] = []
    for name in wanted.values():
        skill = skill_named(name)
        if skill is None:
            clash = Conflict(
                _("Somebody just added the skill “%(name)s”. Save again.") % {"name": name},
                field="skills",
            )
            with given.constrained(clash):
                skill = Skill.objects.create(name=name)
            made.append(skill)
        skills.append(skill)
    before = {row.skill_id: row.pk for row in MemberSkill.objects.filter(member=member)}
    keys = {skill.pk for skill in skills}
    gone = [key for skill, key in before.items() if skill not in keys]
    MemberSkill.objects.filter(pk__in=gone).delete()
    had = [
        MemberSkill.objects.create(member=member, skill=skill)
        for skill in skills
        if skill.pk not in before
    ]
    return made, had, gone
