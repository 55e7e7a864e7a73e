"""`kept check`: by when can we promise this, and who pays for that yes?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.clients.models import Service
    from kept.promises.models import Promise
    from kept.quotes.checked import Checked, DateAt


def check(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="What is wanted; a whole line will do: 'Landing page for Harbour Clinic by "
            "Fri 18 Dec, 30-46h'.",
        ),
    ],
    client: Annotated[str | None, typer.Option("--for", metavar="CLIENT", help="For whom.")] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="SERVICE_OR_PROMISE",
            help="What it is like: the name of a service, or the number of an earlier promise.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="How much work: 24h, or 16-24-60h for low, likely and high. Beside a service "
            "its stages are scaled to it."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="DATE", help="The wanted date: 2026-12-18, Fri 18 Dec.")
    ] = None,
    sure: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            help="As sure as: 50 to 99. Left out, as sure as your house offers dates.",
        ),
    ] = None,
    offer: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Take one of the offers, less or people, as an answer of its own to be held.",
        ),
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask by when something can be promised, and who pays for that yes."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.clients import keeping
        from kept.quotes import checking, wording

        line = reading.line_of(what, now=who.now, zone=who.house.zone)
        named = line.client if client is None else keeping.find(client)
        zone = who.house.zone if named is None else named.zone
        wanted_at = reading.wanted(line, by, now=who.now, zone=zone)
        effort = line.effort if size is None else reading.size(size, name="--size")
        model = line.service if like is None else _like(like)
        checked = checking.check(
            what=line.what,
            size=effort,
            client=named,
            client_name=client or line.client_name,
            like=model,
            wanted_at=wanted_at,
            confidence=None if sure is None else sure / 100,
            by=who.member,
            now=who.now,
        )
        if offer is not None and checked.answer is not None:
            checked = checking.take(checked.answer, offer, by=who.member, now=who.now)
        vague = [wording.vagueness(item) for item in line.vague]
        if named is not None or client is not None:
            vague = [wording.vagueness(item) for item in line.vague if "client" not in item.kind]
        if as_json:
            speaking.document(_document(checked, vague))
        else:
            _print(checked)
            if vague:
                speaking.aside(f"Not said: {'; '.join(vague)}.")
        if checked.advised is None:
            raise typer.Exit(speaking.NO)


def _like(text: str) -> "Service | Promise":
    from kept.clients import catalogue
    from kept.promises.models import Promise

    if text.isdecimal() and len(text) < 18:
        promise = Promise.objects.filter(pk=int(text)).first()
        if promise is not None:
            return promise
    service = catalogue.find(text)
    if service is None:
        raise speaking.Stop(
            f"“{text}” is neither a service nor the number of a promise here.", field="--like"
        )
    return service


def _print(checked: "Checked") -> None:
    from kept import words
    from kept.quotes import wording

    zone = checked.zone

    def told(date: "DateAt") -> str:
        return f"{wording.moment(date.due_at, zone)}  {words.percent(date.chance)}"

    for_whom = f" for {checked.client_name}" if checked.client_name else ""
    speaking.say(f"{checked.what}{for_whom}: about {words.hours(checked.expected_hours)}")
    speaking.say()
    if checked.advised is None:
        speaking.say(f"No date within a year reaches {words.percent(checked.confidence)}.")
    for title, date in (
        ("Wanted", checked.wanted),
        ("Can be promised", checked.advised),
        ("Disturbing nobody", checked.without),
        ("In its place by date", checked.in_place),
    ):
        if date is not None:
            speaking.say(f"{title:22}{told(date)}")
    if checked.wanted is not None:
        for sentence in wording.roads(checked.wanted.chance, checked.overtime):
            speaking.paragraph(sentence)
    speaking.say()
    speaking.table(
        ["Chance", "First day"],
        [
            [
                words.percent(level.level),
                "none within a year"
                if level.date is None
                else wording.moment(level.date.due_at, zone),
            ]
            for level in checked.levels
        ],
    )
    speaking.say()
    _print_effects("A yes to the wanted date", checked.pays_wanted, checked.wanted)
    _print_effects("A yes to the advised date", checked.pays_advised, checked.advised)
    if checked.offers:
        speaking.say()
        speaking.say("What you can say now")
        for offer in checked.offers:
            paid = wording.losers(offer.pays) or "nobody"
            speaking.say(f"  {offer.kind:10}{told(offer.date)}")
            speaking.paragraph(f"{offer.sentence} Who pays: {paid}.", indent=4)
    if checked.limits:
        speaking.say()
        speaking.say("What limits it, by working days")
        for limit in checked.limits:
            speaking.paragraph(f"{limit.sentence}: {wording.days_long(limit.days)}", indent=2)
    if checked.gauges:
        speaking.say()
    for gauge in checked.gauges:
        speaking.paragraph(f"{gauge.name.capitalize()}: {gauge.verdict}. {gauge.cause}")
    if checked.answer is not None:
        speaking.say()
        speaking.say(f"answer {checked.answer.pk}")


def _print_effects(title: str, effects: Sequence[Any], date: "DateAt | None") -> None:
    from kept import words

    if date is None:
        return
    if not effects:
        speaking.say(f"{title} costs no promise a chance.")
        return
    speaking.say(f"{title} is paid by:")
    for row in effects:
        below = ", below the line" if row.below_line else ""
        speaking.say(
            f"  {row.client} · {row.what}: {words.percent(row.before)} → "
            f"{words.percent(row.after)}{below}"
        )


def _document(checked: "Checked", vague: list[str]) -> dict[str, Any]:
    def date(row: "DateAt | None") -> dict[str, Any] | None:
        if row is None:
            return None
        return {"due_at": row.due_at, "chance": row.chance, "placement": str(row.placement)}

    def effects(rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {
                "job": row.job,
                "client": row.client,
                "what": row.what,
                "chance_before": row.before,
                "chance_after": row.after,
                "below_line": row.below_line,
            }
            for row in rows
        ]

    answer = checked.answer
    return {
        "answer": None if answer is None else answer.pk,
        "what": checked.what,
        "client": checked.client_name,
        "service": None if checked.service is None else checked.service.name,
        "zone": checked.zone,
        "confidence": checked.confidence,
        "line": checked.line,
        "advised": date(checked.advised),
        "wanted": date(checked.wanted),
        "without": date(checked.without),
        "in_place": date(checked.in_place),
        "levels": [{"level": row.level, "date": date(row.date)} for row in checked.levels],
        "effects_wanted": effects(checked.pays_wanted),
        "effects_advised": effects(checked.pays_advised),
        "limits": [
            {"kind": row.kind, "what": row.sentence, "days": row.days} for row in checked.limits
        ],
        "gauges": [
            {
                "name": row.name,
                "level": str(row.level),
                "verdict": row.verdict,
                "planned": row.planned,
                "asked": row.asked,
                "limit": row.limit,
                "cause": row.cause,
            }
            for row in checked.gauges
        ],
        "offers": [
            {
                "kind": str(row.kind),
                "sentence": row.sentence,
                "own_answer": bool(str(row.change)),
                "without": [checked.stages[n - 1].name for n in row.change.without],
                "owners": [
                    {"stage": checked.stages[n - 1].name, "member": member}
                    for n, member in row.change.owners
                ],
                "overtime_hours": row.overtime_hours,
                "effects": effects(row.pays),
                "due_at": row.date.due_at,
                "chance": row.date.chance,
                "placement": str(row.date.placement),
            }
            for row in checked.offers
        ],
        "overtime": [{"level": level, "hours": hours} for level, hours in checked.overtime],
        "curve": [{"at": at, "chance": chance} for at, chance in checked.curve],
        "overtime_hours": checked.overtime_hours,
        "expected_hours": checked.expected_hours,
        "known_items": checked.known_items,
        "vague": vague,
        "futures": checked.futures,
        "seed": None if answer is None else answer.seed,
        "engine_version": None if answer is None else answer.engine_version,
        "profile_version": None if answer is None else answer.profile_version,
        "seconds": checked.seconds,
    }
