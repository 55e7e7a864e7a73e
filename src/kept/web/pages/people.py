"""People: hours still free by skill and week, the tank, who is away. Nobody else's figures."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.people import days, staff
from kept.people.access import Policy, allow
from kept.people.models import Absence, Member, MemberSkill, Role, Skill, WorkingTime
from kept.plan import loading, pressure
from kept.plan.pressure import TANK_AMBER, Cell, SkillRow
from kept.quotes import checking
from kept.quotes.checked import Checked
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused
from kept.web import drawing
from kept.web.doorkeeper import KeptRequest
from kept.web.pages import ask

WEEKS = 8


class AbsenceForm(forms.Form):
    """Whole days on which somebody is away. Nobody asks why."""

    member: "forms.ModelChoiceField[Member]" = forms.ModelChoiceField(
        None, label=gettext_lazy("Who")
    )
    from_on = forms.DateField(
        label=gettext_lazy("First day away"), widget=forms.DateInput({"type": "date"})
    )
    to_on = forms.DateField(
        label=gettext_lazy("Last day away"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
    )

    def __init__(self, data: Any = None, *, by: Member) -> None:
        super().__init__(data, label_suffix="")
        who = Member.objects.filter(left_at__isnull=True)
        if not by.may(Role.LEAD):
            who = who.filter(pk=by.pk)
        self.fields["member"].queryset = who  # type: ignore[attr-defined]
        self.fields["member"].initial = by.pk


@dataclass(frozen=True)
class Week:
    """One column: its Monday in words, and the days on which the house is closed."""

    label: str
    closed: str


@dataclass(frozen=True)
class Shade:
    """One cell: what it prints and how dark it is; an empty heat leaves it blank."""

    text: str
    heat: str


@dataclass(frozen=True)
class HeatRow:
    """One line of the table."""

    name: str
    more: str
    cells: Sequence[Shade]


@allow(Policy.MEMBER)
def people(request: KeptRequest) -> HttpResponse:
    """Show where there is room, and who is away when."""
    return render(request, "kept/people.html", _context(request, AbsenceForm(by=request.member)))


@require_POST
@allow(Policy.MEMBER)
def absence_add(request: KeptRequest) -> HttpResponse:
    """Say that somebody is away."""
    form = AbsenceForm(request.POST, by=request.member)
    if form.is_valid():
        said = form.cleaned_data
        try:
            found = staff.add_absence(
                said["member"],
                said["from_on"],
                said["to_on"] or said["from_on"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refusal:
            form.add_error(
                refusal.field if refusal.field in form.fields else None, refusal.sentence
            )
        else:
            messages.info(
                request,
                _("%(who)s is away %(days)s. Every open date is computed again.")
                % {"who": found.member.first_name, "days": _span(found)},
            )
            return redirect("people")
    return render(request, "kept/people.html", _context(request, form), status=422)


@require_POST
@allow(Policy.MEMBER)
def absence_remove(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that somebody is there after all."""
    found = get_object_or_404(Absence.objects.select_related("member"), pk=pk)
    try:
        staff.remove_absence(found, by=request.member, now=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.info(
            request,
            _("%(who)s is here %(days)s.") % {"who": found.member.first_name, "days": _span(found)},
        )
    return redirect("people")


def _context(request: KeptRequest, form: AbsenceForm) -> dict[str, object]:
    now, member = clock.now(), request.member
    house = member.organisation
    today = zones.day_of(now, house.zone)
    measured = pressure.measure(loading.load(now=now), now=now, weeks=WEEKS)
    staff_here = list(Member.objects.filter(left_at__isnull=True))
    all_skills = list(Skill.objects.all())
    names = {skill.pk: skill.name for skill in all_skills}
    skills_of: dict[int, list[str]] = defaultdict(list)
    for key, skill in MemberSkill.objects.values_list("member_id", "skill_id"):
        skills_of[key].append(names[skill])
    weekdays: dict[int, set[int]] = defaultdict(set)
    for key, weekday in WorkingTime.objects.values_list("member_id", "weekday"):
        weekdays[key].add(weekday)
    absences = list(
        Absence.objects.filter(to_on__gte=min(today, measured.mondays[0]), member__in=staff_here)
        .select_related("member")
        .order_by("from_on", "pk")
    )
    by_skill = measured.by_skill(all_skills, seen_by=member.pk)
    asked = _asked(request)
    skills = [_skill_row(row) for row in by_skill]
    tank = measured.tank(now=now)
    tight = [
        (row.skill.name, week)
        for row in by_skill
        for cell, week in zip(row.cells, measured.mondays, strict=True)
        if cell.full
    ]
    return {
        "place": "people",
        "today": today,
        "headline": _headline(len(tight), any_skills=bool(skills)),
        "lead": _lead(tight, tank),
        "weeks": [_week(monday, house) for monday in measured.mondays],
        "skills": skills,
        "team": _tank_row(_("The team"), measured.team()),
        "with_ask": None
        if asked is None
        else _tank_row(
            _("with %(what)s") % {"what": asked.what}, measured.with_load(asked.load).team()
        ),
        "own": _tank_row(_("You"), measured.of(member.pk)),
        "away": _away(staff_here, weekdays, absences, measured.mondays, house),
        "absences": [a for a in absences if a.to_on >= today],
        "staff": [(one, ", ".join(sorted(skills_of[one.pk]))) for one in staff_here],
        "span": _span,
        "form": form,
        "may_lead": member.may(Role.LEAD),
        "may_own": member.may(Role.OWNER),
    }


def _asked(request: KeptRequest) -> Checked | None:
    """The ask whose weeks are wanted, if the address names one that can be answered."""
    if not request.GET.get("what"):
        return None
    reading = ask.reading_of(request.GET, house=request.member.organisation, now=clock.now())
    if not reading.line.what or not reading.sized or reading.wrong:
        return None
    try:
        return checking.work_out(**reading.asked(), now=clock.now(), reasons=False)
    except Refused:
        return None


def _headline(tight: int, *, any_skills: bool) -> str:
    if not any_skills:
        return _("Who works here")
    if not tight:
        return _("There is room in the next eight weeks")
    said = ngettext(
        "%(count)s full spot in the next eight weeks",
        "%(count)s full spots in the next eight weeks",
        tight,
    )
    return words.capital(said % {"count": words.spelled(tight)})


def _lead(tight: Sequence[tuple[str, date]], tank: pressure.Tank) -> str:
    said = []
    if tight:
        name, monday = tight[0]
        said.append(
            _("First %(skill)s, in the week of %(day)s.")
            % {"skill": name, "day": words.short_day(monday)}
        )
    if tank.usable_hours:
        said.append(
            _(
                "The tank: %(owed)s owed in the next four weeks, of %(usable)s that the house "
                "can give."
            )
            % {"owed": words.hours(tank.owed_hours), "usable": words.hours(tank.usable_hours)}
        )
    return " ".join(said)


def _week(monday: date, house: Organisation) -> Week:
    closed = [
        words.short_weekday(day)
        for day in (monday + timedelta(days=n) for n in range(5))
        if not days.is_working_day(house, day)
    ]
    return Week(
        words.short_day(monday),
        _("closed %(days)s") % {"days": ", ".join(closed)} if closed else "",
    )


def _skill_row(row: SkillRow) -> HeatRow:
    people = ngettext("%(count)s person", "%(count)s people", row.people) % {"count": row.people}
    return HeatRow(row.skill.name, people, [_free(cell) for cell in row.cells])


def _free(cell: Cell) -> Shade:
    """Hours left where there may be a figure, else free or full."""
    if cell.free_hours is None:
        return Shade(_("full"), "4") if cell.full else Shade(_("free"), "1")
    if not cell.usable_hours:
        return Shade("–", "0")
    used = cell.share_used or 0.0
    return Shade(str(round(cell.free_hours)), "4" if cell.full else drawing.heat(min(0.99, used)))


def _tank_row(name: str, cells: Sequence[Cell]) -> HeatRow | None:
    """Load in per cent; None where the group is too small to have figures."""
    shades = []
    for cell in cells:
        used = cell.share_used
        if used is None:
            shades.append(Shade("–", "0"))
        else:
            percent = round(100 * used)
            shades.append(Shade(str(percent), "over" if used > TANK_AMBER else drawing.heat(used)))
    known = any(cell.free_hours is not None for cell in cells)
    return HeatRow(name, "", shades) if known else None


def _away(
    everybody: Sequence[Member],
    weekdays_of: Mapping[int, set[int]],
    absences: Sequence[Absence],
    mondays: Sequence[date],
    house: Organisation,
) -> list[HeatRow]:
    """A line for each person who is away or part-time within the weeks shown."""
    by_member: dict[int, list[Absence]] = defaultdict(list)
    for absence in absences:
        by_member[absence.member_id].append(absence)
    rows = []
    for member in everybody:
        weekdays = weekdays_of.get(member.pk, set())
        missing = [n for n in range(5) if n not in weekdays] if weekdays else []
        cells = []
        for monday in mondays:
            away = [
                day
                for day in (monday + timedelta(days=n) for n in range(5))
                if day.weekday() not in missing
                and days.is_working_day(house, day)
                and any(a.from_on <= day <= a.to_on for a in by_member[member.pk])
            ]
            working = [
                day
                for day in (monday + timedelta(days=n) for n in range(5))
                if day.weekday() not in missing and days.is_working_day(house, day)
            ]
            if away and len(away) == len(working):
                cells.append(Shade(_("away all week"), "away"))
            elif away:
                cells.append(Shade(_("away %(days)s") % {"days": _run(away)}, "away"))
            elif missing and len(missing) < 5:
                off = [monday + timedelta(days=n) for n in missing]
                cells.append(Shade(_("not %(days)s") % {"days": _run(off)}, "part"))
            else:
                cells.append(Shade("", ""))
        if any(shade.heat for shade in cells):
            rows.append(HeatRow(member.first_name, "", cells))
    return rows


def _run(found: Sequence[date]) -> str:
    """ "Mon–Wed" for days in a row, "Mon, Thu" for others."""
    in_a_row = all((b - a).days == 1 for a, b in pairwise(found))
    if len(found) > 2 and in_a_row:
        return f"{words.short_weekday(found[0])}–{words.short_weekday(found[-1])}"
    return ", ".join(words.short_weekday(day) for day in found)


def _span(absence: Absence) -> str:
    if absence.from_on == absence.to_on:
        return words.day(absence.from_on)
    return f"{words.day(absence.from_on)} – {words.day(absence.to_on)}"
