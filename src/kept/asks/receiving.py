"""An ask arrives: it is written down as it was said, sorted, and given a clock and a decider."""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words, zones
from kept.asks import measuring
from kept.asks.models import Ask, AskKind, Policy
from kept.clients.models import Client, Contact, Service
from kept.jobs.lines import Effort
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy import given, refusals, scope

State = Ask.State
#: Somebody who stands in the door waits no longer than this.
AT_ONCE = timedelta(minutes=15)


class AskIsClosed(refusals.Conflict):
    """It was answered, or is not wanted any more."""


class AskChanges(TypedDict, total=False):
    """What can be said of an ask, when it comes and while it is open."""

    title: str
    words: str
    contact: Contact | None
    came: str
    wanted_at: datetime | None
    day_only: bool
    size: Effort | None
    service: Service | None
    sort: str
    kind: str
    as_if_due: bool
    beyond: Promise | None
    decider: Member | None
    due_at: datetime | None
    policy: Policy | None
    measured: str
    measured_at: datetime | None
    possible: str


def receive(
    *,
    client: Client | None,
    by: Member,
    now: datetime,
    came_at: datetime | None = None,
    **said: Unpack[AskChanges],
) -> Ask:
    """Write down what somebody wants. It reserves nothing, and a person answers it.

    Args:
        client: who asks; None for a walk-in.
        came_at: when they asked; left out, now. At most a week ago.
        said: what is known of it; `due_at` is when the answer is owed, else the end of the
            next working day, or at once where somebody stands in the door.

    Raises:
        Refused: a text, a moment or a measure that cannot be.
    """
    access.demand(by, Role.MEMBER)
    came_at = given.moment(came_at or now, called=_("When they asked"), field="came_at")
    if not now - timedelta(days=7) <= came_at <= now:
        raise refusals.Refused(_("Say when they asked, within the last week."), field="came_at")
    ask = Ask(
        client=client,
        came_at=came_at,
        zone=scope.current().zone if client is None else client.zone,
        made_at=now,
        made_by=by,
        due_at=came_at,
    )
    with transaction.atomic():
        kinds = _put(ask, {"title": "", **said}, now=now)
        if said.get("decider") is None:
            ask.decider = ask.policy.owner if ask.policy is not None else by
        if said.get("due_at") is None:
            ask.due_at = _usual_clock(ask)
        ask.save()
        recording.record(Event.Kind.ASK_RECEIVED, about=ask, by=by, at=now, rows=[ask, *kinds])
    return ask


def change(ask: Ask, *, by: Member, now: datetime, **said: Unpack[AskChanges]) -> Ask:
    """Say more of an ask while it is open; what is not named stays.

    Raises:
        AskIsClosed: it was answered or withdrawn.
        Refused: as `receive`.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        ask = locked(ask)
        kinds = _put(ask, said, now=now)
        ask.save()
        recording.record(Event.Kind.ASK_CHANGED, about=ask, by=by, at=now, rows=[ask, *kinds])
    return ask


def judge(ask: Ask, *, sincere: str, by: Member, now: datetime) -> Ask:
    """Write down whether somebody thinks that they mean it: a person's word, never a score.

    Raises:
        AskIsClosed: it was answered or withdrawn.
    """
    access.demand(by, Role.MEMBER)
    if sincere not in Ask.Sincere.values:
        raise refusals.Refused(_("Say yes, no or not sure."), field="sincere")
    with transaction.atomic():
        ask = locked(ask)
        ask.sincere, ask.sincere_by, ask.sincere_at = sincere, by, now
        ask.save(update_fields=["sincere", "sincere_by", "sincere_at"])
        recording.record(Event.Kind.ASK_JUDGED, about=ask, by=by, at=now, rows=[ask])
    return ask


def withdraw(ask: Ask, *, by: Member, now: datetime, word: str = "") -> Ask:
    """Note that they do not want it any more.

    Raises:
        AskIsClosed: it was answered, or this was noted before.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        ask = locked(ask)
        ask.state, ask.ended_at = State.WITHDRAWN, now
        ask.withdrawn_word = given.one_line(
            word, called=_("The word"), field="word", longest=300, needed=False
        )
        ask.save(update_fields=["state", "ended_at", "withdrawn_word"])
        recording.record(Event.Kind.ASK_WITHDRAWN, about=ask, by=by, at=now, rows=[ask])
    return ask


def locked(ask: Ask) -> Ask:
    """Return an open ask, locked.

    Raises:
        AskIsClosed: it is not open any more.
    """
    ask = Ask.objects.select_for_update(no_key=True).get(pk=ask.pk)
    if ask.state != State.OPEN:
        raise AskIsClosed(
            _("This ask is closed: %(state)s. Nothing was changed.")
            % {"state": ask.get_state_display()}
        )
    return ask


def kind_called(name: str) -> AskKind | None:
    """Return the kind of that name, whatever the case of its letters."""
    return given.named(AskKind.objects.all(), name)


