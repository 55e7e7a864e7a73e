"""The last step: we say it is done, and the client says so too, or sends it back.

Only the client's word closes a promise: their own, or their silence for five
working days after they were told that it counts as one: by a letter that has
left, or in person. Work sent back reopens its finishing stretch.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words as worded
from kept.clients.models import Contact
from kept.jobs.models import Condition, Job
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.promises import carrying, pausing, states, telling, terms, writing
from kept.promises.models import DeliveredLine, Delivery, Promise, ToldHow
from kept.promises.telling import InPerson
from kept.tenancy import given, refusals, scope

#: Working days of silence after notice that count as acceptance.
SILENCE = 5
#: A letter that leaves so much later than it was written told them when it was written.
ON_ITS_WAY = timedelta(hours=1)


class NoSuchLine(refusals.Refused):
    """A line was named that is not part of what was promised."""


class NoticedAlready(refusals.Conflict):
    """The client was told before that silence counts."""


def deliver(
    promise: Promise,
    *,
    by: Member,
    now: datetime,
    note: str = "",
    where: str = "",
    met: Mapping[int, bool] | None = None,
) -> Delivery:
    """Say that it is done. On time is judged by this moment, once the client took it.

    Args:
        note: what the client is told with it.
        where: where it is to be found.
        met: by the key of a condition, whether it is met; those not named are.

    Raises:
        MoveNotAllowed: the promise is neither active nor paused.
        NoSuchLine: `met` names a line that was not promised.
    """
    access.demand(by, Role.MEMBER)
    note = given.paragraphs(note, called=_("The note"), field="note", longest=10_000)
    where = given.one_line(where, called=_("Where it is"), field="where", longest=500, needed=False)
    with transaction.atomic():
        promise = states.locked(promise)
        states.demand(promise, "deliver")
        conditions = _promised(promise)
        _refuse_unknown(met, {condition.pk for condition in conditions}, field="met")
        stopped = pausing.stop(promise, now=now)
        promise = states.move(promise, "deliver")
        delivery = Delivery.objects.create(
            promise=promise,
            number=Delivery.objects.filter(promise=promise).count() + 1,
            delivered_at=now,
            delivered_by=by,
            note=note,
            where=where,
        )
        lines = DeliveredLine.objects.bulk_create(
            DeliveredLine(
                delivery=delivery, condition=condition, met=(met or {}).get(condition.pk, True)
            )
            for condition in conditions
        )
        recording.record(
            Event.Kind.PROMISE_DELIVERED,
            about=delivery,
            by=by,
            at=now,
            rows=[promise, delivery, *lines, *stopped],
            promise=promise,
            facts={
                "number": delivery.number,
                "due_at": recording.plain(promise.due_at),
                "lines": len(lines),
                "met": sum(line.met for line in lines),
            },
        )
        writing.delivered(delivery, by=by, now=now)
    return delivery


def notice(
    delivery: Delivery, *, by: Member, now: datetime, in_person: InPerson | None = None
) -> Delivery:
    """Tell the client that five working days of silence count as acceptance.

    Args:
        in_person: that somebody told them; None, a letter does.

    Raises:
        NobodyToWriteTo: no letter can go, and nobody told them in person.
        NoticedAlready: they were told before.
        MoveNotAllowed: they have answered.
        Refused: they were told in the future, before it was delivered, or too long ago.
    """
    access.demand(by, Role.MEMBER)
    house = scope.current()
    with transaction.atomic():
        promise = states.locked(delivery.promise)
        delivery = Delivery.objects.get(pk=delivery.pk)
        if delivery.state != Delivery.State.WAITING:
            raise states.not_allowed(delivery, "deem")
        states.demand(promise, "settle")  # it may have been voided meanwhile
        if delivery.deemed_from is not None and not unheard(delivery):
            raise NoticedAlready(
                _("They were told before: silence until %(moment)s counts as acceptance.")
                % {"moment": worded.moment(delivery.deemed_from, promise.zone)}
            )
        told = telling.told(promise, in_person, since=delivery.delivered_at, now=now)
        delivery.noticed_at = told.at
        delivery.noticed_how = told.how
        delivery.noticed_contact = told.contact
        delivery.deemed_from = days.shifted_moment(house, told.at, SILENCE, zone=promise.zone)
        delivery.save(update_fields=["noticed_at", "noticed_how", "noticed_contact", "deemed_from"])
        recording.record(
            Event.Kind.DELIVERY_NOTICED,
            about=delivery,
            by=by,
            at=now,
            rows=[delivery],
            promise=promise,
            facts={"deemed_from": recording.plain(delivery.deemed_from), **told.facts()},
        )
        if told.how == ToldHow.LINK:
            writing.noticed(delivery, by=by, now=now)
    return delivery


def unheard(delivery: Delivery) -> bool:
    """Say whether notice was given that reached nobody; it can be given again."""
    return delivery.noticed_at is not None and telling.came_back(
        delivery, how=delivery.noticed_how, written_at=delivery.noticed_at
    )


def silent_until(delivery: Delivery) -> datetime | None:
    """Return the moment from which silence counts; None while nobody was told that it does.

    A letter tells nobody before it has left; one that left late gives them the days it took.
    """
    if delivery.noticed_at is None or delivery.noticed_how == ToldHow.SAID:
        return delivery.deemed_from
    letter = telling.letter_of(delivery, written_at=delivery.noticed_at)
    if letter is None or letter.sent_at is None:
        return None
    if letter.sent_at - delivery.noticed_at <= ON_ITS_WAY:
        return delivery.deemed_from
    zone = delivery.promise.zone
    return days.shifted_moment(scope.current(), letter.sent_at, SILENCE, zone=zone)


def accept(
    delivery: Delivery,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    lines: Mapping[int, bool] | None = None,
    to_standard: bool | None = None,
    word: str = "",
) -> Promise:
    """Record that the client took it: the promise is settled.

    Args:
        by: the member who writes down what the client said.
        contact: whoever said it themselves, by link; then `by` stays empty.
        lines: by the key of a condition, whether they took it; those not named, as delivered.
        to_standard: what they said of its standard; None, nothing.
        word: in their words.

    Raises:
        MoveNotAllowed: it was answered before.
        NoSuchLine: `lines` names a line that was not delivered.
    """
    _demand_somebody(by, contact)
    word = given.paragraphs(word, called=_("Their words"), field="word", longest=10_000)
    with transaction.atomic():
        promise = states.locked(delivery.promise)
        delivery = states.move_delivery(
            delivery,
            "accept",
            answered_at=now,
            answered_by=by,
            answered_by_contact=contact,
            to_standard=to_standard,
            word=word,
        )
        rows = _answer_lines(delivery, lines, all_of_them=True)
        return _settle(
            promise, delivery, Event.Kind.DELIVERY_ACCEPTED, rows, by=by, contact=contact, now=now
        )


def send_back(
    delivery: Delivery,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    reason: str,
    lines: Mapping[int, bool] | None = None,
) -> Promise:
    """Record that the client sent it back, and why; the finishing stretch is open again.

    Raises:
        MoveNotAllowed: it was answered before.
        Refused: no reason was given.
    """
    _demand_somebody(by, contact)
    reason = given.paragraphs(
        reason, called=_("The reason"), field="reason", longest=10_000, needed=True
    )
    with transaction.atomic():
        promise = states.locked(delivery.promise)
        delivery = states.move_delivery(
            delivery,
            "send_back",
            answered_at=now,
            answered_by=by,
            answered_by_contact=contact,
            word=reason,
        )
        rows = _answer_lines(delivery, lines, all_of_them=False)
        promise = states.move(promise, "send_back")
        recording.record(
            Event.Kind.DELIVERY_SENT_BACK,
            about=delivery,
            by=by,
            at=now,
            rows=[promise, delivery, *rows],
            promise=promise,
            facts={"contact": None if contact is None else contact.pk},
        )
        carrying.reopen(promise.job, by=by, now=now, reason=reason)
    return promise


def deem_due(*, now: datetime) -> list[Promise]:
    """Take silence for acceptance wherever its five working days after notice have passed.

    A notice that has not left, or came back, is none: whoever gave it hears of that by alarm.
    """
    settled = []
    silent = Delivery.objects.filter(state=Delivery.State.WAITING, deemed_from__lte=now)
    for delivery in silent.select_related("promise").order_by("deemed_from", "pk"):
        counts_from = silent_until(delivery)
        if counts_from is None or counts_from > now:
            continue
        try:
            with transaction.atomic():
                promise = states.locked(delivery.promise)
                row = states.move_delivery(delivery, "deem", answered_at=now)
                lines = _answer_lines(row, None, all_of_them=True)
                settled.append(
                    _settle(
                        promise, row, Event.Kind.DELIVERY_DEEMED, lines,
                        by=None, contact=None, now=now,
                    )
                )  # fmt: skip
        except states.MoveNotAllowed:
            continue  # the client was quicker
    return settled


def thank(delivery: Delivery, *, by: Member, now: datetime, words: str = "") -> Delivery:
    """Thank the client for their word, once.

    Args:
        words: what they read, if they can be written to; left out, somebody told them.

    Raises:
        Conflict: it was not accepted yet, or they were thanked before.
        NobodyToWriteTo: there are words, and no letter can go.
    """
    access.demand(by, Role.MEMBER)
    words = given.paragraphs(words, called=_("The letter"), field="words", longest=10_000)
    with transaction.atomic():
        promise = states.locked(delivery.promise)
        delivery = Delivery.objects.get(pk=delivery.pk)
        if delivery.state not in (Delivery.State.ACCEPTED, Delivery.State.DEEMED):
            raise refusals.Conflict(_("Thank them when they have taken it. Nothing was noted."))
        if delivery.thanked_at is not None:
            raise refusals.Conflict(_("They were thanked before."))
        if words:
            telling.told(promise, None, since=delivery.delivered_at, now=now)
        delivery.thanked_at = now
        delivery.save(update_fields=["thanked_at"])
        recording.record(
            Event.Kind.CLIENT_THANKED,
            about=delivery,
            by=by,
            at=now,
            rows=[delivery],
            promise=promise,
        )
        if words:
            writing.thanked(delivery, words, by=by, now=now)
    return delivery


def waiting(promise: Promise) -> Delivery | None:
    """Return the delivery that waits for the client's word."""
    return Delivery.objects.filter(promise=promise, state=Delivery.State.WAITING).first()


