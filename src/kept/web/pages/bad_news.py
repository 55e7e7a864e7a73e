"""The bad-news sheet: how the chance fell, what broke, two ways out, and what to say about it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import clock, words, zones
from kept.clients.models import Contact
from kept.jobs.models import Condition, InboundPromise
from kept.people import days
from kept.people.access import Policy, allow
from kept.plan import moving
from kept.plan.models import Outlook
from kept.plan.moving import Forecaster, Ways
from kept.promises import news, proposing, reasons, states, writing
from kept.promises.models import Promise, Proposal, Reason, Terms
from kept.promises.news import Draft, Offered
from kept.promises.proposing import Way
from kept.tenancy.refusals import Refused
from kept.web import news_drawing
from kept.web.doorkeeper import KeptRequest
from kept.web.news_drawing import Mark
from kept.web.pages.acts.acting import ActForm, find, promised


class SheetForm(ActForm):
    """Two ways out, the reason, and the letter."""

    on = forms.DateField(
        label=gettext_lazy("All of it by"), widget=forms.DateInput(attrs={"type": "date"})
    )
    two = forms.BooleanField(label=gettext_lazy("Offer a second way out"), required=False)
    part_on = forms.DateField(
        label=gettext_lazy("A first part by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    rest_on = forms.DateField(
        label=gettext_lazy("The rest by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The rest is a promise of its own then."),
    )
    category = forms.ChoiceField(
        label=gettext_lazy("What kind of reason"), choices=Reason.Category.choices
    )
    stated = forms.CharField(label=gettext_lazy("The reason, in one sentence"), max_length=300)
    assumption = forms.ChoiceField(label=gettext_lazy("What broke"), required=False)
    contact = forms.ChoiceField(label=gettext_lazy("To"), required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Letter"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=gettext_lazy("Where {link} stands, they find their own page to answer on."),
    )
    fields_of_rooms = {  # noqa: RUF012 - declared as a class variable above
        "options": "on", "contact_id": "contact", "contact": "contact",
    }  # fmt: skip

    def __init__(self, *args: Any, known: "Known", **options: Any) -> None:
        self.known = known
        super().__init__(*args, promise=known.promise, now=known.now, **options)

    def prepare(self) -> None:
        for condition in self.known.conditions:
            self.fields[f"line_{condition.pk}"] = forms.BooleanField(
                label=condition.text, required=False, initial=not condition.required
            )
        _choose(self, "category", list(Reason.Category.choices))
        counted_on = self.known.assumptions
        _choose(self, "assumption", [("", _("nothing")), *((a.pk, a.text) for a in counted_on)])
        _choose(
            self,
            "contact",
            [
                ("", _("nobody named")),
                *(
                    (p.pk, f"{p.name} · {p.email}" if p.email else p.name)
                    for p in self.known.contacts
                ),
            ],
        )

    def left_out(self) -> list[Condition]:
        """The lines that the second way out leaves for later."""
        ticked = self.lines()
        return [row for row in self.known.conditions if ticked.get(row.pk)]


class Known:
    """What the sheet of a promise rests on, each of it read once.

    Attributes:
        first, last: the terms given first, and those that hold now.
        conditions: the lines that hold now.
        broken: what was counted on and does not hold, the newest last.
        late: what others promised and did not bring, what is due longest first.
    """

    def __init__(self, promise: Promise, *, now: datetime) -> None:
        self.promise, self.now = promise, now
        terms = list(Terms.objects.filter(promise=promise).order_by("number"))
        self.first, self.last = terms[0], terms[-1]
        self.tell_by = proposing.tell_by(promise, last=self.last)
        self.conditions = promised(promise, last=self.last)
        self.assumptions = list(promise.job.assumptions.all())
        self.broken = sorted(
            (row for row in self.assumptions if row.broke_at is not None),
            key=lambda row: (row.broke_at, -row.pk),
        )
        self.late: list[InboundPromise] = list(
            promise.job.inbound.filter(met_at__isnull=True, due_at__lt=now).order_by("due_at")
        )
        self.contacts: list[Contact] = list(
            promise.client.contacts.filter(archived_at__isnull=True).order_by("name", "pk")
        )

    @property
    def addressee(self) -> Contact | None:
        """Whom the promise names, else the client's only contact."""
        alone = self.contacts[0] if len(self.contacts) == 1 else None
        return self.promise.contact or alone


