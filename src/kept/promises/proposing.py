"""Other terms, proposed by one side and answered by the other: rule 2.

*Told at* is not *agreed at*: each is set by its own act, and by no other. Told
with fair notice and agreed, the terms have moved. Told in time and not agreed,
a miss is late, and the client was warned. Told too late, the later date is an
announcement: the terms stay. What the client asked for makes an agreed
baseline beside the first terms, counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept import words
from kept.clients.models import Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import outcomes, splitting, states, telling, writing
from kept.promises import terms as agreed
from kept.promises.models import (
    LaterLine,
    Promise,
    Proposal,
    ProposalOption,
    Reason,
    Terms,
    TermsLine,
    ToldHow,
)
from kept.tenancy import given, refusals, scope

MOST_WAYS = 4


@dataclass(frozen=True)
class Way:
    """One way out that a proposal offers.

    Attributes:
        due_at: the date it names.
        chance: to keep that date, where it was computed.
        words: what the client reads of it.
        later: keys of the conditions that it leaves out.
        rest_due_at: when what it leaves out follows, as a promise of its own.
    """

    due_at: datetime
    chance: float | None = None
    words: str = ""
    later: Sequence[int] = ()
    rest_due_at: datetime | None = None


class OneWaits(refusals.Conflict):
    """Another proposal waits for its answer."""


class NotTheirs(refusals.NotAllowed):
    """Nobody answers what they proposed themselves."""


def draft(
    promise: Promise,
    *,
    options: Sequence[Way],
    by: Member | None,
    now: datetime,
    contact: Contact | None = None,
    reason: Reason | None = None,
    chance: float | None = None,
    subject: str = "",
    body: str = "",
) -> Proposal:
    """Write down other terms for the client. They know nothing of it until they are told.

    Args:
        by: None where kept prepares them for whoever will look them through.
        contact: who is to be told; left out, the promise's own contact.
        chance: how likely the present date is, as shown when this was written.

    Raises:
        MoveNotAllowed: the promise is not open.
        Refused: an option that cannot be.
    """
    if by is not None:
        access.demand(by, Role.MEMBER)
    subject = given.one_line(
        subject, called=_("The subject"), field="subject", longest=200, needed=False
    )
    body = given.paragraphs(body, called=_("The letter"), field="body", longest=20_000)
    with transaction.atomic():
        promise = _open(promise)
        proposal, rows = _write(
            promise,
            options,
            by_side=Proposal.From.HOUSE,
            contact=contact or promise.contact,
            by=by,
            now=now,
            reason=reason,
            chance_then=chance,
            subject=subject,
            body=body,
        )
        recording.record(
            Event.Kind.PROPOSAL_DRAFTED,
            about=proposal,
            by=by,
            at=now,
            rows=rows,
            promise=promise,
            chance=chance,
            facts={"number": proposal.number, "options": len(options)},
        )
    return proposal


def tell(
    proposal: Proposal,
    *,
    how: ToldHow,
    by: Member,
    now: datetime,
    told_at: datetime | None = None,
) -> Proposal:
    """Tell the client, now: by a letter with a link, or note that somebody said it.

    Whoever the letter goes to reads the promise by link from then on, to answer it.

    Args:
        told_at: for a spoken word only, when it was said: at most a day ago.

    Raises:
        Refused: it was said in the future, or too long ago to be written down now; or
            there is no letter, or nobody to send it to.
        OneWaits: another proposal waits for its answer.
        MoveNotAllowed: it was told before, or the promise is not open.
    """
    access.demand(by, Role.MEMBER)
    told_at = _told(told_at, how=how, now=now)
    with transaction.atomic():
        promise = _open(proposal.promise)
        _refuse_if_one_waits(promise, but=proposal)
        if told_at < promise.given_at:
            raise refusals.Refused(
                _("The promise was given after that. Say when they were told."), field="told_at"
            )
        last = agreed.last_of(promise)
        proposal = states.move_proposal(
            proposal,
            "tell",
            told_at=told_at,
            told_how=how,
            due_before=promise.due_at,
            tell_by_at=_tell_by(promise, last),
        )
        recording.record(
            Event.Kind.PROPOSAL_TOLD,
            about=proposal,
            by=by,
            at=now,
            rows=[proposal, *(_read_by(promise, proposal) if how == Proposal.How.LINK else ())],
            promise=promise,
            chance=proposal.chance_then,
            facts={
                "number": proposal.number,
                "how": str(how),
                "told_at": recording.plain(told_at),
                "in_time": told_at <= _tell_by(promise, last),
            },
        )
        if how == Proposal.How.LINK:
            writing.proposed(proposal, by=by, now=now)
    return proposal


def withdraw_prepared(promise: Promise, *, by: Member, now: datetime) -> None:
    """Take back the sheets that kept had prepared: a letter takes their place."""
    for prepared in promise.proposals.filter(state=Proposal.State.DRAFT, made_by__isnull=True):
        withdraw(prepared, by=by, now=now)


def ask(
    promise: Promise,
    *,
    wanted_at: datetime,
    now: datetime,
    contact: Contact | None = None,
    by: Member | None = None,
    lines: Sequence[int] = (),
    word: str = "",
) -> Proposal:
    """Record that the client asks for other terms; the house answers.

    Args:
        by: the member who writes down what the client said.
        contact: whoever asked themselves, by link; then `by` stays empty.
        lines: keys of the conditions that they can do without.

    Raises:
        MoveNotAllowed: the promise is not open.
        OneWaits: a proposal of ours waits for their answer.
    """
    _demand_somebody(by, contact)
    word = given.paragraphs(word, called=_("Their words"), field="word", longest=10_000)
    with transaction.atomic():
        promise = _open(promise)
        _refuse_if_one_waits(promise, but=None)
        proposal, rows = _write(
            promise,
            [Way(due_at=wanted_at, later=lines)],
            by_side=Proposal.From.CLIENT,
            state=Proposal.State.TOLD,
            contact=contact or promise.contact,
            by=by,
            now=now,
            told_at=now,
            told_how=Proposal.How.SAID if contact is None else Proposal.How.LINK,
            word=word,
        )
        recording.record(
            Event.Kind.PROPOSAL_TOLD,
            about=proposal,
            by=by,
            at=now,
            rows=rows,
            promise=promise,
            facts={
                "number": proposal.number,
                "asked": True,
                "contact": None if contact is None else contact.pk,
                "told_at": recording.plain(now),
            },
        )
    return proposal


def agree(
    proposal: Proposal,
    *,
    option: ProposalOption,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    word: str = "",
) -> Proposal:
    """Record the other side's yes to one option.

    New terms come of it if the client was told with fair notice, or asked for
    it themselves before it was due. Else the date is an announcement only.

    Args:
        by: the member who answers for the house, or writes down what the client said.
        contact: whoever said it themselves, by link; then `by` stays empty.

    Raises:
        MoveNotAllowed: it was answered or withdrawn before, or the promise is not open.
        NotTheirs: the client cannot agree to what they asked for themselves.
        Refused: the option belongs to another proposal, or its date has gone by.
    """
    _demand_somebody(by, contact)
    _refuse_own(proposal, contact)
    word = given.paragraphs(word, called=_("Their words"), field="word", longest=10_000)
    if option.proposal_id != proposal.pk:
        raise refusals.Refused(_("This option belongs to another proposal."), field="option_id")
    with transaction.atomic():
        promise = _open(proposal.promise)
        if option.due_at <= now and proposal.state == Proposal.State.TOLD:
            raise refusals.Refused(
                _("%(moment)s has gone by. Propose a later date.")
                % {"moment": words.moment(option.due_at, promise.zone, today=now)},
                field="option_id",
            )
        answer = {} if proposal.by_side == Proposal.From.CLIENT else {"word": word}
        proposal = states.move_proposal(
            proposal, "agree", agreed_at=now, answered_at=now, chosen=option, **answer
        )
        rows: list[models.Model] = [proposal]
        moved = _moves(proposal)
        due_before = promise.due_at
        if moved:
            rows += _new_terms(promise, proposal, option, contact=contact, now=now)
        recording.record(
            Event.Kind.PROPOSAL_AGREED,
            about=proposal,
            by=by,
            at=now,
            rows=rows,
            promise=promise,
            chance=option.chance,
            facts={
                "number": proposal.number,
                "moved": moved,
                "asked": proposal.by_side == Proposal.From.CLIENT,
                "due_before": recording.plain(due_before),
                "due_at": recording.plain(option.due_at),
                "contact": None if contact is None else contact.pk,
            },
        )
        if moved and option.rest_due_at is not None:
            splitting.promise_the_rest(promise, option, by=by or proposal.made_by, now=now)
    return proposal


def refuse(
    proposal: Proposal,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    word: str = "",
) -> Proposal:
    """Record the other side's no; the terms stay as they are.

    Raises: what `agree` raises.
    """
    _demand_somebody(by, contact)
    _refuse_own(proposal, contact)
    word = given.paragraphs(word, called=_("Their words"), field="word", longest=10_000)
    answer = {} if proposal.by_side == Proposal.From.CLIENT else {"word": word}
    return _close(
        proposal, "refuse", Event.Kind.PROPOSAL_REFUSED, by=by, contact=contact, now=now, **answer
    )


def withdraw(
    proposal: Proposal,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
) -> Proposal:
    """Take a proposal back that was not answered; that the client was told stays in the ledger.

    Raises:
        MoveNotAllowed: it was answered or withdrawn before.
    """
    _demand_somebody(by, contact)
    return _close(
        proposal, "withdraw", Event.Kind.PROPOSAL_WITHDRAWN, by=by, contact=contact, now=now
    )


def drop(promise: Promise, *, now: datetime) -> list[Proposal]:
    """Withdraw what is proposed for a promise that ends; the caller writes the event."""
    rows = Proposal.objects.filter(promise=promise, state__in=_ALIVE)
    return [
        states.move_proposal(proposal, "withdraw", answered_at=now)
        for proposal in rows.order_by("number")
    ]


def waiting(promise: Promise) -> Proposal | None:
    """Return the proposal that waits for an answer."""
    return Proposal.objects.filter(promise=promise, state=Proposal.State.TOLD).first()


def tell_by(promise: Promise, *, last: Terms | None = None) -> datetime:
    """Return until when the client can be told of another date so that it counts as moved.

    Args:
        last: the terms that hold now, where they are at hand.
    """
    return _tell_by(promise, last or agreed.last_of(promise))


_ALIVE = (Proposal.State.DRAFT, Proposal.State.TOLD)


def _write(
    promise: Promise,
    options: Sequence[Way],
    *,
    by_side: Proposal.From,
    contact: Contact | None,
    by: Member | None,
    now: datetime,
    **more: object,
) -> tuple[Proposal, list[models.Model]]:
    last = agreed.last_of(promise)
    _refuse_impossible(promise, last, options, now)
    proposal = Proposal.objects.create(
        promise=promise,
        number=Proposal.objects.filter(promise=promise).count() + 1,
        by_side=by_side,
        contact=contact,
        due_before=promise.due_at,
        tell_by_at=_tell_by(promise, last),
        made_at=now,
        made_by=by,
        **more,
    )
    rows: list[models.Model] = [proposal]
    for position, way in enumerate(options, start=1):
        option = ProposalOption.objects.create(
            proposal=proposal,
            position=position,
            due_at=way.due_at,
            chance=way.chance,
            words=given.one_line(
                way.words, called=_("An option"), field="options", longest=300, needed=False
            ),
            rest_due_at=way.rest_due_at,
        )
        later = [
            LaterLine.objects.create(option=option, condition_id=key)
            for key in dict.fromkeys(way.later)
        ]
        rows += [option, *later]
    return proposal, rows


def _refuse_impossible(
    promise: Promise, last: Terms, options: Sequence[Way], now: datetime
) -> None:
    if not 1 <= len(options) <= MOST_WAYS:
        raise refusals.Refused(
            _("Offer one to %(most)s ways out.") % {"most": MOST_WAYS}, field="options"
        )
    known = set(last.lines.filter(condition__isnull=False).values_list("condition_id", flat=True))
    for way in options:
        due_at = given.moment(way.due_at, called=_("The new date"), field="options")
        if due_at <= now:
            raise refusals.Refused(
                _("%(moment)s has gone by. Propose a later date.")
                % {"moment": words.moment(due_at, promise.zone, today=now)},
                field="options",
            )
        if due_at == promise.due_at and not way.later:
            raise refusals.Refused(
                _("%(moment)s is what is promised already.")
                % {"moment": words.moment(due_at, promise.zone)},
                field="options",
            )
        unknown = set(way.later) - known
        if unknown:
            raise refusals.Refused(
                _("Line %(number)s is not part of what was promised.") % {"number": min(unknown)},
                field="options",
            )
        if way.rest_due_at is not None and (not way.later or way.rest_due_at <= due_at):
            raise refusals.Refused(
                _("What follows later needs lines that are left for later, and a later date."),
                field="options",
            )


def _new_terms(
    promise: Promise,
    proposal: Proposal,
    option: ProposalOption,
    *,
    contact: Contact | None,
    now: datetime,
) -> list[models.Model]:
    house = scope.current()
    last = agreed.last_of(promise)
    asked = proposal.by_side == Proposal.From.CLIENT
    made = Terms.objects.create(
        promise=promise,
        number=last.number + 1,
        kind=Terms.Kind.CLIENT_ASKED if asked else Terms.Kind.RENEGOTIATED,
        due_at=option.due_at,
        standard=last.standard,
        proposal=proposal,
        chance_when_given=option.chance,
        agreed_at=now,
        agreed_by_contact=contact,
    )
    left_out = set(option.later_lines.values_list("condition_id", flat=True))
    kept = [line for line in last.lines.order_by("position") if line.condition_id not in left_out]
    lines = TermsLine.objects.bulk_create(
        TermsLine(
            terms=made,
            position=position,
            condition_id=line.condition_id,
            text=line.text,
            required=line.required,
        )
        for position, line in enumerate(kept, start=1)
    )
    promise.due_at = option.due_at
    promise.day_only = agreed.is_day_end(option.due_at, zone=promise.zone, house=house)
    promise.internal_due_at = agreed.internal_date(option.due_at, now=now, house=house)
    promise.save(update_fields=["due_at", "day_only", "internal_due_at"])
    return [promise, made, *lines]


def _moves(proposal: Proposal) -> bool:
    if proposal.by_side == Proposal.From.CLIENT:
        return proposal.told_at is not None and proposal.told_at < proposal.due_before
    return outcomes.counts_as_moved(
        told_at=proposal.told_at,
        tell_by_at=proposal.tell_by_at or proposal.due_before,
        agreed_at=proposal.agreed_at,
    )


def _close(
    proposal: Proposal,
    verb: str,
    kind: Event.Kind,
    *,
    by: Member | None,
    contact: Contact | None,
    now: datetime,
    **changes: str,
) -> Proposal:
    with transaction.atomic():
        promise = states.locked(proposal.promise)
        proposal = states.move_proposal(proposal, verb, answered_at=now, **changes)
        recording.record(
            kind,
            about=proposal,
            by=by,
            at=now,
            rows=[proposal],
            promise=promise,
            facts={
                "number": proposal.number,
                "asked": proposal.by_side == Proposal.From.CLIENT,
                "contact": None if contact is None else contact.pk,
            },
        )
    return proposal


def _open(promise: Promise) -> Promise:
    """Lock a promise and return it anew; refuse unless it is open."""
    promise = states.locked(promise)
    states.demand_open(promise)
    return promise


def _read_by(promise: Promise, proposal: Proposal) -> list[Promise]:
    """Let whoever gets a proposal by letter read its promise; return the promise if that is new."""
    if proposal.contact is None or proposal.contact == promise.contact:
        return []
    promise.contact = proposal.contact
    promise.save(update_fields=["contact"])
    return [promise]


def _tell_by(promise: Promise, last: Terms) -> datetime:
    return agreed.tell_by(last, due_at=promise.due_at, zone=promise.zone, house=scope.current())


def _told(told_at: datetime | None, *, how: ToldHow, now: datetime) -> datetime:
    said_at = telling.said_at(told_at, now=now)
    if how == Proposal.How.LINK and said_at != now:
        raise refusals.Refused(
            _("A letter tells them when it is sent: leave the moment out."), field="told_at"
        )
    return said_at


def _refuse_if_one_waits(promise: Promise, *, but: Proposal | None) -> None:
    other = waiting(promise)
    if other is not None and other != but:
        raise OneWaits(
            _("Proposal %(number)s waits for its answer. Withdraw it, or wait.")
            % {"number": other.number}
        )


def _refuse_own(proposal: Proposal, contact: Contact | None) -> None:
    if contact is not None and proposal.by_side == Proposal.From.CLIENT:
        raise NotTheirs(_("You asked for this: the answer is ours to give."))


def _demand_somebody(by: Member | None, contact: Contact | None) -> None:
    if (by is None) == (contact is None):
        raise ValueError("either a member writes it down, or the contact says it")
    if by is not None:
        access.demand(by, Role.MEMBER)
