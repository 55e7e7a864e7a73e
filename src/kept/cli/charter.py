"""`kept charter`: how you may be chased, by what, and when; it is yours alone to say."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from datetime import time

    from kept.people.charters import CharterChanges
    from kept.people.models import Member

app = typer.Typer(
    help="Say how you may be chased: hours, days, how often, and by what.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
WayArgument = Annotated[
    int, typer.Argument(metavar="WAY", help="Its number, as `kept charter show` says it.", min=0)
]


@app.command()
def show(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how you may be chased."""
    with acting(organisation, email, as_json=as_json) as who:
        _tell(who.member, as_json=as_json)


@app.command("set")
def set_(
    asked_from: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM", help="You may be asked from then.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="Until then; over midnight is fine.")
    ] = None,
    any_hour: Annotated[bool, typer.Option("--any-hour", help="At any hour instead.")] = False,
    days: Annotated[
        str | None, typer.Option(metavar="mon,tue,…", help="On these days of the week.")
    ] = None,
    cap: Annotated[int | None, typer.Option(help="So many messages a day at most.")] = None,
    ice_bucket: Annotated[
        bool | None,
        typer.Option("--ice-bucket/--no-ice-bucket", help="The top rung reaches you at any hour."),
    ] = None,
    digest: Annotated[
        bool | None, typer.Option("--digest/--no-digest", help="A digest as your hours begin.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how you may be chased; what is left out stays."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.people import charters

        changes: CharterChanges = {}
        if any_hour:
            changes["quiet_from"] = changes["quiet_until"] = None
        if asked_from is not None:
            changes["quiet_until"] = _clock(asked_from, "--from")
        if until is not None:
            changes["quiet_from"] = _clock(until, "--until")
        if days is not None:
            changes["weekdays"] = _weekdays(days)
        if cap is not None:
            changes["daily_cap"] = cap
        if ice_bucket is not None:
            changes["top_rung"] = ice_bucket
        if digest is not None:
            changes["digest"] = digest
        if not changes:
            raise speaking.Stop("Say what changes; `kept charter set --help` lists it.")
        charters.change(who.member, by=who.member, now=who.now, **changes)
        _tell(who.member, as_json=as_json)


@app.command()
def add(
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="As the chat gives it out, as Apprise writes it, or the word mail; - reads it "
            "from standard input, so that it stands in no history.",
        ),
    ],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a way to reach you, after those that are there; its address is never shown again."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import ways

        typed = sys.stdin.readline() if address == "-" else address
        ways.add(who.member, typed, by=who.member, now=who.now)
        _tell(who.member, as_json=as_json)


@app.command()
def move(
    way: WayArgument,
    to: Annotated[int, typer.Argument(metavar="PLACE", help="1 is tried first.", min=1, max=6)],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a way into another place; the next is taken where one fails."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import ways

        ways.move(who.member, way, to=to, by=who.member, now=who.now)
        _tell(who.member, as_json=as_json)


@app.command("test")
def try_(
    way: WayArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a few words by a way, now."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import ways

        ways.test(who.member, way, by=who.member, now=who.now)
        if as_json:
            speaking.document({"way": way, "sent": True})
        else:
            speaking.say("Sent. Look whether it is there.")


@app.command()
def remove(
    way: WayArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a way off."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import ways

        ways.remove(who.member, way, by=who.member, now=who.now)
        _tell(who.member, as_json=as_json)


@app.command()
def revoke(
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only told.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take your consent back: what you own is nobody's then, for all to see."""
    with acting(organisation, email, as_json=as_json, changes=yes) as who:
        from kept.last_mile import consent

        back = (
            consent.revoke(who.member, by=who.member, now=who.now)
            if yes
            else consent.foresee(who.member)
        )
        if as_json:
            speaking.document(
                {
                    "done": yes,
                    "stages": [stage.pk for stage in back.stages],
                    "promises": [promise.pk for promise in back.last_miles],
                }
            )
            return
        for stage in back.stages:
            speaking.say(f"stage {stage.pk}: {stage.name}, {stage.job.title}")
        for promise in back.last_miles:
            speaking.say(f"promise {promise.pk}: the last mile of {promise.job.title}")
        speaking.say(
            "Taken back; this is nobody's now." if yes else "This would be nobody's. Say --yes."
        )


def _clock(text: str, option: str) -> "time":
    from datetime import time

    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError:
        raise speaking.Stop(f"“{text}” is no time; 9:00 is one.", field=option) from None


def _weekdays(text: str) -> int:
    from kept.people import charters
    from kept.people.capacity import WEEKDAYS

    named = [part.strip().casefold()[:3] for part in text.split(",") if part.strip()]
    unknown = [name for name in named if name not in WEEKDAYS]
    if unknown:
        raise speaking.Stop(
            f"“{unknown[0]}” is no day of the week; there are {', '.join(WEEKDAYS)}.",
            field="--days",
        )
    return charters.bits(WEEKDAYS.index(name) for name in named)


def _tell(member: "Member", *, as_json: bool) -> None:
    from kept.last_mile import ways
    from kept.people import charters
    from kept.people.capacity import WEEKDAYS

    who = charters.reachable(member)
    row = who.charter or charters.usual(member)
    by = [{"way": way.key, "channel": way.kind, "shown": ways.named(way)} for way in who.ways]
    said: dict[str, Any] = {
        "in_force": who.charter is not None,
        "from": None if row.quiet_until is None else f"{row.quiet_until:%H:%M}",
        "until": None if row.quiet_from is None else f"{row.quiet_from:%H:%M}",
        "days": [WEEKDAYS[day] for day in charters.spoken_days(row)],
        "cap": row.daily_cap,
        "ice_bucket": row.top_rung,
        "digest": row.digest,
        "ways": by,
    }
    if as_json:
        speaking.document(said)
        return
    if not said["in_force"]:
        speaking.say("You took your consent back, and nobody may ask you. As it was:")
    hours = "at any hour" if said["from"] is None else f"from {said['from']} until {said['until']}"
    speaking.say(f"{hours}, {' '.join(said['days'])}, {said['cap']} a day at most")
    speaking.say(f"ice bucket at any hour: {'yes' if row.top_rung else 'no'}")
    speaking.say(f"morning digest: {'yes' if row.digest else 'no'}")
    for place, way in enumerate(by, start=1):
        speaking.say(f"{place}. way {way['way']}: {way['shown']}")