def _put(ask: Ask, said: AskChanges, *, now: datetime) -> list[AskKind]:
    """Write what was said into an ask, checked; return the kind if it is a new one."""
    if "title" in said:
        ask.title = given.one_line(
            said["title"], called=_("What they want"), field="title", longest=200
        )
    if "words" in said:
        ask.words = given.paragraphs(
            said["words"], called=_("Their words"), field="words", longest=10_000
        )
    if "possible" in said:
        ask.possible = given.paragraphs(
            said["possible"],
            called=_("What would make this possible"),
            field="possible",
            longest=5_000,
        )
    if "contact" in said:
        ask.contact = _of_client(said["contact"], ask.client)
    if "came" in said:
        ask.came = _one_of(Ask.Came.values, said["came"], "came")
    if "sort" in said:
        ask.sort = _one_of(["", *Ask.Sort.values], said["sort"], "sort")
    if "as_if_due" in said:
        ask.as_if_due = said["as_if_due"]
    if "beyond" in said:
        ask.beyond = _promise_of(said["beyond"], ask.client)
    if "service" in said:
        ask.service = said["service"]
    if "size" in said:
        size = said["size"]
        ask.likely_hours = None if size is None else _hours(size.likely_hours)
        ask.low_hours = None if size is None else size.low_hours
        ask.high_hours = None if size is None else size.high_hours
    if said.keys() & {"size", "service", "wanted_at"}:
        ask.answer = None  # what was worked out was worked out for something else
    if "day_only" in said:
        ask.day_only = said["day_only"]
    if "wanted_at" in said:
        wanted = said["wanted_at"]
        ask.wanted_at = (
            None if wanted is None else given.moment(wanted, called=_("When"), field="wanted")
        )
    if "decider" in said and said["decider"] is not None:
        ask.decider = said["decider"]
    if "due_at" in said and said["due_at"] is not None:
        _put_clock(ask, said["due_at"], now)
    _put_measure(ask, said)
    return _put_kind(ask, said)


def _put_clock(ask: Ask, due_at: datetime, now: datetime) -> None:
    due_at = given.moment(due_at, called=_("The answer’s moment"), field="due")
    if due_at <= now:
        raise refusals.Refused(
            _("%(moment)s has gone by. Say by when they get an answer.")
            % {"moment": words.moment(due_at, ask.zone)},
            field="due",
        )
    ask.due_at = due_at


def _put_measure(ask: Ask, said: AskChanges) -> None:
    """Measure by the rule: a time of day at a moment, anything else as it was said."""
    if not said.keys() & {"policy", "measured", "measured_at"}:
        return
    policy = said.get("policy", ask.policy)
    ask.policy, ask.measured, ask.measured_at = policy, None, None
    if policy is None:
        return
    if policy.quantity == Policy.Quantity.TIME_OF_DAY and not said.get("measured"):
        ask.measured_at = said.get("measured_at") or ask.came_at
        ask.measured = measuring.measure(policy, at=ask.measured_at)
    else:
        ask.measured = measuring.measure(policy, value=said.get("measured", ""))


def _put_kind(ask: Ask, said: AskChanges) -> list[AskKind]:
    if "kind" not in said:
        return []
    name = given.one_line(
        said["kind"], called=_("The kind of ask"), field="kind", longest=80, needed=False
    )
    ask.kind = kind_called(name) if name else None
    if ask.kind is not None or not name:
        return []
    ask.kind = AskKind.objects.create(name=name)
    return [ask.kind]


def _usual_clock(ask: Ask) -> datetime:
    """Return when an answer is owed if nobody says: the end of the next working day."""
    if ask.measured_at is not None:
        return ask.came_at + AT_ONCE
    house = scope.current()
    today = zones.day_of(ask.came_at, house.zone)
    return days.end_of(days.shifted(house, today, 1), zone=house.zone, house=house)


def _hours(hours: float) -> float:
    return given.number(
        hours, called=_("How big it is"), field="size", least=0, most=20_000, above=True
    )


def _of_client(contact: Contact | None, client: Client | None) -> Contact | None:
    if contact is not None and (client is None or contact.client_id != client.pk):
        raise refusals.Refused(
            _("%(name)s is not somebody at this client. Nothing was saved.")
            % {"name": contact.name},
            field="contact",
        )
    return contact


def _promise_of(promise: Promise | None, client: Client | None) -> Promise | None:
    if promise is not None and (client is None or promise.client_id != client.pk):
        raise refusals.Refused(
            _("That promise was given to somebody else. Nothing was saved."), field="beyond"
        )
    return promise


def _one_of(known: list[str], said: str, field: str) -> str:
    if said not in known:
        raise refusals.Refused(
            _("“%(said)s” is none of: %(known)s.")
            % {"said": said[:40], "known": words.listed([one for one in known if one])},
            field=field,
        )
    return said