def _settle(
    promise: Promise,
    delivery: Delivery,
    kind: Event.Kind,
    lines: Sequence[DeliveredLine],
    *,
    by: Member | None,
    contact: Contact | None,
    now: datetime,
) -> Promise:
    promise = states.move(promise, "settle", settled_at=now)
    job = promise.job
    job.state = Job.State.CLOSED
    job.save(update_fields=["state"])
    recording.record(
        kind,
        about=delivery,
        by=by,
        at=now,
        rows=[promise, delivery, *lines, job],
        promise=promise,
        facts={
            "contact": None if contact is None else contact.pk,
            "lines": len(lines),
            "taken": sum(bool(line.accepted) for line in lines),
            "to_standard": delivery.to_standard,
        },
    )
    return promise


def _promised(promise: Promise) -> list[Condition]:
    """Return the lines of the last terms."""
    last = terms.last_of(promise)
    rows = last.lines.filter(condition__isnull=False).select_related("condition")
    return [line.condition for line in rows.order_by("position") if line.condition is not None]


def _answer_lines(
    delivery: Delivery, lines: Mapping[int, bool] | None, *, all_of_them: bool
) -> list[DeliveredLine]:
    """Write what the client said of each line; those not named are as we said.

    Args:
        all_of_them: also where they named none; of work sent back they may say nothing by line.
    """
    rows = list(DeliveredLine.objects.filter(delivery=delivery).order_by("pk"))
    _refuse_unknown(lines, {row.condition_id for row in rows}, field="lines")
    if not all_of_them and not lines:
        return []
    for row in rows:
        row.accepted = (lines or {}).get(row.condition_id, row.met)
    DeliveredLine.objects.bulk_update(rows, ["accepted"])
    return rows


def _refuse_unknown(lines: Mapping[int, bool] | None, known: set[int], *, field: str) -> None:
    unknown = set(lines or {}) - known
    if unknown:
        raise NoSuchLine(
            _("Line %(number)s is not part of what was promised. Nothing was changed.")
            % {"number": min(unknown)},
            field=field,
        )


def _demand_somebody(by: Member | None, contact: Contact | None) -> None:
    if (by is None) == (contact is None):
        raise ValueError("either a member writes it down, or the contact says it")
    if by is not None:
        access.demand(by, Role.MEMBER)
