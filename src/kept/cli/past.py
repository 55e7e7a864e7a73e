"""`kept past`: what the past says."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.past.looking import Count, PastFigures


def past(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the past says."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.past import looking
        from kept.people import access
        from kept.people.models import Role

        access.demand(who.member, Role.MEMBER)
        figures = looking.figures(who.now)
        if as_json:
            speaking.document(_document(figures))
        else:
            _print(figures)


def _print(figures: "PastFigures") -> None:
    if not figures.items:
        speaking.say("There is no finished work here yet. Bring some in: kept import FILE")
        return
    speaking.say(
        f"{figures.items} pieces of work, finished from {figures.finished_from} to "
        f"{figures.finished_until}."
    )
    if figures.dates is not None:
        which = "first dates" if figures.dates.first else "last dates"
        speaking.say(f"Kept, against {which}: {_counted(figures.dates.kept)}")
        if figures.dates.last is not None:
            speaking.say(f"Kept, against last dates: {_counted(figures.dates.last)}")
        late = figures.dates.late_days
        if late is not None:
            speaking.say(
                f"Late ones: {late.count}; half by no more than {late.p50:g} days, 9 in 10 by no "
                f"more than {late.p90:g}."
            )
        _table("Client or project", figures.dates.by_client)
    if figures.efforts is not None:
        kinds = [figures.efforts.all, *figures.efforts.by_kind]
        speaking.table(
            ["Took ÷ estimated", "count", "over", "half", "8 in 10", "9 in 10"],
            [
                [
                    kind.name or "all",
                    str(kind.count),
                    str(kind.over),
                    *(
                        [
                            f"{kind.ratios.p50:.2f}",
                            f"{kind.ratios.p80:.2f}",
                            f"{kind.ratios.p90:.2f}",
                        ]
                        if kind.ratios.enough
                        else ["too early", "", ""]
                    ),
                ]
                for kind in kinds
            ],
            right=[1, 2, 3, 4, 5],
            broken=[0],
        )
    if figures.leads is not None:
        days, since = figures.leads.days, "started" if figures.leads.from_start else "asked"
        speaking.say(
            f"From {since} to finished: half within {days.p50:g} days, 9 in 10 within "
            f"{days.p90:g} ({days.count} pieces of work)."
        )


def _counted(count: "Count") -> str:
    from kept import words

    share = "" if count.share is None else f" ({words.percent(count.share)})"
    return f"{count.part} of {count.of}{share}"


def _table(head: str, rows: Iterable["Count"]) -> None:
    lines = [[row.name, _counted(row)] for row in rows]
    if lines:
        speaking.table([head, "Kept"], lines, broken=[0])


def _document(figures: "PastFigures") -> dict[str, Any]:
    """Return the figures as plain data; shares are left out where it is too early to judge."""
    from dataclasses import asdict

    document = asdict(figures) | {"too_early": figures.too_early}
    if figures.dates is not None:
        document["dates"]["kept"]["share"] = figures.dates.kept.share
        if figures.dates.last is not None:
            document["dates"]["last"]["share"] = figures.dates.last.share
    return document
