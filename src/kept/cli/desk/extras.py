"""What was given beyond what is paid, what it brings, and what became expected."""

from typing import Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.desk import naming

app = typer.Typer()


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
            speaking.say(f"{name}: {one.count}, {words.exact_hours(one.hours)}, {worth}{over}")
        if not book.clients:
            speaking.say("Nothing was given this year.")


@app.command("extra")
def extra_(
    title: Annotated[str, typer.Argument(metavar="WHAT", help="What was given.")],
    client: Annotated[
        str, typer.Option("--for", metavar="CLIENT", help="To whom; left out, a walk-in.")
    ] = "",
    hours: Annotated[str, typer.Option(help="What it took.")] = "0",
    money: Annotated[str, typer.Option(help="What it is worth at our prices.")] = "0",
    kind: Annotated[str, typer.Option(help="Its kind, so that the third is known as one.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down an extra that was given without an ask."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import extras

        made = extras.record(
            client=naming.client(client),
            title=title,
            hours=naming.amount(hours, "--hours"),
            money=naming.amount(money, "--money"),
            kind=kind,
            by=who.member,
            now=who.now,
        )
        naming.made("extra", made.pk, made.title, as_json=as_json)


@app.command("found")
def found_(
    job: Annotated[
        int | None, typer.Argument(metavar="JOB", help="Its number; left out, lists them.")
    ] = None,
    title: Annotated[
        str, typer.Option(metavar="WHAT", help="What was given; left out, the job's title.")
    ] = "",
    kind: Annotated[str, typer.Option(help="Its kind, so that the third is known as one.")] = "",
    hours: Annotated[
        str, typer.Option(help="What it took; left out, all the time over the estimate.")
    ] = "",
    money: Annotated[str, typer.Option(help="What it is worth at our prices.")] = "0",
    estimate: Annotated[
        bool, typer.Option("--estimate", help="It was no extra: the estimate was low.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List work that took more than was sold, and say of one what that was."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept import words
        from kept.asks import extras
        from kept.jobs.models import Job

        if job is None:
            rows = extras.suggestions(now=who.now)
            if as_json:
                told = [
                    {
                        "job": one.job.pk,
                        "title": one.job.title,
                        "sold": one.estimated_hours,
                        "over": one.over_hours,
                    }
                    for one in rows
                ]
                speaking.document({"found": told})
                return
            for one in rows:
                sold, over = words.hours(one.estimated_hours), words.hours(one.over_hours)
                speaking.say(f"job {one.job.pk}: {one.job.title}: {over} more than the {sold} sold")
            if not rows:
                speaking.say("No work took more than was sold, but what was judged.")
            return
        row = Job.objects.select_related("client").filter(pk=job).first()
        if row is None:
            raise speaking.Stop(f"There is no job {job} here.", field="JOB")
        if estimate:
            judged = extras.dismiss(row, by=who.member, now=who.now)
        else:
            judged = extras.confirm(
                row,
                title=title,
                hours=naming.amount(hours, "--hours") if hours else None,
                money=naming.amount(money, "--money"),
                kind=kind,
                by=who.member,
                now=who.now,
            )
        naming.made("extra", judged.pk, judged.title, as_json=as_json)


@app.command("budget")
def budget(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="For whom.")],
    hours: Annotated[str, typer.Option(help="So many hours.")] = "",
    money: Annotated[str, typer.Option(help="So much money.")] = "",
    first: Annotated[
        str, typer.Option("--from", metavar="DAY", help="Left out, the first day of this year.")
    ] = "",
    last: Annotated[
        str, typer.Option("--to", metavar="DAY", help="Left out, the last day of that year.")
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how much we mean to give a client beyond what they pay."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept import zones
        from kept.asks import extras

        today = zones.day_of(who.now, who.house.zone)
        first_on = naming.day(first, "--from") or today.replace(month=1, day=1)
        last_on = naming.day(last, "--to") or first_on.replace(month=12, day=31)
        made = extras.set_budget(
            naming.known_client(client, "CLIENT"),
            first_on=first_on,
            last_on=last_on,
            hours=naming.amount(hours, "--hours") if hours else None,
            money=naming.amount(money, "--money") if money else None,
            by=who.member,
            now=who.now,
        )
        naming.made("budget", made.pk, f"{client}, {first_on} to {last_on}", as_json=as_json)


@app.command("pays")
def pays(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do extras pay? What clients did in the half year after, and how sure that is."""
    with acting(organisation, email, as_json=as_json) as who:
        from dataclasses import asdict

        from kept.asks import paying

        found = paying.paying(now=who.now)
        if as_json:
            speaking.document(asdict(found))
            return
        for line in paying.told(found).lines():
            speaking.paragraph(line)


@app.command("balance")
def balance(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who asks and who pays, for leads only."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept import words
        from kept.asks import figures

        found = figures.balances(by=who.member, now=who.now)
        if as_json:
            rows = [{**vars(one), "client": one.client.name} for one in found]
            speaking.document({"balances": rows})
            return
        for one in found:
            free, paid = (
                words.money(money, who.house.currency) for money in (one.money_free, one.money_paid)
            )
            speaking.say(
                f"{one.client.name}: asked {one.asked}; {one.free} free ({free}), "
                f"{one.paid} paid ({paid}), {one.declined} declined"
            )
        if not found:
            speaking.say("Nobody asked for more in a year.")


@app.command("wonts")
def wonts(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many can'ts were won'ts lately, of the whole team."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import figures

        found = figures.cants(now=who.now)
        if as_json:
            speaking.document(vars(found))
            return
        speaking.say(f"{found.wonts} of {found.said} can'ts in {found.days} days were won'ts.")


@app.command("shine")
def shine(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """For whom one small unexpected thing would be right."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import figures

        names = [one.client.name for one in figures.room_to_shine(now=who.now)]
        if as_json:
            speaking.document({"clients": names})
            return
        for name in names or ["Nobody: first what was promised, or it was given lately."]:
            speaking.say(name)


@app.command("creep")
def creep_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what became repeated or expected, and waits for a decision."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import creep

        found = creep.watch(now=who.now)
        if as_json:
            rows = [
                {
                    "client": one.client.name,
                    "kind": one.kind.name,
                    "expected": one.expected,
                    "count": one.count,
                    "hours": str(one.hours),
                    "money": str(one.money),
                    "asks": [ask.pk for ask in one.asks],
                    "extras": [gift.pk for gift in one.gifts],
                }
                for one in found
            ]
            speaking.document({"creep": rows})
            return
        for one in found:
            word = "expected" if one.expected else "repeated"
            speaking.say(f"{one.client.name}, {one.kind.name}: {word}, {one.count} times lately")
        if not found:
            speaking.say("Nothing crept in: every extra is still a gift.")


@app.command("settle-creep")
def settle_creep(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="For whom.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Which kind of ask.")],
    decided: Annotated[str, typer.Argument(metavar="DECISION", help="priced, adopted or retired.")],
    price: Annotated[str, typer.Option(help="Of each, for a priced one.")] = "",
    by_month: Annotated[
        bool, typer.Option("--by-month", help="The price is that of a month: a retainer.")
    ] = False,
    service: Annotated[str, typer.Option(help="What an adopted one becomes, by name.")] = "",
    send: Annotated[
        bool, typer.Option("--send", help="Send the letter that ends it to whoever asked last.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Price what became expected, adopt it into the core, or end it kindly."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import creep, receiving
        from kept.asks.models import Creep
        from kept.clients import catalogue

        found = receiving.kind_called(kind)
        if found is None:
            raise speaking.Stop(f"There is no kind of ask “{kind}” here.", field="KIND")
        whose, unwritten = naming.known_client(client, "CLIENT"), ""
        if decided == Creep.Decided.RETIRED:
            crept = creep.of(whose, found, now=who.now)
            unwritten = creep.ending(crept, by=who.member, now=who.now).unwritten
        row = creep.decide(
            whose,
            found,
            decided=decided,
            price=naming.amount(price, "--price") if price else None,
            by_month=by_month,
            service=catalogue.find(service) if service else None,
            send=send,
            by=who.member,
            now=who.now,
        )
        if as_json:
            speaking.document(
                {
                    "id": row.pk,
                    "kind": "creep",
                    "decided": str(row.decided),
                    "draft": row.draft_id,
                    "words": row.words,
                    "unwritten": unwritten,
                }
            )
            return
        speaking.say(f"{client}, {kind}: {row.get_decided_display()}")
        if row.words:
            speaking.say(row.words)
        if unwritten:
            speaking.aside(unwritten)
        if row.draft_id is not None:
            speaking.aside(f"Drafted on the desk: ask {row.draft_id}.")


@app.command("retainer")
def retainer(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="For whom.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is paid by the month.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise every month what is paid by the month, once they said yes to the first."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import retainers
        from kept.asks.models import Creep
        from kept.promises import repeating

        rows = Creep.objects.filter(
            client=naming.known_client(client, "CLIENT"),
            kind__name__iexact=kind,
            ended_at__isnull=True,
        ).select_related("client", "kind")
        row = rows.first()
        if row is None:
            raise speaking.Stop(f"Nothing was decided about “{kind}” for {client}.", field="KIND")
        made = retainers.promise(row, by=who.member, now=who.now)
        said = repeating.in_words(made.rule, made.due_time)
        naming.made("standing_promise", made.pk, f"{made.what}, {said}", as_json=as_json)
