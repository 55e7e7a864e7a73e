"""Hold the capacity that a date needs, offer it, take it back, let it lapse."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kept import engine, words, zones
from kept.clients.models import Client, Contact
from kept.jobs.models import Job
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.plan import loading
from kept.plan.loading import Loaded
from kept.plan.models import Hold
from kept.promises.models import Placement
from kept.promises.terms import internal_date
from kept.quotes import checked, checking, moments, onset, states, wording, writing
from kept.quotes.models import Answer, Counter, Quote
from kept.tenancy import refusals, scope
from kept.tenancy.models import Organisation


class AnswerIsStale(refusals.Conflict):
    """The plan changed after the answer was computed, and its date no longer stands."""


class DateDoesNotStand(refusals.Conflict):
    """The date is less likely than the line, or a yes would push a given promise below it."""


class HeldAlready(refusals.Conflict):
    """The answer has been held before."""


class Lapsed(refusals.Conflict):
    """The offer's time ran out before."""


class NotOfThisClient(refusals.Refused):
    """The contact belongs to another client."""


class NoClientYet(refusals.Refused):
    """Nobody is named to whom the date would be offered."""


@dataclass(frozen=True)
class Stand:
    """What a yes to one date means in the plan as it is.

    Attributes:
        broken: the plan file's ids of those who would fall below the line.
    """

    chance: float
    placement: Placement
    broken: tuple[str, ...]
    even_at: datetime | None
    fingerprint: str


def hold(
    *,
    answer: Answer,
    due_at: datetime,
    by: Member,
    now: datetime,
    risk_reason: str = "",
    begin: Callable[[], None] | None = None,
) -> Quote:
    """Reserve the capacity that a date needs, until the quote expires.

    The date is computed in the plan as it is, and once more under the
    organisation's lock if the plan changed meanwhile, so that the same
    capacity is never sold twice.

    Args:
        due_at: the date to hold; any, not only those of the answer.
        risk_reason: a lead's word, when the date is held although it does not stand.
        begin: called when the forecast is there and before anything is locked, by a door that
            writes something of its own in the same transaction.

    Raises:
        NoClientYet: the answer names no client.
        HeldAlready: this answer was held before.
        AnswerIsStale: the plan changed, and the date no longer stands. Nothing is reserved.
        DateDoesNotStand: the date stood no better when it was answered.
        NotAllowed: only a lead signs a risk.
    """
    access.demand(by, Role.MEMBER)
    if risk_reason.strip():
        access.demand(by, Role.LEAD)
    client = answer.client
    if client is None:
        raise NoClientYet(
            _("Say first for whom this is: an offer goes to a client."), field="client"
        )
    if due_at <= now:
        raise checked.WantedInThePast(
            _("%(moment)s has gone by. Hold a later date.")
            % {"moment": wording.moment(due_at, answer.zone, today=now)},
            field="date",
        )
    moments.refuse_too_far(due_at, zone=answer.zone, now=now, field="date")
    stand = stand_of(answer, due_at, loading.load(now=now))
    if begin is not None:
        begin()
    with transaction.atomic():
        house = Organisation.objects.select_for_update(no_key=True).get(pk=scope.current().pk)
        loaded = loading.load(now=now)
        if loaded.fingerprint != stand.fingerprint:
            stand = stand_of(answer, due_at, loaded)
        if Quote.objects.filter(job_id=answer.job_id).exists():
            raise HeldAlready(_("This answer is held already. Ask again for another date."))
        if not risk_reason.strip():
            refuse_unless_it_stands(answer, due_at, stand, house)
        return _grant(
            answer,
            client,
            stand,
            due_at=due_at,
            house=house,
            by=by,
            now=now,
            risk_reason=risk_reason.strip()[:300],
        )


def stand_of(answer: Answer, due_at: datetime, loaded: Loaded) -> Stand:
    """Compute what a yes to `due_at` means, in the plan as it was loaded."""
    ask = engine.Ask(promise=answer.ask["promise"], stages=answer.ask["stages"])
    futures = settings.FUTURES * checking.HOLD_TIMES
    try:
        found = engine.find_dates(
            loaded.situation,
            ask,
            due_candidates=[due_at],
            wanted=due_at,
            confidence=answer.confidence,
            line=answer.line,
            futures=futures,
            seed=answer.seed,
            limits=False,
        )
    except engine.SituationError as error:
        raise AnswerIsStale(
            _(
                "Somebody or something this answer was computed with is not there any more. "
                "Nothing was reserved. Ask again."
            )
        ) from error
    free = found.without.chance(due_at)
    if free >= answer.line:
        # Nobody else moves in any future, so nobody pays.
        return Stand(free, Placement.YIELDS, (), _even(found.without), loaded.fingerprint)
    broken = [e for e in found.effects_wanted if e.below_line or e.worse_below]
    return Stand(
        chance=found.chance_wanted or free,
        placement=Placement.BY_DATE,
        broken=tuple(e.promise_id for e in broken if e.notable),
        even_at=_even(found.in_place or found.without),
        fingerprint=loaded.fingerprint,
    )


