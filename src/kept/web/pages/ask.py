"""Ask: one line in; out comes what can be promised, by when, and who pays for that yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.clients.models import Client, Service
from kept.jobs import lines
from kept.jobs.lines import Effort, Line, Vague
from kept.people import days
from kept.people.access import Policy, allow
from kept.people.models import Role, Skill
from kept.quotes import checking, choosing, offering, wording
from kept.quotes.asking import Change
from kept.quotes.checked import Checked
from kept.quotes.ways import Kind
from kept.tenancy import given
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused
from kept.web import example_lines, lookalikes
from kept.web.doorkeeper import KeptRequest
from kept.web.saying import Saying


class AskForm(forms.Form):
    """The line, and what was corrected in the chips below it.

    `was` is the line that the chips were read from: a chip that still says what was read from
    it then is read anew from the line as it is now, so that retyping the line is enough.
    """

    what = forms.CharField(required=False, max_length=300, strip=True)
    was = forms.CharField(required=False, max_length=300, strip=True)
    client = forms.CharField(required=False, max_length=160)
    size = forms.CharField(required=False, max_length=60)
    service = forms.CharField(required=False, max_length=20)
    skill = forms.CharField(required=False, max_length=20)
    wanted = forms.CharField(required=False, max_length=60)
    at = forms.CharField(required=False, max_length=8)
    sure = forms.CharField(required=False, max_length=8)


@dataclass(frozen=True)
class Chips:
    """What is known of the ask, in the form in which a person corrects it."""

    client: str
    size: str
    service: str
    skill: str
    wanted: str
    at: str
    sure: str = ""


@dataclass(frozen=True)
class Reading:
    """An ask as the page understands it."""

    line: Line[Any, Any]
    chips: Chips
    client: Client | None
    service: Service | None
    skill: Skill | None
    effort: Effort | None
    wanted_at: datetime | None
    zone: str
    confidence: float | None
    wrong: dict[str, str]
    clients: list[Any]
    services: list[Any]

    @property
    def sized(self) -> bool:
        return self.effort is not None or self.service is not None

    def asked(self) -> dict[str, Any]:
        """What the room is asked, by the names it has there."""
        return {
            "what": self.line.what,
            "size": self.effort,
            "skill": self.skill.name if self.skill else None,
            "client": self.client,
            "client_name": self.chips.client,
            "service": self.service,
            "wanted_at": self.wanted_at,
            "confidence": self.confidence,
        }


@dataclass(frozen=True)
class Chosen:
    """The offer that was chosen: its date, and what it changes of the ask."""

    due_at: datetime
    change: Change
    overtime: bool

    @classmethod
    def read(cls, said: str) -> "Chosen | None":
        """Read what an offer's radio button says; None where no offer was chosen.

        Raises:
            Refused: it says what no offer does.
        """
        moment, _space, more = said.strip().partition(" ")
        due_at = _moment(moment)
        if due_at is None:
            return None
        overtime = more == str(Kind.OVERTIME)
        return cls(due_at, Change() if overtime else Change.read(more), overtime)


@allow(Policy.MEMBER)
def ask(request: KeptRequest) -> HttpResponse:
    """Answer while it is typed; nothing is stored and nothing is reserved."""
    return _answer(request, AskForm(request.GET))


@require_POST
@allow(Policy.MEMBER)
def hold(request: KeptRequest) -> HttpResponse:
    """Keep the answer, and reserve the capacity that the chosen date needs."""
    form = AskForm(request.POST)
    now, member = clock.now(), request.member
    reading = _read(form, member.organisation, now)
    client = reading.client
    refusal: Refused | None = None
    try:
        chosen = Chosen.read(request.POST.get("due_at", ""))
        if chosen is None:
            raise Refused(_("Choose one of the dates first. Nothing was reserved."), field="due_at")
        given.day(chosen.due_at.date(), called=_("The date to hold"), field="due_at")
        if client is None and not reading.chips.client:
            raise Refused(
                _("Say for whom: a hold belongs to a client. Nothing was reserved."), field="client"
            )
        if chosen.overtime and not request.POST.get("team_yes"):
            raise Refused(
                _("Overtime needs the team’s yes: ask them first. Nothing was reserved."),
                field="team_yes",
            )
        checked = checking.check(**reading.asked(), change=chosen.change, by=member, now=now)
        assert checked.answer is not None
        reason = request.POST.get("risk_reason", "").strip()
        if chosen.overtime and not reason:
            reason = _("The team said yes to up to %(hours)s of overtime.") % {
                "hours": words.hours(checked.overtime_hours or 0.0)
            }
        quote = offering.hold(
            answer=checked.answer,
            due_at=chosen.due_at,
            by=member,
            now=now,
            risk_reason=reason,
        )
    except Refused as found:
        refusal = found
    else:
        messages.info(
            request,
            _("Held until %(moment)s. Nothing is promised until the client accepts.")
            % {"moment": words.moment(quote.expires_at, member.organisation.zone)},
        )
        also = _moments(request.POST.getlist("also"))
        for due_at, why in choosing.add_each(quote, also, by=member, now=now):
            messages.warning(
                request,
                _("They cannot choose %(day)s: %(why)s")
                % {"day": words.day(zones.day_of(due_at, quote.zone)), "why": why.sentence},
            )
        return redirect("quote", quote.pk)
    return _answer(request, form, refusal=refusal)


def _answer(request: KeptRequest, form: AskForm, *, refusal: Refused | None = None) -> HttpResponse:
    """Show the answer: its dates at once where scripts fetch the reasons, else all of it."""
    now, house = clock.now(), request.member.organisation
    reading = _read(form, house, now)
    checked: Checked | None = None
    problem: Refused | None = None
    swapped = bool(request.headers.get("HX-Request"))
    # Where scripts run, and ask.js says so, they fetch what is missing into the page.
    scripted = swapped or request.COOKIES.get("scripts") == "on"
    whole = not scripted or refusal is not None or "whole" in request.GET
    if reading.line.what and reading.sized and not reading.wrong:
        try:
            checked = checking.work_out(**reading.asked(), now=now, reasons=whole)
        except Refused as found:
            problem = found
    today = zones.day_of(now, house.zone)
    say = Saying(checked, house=house, today=today) if checked else None
    chosen = request.POST.get("due_at") or request.GET.get("due_at")
    if say is None or chosen not in [offer.value for offer in say.offers()]:
        chosen = None
    ticked = _moments(request.POST.getlist("also") or request.GET.getlist("also"))
    asked = request.GET.copy()
    for name in ("whole", "due_at", "also"):
        asked.pop(name, None)
    weeks = f"{reverse('people')}?{asked.urlencode()}" if asked else ""
    asked["whole"] = "1"
    context = {
        "place": "ask",
        "today": today,
        "what": form["what"].value() or "",
        "reading": reading,
        "chips": reading.chips,
        "vague": [wording.vagueness(v) for v in reading.line.vague if _matters(v.kind, reading)],
        "clients": [client.name for client in reading.clients],
        "services": reading.services,
        "examples": []
        if form["what"].value()
        else example_lines.for_house(
            house, clients=reading.clients, services=reading.services, now=now
        ),
        "skills": Skill.objects.all(),
        "checked": checked,
        "say": say,
        "problem": problem,
        "refusal": refusal,
        "chosen": chosen,
        "also": [(later, later.due_at in ticked) for later in say.later_days()] if say else [],
        "most": choosing.MOST,
        "sure": reading.confidence or house.asked_confidence,
        "rest": f"{reverse('ask')}?{asked.urlencode()}",
        "weeks": weeks,
        "lookalikes": lookalikes.of_ask(checked, now=now) if checked and checked.reasons else None,
        "may_sign": request.member.may(Role.LEAD),
        "expires": offering.expiry(house, now=now) if checked else None,
    }
    status = 200
    if refusal is not None:
        status = {"conflict": 409, "not_allowed": 403, "not_found": 404}.get(refusal.kind, 422)
    page = "kept/ask.html"
    if swapped:
        page = "kept/ask/_answer.html" if "whole" in request.GET else "kept/ask/_swapped.html"
    return render(request, page, context, status=status)


def _matters(kind: Vague, reading: Reading) -> bool:
    """A gap in the line that a chip has closed is none."""
    if kind in (Vague.NO_CLIENT, Vague.SEVERAL_CLIENTS):
        return reading.client is None and not reading.chips.client
    if kind in (Vague.NO_DATE, Vague.NO_SUCH_DAY):
        return reading.wanted_at is None
    return kind is not Vague.NO_SUCH_SIZE  # the chip says it


# ----- Reading -----------------------------------------------------------------------------------


def reading_of(said: QueryDict, *, house: Organisation, now: datetime) -> Reading:
    """Read an ask from the address of its page."""
    return _read(AskForm(said), house, now)


def _read(form: AskForm, house: Organisation, now: datetime) -> Reading:
    form.is_valid()
    said = {name: str(form.cleaned_data.get(name) or "").replace("\0", "") for name in form.fields}
    clients: list[Any] = list(Client.objects.filter(archived_at__isnull=True))
    services: list[Any] = list(
        Service.objects.filter(archived_at__isnull=True).prefetch_related("stages")
    )

    def read(text: str) -> Line[Any, Any]:
        return lines.read(text, now=now, zone=house.zone, clients=clients, services=services)

    line = read(said["what"])
    before = read(said["was"]) if said["was"] and said["was"] != said["what"] else line
    old, new = _chips(before), _chips(line)
    chips = Chips(
        **{
            name: new_value
            if name not in form.data or said[name] == getattr(old, name)
            else said[name]
            for name, new_value in vars(new).items()
        }
    )
    wrong = {name: str(errors[0]) for name, errors in form.errors.items()}
    client = next((c for c in clients if c.name.casefold() == chips.client.casefold()), None)
    zone = client.zone if client else house.zone
    effort = lines.size(chips.size) if chips.size else None
    if chips.size and effort is None:
        wrong["size"] = _("“%(size)s” is not a size. Write hours or days: 24h, 16-40h, 2 days.") % {
            "size": chips.size
        }
    service = next((s for s in services if str(s.pk) == chips.service), None)
    skill = None
    if chips.skill.isdecimal():
        skill = Skill.objects.filter(pk=int(chips.skill)).first()
    return Reading(
        line=line,
        chips=chips,
        client=client,
        service=service,
        skill=skill,
        effort=effort,
        wanted_at=_wanted_at(chips, house=house, zone=zone, now=now, wrong=wrong),
        zone=zone,
        confidence=_sure(chips, wrong),
        wrong=wrong,
        clients=clients,
        services=services,
    )


def _chips(line: Line[Any, Any]) -> Chips:
    no_size = next((gap.words for gap in line.vague if gap.kind is Vague.NO_SUCH_SIZE), "")
    return Chips(
        client=line.client.name if line.client else line.client_name,
        size=_size(line.effort) or no_size,
        service=str(line.service.pk) if line.service else "",
        skill="",
        wanted=line.wanted_on.isoformat() if line.wanted_on else "",
        at=f"{line.wanted_time:%H:%M}" if line.wanted_time else "",
    )


def _size(effort: Effort | None) -> str:
    """A size as a person writes it: "30-46 h"."""
    if effort is None:
        return ""
    said = [effort.low_hours, effort.likely_hours, effort.high_hours]
    if effort.low_hours is None:
        said = [effort.likely_hours]
    elif round((effort.low_hours * (effort.high_hours or 0)) ** 0.5, 2) == effort.likely_hours:
        said = [effort.low_hours, effort.high_hours]
    return "-".join(f"{hours:g}" for hours in said if hours is not None) + " h"


def _sure(chips: Chips, wrong: dict[str, str]) -> float | None:
    said = chips.sure.replace("%", "").strip()
    if not said:
        return None
    if said.isdecimal() and checking.LEAST_SURE <= int(said) / 100 <= checking.MOST_SURE:
        return int(said) / 100
    wrong["sure"] = _("“%(sure)s” is not how sure one can be. Say 50 to 99 %%.") % {
        "sure": chips.sure
    }
    return None


def _wanted_at(
    chips: Chips, *, house: Organisation, zone: str, now: datetime, wrong: dict[str, str]
) -> datetime | None:
    if not chips.wanted:
        return None
    wanted_on = lines.day(chips.wanted, today=zones.day_of(now, zone))
    if wanted_on is None:
        wrong["wanted"] = _("“%(day)s” is not a day. Write one like Fri 18 Dec.") % {
            "day": chips.wanted
        }
        return None
    try:
        wanted_on = given.day(wanted_on, called=_("The wanted day"), field="wanted")
        if chips.at:
            return zones.moment(wanted_on, time.fromisoformat(chips.at), zone)
        return days.end_of(wanted_on, zone=zone, house=house)
    except zones.NoSuchLocalTime:
        wrong["wanted"] = _("%(day)s has no %(time)s there: the clocks go forward.") % {
            "day": words.day(wanted_on),
            "time": chips.at,
        }
    except ValueError:
        wrong["wanted"] = _("“%(time)s” is not a time of day. Write one like 17:00.") % {
            "time": chips.at
        }
    except Refused as refusal:
        wrong["wanted"] = refusal.sentence
    return None


def _moments(said: Sequence[str]) -> list[datetime]:
    return [moment for moment in map(_moment, said) if moment is not None]


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
