"""What the client proposes instead of an offer, and what the house makes of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.clients.models import Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.plan import loading
from kept.plan.loading import Loaded
from kept.promises.terms import internal_date
from kept.quotes import (
    accepting,
    checked,
    moments,
    offering,
    onset,
    states,
    wording,
    writing,
)
from kept.quotes.models import Counter, LeftOutLine, Quote, QuoteOption
from kept.tenancy import given, refusals, scope
from kept.tenancy.models import Organisation


class NothingProposed(refusals.Conflict):
    """The client proposed nothing, or it was answered before."""


def counter(
    *,
    quote: Quote,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    wanted_at: datetime | None = None,
    lines: str = "",
    word: str = "",
) -> Counter:
    """Record what the client proposes instead. The offer stands, and a yes to it still counts.

    A newer proposal takes the place of one that nobody answered yet.

    Args:
        by: the member who writes down what the client said.
        contact: whoever said it themselves, by link; then `by` stays empty.
        wanted_at: the date they would like.
        lines: what they would leave out or add.

    Raises:
        Refused: nothing was proposed, or a date that cannot be.
        Lapsed: the offer's time has run out.
        MoveNotAllowed: it was answered or withdrawn before.
        NotTheirOffer: the contact is not the one it was offered to.
    """
    word = accepting.said_by(quote, by=by, contact=contact, word=word)
    lines = given.paragraphs(lines, called=_("The lines"), field="lines", longest=5000)
    if wanted_at is None and not lines and not word:
        raise refusals.Refused(
            _("Say what you would like instead: another date, other lines, or a word."),
            field="wanted_at",
        )
    if wanted_at is not None:
        wanted_at = given.moment(wanted_at, called=_("The date"), field="wanted_at")
        if wanted_at <= now:
            raise checked.WantedInThePast(
                _("%(moment)s has gone by. Propose a later date.")
                % {"moment": wording.moment(wanted_at, quote.zone, today=now)},
                field="wanted_at",
            )
        moments.refuse_too_far(wanted_at, zone=quote.zone, now=now, field="wanted_at")
    offering.lapse_if_expired(quote, now=now)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        quote.refresh_from_db()
        if quote.state == Quote.State.HELD and by is not None:
            offering.told(quote=quote, gate=onset.state_of(quote, giver=by).gate, by=by, now=now)
        states.move(quote, "counter")
        before = offering.close_counters(quote, now=now)
        row = Counter.objects.create(
            quote=quote,
            number=quote.counters.count() + 1,
            wanted_at=wanted_at,
            lines=lines,
            word=word,
            said_at=now,
            contact=contact,
            recorded_by=by,
        )
        recording.record(
            Event.Kind.QUOTE_COUNTERED,
            about=quote,
            by=by,
            at=now,
            rows=[quote, row, *before],
            facts={
                "number": row.number,
                "wanted_at": recording.plain(wanted_at),
                "contact": None if contact is None else contact.pk,
            },
        )
        if by is None:
            writing.countered(quote, row, now=now)
    return row


def take(
    *,
    quote: Quote,
    by: Member,
    now: datetime,
    due_at: datetime | None = None,
    risk_reason: str = "",
) -> Quote:
    """Offer what the client wishes: its capacity is held anew, and the offer starts over.

    The date is computed in the plan as it is, without this offer's own hold,
    and once more under the lock if the plan changed meanwhile.

    Args:
        due_at: the date to offer; left out, the one the client would like.
        risk_reason: a lead's word, when it is offered although it does not stand.

    Raises:
        NothingProposed: there is nothing to answer.
        Refused: the client named no date, and none was given.
        AnswerIsStale, DateDoesNotStand: the date does not stand. The first offer does.
        MoveNotAllowed: the offer was answered or withdrawn before.
        NotAllowed: only a lead signs a risk.
    """
    access.demand(by, Role.MEMBER)
    risk_reason = given.one_line(
        risk_reason, called=_("The reason"), field="risk_reason", longest=300, needed=False
    )
    if risk_reason:
        access.demand(by, Role.LEAD)
    offering.lapse_if_expired(quote, now=now)
    wished = _open(quote)
    due_at = due_at or wished.wanted_at
    if due_at is None:
        raise refusals.Refused(
            _("They named no date. Say which one you offer instead."), field="due_at"
        )
    if due_at <= now:
        raise checked.WantedInThePast(
            _("%(moment)s has gone by. Offer a later date.")
            % {"moment": wording.moment(due_at, quote.zone, today=now)},
            field="due_at",
        )
    moments.refuse_too_far(due_at, zone=quote.zone, now=now, field="due_at")
    stand = offering.stand_of(quote.answer, due_at, without(quote, loading.load(now=now)))
    with transaction.atomic():
        house = Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        quote.refresh_from_db()
        loaded = without(quote, loading.load(now=now))
        if loaded.fingerprint != stand.fingerprint:
            stand = offering.stand_of(quote.answer, due_at, loaded)
        if not risk_reason:
            offering.refuse_unless_it_stands(quote.answer, due_at, stand, house)
        wished = _open(quote)
        held = quote.hold
        held.due_at, held.placement = due_at, stand.placement
        held.expires_at = offering.expiry(house, now=now)
        held.save(update_fields=["due_at", "placement", "expires_at"])
        states.move(
            quote,
            "take",
            due_at=due_at,
            internal_due_at=internal_date(due_at, now=now, house=house),
            day_only=offering.is_day_end(due_at, quote.zone, house),
            placement=stand.placement,
            chance_when_given=stand.chance,
            even_chances_at=stand.even_at,
            expires_at=held.expires_at,
            offered_at=now,
            offered_by=by,
            risk_signed_by=by if risk_reason else quote.risk_signed_by,
            risk_reason=risk_reason or quote.risk_reason,
        )
        # They were computed beside the date that was held before.
        dropped = drop_choices(QuoteOption.objects.filter(quote=quote))
        _answer(quote, wished, Counter.State.TAKEN, by=by, now=now, rows=[held], removed=dropped)
        writing.taken(quote, by=by, now=now)
    return quote


def keep(*, quote: Quote, by: Member, now: datetime, word: str = "") -> Quote:
    """Stay with the offer that was made; it stands until it expires.

    Raises:
        NothingProposed: there is nothing to answer.
        Lapsed: the offer's time has run out.
        MoveNotAllowed: the offer was answered or withdrawn before.
    """
    access.demand(by, Role.MEMBER)
    word = given.paragraphs(word, called=_("The word"), field="word", longest=5000)
    offering.lapse_if_expired(quote, now=now)
    with transaction.atomic():
        wished = _open(quote)
        states.move(quote, "keep")
        _answer(quote, wished, Counter.State.KEPT, by=by, now=now)
        writing.stays(quote, word=word, by=by, now=now)
    return quote


def drop_choices(options: models.QuerySet[QuoteOption]) -> list[tuple[str, int]]:
    """Remove what could be chosen; return what is gone, for the caller's event."""
    lines = LeftOutLine.objects.filter(option__in=options)
    removed = [("leftoutline", key) for key in lines.values_list("pk", flat=True)]
    removed += [("quoteoption", key) for key in options.values_list("pk", flat=True)]
    lines.delete()
    options.delete()
    return removed


