"""What one client hired us for: core services, standing promises, and how the core stands."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.asks import core as health
from kept.clients import core as cores
from kept.clients import keeping
from kept.clients.models import Client, Contact, CoreService, CoreWord, Service
from kept.engine import calibration
from kept.people.access import Policy, allow
from kept.people.models import Member, Role
from kept.promises import occurring, repeating
from kept.promises.models import Occurrence, StandingPromise
from kept.tenancy.refusals import Refused
from kept.web import desk_drawing
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.pages.acts.acting import choose_from
from kept.web.pages.acts.telling import contact_of, people_there

RULES = [
    ("FREQ=WEEKLY;BYDAY=MO", gettext_lazy("every Monday")),
    ("FREQ=WEEKLY;BYDAY=FR", gettext_lazy("every Friday")),
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", gettext_lazy("every weekday")),
    ("FREQ=DAILY", gettext_lazy("every day")),
    ("FREQ=MONTHLY;BYMONTHDAY=1", gettext_lazy("on the first of every month")),
    ("", gettext_lazy("another rule, below")),
]
GAPS = [
    (StandingPromise.Gap.REFUSE.value, gettext_lazy("refuse it")),
    (StandingPromise.Gap.AFTER.value, StandingPromise.Gap.AFTER.label),
    (StandingPromise.Gap.BEFORE.value, StandingPromise.Gap.BEFORE.label),
]
#: Occurrences are looked at so far back, and so many that wait for a word are listed.
YEAR = timedelta(days=365)
WAITING_SHOWN = 10


def _services() -> list[tuple[str, str]]:
    rows = Service.objects.filter(archived_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in rows)]


def _owners() -> list[tuple[str, str]]:
    rows = Member.objects.filter(left_at__isnull=True).exclude(role=Role.GUEST)
    return [("", "—"), *((str(row.pk), row.name) for row in rows)]


class StandingForm(KeptForm):
    """A promise that recurs."""

    fields_of_rooms = {"rule": "other_rule"}  # noqa: RUF012 - Django's forms copy it

    what = forms.CharField(label=gettext_lazy("What is promised"), max_length=200)
    rule = forms.ChoiceField(label=gettext_lazy("When"), choices=RULES, required=False)
    other_rule = forms.CharField(
        label=gettext_lazy("Another rule"),
        max_length=300,
        required=False,
        help_text="FREQ=MONTHLY;BYDAY=-1FR",
    )
    due_time = forms.TimeField(
        label=gettext_lazy("By"), widget=forms.TimeInput(attrs={"type": "time"})
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    service = forms.ChoiceField(
        label=gettext_lazy("It belongs to"), choices=_services, required=False
    )
    owner = forms.ChoiceField(label=gettext_lazy("Who sees to it"), choices=_owners, required=False)
    contact_id = forms.ChoiceField(label=gettext_lazy("Who reads it by link"), required=False)
    in_a_gap = forms.ChoiceField(
        label=gettext_lazy("Where the clocks go forward over it"),
        choices=GAPS,
        required=False,
    )

    def __init__(self, *args: Any, client: Client, **options: Any) -> None:
        super().__init__(*args, **options)
        choose_from(self, "contact_id", _people(client))


class StandingReaderForm(KeptForm):
    """Who at the client reads a standing promise: somebody known, somebody new, or nobody."""

    contact_id = forms.ChoiceField(label=gettext_lazy("Who reads it by link"), required=False)
    name = forms.CharField(
        label=gettext_lazy("or somebody new: their name"), required=False, max_length=120
    )
    email = forms.EmailField(label=gettext_lazy("and address"), required=False)

    def __init__(self, *args: Any, standing: StandingPromise, **options: Any) -> None:
        super().__init__(*args, **options)
        choose_from(self, "contact_id", _people(standing.client))
        if standing.contact is not None:
            self.fields["contact_id"].initial = standing.contact.pk


def _people(client: Client) -> list[tuple[Any, str]]:
    return [("", _("nobody yet")), *people_there(client)]


@allow(Policy.MEMBER)
def client_core(request: KeptRequest, pk: int) -> HttpResponse:
    """Show how a client's core stands, and what recurs; a member promises something that does."""
    found = get_object_or_404(Client.objects.all(), pk=pk)
    form = StandingForm(request.POST if request.method == "POST" else None, client=found)
    if request.method == "POST" and form.is_valid():
        try:
            _make(request, found, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("client_core", pk)
    return _page(request, found, form=form if request.method == "POST" else None)


@require_POST
@allow(Policy.LEAD)
def core_name(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that a client hired us for a service."""
    found = get_object_or_404(Client.objects.all(), pk=pk)
    service = get_object_or_404(Service.objects.all(), pk=_number(request.POST.get("service")))
    return _do(request, found, cores.name, found, service)


@require_POST
@allow(Policy.LEAD)
def core_end(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that a service is not core any more."""
    row = get_object_or_404(CoreService.objects.select_related("client"), pk=pk)
    return _do(request, row.client, cores.end, row)


@require_POST
@allow(Policy.MEMBER)
def core_say(request: KeptRequest, pk: int) -> HttpResponse:
    """Say how the core stands where too little is known."""
    found = get_object_or_404(Client.objects.all(), pk=pk)
    said = request.POST
    return _do(request, found, health.say, found, said.get("health", ""), why=said.get("why", ""))


@require_POST
@allow(Policy.MEMBER)
def standing_end(request: KeptRequest, pk: int) -> HttpResponse:
    """End a standing promise."""
    row = get_object_or_404(StandingPromise.objects.select_related("client"), pk=pk)
    return _do(request, row.client, occurring.end, row, word=request.POST.get("word", ""))


@allow(Policy.MEMBER)
def standing_reader(request: KeptRequest, pk: int) -> HttpResponse:
    """Name who at the client reads a standing promise by link."""
    rows = StandingPromise.objects.select_related("client", "contact")
    row = get_object_or_404(rows, pk=pk)
    form = StandingReaderForm(request.POST if request.method == "POST" else None, standing=row)
    if request.method == "POST" and form.is_valid():
        try:
            contact = _name_reader(request, row, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            if contact is None:
                messages.info(request, _("Nobody there reads it by link."))
            else:
                messages.info(
                    request,
                    _("%(name)s reads it by link. The next letter brings the link.")
                    % {"name": contact.name},
                )
            return redirect("client_core", row.client_id)
    context = {
        "place": "clients",
        "client": row.client,
        "row": row,
        "when": repeating.in_words(row.rule, row.due_time),
        "form": form,
    }
    return render(request, "kept/clients/standing_reader.html", context, status=form.status)


@require_POST
@allow(Policy.MEMBER)
def occurrence(request: KeptRequest, pk: int) -> HttpResponse:
    """Note what became of one occurrence: done, done short, let off, or not noted after all."""
    row = get_object_or_404(Occurrence.objects.select_related("standing__client"), pk=pk)
    answer = request.POST.get("answer", "")
    verb: Any = {"release": occurring.release, "reopen": occurring.reopen}.get(
        answer, occurring.done
    )
    said: dict[str, Any] = {"short": answer == "short"} if verb is occurring.done else {}
    done = _do(request, row.standing.client, verb, row, **said)
    back = request.POST.get("back") == "today" and done.status_code == 302
    return redirect("today") if back else done


def _make(request: KeptRequest, found: Client, form: StandingForm) -> StandingPromise:
    said = form.cleaned_data
    return occurring.make(
        client=found,
        what=said["what"],
        rule=said["other_rule"] or said["rule"],
        due_time=said["due_time"],
        starts_on=said["starts_on"],
        service=Service.objects.filter(pk=_number(said["service"])).first(),
        owner=Member.objects.filter(pk=_number(said["owner"])).first(),
        contact=contact_of(found, said["contact_id"]),
        in_a_gap=said["in_a_gap"] or StandingPromise.Gap.REFUSE,
        by=request.member,
        now=clock.now(),
    )


def _name_reader(
    request: KeptRequest, row: StandingPromise, form: StandingReaderForm
) -> Contact | None:
    said, by, now = form.cleaned_data, request.member, clock.now()
    with transaction.atomic():  # a refusal leaves nobody new behind
        contact = contact_of(row.client, said["contact_id"])
        if said["name"] or said["email"]:
            contact = keeping.add_contact(
                row.client, name=said["name"], email=said["email"], by=by, now=now
            )
        occurring.name_reader(row, contact, by=by, now=now)
    return contact


def _do(request: KeptRequest, client: Client, verb: Any, *about: Any, **said: Any) -> HttpResponse:
    try:
        verb(*about, by=request.member, now=clock.now(), **said)
    except Refused as refused:
        return _page(request, client, refusal=refused)
    return redirect("client_core", client.pk)


def _page(
    request: KeptRequest,
    found: Client,
    *,
    form: StandingForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    now = clock.now()
    read = health.health(found, now=now)
    context = {
        "place": "clients",
        "today": zones.day_of(now, found.zone),
        "client": found,
        "read": read,
        "low": "" if read.low is None else words.percent(read.low),
        "streak": _streak(read),
        "chart": _chart(found, now=now),
        "core": cores.of(found),
        "services": Service.objects.filter(archived_at__isnull=True),
        "words": CoreWord.Health.choices,
        "standing": _standing(found, now=now),
        "form": form
        or StandingForm(client=found, initial={"due_time": "10:00", "rule": RULES[0][0]}),
        "may": request.member.may(Role.LEAD),
        "refusal": refusal,
    }
    status = form.status if form is not None else 200
    if refusal is not None:
        status = STATUS[refusal.kind]
    return render(request, "kept/clients/core.html", context, status=status)


def _standing(found: Client, *, now: datetime) -> list[dict[str, Any]]:
    """Return what recurs for a client, each with its figure of the last year and what waits."""
    every: dict[int, list[Occurrence]] = defaultdict(list)
    lately = Occurrence.objects.filter(
        standing__client=found, due_at__gt=now - YEAR, due_at__lte=now + occurring.AHEAD
    )
    for one in lately.select_related("standing").order_by("due_at", "pk"):
        every[one.standing_id].append(one)
    rows = StandingPromise.objects.filter(client=found).select_related(
        "owner", "service", "contact"
    )
    # What has ended and had nothing fall due in a year is history.
    shown = [row for row in rows if row.ended_at is None or every[row.pk]]
    return [_shown(row, every[row.pk], now=now) for row in shown]


def _shown(row: StandingPromise, every: list[Occurrence], *, now: datetime) -> dict[str, Any]:
    today = zones.day_of(now, row.zone)
    waiting = [
        (one, judged.word)
        for one, judged in ((one, occurring.outcome(one, now=now)) for one in every)
        if judged.open and zones.day_of(one.due_at, row.zone) <= today
    ]
    return {
        "row": row,
        "when": repeating.in_words(row.rule, row.due_time),
        "figure": occurring.figure(every, now=now),
        "waiting": waiting[-WAITING_SHOWN:],
        "more": max(0, len(waiting) - WAITING_SHOWN),
        "next": next((one for one in every if one.due_at > now and _to_come(one)), None),
    }


def _to_come(one: Occurrence) -> bool:
    """Say whether nobody noted it yet: what is done early is not to come."""
    return one.done_at is None and one.released_at is None


def _streak(read: health.Health) -> SafeString | None:
    if not read.marks:
        return None
    return desk_drawing.streak(
        [mark.word for mark in read.marks],
        sentence=_("The last %(of)s of the core, oldest first: %(kept)s kept.")
        % {"of": read.of, "kept": read.kept},
    )


def _chart(found: Client, *, now: datetime) -> SafeString | None:
    """Draw the share kept month by month, within what chance alone does; None below five."""
    months: dict[date, list[bool]] = defaultdict(list)
    for mark in health.history(found, now=now):
        months[zones.day_of(mark.due_at, found.zone).replace(day=1)].append(mark.kept)
    if sum(len(kept) for kept in months.values()) < health.ENOUGH or len(months) < 2:
        return None
    shown = sorted(months)[-12:]
    sizes = [len(months[month]) for month in shown]
    kept = [sum(months[month]) for month in shown]
    mean = sum(kept) / sum(sizes)
    limits = calibration.control_limits(mean, sizes)
    return desk_drawing.control_chart(
        [good / size for good, size in zip(kept, sizes, strict=True)],
        [(float(low), float(high)) for low, high in limits],
        [words.month_letter(month) for month in shown],
        mean=mean,
        sentence=_("Kept month by month, on average %(mean)s; dotted, what chance alone does.")
        % {"mean": words.share(mean)},
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0
