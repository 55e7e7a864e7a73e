"""`kept desk`: what clients want beyond, house rules, extras, and what recurs."""

from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.asks.models import Ask
    from kept.clients.models import Client

app = typer.Typer(
    help="What clients want beyond: asks, house rules, extras, what recurs.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)

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

        found = _client(client)
        zone = who.house.zone if found is None else found.zone
        made = receiving.receive(
            client=found,
            title=title,
            sort=sort,
            kind=kind,
            size=reading.size(size, name="--size") if size else None,
            wanted_at=reading.due(by, now=who.now, zone=zone, name="--by")[0] if by else None,
            policy=_rule(rule),
            measured=measured,
            by=who.member,
            now=who.now,
        )
        _tell([made], as_json=as_json)


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
    because: Annotated[str, typer.Option(help="A lead's reason to decide against the gate.")] = "",
    say: Annotated[
        bool, typer.Option("--say", help="Print the reply that you say, as kept words it.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer an ask; the four tests are kept with it."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.asks import answering, receiving, wording
        from kept.asks.answering import Saying

        found = _ask(ask)
        if sincere:
            found = receiving.judge(found, sincere=sincere, by=who.member, now=who.now)
        body = ""
        if say and given in wording.For.values:
            body = wording.draft(given, wording.Facts(found, who.member, who.now)).body
        decision = answering.answer(
            found,
            Saying(
                given,
                wont=wont,
                price=_amount(price, "--price") if price else None,
                constraint=constraint,
                override_reason=because,
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
                }
            )
            return
        speaking.say(f"ask {found.pk}: {decision.get_given_display()}")
        if body:
            speaking.say(body)


@app.command("rules")
def rules_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the house rules, and how often each was bent lately."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import policies
        from kept.asks.models import Policy

        rows = list(Policy.objects.filter(retired_at__isnull=True).select_related("owner"))
        bent = policies.bent(rows, now=who.now)
        if as_json:
            told = [
                {
                    "id": row.pk,
                    "name": row.name,
                    "rule": row.rule,
                    "owner": row.owner.name,
                    "limit": policies.said(row, row.limit),
                    "asks": bent[row.pk].asks,
                    "bent": bent[row.pk].bent,
                    "questioned": bent[row.pk].questioned,
                }
                for row in rows
            ]
            speaking.document({"policies": told})
            return
        for row in rows:
            one = bent[row.pk]
            often = f"; bent {one.bent} of {one.asks}" if one.asks else ""
            mark = " (questioned)" if one.questioned else ""
            speaking.say(f"rule {row.pk}: {row.name}: {row.rule}{often}{mark}")
        if not rows:
            speaking.say("There is no house rule yet.")


@app.command("rule")
def rule_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    normal: Annotated[
        str, typer.Option("--rule", help="The normal rule, as a client may read it.")
    ] = "",
    purpose: Annotated[str, typer.Option(help="What it is for.")] = "",
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Whose it is.")] = "",
    quantity: Annotated[
        str, typer.Option(help="time_of_day, notice, rounds, hours, money or number.")
    ] = "number",
    limit: Annotated[str, typer.Option(help="14:30, 48, 2.")] = "",
    tolerance: Annotated[str, typer.Option(help="So far beyond, yes at once.")] = "0",
    band: Annotated[str, typer.Option(help="So far the discretion band reaches.")] = "",
    band_role: Annotated[str, typer.Option(help="Who holds it: member, lead or owner.")] = "",
    hard: Annotated[str, typer.Option(help="Beyond it nobody goes.")] = "",
    at_least: Annotated[
        bool, typer.Option("--at-least", help="The limit is the least, not the most.")
    ] = False,
    price: Annotated[str, typer.Option(help="What more of it costs.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a rule of the house."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import policies
        from kept.people.models import Member

        made = policies.make(
            name=name,
            rule=normal,
            purpose=purpose,
            owner=Member.objects.filter(email__iexact=owner).first() if owner else None,
            quantity=quantity,
            limit=limit,
            tolerance=tolerance,
            direction="at_least" if at_least else "at_most",
            band_limit=band,
            band_role=band_role,
            hard_limit=hard,
            price=_amount(price, "--price") if price else None,
            by=who.member,
            now=who.now,
        )
        _made("policy", made.pk, made.name, as_json=as_json)


@app.command("extras")
def extras_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add up what was given this year beyond what is paid."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept import words, zones
        from kept.asks import extras

        today = zones.day_of(who.now, who.house.zone)
        book = extras.ledger(first_on=today.replace(month=1, day=1), last_on=today)
        if as_json:
            rows = [
                {
                    "client": None if one.client is None else one.client.name,
                    "count": one.count,
                    "hours": str(one.hours),
                    "money": str(one.money),
                    "over": one.over,
                }
                for one in book.clients
            ]
            speaking.document(
                {
                    "count": book.count,
                    "hours": str(book.hours),
                    "money": str(book.money),
                    "clients": rows,
                }
            )
            return
        for one in book.clients:
            name = "walk-ins" if one.client is None else one.client.name
            worth = words.money(one.money, who.house.currency)
            over = ", over their budget" if one.over else ""
            speaking.say(f"{name}: {one.count}, {words.hours(float(one.hours))}, {worth}{over}")
        if not book.clients:
            speaking.say("Nothing was given this year.")


@app.command("standing")
def standing(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What is promised.")],
    client: Annotated[str, typer.Option("--for", metavar="CLIENT", help="To whom.")],
    rule: Annotated[str, typer.Option(help="Such as 'FREQ=WEEKLY;BYDAY=MO'.")],
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="By what time there.")],
    service: Annotated[str, typer.Option(help="What it belongs to, by name.")] = "",
    in_a_gap: Annotated[
        str, typer.Option(help="Where the clocks go forward over it: refuse, before or after.")
    ] = "refuse",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise something that recurs."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.clients import catalogue
        from kept.promises import occurring

        found = _client(client)
        if found is None:
            raise speaking.Stop(f"There is no client “{client}” here.", field="--for")
        try:
            due_time = time.fromisoformat(at)
        except ValueError as error:
            raise speaking.Stop(f"“{at}” is not a time of day. 10:00 is one.", field="--at") from (
                error
            )
        made = occurring.make(
            client=found,
            what=what,
            rule=rule,
            due_time=due_time,
            service=catalogue.find(service) if service else None,
            in_a_gap=in_a_gap,
            by=who.member,
            now=who.now,
        )
        _made("standing_promise", made.pk, f"{made.what}, {made.rule}", as_json=as_json)


@app.command("done")
def done(
    occurrence: Annotated[
        int, typer.Argument(metavar="OCCURRENCE", help="Its number; 0 lists what is due.", min=0)
    ] = 0,
    short: Annotated[bool, typer.Option("--short", help="Not in full.")] = False,
    released: Annotated[
        bool, typer.Option("--released", help="The client let us off this one.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that something that recurs was done; without a number, list what is due."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept import words
        from kept.promises import occurring
        from kept.promises.models import Occurrence

        if not occurrence:
            rows = list(occurring.due(until=who.now))
            if as_json:
                told = [
                    {"id": row.pk, "what": row.standing.what, "due_at": row.due_at} for row in rows
                ]
                speaking.document({"occurrences": told})
                return
            for row in rows:
                when = words.moment(row.due_at, row.standing.zone)
                speaking.say(f"occurrence {row.pk}: {row.standing.what}, {when}")
            if not rows:
                speaking.say("Nothing that recurs is due.")
            return
        found = Occurrence.objects.filter(pk=occurrence).select_related("standing").first()
        if found is None:
            raise speaking.Stop(f"There is no occurrence {occurrence} here.", field="OCCURRENCE")
        if released:
            occurring.release(found, by=who.member, now=who.now)
        else:
            occurring.done(found, short=short, by=who.member, now=who.now)
        word = occurring.outcome(found, now=who.now).word
        _made("occurrence", found.pk, f"{found.standing.what}, {word}", as_json=as_json)


def _client(name: str) -> "Client | None":
    if not name:
        return None
    from kept.clients import keeping

    found = keeping.find(name)
    if found is None:
        raise speaking.Stop(f"There is no client “{name}” here.", field="--for")
    return found


def _rule(name: str) -> Any:
    if not name:
        return None
    from kept.asks.models import Policy
    from kept.tenancy import given

    found = given.named(Policy.objects.filter(retired_at__isnull=True), name)
    if found is None:
        raise speaking.Stop(f"There is no rule “{name}” here.", field="--rule")
    return found


def _ask(key: int) -> "Ask":
    from kept.asks.models import Ask

    found = Ask.objects.select_related("client", "policy", "contact").filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no ask {key} here.", field="ASK")
    return found


def _amount(text: str, field: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite():
        raise speaking.Stop(f"“{text}” is not an amount. 480 is one.", field=field)
    return value


def _made(kind: str, key: int, name: str, *, as_json: bool) -> None:
    if as_json:
        speaking.document({"id": key, "kind": kind, "name": name})
        return
    speaking.say(f"{kind.replace('_', ' ')} {key}: {name}")


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