def waiting(quote: Quote) -> Counter | None:
    """Return what the client proposed and nobody answered yet."""
    return quote.counters.filter(state=Counter.State.OPEN).last()


def _open(quote: Quote) -> Counter:
    if quote.state not in states.MOVES["keep"][0]:
        states.move(quote, "keep")  # says why it cannot be
    found = waiting(quote)
    if found is None:
        raise NothingProposed(_("What they proposed was answered before. Nothing was changed."))
    return found


def _answer(
    quote: Quote,
    wished: Counter,
    state: Counter.State,
    *,
    by: Member,
    now: datetime,
    rows: Sequence[models.Model] = (),
    removed: Sequence[tuple[str, int]] = (),
) -> None:
    wished.state, wished.answered_at = state, now
    wished.save(update_fields=["state", "answered_at"])
    recording.record(
        Event.Kind.COUNTER_ANSWERED,
        about=quote,
        by=by,
        at=now,
        rows=[quote, wished, *rows],
        removed=removed,
        chance=quote.chance_when_given,
        facts={
            "number": wished.number,
            "answer": str(state),
            "due_at": recording.plain(quote.due_at),
        },
    )


def without(quote: Quote, loaded: Loaded) -> Loaded:
    """Return the plan without this offer's own hold: what it reserves is free for itself."""
    own = f"j{quote.job_id}"
    plan = dict(loaded.plan)
    plan["promises"] = [entry for entry in plan["promises"] if entry["id"] != own]
    plan["stages"] = [stage for stage in plan["stages"] if stage["promise"] != own]
    return replace(loaded, plan=plan)
