"""People one by one: who they are, what they can do, when they work, and how they come and go."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.jobs import work
from kept.past import own as own_work
from kept.people import capacity, inviting, places, solo, staff
from kept.people.access import Policy, allow
from kept.people.models import Absence, Member, Role, Skill, WorkingTime
from kept.tenancy.refusals import Refused
from kept.web import looking_back
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm, LongSelect, changed

STRETCHES = 2

#: A text, since browsers show times in their own language's way, not the page's.
TIMES = ("%H:%M", "%H.%M", "%H:%M:%S", "%H")


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zones.names()]


def country_choices() -> list[tuple[str, Any]]:
    return [("", gettext_lazy("none")), *places.countries().items()]


class PlaceForm(KeptForm):
    """Zone, and the place whose public holidays are kept."""

    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=zone_choices, widget=LongSelect()
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"),
        required=False,
        choices=country_choices,
        widget=LongSelect(),
    )
    region = forms.CharField(
        label=gettext_lazy("Region"),
        required=False,
        help_text=gettext_lazy("Its code, where a region has holidays of its own: BY, CAT, SCT."),
        widget=forms.TextInput(attrs={"class": "short", "list": "regions"}),
    )


class NewPersonForm(KeptForm):
    """Somebody new."""

    name = forms.CharField(label=gettext_lazy("Name"))
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Nothing is sent. You pass on the invitation yourself."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    skills = forms.CharField(
        label=gettext_lazy("Can do"),
        required=False,
        help_text=gettext_lazy("Separated by commas: design, writing."),
        widget=forms.TextInput(attrs={"list": "skills"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.MEMBER)


class PersonForm(PlaceForm):
    """What is known of a person."""

    name = forms.CharField(label=gettext_lazy("Name"))
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False, widget=forms.EmailInput())
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    does_work = forms.BooleanField(
        label=gettext_lazy("Does planned work"),
        required=False,
        help_text=gettext_lazy("Whoever does none is not planned with, and cannot own a stage."),
    )
    outside_hours = forms.FloatField(
        label=gettext_lazy("Hours a week outside kept"),
        required=False,
        help_text=gettext_lazy(
            "Meetings, support, work in other tools. Once said, it replaces the usable share."
        ),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    usable_percent = forms.FloatField(
        label=gettext_lazy("Usable share, in %"),
        required=False,
        help_text=gettext_lazy(
            "The part of the working time that goes to promised work. Empty: as the hours "
            "outside say, else as the house’s settings say."
        ),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    parallel = forms.IntegerField(
        label=gettext_lazy("Stages worked on side by side"),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )

    field_order = (
        "name", "email", "role", "zone", "country", "region", "does_work", "outside_hours",
        "usable_percent", "parallel",
    )  # fmt: skip
    fields_of_rooms: ClassVar = {"usable_share": "usable_percent"}

    def __init__(self, *args: Any, asks_role: bool, has_login: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not asks_role:
            del self.fields["role"]
        if has_login:
            del self.fields["email"]  # the address is the log-in's

    def changes(self) -> dict[str, Any]:
        said = changed(
            self, "name", "email", "role", "zone", "country", "region", "does_work",
            "outside_hours", "parallel",
        )  # fmt: skip
        percent = self.cleaned_data["usable_percent"]
        return said | {"usable_share": None if percent is None else percent / 100}


class WeekForm(KeptForm):
    """Two stretches a day; an empty day is a day off."""

    def __init__(self, *args: Any, times: Sequence[WorkingTime] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        by_day: dict[int, list[WorkingTime]] = {day: [] for day in range(7)}
        for row in times:
            by_day[row.weekday].append(row)
        self.stretches = max([STRETCHES, *(len(rows) for rows in by_day.values())])
        if self.is_bound:
            self.stretches = max(self.stretches, self._sent())
        for day in range(7):
            for place in range(self.stretches):
                known = by_day[day][place] if place < len(by_day[day]) else None
                for end, value in (
                    ("from", known.starts if known else None),
                    ("to", known.ends if known else None),
                ):
                    label = _("%(day)s, from") if end == "from" else _("%(day)s, until")
                    self.fields[f"d{day}_{place}_{end}"] = forms.TimeField(
                        required=False,
                        initial=value,
                        label=label % {"day": WEEKDAYS[day]},
                        input_formats=TIMES,
                        widget=forms.TimeInput(
                            format="%H:%M", attrs={"maxlength": "8", "autocomplete": "off"}
                        ),
                        error_messages={"invalid": _("Write a time like 09:00.")},
                    )

    def _sent(self) -> int:
        places = (name.split("_")[1] for name in self.data if name.startswith("d0_"))
        return min(10, max((int(place) + 1 for place in places if place.isdecimal()), default=0))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = self.cleaned_data
        for day in range(7):
            for place in range(self.stretches):
                starts, ends = (said.get(f"d{day}_{place}_{end}") for end in ("from", "to"))
                if (starts is None) != (ends is None):
                    empty = "from" if starts is None else "to"
                    if f"d{day}_{place}_{empty}" not in self.errors:
                        self.add_error(f"d{day}_{place}_{empty}", _("Say both ends, or neither."))
        return said

    def times(self) -> list[tuple[int, time, time]]:
        said = self.cleaned_data
        return [
            (day, said[f"d{day}_{place}_from"], said[f"d{day}_{place}_to"])
            for day in range(7)
            for place in range(self.stretches)
            if said.get(f"d{day}_{place}_from") is not None
        ]

    def rows(self) -> Iterator[tuple[str, list[tuple[BoundField, BoundField]], list[str]]]:
        """Yield each day's name, its pairs of fields, and what is wrong with them."""
        for day in range(7):
            pairs = [
                (self[f"d{day}_{place}_from"], self[f"d{day}_{place}_to"])
                for place in range(self.stretches)
            ]
            wrong = [str(error) for pair in pairs for field in pair for error in field.errors]
            yield str(WEEKDAYS[day]), pairs, wrong


