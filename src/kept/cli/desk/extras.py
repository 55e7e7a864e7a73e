"""What was given beyond what is paid, and what became expected."""

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

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
            speaking.say(f"{name}: {one.count}, {words.hours(float(one.hours))}, {worth}{over}")
        if not book.clients:
            speaking.say("Nothing was given this year.")