@dataclass(frozen=True)
class Chosen:
    """The ways out as the form has them, with the chance of each."""

    options: tuple[Way, ...]
    offered: tuple[Offered, ...]
    losers: tuple[tuple[Promise, ...], ...]


@allow(Policy.MEMBER)
def bad_news(request: KeptRequest, pk: int) -> HttpResponse:
    """Show the sheet; write the letter anew, send it, or note that it was said."""
    now, promise = clock.now(), find(pk)
    if promise.state not in Promise.OPEN:
        try:
            states.demand_open(promise)
        except Refused as refused:
            messages.info(request, refused.sentence)
        return redirect("promise", pk)
    forecaster = Forecaster(promise, now=now)
    ways, known = moving.ways_of(forecaster), Known(promise, now=now)
    if request.method != "POST":
        form = SheetForm(known=known, initial=_initial(request, known, ways))
        return _show(request, known, form, ways)
    form = SheetForm(request.POST, known=known)
    if not form.is_valid():
        return _show(request, known, form, ways)
    action = request.POST.get("action")
    try:
        chosen = _chosen(form, forecaster)
        if action == "write":
            return _anew(request, known, form, chosen, ways)
        if action in ("send", "said"):
            with transaction.atomic():
                told = _tell(request, promise, form, chosen, ways, now, by_link=action == "send")
            messages.info(request, told)
            return redirect("promise", pk)
    except Refused as refused:
        form.refuse(refused)
    return _show(request, known, form, ways)


def _initial(request: KeptRequest, known: Known, ways: Ways) -> dict[str, Any]:
    promise = known.promise
    zone = promise.zone
    late = known.late[-1] if known.late else None
    initial: dict[str, Any] = {
        "contact": getattr(known.addressee, "pk", ""),
        "assumption": known.broken[-1].pk if known.broken else "",
        "category": Reason.Category.THIRD_PARTY if late else Reason.Category.ESTIMATE,
        "stated": "",
    }
    if late:
        initial["stated"] = _("%(what)s from %(who)s was promised for %(day)s and did not come") % {
            "what": late.what,
            "who": late.who,
            "day": words.day(zones.day_of(late.due_at, zone)),
        }
    offered: list[Offered] = []
    if ways.whole is not None:
        initial["on"] = zones.day_of(ways.whole.due_at, zone)
        offered.append(Offered(ways.whole.due_at))
    left_out = [row.text for row in known.conditions if not row.required]
    if ways.part is not None and ways.part.chance >= promise.organisation.line and left_out:
        initial |= {
            "two": True,
            "part_on": zones.day_of(ways.part.due_at, zone),
        }
        rest_at = ways.whole.due_at if ways.whole and ways.whole.due_at > ways.part.due_at else None
        if rest_at is not None:
            initial["rest_on"] = zones.day_of(rest_at, zone)
        offered.append(Offered(ways.part.due_at, left_out, rest_at))
    if offered:
        draft = _draft(request, known, offered, initial["stated"], ways, known.addressee)
        initial |= {"subject": news.subject(draft), "body": news.letter(draft)}
    return initial


def _draft(
    request: KeptRequest,
    known: Known,
    offered: list[Offered],
    stated: str,
    ways: Ways,
    contact: Contact | None,
) -> Draft:
    promise, whole, sure = known.promise, ways.whole, known.first.chance_when_given
    return Draft(
        what=promise.job.title,
        greeting=writing.greeting(contact),
        signed=writing.signed(request.member),
        due_before=promise.due_at,
        zone=promise.zone,
        today=known.now,
        options=offered,
        reason=stated,
        as_sure=whole is not None
        and whole.due_at == offered[0].due_at
        and sure is not None
        and words.whole_percent(whole.chance) >= words.whole_percent(sure),
        working_days=days.count_between(
            promise.organisation,
            zones.day_of(promise.due_at, promise.zone),
            zones.day_of(offered[0].due_at, promise.zone),
        ),
    )


