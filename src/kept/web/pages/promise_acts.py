"""What can be done with a promise: each on a page of its own, with a form that works anywhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import clock, words, zones
from kept.jobs.models import Condition, Obligation
from kept.people import days
from kept.people.access import Policy, allow
from kept.promises import delivering, ending, pausing, proposing, reasons, slips, states
from kept.promises import terms as agreed
from kept.promises.models import Promise, Proposal, Reason
from kept.tenancy import refusals
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm

PROSE = forms.Textarea(attrs={"rows": 4})
THEIR_WORDS = gettext_lazy("In their words, if you like")


class ActForm(KeptForm):
    """A form about one promise."""

    def __init__(self, *args: Any, promise: Promise, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.promise, self.now = promise, now
        self.prepare()

    def prepare(self) -> None:
        """Add the fields that depend on the promise."""

    def add_lines(self, conditions: Iterable[Condition], unmet: Iterable[int] = ()) -> None:
        """One box for each line, ticked where it holds."""
        unmet = set(unmet)
        for condition in conditions:
            label = condition.text
            if not condition.required:
                label = _("%(line)s (optional)") % {"line": condition.text}
            self.fields[f"line_{condition.pk}"] = forms.BooleanField(
                label=label, required=False, initial=condition.pk not in unmet
            )

    def lines(self) -> dict[int, bool]:
        """What was ticked, by the key of the line."""
        return {
            int(name.removeprefix("line_")): bool(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("line_")
        }

    def moment(self, day: date, at: time | None = None) -> datetime:
        """A day as the promise means one: to its hour, or to the end of the working day."""
        zone = self.promise.zone
        if at is None and not self.promise.day_only:
            at = zones.local(self.promise.due_at, zone).time()
        if at is None:
            return days.end_of(day, zone=zone, house=self.promise.organisation)
        try:
            return zones.moment(day, at, zone)
        except zones.NoSuchLocalTime as error:
            raise Refused(
                _("%(day)s has no %(time)s in %(zone)s: the clocks go forward. Say another time.")
                % {"day": words.day(day), "time": f"{at:%H:%M}", "zone": words.place(zone)},
                field="on",
            ) from error


def _date(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"})
    )


class DeliverForm(ActForm):
    """What is handed to the client."""

    note = forms.CharField(
        label=gettext_lazy("What you tell them with it"), required=False, widget=PROSE
    )
    where = forms.CharField(
        label=gettext_lazy("Where it is"), required=False, max_length=500,
        help_text=gettext_lazy("An address, a folder, a place."),
    )  # fmt: skip

    def prepare(self) -> None:
        self.add_lines(promised(self.promise))


class AcceptForm(ActForm):
    """What the client said of it."""

    standard = forms.ChoiceField(
        label=gettext_lazy("What they said of its standard"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("", gettext_lazy("nothing")),
            ("yes", gettext_lazy("it is up to standard")),
            ("no", gettext_lazy("it is not up to standard")),
        ],
    )
    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)

    def prepare(self) -> None:
        delivery = delivering.waiting(self.promise)
        if delivery is not None:
            rows = delivery.lines.select_related("condition").order_by("pk")
            self.add_lines(
                [row.condition for row in rows], [r.condition_id for r in rows if not r.met]
            )


class SendBackForm(ActForm):
    """Why it came back."""

    reason = forms.CharField(label=gettext_lazy("Why it came back"), widget=PROSE)

    def prepare(self) -> None:
        delivery = delivering.waiting(self.promise)
        if delivery is not None:
            rows = delivery.lines.select_related("condition").order_by("pk")
            self.add_lines([row.condition for row in rows])


class PauseForm(ActForm):
    """What the clock waits for."""

    obligation_id = forms.ChoiceField(label=gettext_lazy("What they owe"), widget=forms.RadioSelect)

    def prepare(self) -> None:
        field = self.fields["obligation_id"]
        assert isinstance(field, forms.ChoiceField)
        owed = overdue(self.promise, now=self.now)
        field.choices = [
            (
                row.pk,
                _("%(what)s, due %(day)s")
                % {
                    "what": row.what,
                    "day": words.day(zones.day_of(row.due_at, self.promise.zone)),
                },
            )
            for row in owed
        ]
        if owed:
            field.initial = owed[0].pk


class EmptyForm(ActForm):
    """Nothing to fill in."""


class AskedForm(ActForm):
    """What the client asks for."""

    on = _date(gettext_lazy("The date they ask for"))
    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)

    def prepare(self) -> None:
        self.add_lines(promised(self.promise))


class SlipForm(ActForm):
    """A later date inside the house."""

    on = _date(gettext_lazy("The day you say now"))
    stage = forms.ChoiceField(label=gettext_lazy("Of which part"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("Why, if you like"), required=False)
    fields_of_rooms = {"until": "on"}  # noqa: RUF012 - declared as a class variable above

    def prepare(self) -> None:
        stages = self.promise.job.stages.exclude(state="done").order_by("position")
        _choices(self, "stage", [("", _("all of it")), *((row.pk, row.name) for row in stages)])
        _choices(self, "category", [("", _("not said")), *Reason.Category.choices])


class ReasonForm(ActForm):
    """Why a date moved or was missed."""

    category = forms.ChoiceField(
        label=gettext_lazy("What kind of reason"), choices=Reason.Category.choices
    )
    controllable = forms.ChoiceField(label=gettext_lazy("Whose to change"), required=False)
    stated = forms.CharField(
        label=gettext_lazy("In a sentence"), required=False, max_length=300,
        help_text=gettext_lazy("About the work and how it runs, not about a person."),
    )  # fmt: skip
    assumption = forms.ChoiceField(
        label=gettext_lazy("What was counted on, and broke"), required=False
    )

    def prepare(self) -> None:
        _choices(self, "controllable", [("", _("as usual for it")), *Reason.Controllable.choices])
        counted_on = self.promise.job.assumptions.all()
        _choices(
            self, "assumption", [("", _("nothing")), *((row.pk, row.text) for row in counted_on)]
        )
        used = reasons.uses(now=self.now)
        _choices(
            self,
            "category",
            [
                (value, f"{label} ({used[value]})" if used[value] else label)
                for value, label in Reason.Category.choices
            ],
        )
        self.fields["category"].help_text = _("In brackets: how often this year.")


class WordForm(ActForm):
    """What the client said."""

    word = forms.CharField(label=gettext_lazy("What they said"), widget=PROSE)


class RevokeForm(ActForm):
    """Why we cannot."""

    word = forms.CharField(label=gettext_lazy("Why we cannot"), widget=PROSE)
    category = forms.ChoiceField(
        label=gettext_lazy("What kind of reason"), choices=Reason.Category.choices
    )


class AgainForm(ActForm):
    """Would we promise it again?"""

    answer = forms.ChoiceField(
        label=gettext_lazy("Would you promise it again?"),
        choices=Promise.Again.choices,
        widget=forms.RadioSelect,
    )
    word = forms.CharField(
        label=gettext_lazy("What you would do otherwise"), required=False, max_length=300
    )


class AnswerForm(ActForm):
    """Which way out was agreed to."""

    option = forms.ChoiceField(label=gettext_lazy("Agreed to"), widget=forms.RadioSelect)
    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)
    fields_of_rooms = {"option_id": "option"}  # noqa: RUF012 - declared as a class variable above

    def prepare(self) -> None:
        proposal = proposing.waiting(self.promise)
        options = [] if proposal is None else list(proposal.options.order_by("position"))
        _choices(
            self,
            "option",
            [
                (
                    one.pk,
                    words.moment(one.due_at, self.promise.zone)
                    + (f" · {one.words}" if one.words else ""),
                )
                for one in options
            ],
        )
        if options:
            self.fields["option"].initial = options[0].pk
        if proposal is not None and proposal.by_side == Proposal.From.CLIENT:
            del self.fields["word"]


class NoForm(ActForm):
    """The no to other terms."""

    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)

    def prepare(self) -> None:
        proposal = proposing.waiting(self.promise)
        if proposal is not None and proposal.by_side == Proposal.From.CLIENT:
            del self.fields["word"]


def _choices(form: forms.Form, name: str, choices: list[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


@dataclass(frozen=True)
class Act:
    """One thing that can be done, as its page shows it."""

    title: Lazy | str
    lead: Lazy | str
    button: Lazy | str
    form: type[ActForm]
    do: Callable[[KeptRequest, Promise, Any, datetime], str]


def _deliver(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    delivering.deliver(
        promise,
        note=form.cleaned_data["note"],
        where=form.cleaned_data["where"],
        met=form.lines(),
        by=request.member,
        now=now,
    )
    return _("Delivered. The client’s word closes it.")


def _accept(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    delivering.accept(
        _delivery(promise),
        lines=form.lines(),
        to_standard={"yes": True, "no": False}.get(form.cleaned_data["standard"]),
        word=form.cleaned_data["word"],
        by=request.member,
        now=now,
    )
    return _("Settled.")


def _send_back(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    unmet = {key: False for key, holds in form.lines().items() if not holds}
    delivering.send_back(
        _delivery(promise),
        reason=form.cleaned_data["reason"],
        lines=unmet,
        by=request.member,
        now=now,
    )
    return _("It is active again, and its finishing stretch is open.")


def _notice(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    noticed = delivering.notice(_delivery(promise), by=request.member, now=now)
    assert noticed.deemed_from is not None
    return _("Noted. Silence until %(moment)s counts as acceptance.") % {
        "moment": words.moment(noticed.deemed_from, promise.zone)
    }


def _thank(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    delivery = promise.deliveries.filter(state__in=["accepted", "deemed"]).first()
    if delivery is None:
        raise refusals.Conflict(_("Thank them when they have taken it. Nothing was noted."))
    delivering.thank(delivery, by=request.member, now=now)
    return _("Noted.")


def _pause(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    owed = Obligation.objects.get(pk=form.cleaned_data["obligation_id"])
    pausing.pause(promise, obligation=owed, by=request.member, now=now)
    return _("The clock stands from now until it comes.")


def _resume(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    pausing.resume(promise, by=request.member, now=now)
    return _("The clock runs on.")


def _receive(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    pause = promise.pauses.filter(ended_at__isnull=True).select_related("obligation").first()
    if pause is None:
        states.demand(promise, "resume")
        raise Refused(_("Nothing is waited for."))
    pausing.receive(pause.obligation, by=request.member, now=now)
    promise.refresh_from_db()
    return _("It came. Promised now: %(due)s.") % {
        "due": words.moment(promise.due_at, promise.zone)
    }


def _asked(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    left_out = [key for key, needed in form.lines().items() if not needed]
    proposing.ask(
        promise,
        wanted_at=form.moment(form.cleaned_data["on"]),
        lines=left_out,
        word=form.cleaned_data["word"],
        by=request.member,
        now=now,
    )
    return _("Noted. The answer is yours.")


def _agree(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    proposal = _proposal(promise)
    option = proposal.options.get(pk=form.cleaned_data["option"])
    proposing.agree(
        proposal,
        option=option,
        word=form.cleaned_data.get("word", ""),
        by=request.member,
        now=now,
    )
    promise.refresh_from_db()
    due = words.moment(promise.due_at, promise.zone)
    if promise.due_at == option.due_at:
        return _("Agreed: %(due)s. The first terms stay.") % {"due": due}
    return _("Noted. Told too late to count as moved: %(due)s stays.") % {"due": due}


def _refuse(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    proposing.refuse(
        _proposal(promise), word=form.cleaned_data.get("word", ""), by=request.member, now=now
    )
    return _("Noted. The terms stay.")


def _withdraw(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    proposing.withdraw(_proposal(promise), by=request.member, now=now)
    return _("Withdrawn. That they were told stays in the ledger.")


def _slip(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    said = form.cleaned_data
    until = form.moment(said["on"])
    stage = promise.job.stages.get(pk=said["stage"]) if said["stage"] else None
    slips.say(promise, until=until, stage=stage, by=request.member, now=now)
    if said["category"]:
        reasons.give(
            promise, category=Reason.Category(said["category"]), by=request.member, now=now
        )
    return _("Noted. What the client was promised stays %(due)s.") % {
        "due": words.moment(promise.due_at, promise.zone)
    }


def _reason(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    said = form.cleaned_data
    reasons.give(
        promise,
        category=Reason.Category(said["category"]),
        controllable=Reason.Controllable(said["controllable"]) if said["controllable"] else None,
        stated=said["stated"],
        assumption=promise.job.assumptions.get(pk=said["assumption"])
        if said["assumption"]
        else None,
        by=request.member,
        now=now,
    )
    return _("Noted.")


def _release(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    ending.release(promise, word=form.cleaned_data["word"], by=request.member, now=now)
    return _("Released. It is listed apart from every rate.")


def _revoke(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    states.demand(promise, "revoke")
    category = Reason.Category(form.cleaned_data["category"])
    reason = reasons.give(promise, category=category, by=request.member, now=now)
    ending.revoke(
        promise, word=form.cleaned_data["word"], reason=reason, by=request.member, now=now
    )
    return _("Revoked. It counts as broken.")


def _again(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    ending.again(
        promise,
        Promise.Again(form.cleaned_data["answer"]),
        word=form.cleaned_data["word"],
        by=request.member,
        now=now,
    )
    return _("Noted. The next check of such work shows it.")


ACTS = {
    "deliver": Act(
        gettext_lazy("Deliver"),
        gettext_lazy("On time is judged by this moment, once they have taken it."),
        gettext_lazy("It is delivered"),
        DeliverForm,
        _deliver,
    ),
    "accept": Act(
        gettext_lazy("They accepted it"),
        gettext_lazy("Untick a line they did not take. Only their word closes the promise."),
        gettext_lazy("Close the promise"),
        AcceptForm,
        _accept,
    ),
    "send_back": Act(
        gettext_lazy("It came back"),
        gettext_lazy("Untick what does not hold. The finishing stretch is open again then."),
        gettext_lazy("Take it back"),
        SendBackForm,
        _send_back,
    ),
    "notice": Act(
        gettext_lazy("Give notice"),
        gettext_lazy(
            "You tell them that five working days of silence count as acceptance. It is marked "
            "so in the record."
        ),
        gettext_lazy("I told them"),
        EmptyForm,
        _notice,
    ),
    "thank": Act(
        gettext_lazy("Say thank you"),
        gettext_lazy("For their work, their patience, their word."),
        gettext_lazy("I thanked them"),
        EmptyForm,
        _thank,
    ),
    "pause": Act(
        gettext_lazy("Let the clock stand"),
        gettext_lazy(
            "You tell them that the clock stands from now until it comes. The date moves by the "
            "working time it stood, and the first date stays shown."
        ),
        gettext_lazy("I told them: the clock stands"),
        PauseForm,
        _pause,
    ),
    "receive": Act(
        gettext_lazy("It came"),
        gettext_lazy("The pause ends now, and the date moves by the working time it stood."),
        gettext_lazy("It came"),
        EmptyForm,
        _receive,
    ),
    "resume": Act(
        gettext_lazy("Go on without it"),
        gettext_lazy("The pause ends now although nothing came."),
        gettext_lazy("The clock runs on"),
        EmptyForm,
        _resume,
    ),
    "asked": Act(
        gettext_lazy("They ask for another date"),
        gettext_lazy(
            "Untick what they can do without. What they ask for and you agree to counts as their "
            "wish, beside the first terms."
        ),
        gettext_lazy("Note it"),
        AskedForm,
        _asked,
    ),
    "agree": Act(
        gettext_lazy("Agreed"),
        gettext_lazy("Told with fair notice and agreed, the date moves. The first terms stay."),
        gettext_lazy("Note the yes"),
        AnswerForm,
        _agree,
    ),
    "refuse": Act(
        gettext_lazy("Not agreed"),
        gettext_lazy("The terms stay as they are."),
        gettext_lazy("Note the no"),
        NoForm,
        _refuse,
    ),
    "withdraw": Act(
        gettext_lazy("Withdraw the other terms"),
        gettext_lazy("The terms stay as they are."),
        gettext_lazy("Withdraw them"),
        EmptyForm,
        _withdraw,
    ),
    "slip": Act(
        gettext_lazy("One more day"),
        gettext_lazy(
            "A later date inside the house. What the client was promised stays, and what this "
            "day becomes is counted."
        ),
        gettext_lazy("Say it"),
        SlipForm,
        _slip,
    ),
    "reason": Act(
        gettext_lazy("Why it moved"),
        gettext_lazy("About the work and how it runs, never about a person."),
        gettext_lazy("Note it"),
        ReasonForm,
        _reason,
    ),
    "release": Act(
        gettext_lazy("They let us off"),
        gettext_lazy("A released promise is listed apart, and counts in no rate."),
        gettext_lazy("Note that they let us off"),
        WordForm,
        _release,
    ),
    "revoke": Act(
        gettext_lazy("We cannot"),
        gettext_lazy("It counts as broken. Tell the client first, with what you can do instead."),
        gettext_lazy("Revoke it"),
        RevokeForm,
        _revoke,
    ),
    "again": Act(
        gettext_lazy("Looking back"),
        gettext_lazy("The next check of such work shows what you say here."),
        gettext_lazy("Note it"),
        AgainForm,
        _again,
    ),
}


def _page(request: KeptRequest, pk: int, name: str) -> HttpResponse:
    act, now = ACTS[name], clock.now()
    promise = find(pk)
    form = act.form(request.POST or None, promise=promise, now=now, initial=None)
    if request.method == "POST":
        form.is_bound = True
        if form.is_valid():
            try:
                with transaction.atomic():  # an act may take two verbs
                    told = act.do(request, promise, form, now)
            except Refused as refused:
                form.refuse(refused)
            else:
                messages.info(request, told)
                return redirect("promise", pk)
    context = {
        "place": "today",
        "promise": promise,
        "job": promise.job,
        "act": act,
        "form": form,
        "today": zones.day_of(now, promise.organisation.zone),
    }
    return render(request, "kept/promise/act.html", context, status=form.status)


def find(pk: int) -> Promise:
    """Return a promise with what its pages name."""
    rows = Promise.objects.select_related("client", "job__service", "last_mile_owner", "contact")
    return get_object_or_404(rows, pk=pk)


def promised(promise: Promise) -> list[Condition]:
    """Return the lines of the last terms."""
    lines = agreed.last_of(promise).lines.filter(condition__isnull=False)
    rows = lines.select_related("condition").order_by("position")
    return [line.condition for line in rows if line.condition is not None]


def overdue(promise: Promise, *, now: datetime) -> list[Obligation]:
    """Return what the client owes and should have supplied by now."""
    rows = promise.job.obligations.filter(met_at__isnull=True, due_at__lte=now)
    return list(rows.order_by("due_at", "pk"))


def _delivery(promise: Promise) -> Any:
    delivery = delivering.waiting(promise)
    if delivery is None:
        states.demand(promise, "settle")
        raise refusals.Conflict(_("No delivery waits for the client’s word."))
    return delivery


def _proposal(promise: Promise) -> Proposal:
    proposal = proposing.waiting(promise)
    if proposal is None:
        raise refusals.Conflict(
            _("Nothing waits for an answer: it was answered or withdrawn before.")
        )
    return proposal


@allow(Policy.MEMBER)
def deliver(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that it is done."""
    return _page(request, pk, "deliver")


