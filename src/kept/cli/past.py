"""`kept past`: what the past says."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import reading, speaking
from kept.cli.acting import Acting, AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.past.hindsight import LookedBack
    from kept.past.looking import Count, PastFigures
    from kept.past.similar import Similar


def past(
    estimate: Annotated[
        str | None,
        typer.Option(help="What past work like this estimate took: 16h, or 2 days."),
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="SERVICE", help="With an estimate: of which service.")
    ] = None,
    client: Annotated[
        str | None, typer.Option("--for", metavar="CLIENT", help="With an estimate: for whom.")
    ] = None,
    skill: Annotated[
        str | None, typer.Option(metavar="SKILL", help="With an estimate: what it needs.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the past says.

    What one person's estimates become is not shown here: it is theirs alone, on their own page.
    """
    with acting(organisation, email, as_json=as_json) as who:
        from kept.past import hindsight, looking
        from kept.people import access
        from kept.people.models import Role

        access.demand(who.member, Role.MEMBER)
        if estimate is not None:
            found = _similar(who, estimate, like=like, client=client, skill=skill)
            if as_json:
                speaking.document(_pieces(found))
            else:
                _print_similar(found)
            return
        figures = looking.figures(who.now)
        seen = hindsight.look_back(who.now)
        if as_json:
            speaking.document(_document(figures) | {"hindsight": _hindsight(seen)})
        else:
            _print(figures)
            if seen is not None:
                _print_hindsight(seen)


def _similar(
    who: Acting, estimate: str, *, like: str | None, client: str | None, skill: str | None
) -> "Similar":
    from kept.clients import catalogue, keeping
    from kept.past import similar
    from kept.people.models import Skill

    effort = reading.size(estimate, name="--estimate")
    if not 0 < effort.likely_hours <= 20_000:
        raise speaking.Stop("An estimate is above 0 and at most 20000 hours.", field="--estimate")
    service = None if like is None else catalogue.find(like)
    named = None if client is None else keeping.find(client)
    needed = None if skill is None else Skill.objects.filter(name__iexact=skill).first()
    for said, row, option in (
        (like, service, "--like"), (client, named, "--for"), (skill, needed, "--skill"),
    ):  # fmt: skip
        if said is not None and row is None:
            raise speaking.Stop(f"“{said}” is not known here.", field=option)
    return similar.similar(
        estimate_hours=effort.likely_hours,
        asker=None,  # whoever holds the files may act as anybody
        own=False,
        service=None if service is None else service.pk,
        client=None if named is None else named.pk,
        skill=None if needed is None else needed.pk,
        now=who.now,
    )


def _print_similar(found: "Similar") -> None:
    if found.too_few_people:
        speaking.say("Such work was done by one or two people here; what it took is theirs to see.")
        return
    speaking.say(
        f"For {found.estimate_hours:g} h estimated: half within {found.half_hours:.0f} h, 9 in 10 "
        f"within {found.nine_in_ten_hours:.0f} h."
    )
    if found.assumed:
        speaking.say("Little is known of such work: most of this is still assumed.")
    if found.pieces:
        speaking.table(
            ["Most similar", "for", "estimated", "took", "here", "counts"],
            [
                [
                    " · ".join(part for part in (piece.kind, piece.part) if part) or piece.name,
                    piece.client,
                    f"{piece.estimate_hours:g}",
                    f"{piece.actual_hours:g}",
                    f"{piece.scaled_hours:.1f}",
                    f"{piece.share:.2f}",
                ]
                for piece in found.pieces
            ],
            right=[2, 3, 4, 5],
            broken=[0, 1],
        )


def _pieces(found: "Similar") -> dict[str, Any]:
    from dataclasses import asdict

    document = asdict(found)
    if found.too_few_people:
        document |= {"half_hours": None, "nine_in_ten_hours": None}
    for piece in document["pieces"]:
        at = piece["finished_at"]
        piece["finished_at"] = None if at is None else at.isoformat()
    return document


def _print_hindsight(seen: "LookedBack") -> None:
    kept, as_estimated, half_more = seen.ways
    factor = seen.row.typical_factor or 1.0
    speaking.say(
        f"At 9 in 10 kept would have said typically {factor:.2f} times the estimate; kept: "
        f"{_counted(kept)}. The estimate as it is: {_counted(as_estimated)}. One and a half times "
        f"the estimate: {_counted(half_more)}."
    )
    if not seen.row.informative:
        speaking.say(
            f"{seen.row.exact} of {seen.row.scored} took exactly the estimate: such a past was "
            "filled in afterwards, and tells nothing about how long work takes."
        )
    if seen.sums is not None:
        speaking.say(
            "Ten pieces in a row of one client, added up, took no more than kept would have said "
            f"of them at 9 in 10: {_counted(seen.sums)}."
        )
    if seen.drift:
        which = "longer" if seen.drift == "slower" else "less"
        speaking.say(f"Lately work takes {which} than the past says.")


def _hindsight(seen: "LookedBack | None") -> dict[str, Any] | None:
    if seen is None:
        return None
    row = seen.row
    return {
        "scored": row.scored,
        "undated": row.undated,
        "kept_at_90": row.within_90,
        "as_estimated": row.as_estimated,
        "half_more": row.half_more,
        "exact": row.exact,
        "informative": row.informative,
        "typical_factor": row.typical_factor,
        "drift": str(seen.drift),
        "sums": row.sums,
        "sums_kept_at_90": row.sums_within_90,
        "lean": row.lean,
        "profile_version": row.profile.version,
    }


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
        half = "1 day" if days.p50 == 1 else f"{days.p50:g} days"
        speaking.say(
            f"From {since} to finished: half within {half}, 9 in 10 within {days.p90:g} "
            f"({days.count} pieces of work)."
        )


def _counted(count: "Count") -> str:
    from kept import words

    share = "" if count.share is None else f" ({words.share(count.share)})"
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