def _chosen(form: SheetForm, forecaster: Forecaster) -> Chosen:
    """Compute the dates that the form names; the chances come from the engine, not the form."""
    said = form.cleaned_data
    whole_at = form.moment(said["on"])
    options = [Way(whole_at, chance=_chance(forecaster, whole_at, part=False))]
    offered = [Offered(whole_at)]
    if said["two"]:
        part_at = form.moment(
            said["part_on"] or zones.day_of(form.promise.due_at, form.promise.zone)
        )
        left_out = form.left_out()
        rest_at = form.moment(said["rest_on"]) if said["rest_on"] and left_out else None
        part = bool(left_out) and forecaster.can and forecaster.has_optional
        told = words.listed(row.text for row in left_out)
        options.append(
            Way(
                part_at,
                # Without stages that can be told apart nobody can say how likely a part is.
                chance=_chance(forecaster, part_at, part=part) if part or not left_out else None,
                words=_("without %(lines)s") % {"lines": told} if left_out else "",
                later=[row.pk for row in left_out],
                rest_due_at=rest_at,
            )
        )
        offered.append(Offered(part_at, [row.text for row in left_out], rest_at))
    losers = tuple(
        tuple(forecaster.losers(one.due_at)) if forecaster.can else () for one in options
    )
    return Chosen(tuple(options), tuple(offered), losers)


def _chance(forecaster: Forecaster, due_at: datetime, *, part: bool) -> float | None:
    if not forecaster.can or due_at <= forecaster.now:
        return None
    return forecaster.chance(due_at, part=part)


def _anew(
    request: KeptRequest, known: Known, form: SheetForm, chosen: Chosen, ways: Ways
) -> HttpResponse:
    """Write the letter from the ways out and the reason as they are."""
    contact = _contact(known.promise, form)
    first = chosen.options[0]
    if first.chance is not None:
        ways = replace(ways, whole=moving.Date(first.due_at, first.chance))
    offered, stated = list(chosen.offered), form.cleaned_data["stated"]
    draft = _draft(request, known, offered, stated, ways, contact)
    typed = request.POST.copy()
    typed["subject"], typed["body"] = news.subject(draft), news.letter(draft)
    fresh = SheetForm(typed, known=known)
    fresh.is_valid()
    return _show(request, known, fresh, ways, chosen=chosen)


def _tell(
    request: KeptRequest,
    promise: Promise,
    form: SheetForm,
    chosen: Chosen,
    ways: Ways,
    now: datetime,
    *,
    by_link: bool,
) -> str:
    said = form.cleaned_data
    doing: dict[str, Any] = {"by": request.member, "now": now}
    assumption = said["assumption"]
    reason = reasons.give(
        promise,
        category=Reason.Category(said["category"]),
        stated=said["stated"],
        assumption=promise.job.assumptions.get(pk=assumption) if assumption else None,
        **doing,
    )
    contact = _contact(promise, form)
    proposal = proposing.draft(
        promise,
        options=chosen.options,
        contact=contact,
        reason=reason,
        chance=ways.chance,
        subject=said["subject"],
        body=said["body"],
        **doing,
    )
    how = Proposal.How.LINK if by_link else Proposal.How.SAID
    proposing.tell(proposal, how=how, **doing)
    proposing.withdraw_prepared(promise, **doing)
    name = contact.name if contact else str(promise.client)
    if by_link:
        return _("Sent to %(name)s. Told at is set; agreed at is theirs to set.") % {"name": name}
    return _("Noted that %(name)s was told. Agreed at is theirs to set.") % {"name": name}


def _contact(promise: Promise, form: SheetForm) -> Contact | None:
    key = form.cleaned_data["contact"]
    return promise.client.contacts.get(pk=key) if key else None


def _show(
    request: KeptRequest,
    known: Known,
    form: SheetForm,
    ways: Ways,
    *,
    chosen: Chosen | None = None,
) -> HttpResponse:
    promise, now, tell_by = known.promise, known.now, known.tell_by
    house, zone = promise.organisation, promise.zone
    today = zones.day_of(now, house.zone)
    values = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    dates = [form.moment(values["on"])] if isinstance(values.get("on"), date) else []
    if values.get("two") and isinstance(values.get("part_on"), date):
        dates.append(form.moment(values["part_on"]))
    used = reasons.uses(now=now)
    told_in_time = now <= tell_by
    context = {
        "place": "today",
        "today": today,
        "promise": promise,
        "job": promise.job,
        "form": form,
        "lines": [(row, form[f"line_{row.pk}"]) for row in known.conditions],
        "ways": ways,
        "chosen": chosen,
        "in_time": told_in_time,
        "tell_by": tell_by,
        "tell_by_word": _nearness(tell_by, now, zone),
        "falling": ways.chance is not None and ways.chance < house.line,
        "first": known.first,
        "drawing": _drawing(known, ways),
        "broke": _broke(known),
        "checks": news.checks(
            values.get("body") or "", dates=dates, zone=zone, reason=values.get("stated") or ""
        ),
        "waiting": proposing.waiting(promise),
        "used": used.get(values.get("category") or "", 0) + 1,
        "category": Reason.Category(values["category"]).label if values.get("category") else "",
        "now": now,
    }
    return render(request, "kept/promise/bad_news.html", context, status=form.status)