def _even(placed: "engine.Placed") -> datetime | None:
    """Return the moment of even chances: the middle of the futures."""
    finish = sorted(placed.finish)[(len(placed.finish) - 1) // 2]
    return None if finish >= engine.NEVER else placed.situation.moment(int(finish))


def refuse_unless_it_stands(
    answer: Answer, due_at: datetime, stand: Stand, house: Organisation
) -> None:
    if stand.chance >= house.line and not stand.broken:
        return
    changed = stand.fingerprint != answer.plan_fingerprint
    facts = {
        "day": wording.day(due_at, answer.zone),
        "line": words.percent(house.line),
        "chance": words.percent(stand.chance),
    }
    if stand.chance < house.line:
        what = _("%(day)s reaches %(chance)s only, and the line is %(line)s.") % facts
    else:
        names = wording.Names(wording.keys_of(list(stand.broken)))
        what = _("A yes to %(day)s would push %(whom)s below the line of %(line)s.") % {
            **facts,
            "whom": words.listed(names.of(name) for name in stand.broken),
        }
    if changed:
        raise AnswerIsStale(
            _(
                "The plan changed after this date was computed. %(what)s Nothing was reserved. "
                "Ask again."
            )
            % {"what": what},
            field="date",
        )
    raise DateDoesNotStand(
        _("%(what)s Nothing was reserved. Choose a later date, or have a lead sign the risk.")
        % {"what": what},
        field="date",
    )


def _grant(
    answer: Answer,
    client: Client,
    stand: Stand,
    *,
    due_at: datetime,
    house: Organisation,
    by: Member,
    now: datetime,
    risk_reason: str,
) -> Quote:
    job = answer.job
    expires_at = expiry(house, now=now)
    held = Hold.objects.create(
        job=job, placement=stand.placement, due_at=due_at, held_at=now, expires_at=expires_at
    )
    quote = Quote.objects.create(
        answer=answer,
        job=job,
        client=client,
        hold=held,
        due_at=due_at,
        internal_due_at=internal_date(due_at, now=now, house=house),
        day_only=is_day_end(due_at, answer.zone, house),
        zone=answer.zone,
        placement=stand.placement,
        chance_when_given=stand.chance,
        even_chances_at=stand.even_at,
        price=None if job.service is None else job.service.price,
        held_at=now,
        expires_at=expires_at,
        risk_signed_by=by if risk_reason else None,
        risk_reason=risk_reason,
    )
    recording.record(
        Event.Kind.QUOTE_HELD,
        about=quote,
        by=by,
        at=now,
        rows=[quote, held],
        chance=stand.chance,
        facts={
            "due_at": recording.plain(due_at),
            "expires_at": recording.plain(expires_at),
            "placement": str(stand.placement),
            "risk_signed": bool(risk_reason),
        },
    )
    return quote


def expiry(house: Organisation, *, now: datetime) -> datetime:
    """Return when a hold made now expires: at the end of a working day, as the house counts."""
    today = zones.day_of(now, house.zone)
    last = days.shifted(house, today, house.quote_lasts_days)
    return days.end_of(last, zone=house.zone, house=house)


def is_day_end(due_at: datetime, zone: str, house: Organisation) -> bool:
    return zones.local(due_at, zone).time() == house.day_ends_at


def offer(
    *,
    quote: Quote,
    by: Member,
    now: datetime,
    contact: Contact | None = None,
    gap_reason: str = "",
    send: bool = True,
    subject: str = "",
    body: str = "",
) -> Quote:
    """Tell the client the date, once every owner of a part of it has said yes.

    Args:
        contact: who at the client answers it by link; None: they were told by word of mouth.
        gap_reason: a lead's word, where it goes out without every yes.
        send: write the contact a letter with the link.
        subject: of that letter; empty, the usual one.
        body: of that letter, with `{link}` in it; empty, the usual one.

    Raises:
        MoveNotAllowed: it is offered already, or closed.
        Lapsed: its time has run out.
        GapsLeft: somebody has not said yes, and no lead signs it. Nothing was offered.
        NotAllowed: only a lead signs gaps.
        NotOfThisClient: the contact is another client's.
        NoAddress: the contact has no e-mail address. Nothing was offered.
    """
    access.demand(by, Role.MEMBER)
    _refuse_strangers(quote, contact)
    lapse_if_expired(quote, now=now)
    with transaction.atomic():
        if quote.state not in states.MOVES["offer"][0]:
            states.move(quote, "offer")  # says why it cannot be
        gate = onset.pass_gate(quote, by=by, now=now, gap_reason=gap_reason)
        told(quote=quote, gate=gate, by=by, now=now, contact=contact)
        if contact is not None and send:
            writing.offer(quote, by=by, now=now, subject=subject, body=body)
    return quote


def told(
    *,
    quote: Quote,
    gate: onset.Gate,
    by: Member | None,
    now: datetime,
    contact: Contact | None = None,
) -> Quote:
    """Write down that the client was told the date, however the gate was passed."""
    with transaction.atomic():
        states.move(quote, "offer", offered_at=now, offered_by=by, gate=gate, contact=contact)
        recording.record(
            Event.Kind.QUOTE_OFFERED,
            about=quote,
            by=by,
            at=now,
            rows=[quote],
            chance=quote.chance_when_given,
            facts={"gate": str(gate), "contact": None if contact is None else contact.pk},
        )
    return quote


def _refuse_strangers(quote: Quote, contact: Contact | None) -> None:
    if contact is not None and contact.client_id != quote.client_id:
        raise NotOfThisClient(
            _("%(name)s is not somebody at %(client)s. Nothing was offered.")
            % {"name": contact.name, "client": quote.client.name},
            field="contact",
        )


def withdraw(*, quote: Quote, by: Member, now: datetime) -> Quote:
    """Take an offer back; its capacity is free again. Whoever had it by letter is told."""
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        was_told = quote.state in states.MOVES["accept"][0]
        states.move(quote, "withdraw", answered_at=now)
        close(quote, kind=Event.Kind.QUOTE_WITHDRAWN, by=by, now=now)
        if was_told:
            writing.withdrawn(quote, by=by, now=now)
    return quote


def lapse_expired(*, now: datetime) -> list[Quote]:
    """Let every offer lapse whose time has run out; their capacity is free again."""
    late = Quote.objects.filter(state__in=Quote.LIVE, expires_at__lte=now)
    return [quote for quote in late if _lapse(quote, now=now)]


def lapse_if_expired(quote: Quote, *, now: datetime) -> None:
    """Let this offer lapse if its time has run out.

    Raises:
        Lapsed: it has, now or before.
    """
    if quote.state in Quote.LIVE and quote.expires_at <= now:
        _lapse(quote, now=now)
    if quote.state == Quote.State.LAPSED:
        raise Lapsed(
            _(
                "This offer lapsed on %(moment)s, and its capacity is free again. Ask again: the "
                "date may still stand."
            )
            % {"moment": wording.here(quote.expires_at)}
        )


def _lapse(quote: Quote, *, now: datetime) -> bool:
    """Let an offer lapse, and tell both sides; False if somebody else was quicker."""
    was_told = quote.state in states.MOVES["accept"][0]
    try:
        with transaction.atomic():
            # Its time may have been prolonged since it was read.
            states.move(quote, "lapse", past=now, answered_at=quote.expires_at)
            close(quote, kind=Event.Kind.QUOTE_LAPSED, by=None, now=now)
            if was_told:
                writing.lapsed(quote, now=now)
    except states.MoveNotAllowed:
        quote.refresh_from_db()
        return False
    return True


def close(quote: Quote, *, kind: Event.Kind, by: Member | None, now: datetime) -> None:
    """End a quote's hold and job without a promise, and write the event."""
    held = quote.hold
    held.ended_at = now
    held.save(update_fields=["ended_at"])
    job = quote.job
    job.state = Job.State.CLOSED
    job.save(update_fields=["state"])
    counters = close_counters(quote, now=now)
    recording.record(
        kind,
        about=quote,
        by=by,
        at=now,
        rows=[quote, held, job, *counters],
        facts={
            "contact": quote.answered_by_contact_id if by is None else None,
        },
    )


def close_counters(quote: Quote, *, now: datetime) -> list[Counter]:
    """Close what the client proposed and nobody answered; return what changed."""
    counters = list(quote.counters.filter(state=Counter.State.OPEN))
    for counter in counters:
        counter.state, counter.answered_at = Counter.State.CLOSED, now
        counter.save(update_fields=["state", "answered_at"])
    return counters
