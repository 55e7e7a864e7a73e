"""`kept record`: said against done."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kept.record.figures import Part, Rate, Record, Share
    from kept.record.page import Page


class Months(StrEnum):
    """Windows to choose from."""

    YEAR = "12"
    TWO_YEARS = "24"
    ALL = "all"


def record(
    months: Annotated[
        Months, typer.Option(help="Promises first due in so many months back from now.")
    ] = Months.YEAR,
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="Only this client's.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was promised, against what was done."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.clients import keeping
        from kept.people import access
        from kept.people.models import Role
        from kept.record import page, plain

        access.demand(who.member, Role.MEMBER)
        found = None
        if client is not None:
            found = keeping.find(client)
            if found is None:
                raise speaking.Stop(f"There is no client called “{client}” here.", field="--client")
        count = None if months is Months.ALL else int(months)
        read = page.read(months=count, now=who.now, client=found)
        if as_json:
            speaking.document(plain.of(read))
        else:
            _print(read)


def _print(read: "Page") -> None:
    from kept import words
    from kept.record import wording

    record = read.record
    first, last, marks = record.first, record.last, record.marks
    if record.too_early:
        speaking.say(
            f"Too early to judge: {first.settled} settled. "
            f"Kept as first promised: {wording.counted(first)}."
        )
    else:
        speaking.say(f"Of {first.of} promises, {first.kept} kept as first promised.")
        speaking.say(wording.in_short(record))
    speaking.table(
        ["", "Kept", "", ""],
        [
            ["against first terms", *_rate(first)],
            ["against last terms", *_rate(last)],
        ],
    )
    speaking.say(
        f"Kept {marks.kept} · moved, then kept {marks.moved} · moved, date ahead {marks.ahead} · "
        f"late {marks.late} ({marks.still_open} still open) · short {marks.short} · "
        f"broken {marks.broken} · released {len(record.released)} · voided {len(record.voided)}"
    )
    sharp = record.sharpness
    speaking.table(
        ["Never without these", ""],
        [
            [
                "sharpness",
                "not known"
                if sharp is None
                else f"{sharp.times:.1f} × the lead at even chances, "
                f"{sharp.padding_days:.0f} days of padding",
            ],
            ["coverage", _of(record.coverage)],
            ["paused", f"{round((record.paused.share or 0) * 100)} % of promised time"],
            ["deemed", _of(record.deemed) + _in_person(record)],
            ["painful", _of(record.painful)],
            *_brier(record),
        ],
    )
    if record.calibration:
        speaking.table(
            ["Said", "kept", "true share"],
            [
                [
                    words.share(said.said),
                    f"{said.kept} of {said.of}",
                    f"{said.interval[0] * 100:.0f} to {said.interval[1] * 100:.0f} %",
                ]
                for said in record.calibration
            ],
        )
    if not record.trend.too_early:
        speaking.say(wording.better_or_luck(record.trend))
    _why(record)
    _parts("Client", record.by_client, read.clients.get)
    _parts("Service", record.by_service, lambda key: read.services.get(key, "no service"))
    _parts("How it was promised", record.by_origin, _way)


def _brier(record: "Record") -> list[list[str]]:
    """Return how far the odds lay from what came; nothing where it is too early."""
    from kept import words

    if record.brier is None or record.too_early:
        return []
    always = f"{record.brier.base:.2f} had we always said {words.share(record.brier.base_rate)}"
    return [["Brier score", f"{record.brier.score:.2f}; {always}; less is better"]]


def _why(record: "Record") -> None:
    """Print why first dates were missed, adding up, and what “one more day” became."""
    from kept.promises.models import Reason

    named, whose = dict(Reason.Category.choices), dict(Reason.Controllable.choices)
    if record.reasons:
        speaking.table(
            ["Why first dates were missed", "Whose to change", "", "Reached"],
            [
                [
                    str(named.get(why.category, "nobody said why")),
                    str(whose.get(why.controllable, "")),
                    str(why.count),
                    f"{why.reached} of {record.reasons[-1].reached}",
                ]
                for why in record.reasons
            ],
        )
    slips = record.one_more_day
    if slips.days:
        true = sum(day <= 1 for day in slips.days)
        speaking.say(
            f"“One more day”: true {true} of {len(slips.days)} times, and {slips.average:.1f} "
            "working days on average."
        )


def _parts(head: str, parts: "Sequence[Part]", name: "Callable[[Any], str | None]") -> None:
    """Print the first rate of each part, the largest ones."""
    if parts:
        rows = [[name(part.key) or "", *_rate(part.rate)] for part in parts[:12]]
        speaking.table([head, "Kept", "", ""], rows, broken=[0])


def _way(key: object) -> str:
    from kept.promises.models import Promise

    return str(Promise.Origin(str(key)).label)


def _rate(rate: "Rate") -> list[str]:
    """Return counts, share and interval; only counts where it is too early."""
    from kept import words
    from kept.record import wording

    if rate.share is None or rate.interval is None:
        return [wording.counted(rate), "too early to judge", ""]
    low, high = (words.share(end) for end in rate.interval)
    return [wording.counted(rate), words.share(rate.share), f"{low} to {high}"]


def _in_person(record: "Record") -> str:
    """ ", 1 of them told in person", where any was."""
    count = record.deemed_in_person
    return f", {count} of them told in person" if count else ""


def _of(share: "Share") -> str:
    return f"{share.part:.0f} of {share.of:.0f}"
