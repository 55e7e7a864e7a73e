"""One alarm, and what can be said to it: from inside, and by the link in a message.

Opening the page changes nothing: programs that scan mail open links too. Only
a button, which posts, does.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kept import clock, words, zones
from kept.last_mile import answering, board, envelopes, notices, wording
from kept.last_mile.models import Alarm, AlarmAnswer, Notice
from kept.people import days, throttle
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.tenancy import given, scope
from kept.tenancy.refusals import NotFound, Refused
from kept.web import last_mile_telling as told
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm
from kept.web.pages.staff import TIMES


class AnswerForm(KeptForm):
    """Done by, blocked by, or help: what, and by when."""

    fields_of_rooms = {"due_at": "on"}  # noqa: RUF012 - Django's forms copy it

    kind = forms.ChoiceField(
        label=gettext_lazy("What can you say?"),
        choices=[
            (AlarmAnswer.Kind.DONE_BY, gettext_lazy("It is done by …")),
            (AlarmAnswer.Kind.BLOCKED_BY, gettext_lazy("I am blocked by …")),
            (AlarmAnswer.Kind.NEED_HELP, gettext_lazy("I need help with …")),
        ],
        initial=AlarmAnswer.Kind.DONE_BY,
        widget=forms.RadioSelect(),
    )
    words = forms.CharField(
        label=gettext_lazy("By what, or with what"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("May stay empty if it is done by then."),
    )
    on = forms.DateField(label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.TimeField(
        label=gettext_lazy("at"),
        input_formats=TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )


@dataclass(frozen=True)
class Visit:
    """Who answers, from where, and when."""

    member: Member
    now: datetime
    notice: Notice | None = None

    @property
    def token(self) -> str:
        return "" if self.notice is None else notices.token_of(self.notice)


class NotYours(NotFound):
    """The link, or the alarm, is not there for whoever asks."""


@require_http_methods(["GET", "POST"])
@allow(Policy.MEMBER)
def alarm(request: KeptRequest, pk: int) -> HttpResponse:
    """Show one alarm; acknowledge, answer, or close it."""
    found = get_object_or_404(_rows(), pk=pk)
    return _page(request, found, Visit(request.member, clock.now()))


def by_notice(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let somebody in by the link of a notice, as its receiver and for its alarm alone."""

    @functools.wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        now = clock.now()
        try:
            with throttle.looking(throttle.address_of(request), now=now):
                notice = _found(token, now)
        except NotYours:
            return _secret(render(request, "portal/gone.html", status=404))
        with scope.acting_in(notice.organisation):
            return _secret(view(request, notice, Visit(notice.member, now, notice)))

    return allow(Policy.LINK)(require_http_methods(["GET", "POST"])(csrf_exempt(answer)))


@by_notice
def by_link(request: HttpRequest, notice: Notice, visit: Visit) -> HttpResponse:
    """Show the alarm of a message, and take an answer, without a log-in."""
    return _page(request, _rows().get(pk=notice.alarm_id), visit)


def _found(token: str, now: datetime) -> Notice:
    notice = notices.find(token, now=now)
    if notice is None:
        raise NotYours(_("This link does not open anything any more."))
    return notice


def _secret(response: HttpResponse) -> HttpResponse:
    """Let neither caches nor other sites learn the address."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _rows() -> Any:
    return Alarm.objects.select_related(
        "organisation", "asked", "promise__job", "promise__client", "promise__last_mile_owner",
        "stage", "raised_by",
    )  # fmt: skip


def _page(request: HttpRequest, found: Alarm, visit: Visit) -> HttpResponse:
    form = AnswerForm(initial=_initial(visit))
    refusal = None
    if request.method == "POST":
        try:
            form = AnswerForm(request.POST) if request.POST.get("act") == "answer" else form
            if _do(request, found, form, visit):
                return _again(visit, found)
        except Refused as refused:
            if form.is_bound:
                form.refuse(refused)
            else:
                refusal = refused
    found = _rows().get(pk=found.pk)
    case = board.case_of(found, member=visit.member, now=visit.now)
    zone = visit.member.zone
    mine = [row for row in case.answers if row.said_by_id == visit.member.pk]
    context = {
        "place": "last_mile",
        "alarm": found,
        "case": case,
        "member": visit.member,
        "house": found.organisation,
        "token": visit.token,
        "base": "portal/base.html" if visit.token else "kept/base.html",
        "title": wording.what(found),
        "sentence": wording.sentence(found, zone=zone),
        "lines": told.transcript(case, zone=zone, now=visit.now),
        "note": told.next_rung(case, zone=zone, now=visit.now)
        if found.state == Alarm.State.RAISED
        else "",
        "form": form,
        "beside": [] if visit.notice is None else _beside(visit.notice),
        "refusal": refusal,
        "may": answering.may_answer(found, visit.member),
        "to_rate": mine[-1] if mine else None,
        "zone": zone,
        "today": zones.day_of(visit.now, zone),
        "place_word": words.place(zone),
    }
    status = form.status if form.is_bound else 200 if refusal is None else 409
    return render(request, "kept/last_mile/alarm.html", context, status=status)


def _do(request: HttpRequest, found: Alarm, form: AnswerForm, visit: Visit) -> bool:
    """Do what the button says; False where the form has to be filled in again."""
    by, now = visit.member, visit.now
    match request.POST.get("act"):
        case "acknowledge":
            answering.acknowledge(found, by=by, now=now)
        case "close":
            answering.close(found, by=by, now=now, why=Alarm.Why.DONE)
        case "useful" | "useless":
            said = AlarmAnswer.objects.filter(alarm=found, said_by=by).order_by("-pk").first()
            if said is None:
                raise NotYours(_("You gave no answer here yet."))
            answering.rate(said, useful=request.POST["act"] == "useful", by=by, now=now)
        case "answer":
            if not form.is_valid():
                return False
            said_ = form.cleaned_data
            given.day(said_["on"], called=_("The day"), field="on")
            try:
                due_at = zones.moment(said_["on"], said_["at"], by.zone)
            except zones.NoSuchLocalTime:
                raise Refused(
                    _("%(day)s has no %(time)s there: the clocks go forward. Say another time.")
                    % {"day": words.day(said_["on"]), "time": f"{said_['at']:%H:%M}"},
                    field="at",
                ) from None
            answering.answer(
                found,
                kind=AlarmAnswer.Kind(said_["kind"]),
                words=said_["words"],
                due_at=due_at,
                by=by,
                now=now,
            )
        case _:
            raise Refused(_("Press one of the buttons. Nothing was changed."))
    return True


def _again(visit: Visit, found: Alarm) -> HttpResponse:
    if visit.token:
        answer = redirect("alarm_by_link", visit.token)
        answer.status_code = 303
        return answer
    return redirect("alarm", found.pk)


def _beside(notice: Notice) -> list[tuple[str, str]]:
    """Return what else the same message said, each with the page where it is answered."""
    return [
        (wording.what(each.alarm), reverse("alarm_by_link", args=[notices.token_of(each)]))
        for each in envelopes.beside(notice)
    ]


def _initial(visit: Visit) -> dict[str, Any]:
    """The end of the next working day, as whoever answers has it."""
    house = visit.member.organisation
    today = zones.day_of(visit.now, visit.member.zone)
    return {
        "kind": AlarmAnswer.Kind.DONE_BY,
        "on": days.shifted(house, today, 1),
        "at": time(house.day_ends_at.hour, house.day_ends_at.minute),
    }