class AbsenceForm(KeptForm):
    """Whole days, both included."""

    from_on = forms.DateField(
        label=gettext_lazy("First day away"), widget=forms.DateInput(attrs={"type": "date"})
    )
    to_on = forms.DateField(
        label=gettext_lazy("Last day away"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class SkillsForm(KeptForm):
    """All that a person can do."""

    skills = forms.CharField(
        label=gettext_lazy("Can do"),
        required=False,
        help_text=gettext_lazy("Separated by commas. A new word is a new skill of the house."),
        widget=forms.TextInput(attrs={"list": "skills"}),
    )


@allow(Policy.MEMBER)
def everybody(request: KeptRequest) -> HttpResponse:
    """List who is here, with role and skills."""
    people = list(
        Member.objects.filter(left_at__isnull=True).prefetch_related("member_skills__skill")
    )
    context = {
        "place": "people",
        "people": people,
        "gone": Member.objects.filter(left_at__isnull=False),
        "solo": len(people) == 1,
        "may_add": request.member.may(Role.OWNER),
    }
    return render(request, "kept/staff/everybody.html", context)


@allow(Policy.OWNER)
def person_new(request: KeptRequest) -> HttpResponse:
    """Add somebody."""
    form = NewPersonForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            member = staff.add_member(
                name=said["name"],
                email=said["email"],
                role=Role(said["role"]),
                skills=_names(said["skills"]),
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(
                request,
                _("%(name)s is here, with the usual week. An invitation gives them a log-in.")
                % {"name": member.name},
            )
            return redirect("person", member.pk)
    context = {"place": "people", "form": form, "skills": Skill.objects.all()}
    return render(request, "kept/staff/new.html", context, status=form.status)


@allow(Policy.MEMBER)
def person(request: KeptRequest, pk: int) -> HttpResponse:
    """Show a person; their own page and an owner's can be filled in."""
    member = _find(pk)
    if request.method != "POST":
        return _page(request, member)
    form = _person_form(request, member, request.POST)
    if form.is_valid():
        try:
            staff.change_member(member, by=request.member, now=clock.now(), **form.changes())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept. Dates that depend on it are computed anew."))
            return redirect("person", pk)
    return _page(request, member, details=form)


@require_POST
@allow(Policy.MEMBER)
def person_skills(request: KeptRequest, pk: int) -> HttpResponse:
    """Say what a person can do."""
    member = _find(pk)
    form = SkillsForm(request.POST)
    if form.is_valid():
        try:
            staff.set_skills(
                member, _names(form.cleaned_data["skills"]), by=request.member, now=clock.now()
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect(_at(pk, "skills"))
    return _page(request, member, skills_form=form)


@require_POST
@allow(Policy.MEMBER)
def person_week(request: KeptRequest, pk: int) -> HttpResponse:
    """Say when a person works."""
    member = _find(pk)
    form = WeekForm(request.POST)
    if form.is_valid():
        try:
            staff.set_week(member, form.times(), by=request.member, now=clock.now())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept. Dates that depend on it are computed anew."))
            return redirect(_at(pk, "week"))
    return _page(request, member, week=form)


@require_POST
@allow(Policy.MEMBER)
def absence_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that a person is away."""
    member = _find(pk)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            staff.add_absence(
                member,
                said["from_on"],
                said["to_on"] or said["from_on"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect(_at(pk, "away"))
    return _page(request, member, away=form)


@require_POST
@allow(Policy.MEMBER)
def absence_remove(request: KeptRequest, pk: int, absence: int) -> HttpResponse:
    """Say that a person is there after all."""
    found = get_object_or_404(Absence.objects.select_related("member"), pk=absence, member=pk)
    try:
        staff.remove_absence(found, by=request.member, now=clock.now())
    except Refused as refused:
        return _page(request, found.member, refusal=refused)
    return redirect(_at(pk, "away"))


@never_cache
@require_POST
@allow(Policy.OWNER)
def person_invite(request: KeptRequest, pk: int) -> HttpResponse:
    """Make the link that somebody joins by, and show it once."""
    member = _find(pk)
    try:
        invitation, secret = inviting.invite(member, by=request.member, now=clock.now())
    except Refused as refused:
        return _page(request, member, refusal=refused)
    link = request.build_absolute_uri(reverse("join", args=[secret]))
    return _page(request, member, invitation=invitation, link=link)


@allow(Policy.MEMBER)
def person_leave(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask twice, then note that somebody has left."""
    member = _find(pk)
    if request.method == "POST":
        try:
            handed_back = work.leave(member, by=request.member, now=clock.now())
        except Refused as refused:
            return _page(request, member, refusal=refused)
        count = len(handed_back)
        messages.info(
            request,
            _("%(name)s has left.") % {"name": member.name}
            + (
                " "
                + ngettext(
                    "%(count)s stage has no owner now.",
                    "%(count)s stages have no owner now.",
                    count,
                )
                % {"count": count}
                if count
                else ""
            ),
        )
        return redirect("today" if member.pk == request.member.pk else "everybody")
    context = {
        "place": "people",
        "person": member,
        "own": member.pk == request.member.pk,
        "owned": member.owned_stages.exclude(state="done").select_related("job"),
    }
    return render(request, "kept/staff/leave.html", context)


def _page(
    request: KeptRequest,
    member: Member,
    *,
    details: PersonForm | None = None,
    skills_form: SkillsForm | None = None,
    week: WeekForm | None = None,
    away: AbsenceForm | None = None,
    refusal: Refused | None = None,
    **more: object,
) -> HttpResponse:
    now = clock.now()
    today = zones.day_of(now, member.zone)
    times = list(member.working_times.order_by("weekday", "starts"))
    had = [row.skill.name for row in member.member_skills.select_related("skill")]
    own = member.pk == request.member.pk
    bias = own_work.bias(request.member, now=now) if own else None
    may_edit = member.left_at is None and (own or request.member.may(Role.OWNER))
    context: dict[str, object] = {
        "place": "people",
        "person": member,
        "own": own,
        "own_estimates": None if bias is None else looking_back.own(bias),
        "may_edit": may_edit,
        "may_absent": member.left_at is None and (own or request.member.may(Role.LEAD)),
        "may_invite": member.login_id is None
        and member.left_at is None
        and request.member.may(Role.OWNER),
        "solo": solo.is_solo(request.member.organisation),
        "today": today,
        "hours": capacity.hours_of(times),
        "share": capacity.usable_share(member) if may_edit else None,
        "week_rows": _week_rows(times),
        "had": had,
        "absences": member.absences.filter(to_on__gte=today),
        "holidays": _coming_holidays(member, today),
        "skills": Skill.objects.all(),
        "regions": places.regions(member.country),
        "skills_form": skills_form or SkillsForm(initial={"skills": ", ".join(had)}),
        "week": week or WeekForm(times=times),
        "away": away or AbsenceForm(),
        "refusal": refusal,
        **more,
    }
    if may_edit:
        context["details"] = details or _person_form(request, member)
    bound = [form for form in (details, skills_form, week, away) if form is not None]
    status = max([200, *(form.status for form in bound)])
    if refusal is not None:
        status = STATUS[refusal.kind]
    return render(request, "kept/staff/person.html", context, status=status)


def _person_form(
    request: KeptRequest, member: Member, sent: Mapping[str, Any] | None = None
) -> PersonForm:
    share = member.usable_share
    return PersonForm(
        sent,
        asks_role=request.member.may(Role.OWNER) and not solo.is_solo(request.member.organisation),
        has_login=member.login_id is not None,
        initial={
            "name": member.name,
            "email": member.email,
            "role": member.role,
            "zone": member.zone,
            "country": member.country,
            "region": member.region,
            "does_work": member.does_work,
            "outside_hours": member.outside_hours,
            "usable_percent": None if share is None else f"{share * 100:g}",
            "parallel": member.parallel,
        },
    )


def _week_rows(times: Sequence[WorkingTime]) -> list[tuple[str, str]]:
    """A week in words, day by day; days off are left out."""
    by_day: dict[int, list[str]] = {}
    for row in times:
        by_day.setdefault(row.weekday, []).append(f"{row.starts:%H:%M}–{row.ends:%H:%M}")
    return [(str(WEEKDAYS[day]), words.listed(said)) for day, said in by_day.items()]


def _coming_holidays(member: Member, today: Any) -> list[tuple[Any, str]]:
    known = capacity.holidays(member.country, member.region, (today.year, today.year + 1))
    return [(day, name) for day, name in known.items() if day >= today][:6]


def _find(pk: int) -> Member:
    return get_object_or_404(Member.objects.all(), pk=pk)


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


def _at(pk: int, part: str) -> str:
    return f"{reverse('person', args=[pk])}#{part}"
