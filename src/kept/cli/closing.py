"""`kept notice`, `reader`, `thank`, `why`, `again`, `void`, `owed`: around a promise's life."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.life import (
    PromiseArgument,
    SaidAtOption,
    SaidOption,
    SaidToOption,
    in_person,
    promise_of,
    tell,
)

if TYPE_CHECKING:
    from kept.jobs.models import Obligation


def notice(
    promise: PromiseArgument,
    said: SaidOption = False,
    at: SaidAtOption = "",
    to: SaidToOption = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the client that five working days of silence count as acceptance."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.promises import delivering, states

        found = promise_of(promise)
        delivery = delivering.waiting(found)
        if delivery is None:
            states.demand(found, "settle")
            raise speaking.Stop("No delivery waits for the client's word.", status=speaking.NO)
        told = in_person(found, said=said, at=at, to=to, now=who.now)
        delivering.notice(delivery, in_person=told, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def reader(
    promise: PromiseArgument,
    contact: Annotated[
        str,
        typer.Argument(
            metavar="[WHO]",
            help="An address or a name; 'Sara Nunes <sara@example.com>' adds somebody new.",
        ),
    ] = "",
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody reads it any more.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name who at the client reads a promise by link, or that nobody does."""
    with acting(organisation, email, as_json=as_json) as who:
        from django.db import transaction

        from kept.clients import keeping
        from kept.promises import readers

        if bool(contact) == nobody:
            raise speaking.Stop("Say who reads it, or --nobody.", field="WHO")
        found = promise_of(promise)
        with transaction.atomic():  # a refusal leaves nobody new behind
            named = None
            if contact:
                named = keeping.find_or_add_contact(
                    found.client, contact, by=who.member, now=who.now
                )
            readers.name(found, named, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def thank(
    promise: PromiseArgument,
    words: Annotated[str, typer.Option(help="A letter to them; left out, somebody said it.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Thank the client for their word, once."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.promises import delivering

        found = promise_of(promise)
        delivery = found.deliveries.filter(state__in=["accepted", "deemed"]).first()
        if delivery is None:
            raise speaking.Stop(
                "Thank them when they have taken it. Nothing was noted.", status=speaking.NO
            )
        delivering.thank(delivery, words=words, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def why(
    promise: PromiseArgument,
    category: Annotated[
        str,
        typer.Argument(
            metavar="CATEGORY",
            help="client_material, client_change, estimate, third_party, away, capacity, quality, "
            "changed_mind or other.",
        ),
    ],
    stated: Annotated[str, typer.Option(help="In a sentence, about the work.")] = "",
    controllable: Annotated[
        str,
        typer.Option(help="ours, clients, theirs or nobodys to change; left out, as usual for it."),
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a date moved or was missed: about the work, never about a person."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.promises import reasons
        from kept.promises.models import Reason

        for said, known, field in (
            (category, Reason.Category, "CATEGORY"),
            (controllable or Reason.Controllable.OURS, Reason.Controllable, "--controllable"),
        ):
            if said not in known.values:
                listed = ", ".join(known.values)
                raise speaking.Stop(f"“{said}” is none of {listed}.", field=field)
        found = promise_of(promise)
        reasons.give(
            found,
            category=Reason.Category(category),
            controllable=Reason.Controllable(controllable) if controllable else None,
            stated=stated,
            by=who.member,
            now=who.now,
        )
        tell(found, now=who.now, as_json=as_json)


def again(
    promise: PromiseArgument,
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="yes, otherwise or no.")],
    word: Annotated[str, typer.Option(help="What you would do otherwise.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether you would promise it again; the next check of such work shows it."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.promises import ending
        from kept.promises.models import Promise

        if answer not in Promise.Again.values:
            raise speaking.Stop(f"“{answer}” is none of yes, otherwise, no.", field="ANSWER")
        found = promise_of(promise)
        ending.again(found, Promise.Again(answer), word=word, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def void(
    promise: PromiseArgument,
    reason: Annotated[str, typer.Option(help="Why it was recorded by mistake.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Void a promise that was recorded by mistake; it stays listed, with the reason."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import recording

        found = promise_of(promise)
        recording.void(promise=found, reason=reason, by=who.member, now=who.now)
        tell(found, now=who.now, as_json=as_json)


def owed(
    promise: PromiseArgument,
    what: Annotated[str, typer.Option(help="What the client is to supply.")] = "",
    by: Annotated[str, typer.Option(metavar="D", help="By when.")] = "",
    came: Annotated[int | None, typer.Option(metavar="OBLIGATION", help="This one came.")] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the client owes for a promise, record it, or note that it came."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept import words
        from kept.jobs import making
        from kept.promises import pausing

        found = promise_of(promise)
        if bool(what) != bool(by):
            raise speaking.Stop("Say both --what and --by.", field="--what")
        if what:
            due_at, _day_only = reading.due(by, now=who.now, zone=found.zone, name="--by")
            making.record_obligation(
                found.job, what=what, due_at=due_at, by=who.member, now=who.now
            )
        rows = found.job.obligations.order_by("due_at", "pk")
        if came is not None:
            pausing.receive(_owed(rows.filter(pk=came).first(), came), by=who.member, now=who.now)
        if as_json:
            speaking.document(
                {
                    "id": found.pk,
                    "kind": "owed",
                    "owed": [
                        {"id": row.pk, "what": row.what, "due_at": row.due_at, "met_at": row.met_at}
                        for row in rows
                    ],
                }
            )
            return
        for row in rows:
            state = "came" if row.met_at else "open"
            speaking.say(f"{row.pk}. {row.what}, {words.moment(row.due_at, found.zone)}, {state}")
        if not rows:
            speaking.say("The client owes nothing for this.")


def _owed(row: "Obligation | None", key: int) -> "Obligation":
    if row is None:
        raise speaking.Stop(f"Nothing {key} is owed for this.", field="--came")
    return row