def _nearness(at: datetime, now: datetime, zone: str) -> str:
    """ "today, " or "tomorrow, " before a moment that is so near."""
    apart = (zones.day_of(at, zone) - zones.day_of(now, zone)).days
    return {0: _("today, "), 1: _("tomorrow, ")}.get(apart, "")


def _broke(known: Known) -> list[str]:
    """What was counted on and does not hold, in sentences."""
    zone = known.promise.zone
    told = [
        _("We counted on this: %(what)s. It broke on %(day)s.")
        % {"what": row.text.rstrip("."), "day": words.day(zones.day_of(row.broke_at, zone))}
        for row in known.broken
        if row.broke_at is not None
    ]
    told += [
        _("%(who)s promised %(what)s for %(day)s; it has not come.")
        % {
            "who": row.who,
            "what": row.what,
            "day": words.day(zones.day_of(row.due_at, zone)),
        }
        for row in known.late
    ]
    return told


def _drawing(known: Known, ways: Ways) -> SafeString | None:
    promise, now, first, tell_by = known.promise, known.now, known.first, known.tell_by
    house, zone = promise.organisation, promise.zone
    newest: dict[date, tuple[datetime, float]] = {}
    even_at = None
    rows = Outlook.objects.filter(promise=promise).order_by("computed_at", "pk")
    for computed_at, chance, half in rows.values_list("computed_at", "chance", "finish_50_at"):
        newest[zones.day_of(computed_at, house.zone)] = (computed_at, chance)
        even_at = half or even_at
    chances = [newest[day] for day in sorted(newest)]
    if first.chance_when_given is not None:
        chances.insert(0, (promise.given_at, first.chance_when_given))
    if ways.chance is not None:
        chances.append((now, ways.chance))
    if not chances:
        return None
    today = zones.day_of(now, house.zone)

    def said(at: datetime) -> str:
        return words.day(zones.day_of(at, zone), today=today)

    broke = known.broken[-1] if known.broken else None
    whole = ways.whole
    begin = min(promise.given_at, chances[0][0])
    last = max(promise.due_at, whole.due_at if whole else promise.due_at, now)
    return news_drawing.fall(
        news_drawing.Fall(
            sentence=_("The chance of %(day)s fell to %(chance)s.")
            % {"day": said(promise.due_at), "chance": words.percent(chances[-1][1])},
            chances=chances,
            line=house.line,
            line_label=_("its line, %(line)s") % {"line": words.percent(house.line)},
            chance_label=words.percent(chances[-1][1]),
            given=Mark(
                promise.given_at,
                _("given %(day)s") % {"day": said(promise.given_at)}
                if first.chance_when_given is None
                else _("%(chance)s when given, %(day)s")
                % {
                    "chance": words.percent(first.chance_when_given),
                    "day": said(promise.given_at),
                },
            ),
            today=Mark(now, _("today")),
            promised=Mark(promise.due_at, _("promised %(day)s") % {"day": said(promise.due_at)}),
            tell_by=Mark(
                tell_by,
                _("tell them by %(moment)s") % {"moment": words.moment(tell_by, zone, today=today)},
            ),
            ticks=_mondays(begin, last, house.zone),
            broke=None
            if broke is None or broke.broke_at is None
            else Mark(
                broke.broke_at,
                words.wrapped(broke.text, 44, 1)[0] if broke.text else _("it broke"),
            ),
            even_at=even_at,
            offered=None
            if whole is None
            else Mark(
                whole.due_at,
                _("%(day)s, %(chance)s")
                % {"day": said(whole.due_at), "chance": words.percent(whole.chance)},
            ),
        )
    )


def _mondays(begin: datetime, end: datetime, zone: str) -> list[Mark]:
    first = zones.day_of(begin, zone)
    first += timedelta(days=-first.weekday() % 7)
    last = zones.day_of(end, zone)
    mondays = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    every = max(1, -(-len(mondays) // 7))
    return [Mark(zones.start_of(day, zone), words.short_day(day)) for day in mondays[::every]]


def _choose(form: forms.Form, name: str, choices: list[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
