"""What a client does by link. Each posts, is one call into a room, and leads back to the page."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from kept import zones
from kept.asks import reacting, storytelling
from kept.asks.models import Reaction, Story, StoryConsent
from kept.jobs.models import Obligation
from kept.outbox import tasks
from kept.people import days
from kept.portal.door import Visit, by_link
from kept.portal.page import shown
from kept.promises import delivering, ending, pausing, proposing
from kept.promises.models import Delivery, Promise, Proposal
from kept.quotes import accepting, countering
from kept.quotes.models import Quote, QuoteOption
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, NotFound, Refused

Row = TypeVar("Row", bound=models.Model)


class NotYours(NotFound):
    """It is somebody else's, or not there."""

    def __init__(self) -> None:
        super().__init__(_("This is not here any more. Below stands what is."))


class Closed(Conflict):
    """The offer was answered, or taken back."""


@by_link("POST")
def accept_offer(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say yes to an offer."""

    def do() -> None:
        quote = _open_offer(visit, pk)
        _refuse_another(quote, request.POST.get("due", ""))
        accepting.accept(
            quote=quote,
            contact=visit.contact,
            option=_choice(request, quote),
            word=_word(request),
            now=visit.now,
        )

    return _done(request, visit, do, "accepted", at=f"offer-{pk}")


@by_link("POST")
def counter_offer(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Propose something else."""

    def do() -> None:
        quote = _open_offer(visit, pk)
        countering.counter(
            quote=quote,
            contact=visit.contact,
            wanted_at=_day(request, zone=quote.zone),
            lines=request.POST.get("lines", ""),
            word=_word(request),
            now=visit.now,
        )

    return _done(request, visit, do, "proposed", at=f"offer-{pk}")


@by_link("POST")
def decline_offer(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say no to an offer."""

    def do() -> None:
        accepting.decline(
            quote=_open_offer(visit, pk), contact=visit.contact, word=_word(request), now=visit.now
        )

    return _done(request, visit, do, "declined", at=f"offer-{pk}")


@by_link("POST")
def take(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Accept what was delivered, all of it or line by line."""

    def do() -> str:
        delivery = _delivery(visit, pk)
        lines = _lines(request, delivery)
        delivering.accept(
            delivery,
            contact=visit.contact,
            lines=lines,
            to_standard=_yes_or_no(request.POST.get("to_standard", "")),
            word=_word(request),
            now=visit.now,
        )
        return "taken" if lines is None or all(lines.values()) else "taken_in_part"

    return _done(request, visit, do, "taken", at=f"delivery-{pk}")


@by_link("POST")
def send_back(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Send back what was delivered, with a reason."""

    def do() -> None:
        delivery = _delivery(visit, pk)
        delivering.send_back(
            delivery,
            contact=visit.contact,
            reason=_word(request),
            lines=_lines(request, delivery),
            now=visit.now,
        )

    return _done(request, visit, do, "back", at=f"delivery-{pk}")


@by_link("POST")
def agree(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Agree to one of the ways out that were proposed."""

    def do() -> None:
        proposal = _proposal(visit, pk)
        chosen = request.POST.get("option", "")
        option = proposal.options.filter(pk=int(chosen)).first() if chosen.isdecimal() else None
        if option is None:
            raise Refused(_("Choose one of the dates."), field="option")
        proposing.agree(
            proposal, option=option, contact=visit.contact, word=_word(request), now=visit.now
        )

    return _done(request, visit, do, "agreed", at=f"proposal-{pk}")


@by_link("POST")
def refuse(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Stay with what was promised."""

    def do() -> None:
        proposing.refuse(
            _proposal(visit, pk), contact=visit.contact, word=_word(request), now=visit.now
        )

    return _done(request, visit, do, "refused", at=f"proposal-{pk}")


@by_link("POST")
def ask_for_change(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask for another date, or to do without some lines."""

    def do() -> None:
        promise = _promise(visit, pk)
        wanted_at = _day(request, zone=promise.zone)
        if wanted_at is None:
            raise Refused(_("Say by which day you would like it."), field="wanted_on")
        known = set(promise.job.conditions.values_list("pk", flat=True))
        without = {int(key) for key in request.POST.getlist("without") if key.isdecimal()}
        proposing.ask(
            promise,
            contact=visit.contact,
            wanted_at=wanted_at,
            lines=sorted(without & known),
            word=_word(request),
            now=visit.now,
        )

    return _done(request, visit, do, "asked", at=f"promise-{pk}")


@by_link("POST")
def release(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let the house off: it is not needed any more."""

    def do() -> None:
        ending.release(
            _promise(visit, pk), contact=visit.contact, word=_word(request), now=visit.now
        )

    return _done(request, visit, do, "released", at=f"promise-{pk}")


@by_link("POST")
def sent(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say that what was owed has been sent."""

    def do() -> None:
        owed = _theirs(Obligation.objects.filter(job__promise__contact=visit.contact), pk)
        pausing.receive(owed, contact=visit.contact, now=visit.now)

    return _done(request, visit, do, "sent", at=f"owed-{pk}")


@by_link("POST")
def react(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say how it was."""

    def do() -> None:
        reaction = _theirs(Reaction.objects.filter(contact=visit.contact), pk)
        reacting.answer(
            reaction,
            felt=request.POST.get("felt", ""),
            words=_word(request),
            contact=visit.contact,
            now=visit.now,
        )

    return _done(request, visit, do, "reacted", at=f"reaction-{pk}")


@by_link("POST")
def consent(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Agree to a story in these exact words, or not."""

    def do() -> None:
        asked = _theirs(
            StoryConsent.objects.filter(contact=visit.contact).select_related("story"), pk
        )
        yes = _yes_or_no(request.POST.get("answer", ""))
        if yes is None:
            raise Refused(_("Say yes or no."), field="answer")
        storytelling.consent(asked, yes=yes, contact=visit.contact, now=visit.now)

    return _done(request, visit, do, "consented", at=f"story-{pk}")


@by_link("POST")
def take_back(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take a consent back: nothing is told after it."""

    def do() -> None:
        story = _theirs(Story.objects.filter(contact=visit.contact), pk)
        storytelling.withdraw(story, contact=visit.contact, now=visit.now)

    return _done(request, visit, do, "taken_back", at=f"story-{pk}")


def _done(
    request: HttpRequest, visit: Visit, do: Callable[[], str | None], word: str, *, at: str
) -> HttpResponse:
    try:
        word = do() or word
    except Refused as refusal:
        return shown(request, visit, refusal=refusal, at=at)
    with transaction.atomic():
        # The promises are forecast anew beside the page: the client does not wait for it.
        tasks.add("forecast", key=f"link {visit.now.isoformat()}", payload={}, now=visit.now)
    answer = redirect("portal", visit.token)
    answer["Location"] += f"?done={word}"
    answer.status_code = 303
    return answer


def _offer(visit: Visit, pk: int) -> Quote:
    rows = Quote.objects.select_related("job", "client", "hold", "answer", "contact", "offered_by")
    return _theirs(rows.filter(contact=visit.contact).exclude(state=Quote.State.HELD), pk)


def _open_offer(visit: Visit, pk: int) -> Quote:
    """Return an offer that can still be answered; else say what became of it, to the client.

    Raises:
        Closed: it was answered or taken back. The room refuses as well, in the house's words.
    """
    quote = _offer(visit, pk)
    match quote.state:
        case Quote.State.WITHDRAWN:
            raise Closed(
                _(
                    "We took this offer back before your answer came, and are sorry. "
                    "You owe nothing."
                )
            )
        case Quote.State.ACCEPTED:
            raise Closed(_("You said yes to this before. It is promised, and stands below."))
        case Quote.State.DECLINED:
            raise Closed(_("You said no to this before, and the time is free again. Ask us anew."))
    return quote


def _delivery(visit: Visit, pk: int) -> Delivery:
    rows = Delivery.objects.select_related("promise__job")
    return _theirs(rows.filter(promise__contact=visit.contact), pk)


def _proposal(visit: Visit, pk: int) -> Proposal:
    rows = Proposal.objects.select_related("promise__job")
    return _theirs(
        rows.filter(promise__contact=visit.contact).exclude(state=Proposal.State.DRAFT), pk
    )


def _promise(visit: Visit, pk: int) -> Promise:
    rows = Promise.objects.select_related("job").exclude(state=Promise.State.VOIDED)
    return _theirs(rows.filter(contact=visit.contact), pk)


def _theirs(rows: "models.QuerySet[Row]", pk: int) -> Row:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotYours
    return found


def _refuse_another(quote: Quote, due: str) -> None:
    """Refuse a yes to a date that is not offered any more, since the page was opened before."""
    if due and due != quote.due_at.isoformat():
        raise Refused(
            _("The offer changed since you opened this page. Look again, and then say yes.")
        )


def _choice(request: HttpRequest, quote: Quote) -> QuoteOption | None:
    """Return what was chosen instead of the date that is held."""
    said = request.POST.get("option", "")
    if not said:
        return None
    found = quote.options.filter(pk=int(said)).first() if said.isdecimal() else None
    if found is None:
        raise Refused(
            _("The offer changed since you opened this page. Look again, and then say yes.")
        )
    return found


def _word(request: HttpRequest) -> str:
    return request.POST.get("word", "")


def _day(request: HttpRequest, *, zone: str) -> datetime | None:
    """Return the end of the working day that was typed, as the client's calendar has it."""
    typed = request.POST.get("wanted_on", "").strip()
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Refused(
            _("“%(typed)s” is not a day. Write it like 2026-12-18.") % {"typed": typed[:40]},
            field="wanted_on",
        ) from None
    given.day(day, called=_("The day"), field="wanted_on")
    return days.end_of(day, zone=zones.zone(zone).key, house=scope.current())


def _lines(request: HttpRequest, delivery: Delivery) -> dict[int, bool] | None:
    """Return which lines were ticked, where the form had boxes to tick; by their condition."""
    if "lines_shown" not in request.POST:
        return None
    ticked = {int(key) for key in request.POST.getlist("line") if key.isdecimal()}
    keys = delivery.lines.values_list("condition_id", flat=True)
    return {key: key in ticked for key in keys}


def _yes_or_no(said: str) -> bool | None:
    return {"yes": True, "no": False}.get(said)
