"""`kept deliver`, `settle`, `pause`, `resume`, `slip`, `release`, `revoke`: a promise's life."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from datetime import datetime

    from kept.jobs.models import Obligation
    from kept.promises.models import Promise
    from kept.promises.telling import InPerson

PromiseArgument = Annotated[
    int, typer.Argument(metavar="PROMISE", help="The promise's number.", min=1)
]

MissingOption = Annotated[
    list[int] | None,
    typer.Option(
        metavar="LINE",
        help="A line of what was promised that is not met: 1 for the first; may be repeated.",
    ),
]
SaidOption = Annotated[
    bool, typer.Option("--said", help="No letter goes: you told them in person.")
]
SaidAtOption = Annotated[
    str,
    typer.Option(
        "--at", metavar="WHEN", help="When you told them, such as 'today 10:30'; left out, now."
    ),
]
SaidToOption = Annotated[
    str, typer.Option("--to", metavar="WHO", help="Whom you told: an address or a name.")
]


def deliver(
    promise: PromiseArgument,
    note: Annotated[str, typer.Option(help="What the client is told with it.")] = "",
    where: Annotated[str, typer.Option(help="Where it is to be found.")] = "",
    missing: MissingOption = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a promise is done; the client's word is still to come."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import delivering

        found = promise_of(promise)
        met = dict.fromkeys(_lines_of(found, missing), False)
        delivering.deliver(found, note=note, where=where, met=met, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def settle(
    promise: PromiseArgument,
    word: Annotated[str, typer.Option(help="What the client said, in their words.")] = "",
    below_standard: Annotated[
        bool, typer.Option("--below-standard", help="They said it is not up to standard.")
    ] = False,
    sent_back: Annotated[
        str, typer.Option(metavar="REASON", help="They sent it back, for this reason.")
    ] = "",
    missing: MissingOption = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record the client's word on what was delivered: taken, or sent back."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import delivering, states

        found = promise_of(promise)
        delivery = delivering.waiting(found)
        if delivery is None:
            states.demand(found, "settle")
            raise speaking.Stop("No delivery waits for the client's word.", status=speaking.NO)
        lines = dict.fromkeys(_lines_of(found, missing), False)
        if sent_back:
            delivering.send_back(
                delivery, reason=sent_back, lines=lines, by=who.member, now=who.now
            )
        else:
            delivering.accept(
                delivery,
                lines=lines,
                word=word,
                to_standard=False if below_standard else None,
                by=who.member,
                now=who.now,
            )
        tell(found, now=who.now, as_json=as_json)


def pause(
    promise: PromiseArgument,
    owed: Annotated[
        int | None,
        typer.Option(
            metavar="OBLIGATION", help="What the client owes; left out, the only thing open."
        ),
    ] = None,
    call_off: Annotated[
        bool, typer.Option("--call-off", help="Take a notice back before its moment.")
    ] = False,
    said: SaidOption = False,
    at: SaidAtOption = "",
    to: SaidToOption = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the clock stand from when the client owes something that is overdue, never before.

    Said earlier it is a notice, and the clock stands by itself from that moment.
    """
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import pausing

        found = promise_of(promise)
        if call_off:
            pausing.call_off(found, by=who.member, now=who.now)
        else:
            owes = _owed(found, owed, who.now)
            told = in_person(found, said=said, at=at, to=to, now=who.now)
            pausing.pause(found, obligation=owes, in_person=told, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def resume(
    promise: PromiseArgument,
    came: Annotated[
        bool, typer.Option("--came", help="What the client owed came; else it goes on without.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a pause: the date moves by the working time that the clock stood."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import pausing

        found = promise_of(promise)
        running = found.pauses.filter(ended_at__isnull=True).select_related("obligation").first()
        if came and running is not None:
            pausing.receive(running.obligation, by=who.member, now=who.now)
        else:
            pausing.resume(found, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def slip(
    promise: PromiseArgument,
    until: Annotated[
        str, typer.Option(metavar="D", help="The later date: 2026-12-18, or 'Fri 18 Dec'.")
    ],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say a later date inside the house; what the client was promised does not change."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import slips

        found = promise_of(promise)
        moment, _day_only = reading.due(until, now=who.now, zone=found.zone, name="--until")
        slips.say(found, until=moment, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def release(
    promise: PromiseArgument,
    word: Annotated[str, typer.Option(help="What the client said, in their words.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that the client lets us off; it counts in no rate."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import ending

        found = promise_of(promise)
        ending.release(found, word=word, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def revoke(
    promise: PromiseArgument,
    word: Annotated[str, typer.Option(help="Why we cannot.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that we cannot: it counts as broken."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import ending

        found = promise_of(promise)
        ending.revoke(found, word=word, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def _lines_of(promise: "Promise", places: list[int] | None) -> list[int]:
    """Return the keys of lines of the last terms, by their places there."""
    if not places:
        return []
    from kept.promises import terms

    rows = terms.last_of(promise).lines.filter(condition__isnull=False).order_by("position")
    lines = list(rows)
    wrong = [place for place in places if not 1 <= place <= len(lines)]
    if wrong:
        named = "; ".join(f"{place} {line.text}" for place, line in enumerate(lines, start=1))
        raise speaking.Stop(
            f"There is no line {wrong[0]} in what was promised: {named or 'nothing testable'}.",
            field="--missing",
        )
    return [key for place in places if (key := lines[place - 1].condition_id) is not None]


def in_person(
    promise: "Promise", *, said: bool, at: str, to: str, now: "datetime"
) -> "InPerson | None":
    """Return what was said in person; None where a letter tells them."""
    from kept.promises.telling import InPerson

    if not said:
        if at or to:
            raise speaking.Stop(
                "--at and --to are of what you said in person: say --said too.", field="--said"
            )
        return None
    moment = None
    if at:
        moment, day_only = reading.due(at, now=now, zone=promise.zone, name="--at")
        if day_only:
            raise speaking.Stop("Say the time as well, as in 'today 10:30'.", field="--at")
    contact = None
    if to:
        from kept.clients import keeping

        contact = keeping.find_contact(promise.client, to)
    return InPerson(moment, contact)


def promise_of(key: int) -> "Promise":
    """Return the promise with that number."""
    from kept.promises.models import Promise

    found = Promise.objects.select_related("job", "client").filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no promise {key} here.", field="PROMISE")
    return found


def _owed(promise: "Promise", key: int | None, now: "datetime") -> "Obligation":
    rows = promise.job.obligations.filter(met_at__isnull=True)
    if key is not None:
        found = rows.filter(pk=key).first()
        if found is None:
            raise speaking.Stop(f"Nothing {key} is owed for this.", field="--owed")
        return found
    owed = list(rows.order_by("due_at", "pk"))
    overdue = [row for row in owed if row.due_at <= now]
    for candidates in (overdue, owed):
        if len(candidates) == 1:
            return candidates[0]
    if not owed:
        raise speaking.Stop(
            "The client owes nothing for this. The clock runs on.",
            status=speaking.NO,
            field="--owed",
        )
    named = "; ".join(f"{row.pk} {row.what}" for row in overdue or owed)
    raise speaking.Stop(f"Several things are owed: {named}. Say which.", field="--owed")


def tell(promise: "Promise", *, now: "datetime", as_json: bool) -> None:
    """Say where a promise stands."""
    from kept import words
    from kept.promises import judging

    promise.refresh_from_db()
    life = judging.life_of(promise)
    last = judging.by_last_terms(life, now=now)
    if as_json:
        speaking.document(
            {
                "id": promise.pk,
                "kind": "promise",
                "state": str(promise.state),
                "what": promise.job.title,
                "client": promise.client.name,
                "due_at": promise.due_at,
                "by_first_terms": judging.by_first_terms(life, now=now).word,
                "by_last_terms": last.word,
            }
        )
        return
    speaking.say(
        f"promise {promise.pk}: {promise.job.title} for {promise.client.name}, "
        f"{words.moment(promise.due_at, promise.zone)}, {promise.get_state_display()}"
        + (f", {last.word.replace('_', '-')}" if last.word != "open" else "")
    )
