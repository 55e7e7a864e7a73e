"""Asks: what somebody wants, and how it is answered."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.desk import naming

app = typer.Typer()

if TYPE_CHECKING:
    from datetime import datetime

    from kept.asks.gates import Tests
    from kept.asks.models import Ask

ClientOption = Annotated[
    str, typer.Option("--for", metavar="CLIENT", help="Who asks; left out, a walk-in.")
]


@app.command("asks")
def asks_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the asks that wait for an answer."""
    with acting(organisation, email, as_json=as_json):
        from kept.asks.models import Ask

        rows = list(
            Ask.objects.filter(state=Ask.State.OPEN).select_related("client").order_by("due_at")
        )
        _tell(rows, as_json=as_json, several=True)


@app.command("ask")
def ask_(
    title: Annotated[str, typer.Argument(metavar="WHAT", help="What they want, in a few words.")],
    client: ClientOption = "",
    sort: Annotated[str, typer.Option(help="core, in_scope, change, extra or exception.")] = "",
    kind: Annotated[str, typer.Option(help="Its kind, so that the third is known as one.")] = "",
    size: Annotated[str, typer.Option(help="How big it is, such as 6h.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="DATE", help="By when they want it.")] = "",
    rule: Annotated[str, typer.Option(help="The house rule it is about, by name.")] = "",
    measured: Annotated[
        str, typer.Option(help="What the rule measures: 14:33, 2, 480; a time of day: now.")
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what somebody wants; it reserves nothing."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import receiving

        found = naming.client(client)
        zone = who.house.zone if found is None else found.zone
        made = receiving.receive(
            client=found,
            title=title,
            sort=sort,
            kind=kind,
            size=reading.size(size, name="--size") if size else None,
            wanted_at=reading.due(by, now=who.now, zone=zone, name="--by")[0] if by else None,
            policy=naming.rule(rule),
            measured=measured,
            by=who.member,
            now=who.now,
        )
        _tell([made], as_json=as_json)


@app.command("test")
def four_tests(
    ask: Annotated[int, typer.Argument(metavar="ASK", help="Its number.", min=1)],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an ask through the four tests: core, can we, sincere, rare."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import gates

        found = naming.ask(ask)
        open_ = found.state == found.State.OPEN
        read = gates.read(found, by=who.member, now=who.now, work_out=open_)
        passage = gates.passage(read, gates.Given.YES_ONCE)
        suggested = gates.suggested(read)
        if as_json:
            speaking.document(
                {
                    "id": found.pk,
                    "kind": "tests",
                    "core": str(read.core),
                    "core_kept": 0 if read.health is None else read.health.kept,
                    "core_of": 0 if read.health is None else read.health.of,
                    "can": str(read.can.can),
                    "chance": read.can.chance,
                    "due_at": read.can.due_at,
                    "nearest_at": read.can.nearest,
                    "pushes": list(read.can.pushes),
                    "stands": [{"said": one.said, "days": one.days} for one in read.can.stands],
                    "sincere": str(found.sincere),
                    "rarity": str(read.rare.rarity),
                    "of_kind": read.rare.of_kind,
                    "within": str(read.within),
                    "verdict": read.verdict,
                    "gate": str(passage.gate),
                    "reasons": list(passage.reasons),
                    "suggested": None if suggested is None else str(suggested),
                }
            )
            return
        speaking.say(f"ask {found.pk}: {found.title}")
        for question, told in _told(read, now=who.now):
            speaking.paragraph(f"{question} {told}")
        if not gates.is_theirs(found):
            for why in passage.reasons:
                speaking.paragraph(f"Against a free yes: {why}")
        if suggested is not None:
            speaking.say(f"kept suggests: {suggested.label}. A person decides.")


@app.command("decide")
def decide(
    ask: Annotated[int, typer.Argument(metavar="ASK", help="Its number.", min=1)],
    given: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER", help="do_it, yes_once, paid_yes, fair_no, cant_now or cant_ever."
        ),
    ],
    wont: Annotated[
        str, typer.Option(help="For a fair no: price, priority, policy or principle.")
    ] = "",
    price: Annotated[str, typer.Option(help="For a paid yes.")] = "",
    constraint: Annotated[str, typer.Option(help="For a can't: what stands in the way.")] = "",
    sincere: Annotated[str, typer.Option(help="Your word: yes, no or not_sure.")] = "",
    due: Annotated[
        str, typer.Option(metavar="DAY", help="For a yes: by when, if not the wanted day.")
    ] = "",
    hours: Annotated[str, typer.Option(help="For a free yes: what it takes us.")] = "",
    worth: Annotated[str, typer.Option(help="For a free yes: what it is worth.")] = "",
    because: Annotated[str, typer.Option(help="A lead's reason to decide against the gate.")] = "",
    gap_because: Annotated[
        str, typer.Option(help="A lead's reason to offer it before every owner said yes.")
    ] = "",
    true_reason: Annotated[
        str, typer.Option(help="The true reason, for us only; it never leaves the house.")
    ] = "",
    say: Annotated[
        bool, typer.Option("--say", help="Print the reply that you say, as kept words it.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer an ask; the four tests are kept with it."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.asks import answering, gates, receiving, replies, wording
        from kept.asks.answering import Saying
        from kept.people import days

        found = naming.ask(ask)
        due_on = naming.day(due, "--due")
        if sincere:
            found = receiving.judge(found, sincere=sincere, by=who.member, now=who.now)
        body = unwritten = ""
        if say and given in wording.For.values:
            open_ = found.state == found.State.OPEN
            tests = gates.read(found, by=who.member, now=who.now, work_out=open_)
            draft = replies.draft(tests, given, by=who.member, now=who.now, because=constraint)
            body, unwritten = draft.body, draft.unwritten
        decision = answering.answer(
            found,
            Saying(
                given,
                wont=wont,
                price=naming.amount(price, "--price") if price else None,
                constraint=constraint,
                due_at=None
                if due_on is None
                else days.end_of(due_on, zone=found.zone, house=who.house),
                hours=naming.amount(hours, "--hours") if hours else None,
                worth=naming.amount(worth, "--worth") if worth else None,
                override_reason=because,
                gap_reason=gap_because,
                true_reason=true_reason,
                body=body,
                how="said" if body else "",
            ),
            by=who.member,
            now=who.now,
        )
        if as_json:
            speaking.document(
                {
                    "id": decision.pk,
                    "kind": "decision",
                    "ask": found.pk,
                    "given": str(decision.given),
                    "core": str(decision.core),
                    "can": str(decision.can),
                    "rarity": str(decision.rarity),
                    "within": str(decision.within),
                    "gate": str(decision.gate),
                    "overridden": decision.overridden,
                    "promise": decision.promise_id,
                    "reply": body,
                    "unwritten": unwritten,
                }
            )
            return
        speaking.say(f"ask {found.pk}: {decision.get_given_display()}")
        if body:
            speaking.say(body)
        if unwritten:
            speaking.aside(unwritten)


@app.command("hold-off")
def hold_off(
    ask: Annotated[int, typer.Argument(metavar="ASK", help="Its number.", min=1)],
    by: Annotated[str, typer.Option("--by", metavar="DAY", help="By when they get an answer.")],
    subject: Annotated[str, typer.Option(help="Of the letter, instead of the one shown.")] = "",
    letter: Annotated[
        str,
        typer.Option(metavar="FILE", help="The letter, instead of the one shown; - for a pipe."),
    ] = "",
    send: Annotated[bool, typer.Option("--send", help="Send it, as a letter.")] = False,
    said: Annotated[
        bool, typer.Option("--said", help="No letter goes: you say so yourself.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise an answer to an ask by a day: show the letter, then send it or say so."""
    with acting(organisation, email, as_json=as_json, changes=send or said) as who:
        from kept.asks import answering, wording
        from kept.people import days

        if send and said:
            raise speaking.Stop("Say --send or --said, not both.", field="--said")
        found = naming.ask(ask)
        on = naming.day(by, "--by")
        if on is None:
            raise speaking.Stop("Say by which day.", field="--by")
        due_at = days.end_of(on, zone=found.zone, house=who.house)
        facts = wording.Facts.of(found, who.member, who.now, answer_by=due_at)
        draft = wording.draft(wording.For.HOLDING, facts)
        subject = subject or draft.subject
        body = naming.text(letter, "--letter") if letter else draft.body
        if send or said:
            answering.hold_off(
                found,
                due_at=due_at,
                subject=subject,
                body=body,
                how="letter" if send else "said",
                by=who.member,
                now=who.now,
            )
        unwritten = "" if letter else draft.unwritten
        if as_json:
            speaking.document(
                {
                    "id": found.pk,
                    "kind": "holding_reply",
                    "due_at": due_at,
                    "subject": subject,
                    "body": body,
                    "unwritten": unwritten,
                    "sent": send,
                    "said": said,
                }
            )
            return
        speaking.say(f"Subject: {subject}\n\n{body}\n")
        if unwritten:
            speaking.aside(unwritten)
        nothing = "Nothing was sent or noted. Add --send, or --said where you tell them yourself."
        speaking.say("Sent." if send else "Noted: you tell them." if said else nothing)


def _told(read: "Tests", *, now: "datetime") -> list[tuple[str, str]]:
    """Say each of the four tests, and where it lies against its rule."""
    from kept import words, zones

    zone, today = read.ask.zone, zones.day_of(now, read.ask.zone)
    can, health = read.can, read.health
    core = str(read.core.label)
    if health is not None and health.of:
        core = f"{core}, {health.kept} of the last {health.of} kept"
    able = str(can.can.label)
    if can.chance is not None and can.due_at is not None:
        due = words.moment(can.due_at, zone, today=today)
        able = f"{able}: {words.percent(can.chance)} by {due}"
    if can.can == "no" and can.nearest is not None:
        able += f"; the nearest we can is {words.moment(can.nearest, zone, today=today)}"
    if can.pushes:
        able += f"; it would push {words.listed(can.pushes)} below the line"
    told = [("Core hot?", core), ("Can we?", able)]
    told += [("In the way:", f"{one.said}, {words.days(one.days)}") for one in can.stands]
    sincere = str(read.ask.get_sincere_display()) if read.ask.sincere else "nobody has said yet"
    told += [
        ("Sincere?", sincere),
        ("Rare?", f"{read.rare.rarity.label}, number {read.rare.of_kind} of its kind lately"),
    ]
    return [*told, ("The rule:", read.verdict)] if read.verdict else told


def _tell(rows: "list[Ask]", *, as_json: bool, several: bool = False) -> None:
    from kept import words

    if as_json:
        told = [
            {
                "id": row.pk,
                "kind": "ask",
                "title": row.title,
                "client": None if row.client is None else row.client.name,
                "state": str(row.state),
                "sort": str(row.sort),
                "due_at": row.due_at,
            }
            for row in rows
        ]
        speaking.document({"asks": told} if several else told[0])
        return
    for row in rows:
        who = "a walk-in" if row.client is None else row.client.name
        speaking.say(
            f"ask {row.pk}: {row.title}, {who}, answer by {words.moment(row.due_at, row.zone)}"
        )
    if not rows:
        speaking.say("Nobody asks for more.")