@allow(Policy.MEMBER)
def accept(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client took it."""
    return _page(request, pk, "accept")


@allow(Policy.MEMBER)
def send_back(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client sent it back."""
    return _page(request, pk, "send_back")


@allow(Policy.MEMBER)
def notice(request: KeptRequest, pk: int) -> HttpResponse:
    """Tell the client that silence counts."""
    return _page(request, pk, "notice")


@allow(Policy.MEMBER)
def thank(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client was thanked."""
    return _page(request, pk, "thank")


@allow(Policy.MEMBER)
def pause(request: KeptRequest, pk: int) -> HttpResponse:
    """Let the clock stand."""
    return _page(request, pk, "pause")


@allow(Policy.MEMBER)
def receive(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that what was waited for came."""
    return _page(request, pk, "receive")


@allow(Policy.MEMBER)
def resume(request: KeptRequest, pk: int) -> HttpResponse:
    """End the pause although nothing came."""
    return _page(request, pk, "resume")


@allow(Policy.MEMBER)
def asked(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client asks for another date."""
    return _page(request, pk, "asked")


@allow(Policy.MEMBER)
def agree(request: KeptRequest, pk: int) -> HttpResponse:
    """Record the yes to other terms."""
    return _page(request, pk, "agree")


@allow(Policy.MEMBER)
def refuse(request: KeptRequest, pk: int) -> HttpResponse:
    """Record the no to other terms."""
    return _page(request, pk, "refuse")


@allow(Policy.MEMBER)
def withdraw(request: KeptRequest, pk: int) -> HttpResponse:
    """Take other terms back."""
    return _page(request, pk, "withdraw")


@allow(Policy.MEMBER)
def slip(request: KeptRequest, pk: int) -> HttpResponse:
    """Say a later date inside the house."""
    return _page(request, pk, "slip")


@allow(Policy.MEMBER)
def reason(request: KeptRequest, pk: int) -> HttpResponse:
    """Say why it moved or was missed."""
    return _page(request, pk, "reason")


@allow(Policy.MEMBER)
def release(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client lets us off."""
    return _page(request, pk, "release")


@allow(Policy.LEAD)
def revoke(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that we cannot."""
    return _page(request, pk, "revoke")


@allow(Policy.MEMBER)
def again(request: KeptRequest, pk: int) -> HttpResponse:
    """Say whether we would promise it again."""
    return _page(request, pk, "again")


@dataclass(frozen=True)
class Doing:
    """A button of the promise page."""

    name: str
    label: str


def doings(
    promise: Promise,
    *,
    proposal: Proposal | None,
    noticed: bool,
    thanked: bool,
    may_pause: bool,
    needs_news: bool,
    is_lead: bool,
) -> tuple[list[Doing], list[Doing]]:
    """Return what can be done, the main thing first, and what is rarely done."""
    can = states.allowed(promise.state)
    first: list[tuple[str, Any]] = []
    if proposal is not None and promise.state in Promise.OPEN:
        theirs = proposal.by_side == Proposal.From.CLIENT
        first += [
            ("agree", _("Say yes") if theirs else _("They said yes")),
            ("refuse", _("Say no") if theirs else _("They said no")),
        ]
        if not theirs:
            first.append(("withdraw", _("Withdraw it")))
    if "settle" in can:
        first += [("accept", _("They accepted it")), ("send_back", _("It came back"))]
        if not noticed:
            first.append(("notice", _("Give notice")))
    if "resume" in can:
        first += [("receive", _("It came")), ("resume", _("Go on without it"))]
    news = ("bad_news", _("Bad news"))
    if promise.state in Promise.OPEN and proposal is None and needs_news:
        first.append(news)
    if "deliver" in can:
        first.append(("deliver", _("Deliver")))
    if promise.state in Promise.OPEN and proposal is None:
        if not needs_news:
            first.append(news)
        first.append(("asked", _("They ask for another date")))
    if may_pause and "pause" in can:
        first.append(("pause", _("Pause")))
    over = promise.state in ("settled", "released", "revoked")
    if over and not promise.again:
        first.append(("again", _("Would you promise it again?")))
    if promise.state == Promise.State.SETTLED and not thanked:
        first.append(("thank", _("Say thank you")))
    rare: list[tuple[str, Any]] = []
    if promise.state in Promise.OPEN:
        rare.append(("slip", _("One more day")))
    if promise.state != Promise.State.VOIDED:
        rare.append(("reason", _("Why it moved")))
    if "release" in can:
        rare.append(("release", _("They let us off")))
    if "revoke" in can and is_lead:
        rare.append(("revoke", _("We cannot")))
    return [Doing(*one) for one in first], [Doing(*one) for one in rare]
