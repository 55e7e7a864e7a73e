"""`kept verify`: is the ledger whole, and are the rows what its events made of them?"""

from dataclasses import asdict
from typing import Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import JsonOption, OrganisationOption, load

#: So many faults are written out; the rest is counted.
SHOWN = 50


HeadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--head",
        metavar="LINE",
        help="The last line of a letter to a client: does the ledger still hold what it held then?",
    ),
]


def verify(
    head: HeadOption = None, organisation: OrganisationOption = None, as_json: JsonOption = False
) -> None:
    """Check that nothing was altered: the chain of events, the rows, the personal texts.

    Prints where each ledger ends, signed: keep that line somewhere else, and give it back with
    --head to find what was cut off or written anew since.
    """
    with speaking.ending(as_json=as_json):
        load()
        from kept.custody import verifying
        from kept.ledger import heads
        from kept.tenancy import refusals, scope
        from kept.tenancy.models import Organisation

        houses = Organisation.objects.order_by("pk")
        if organisation is not None:
            houses = houses.filter(slug=organisation)
            if not houses:
                raise speaking.Stop(
                    f"There is no house called “{organisation}” here.", field="--organisation"
                )
        try:
            given = [heads.read(text) for text in head or ()]
        except refusals.Refused as refused:
            raise speaking.Stop(refused.sentence, field="--head") from refused
        if given and len(houses) > 1:
            raise speaking.Stop(
                "A head belongs to one house. Say which one it is of with --organisation.",
                field="--head",
            )
        reports, lines = [], []
        for house in houses:
            with scope.acting_in(house):
                report = verifying.verify()
                report.faults.extend(fault for line in given for fault in heads.faults(line))
                reports.append(report)
                lines.append(heads.line())
        broken = sum(len(report.faults) for report in reports)
        if as_json:
            speaking.document(
                {
                    "whole": not broken,
                    "public_key": heads.public_key(),
                    "organisations": [
                        {**asdict(report), "head": line}
                        for report, line in zip(reports, lines, strict=True)
                    ],
                }
            )
        for report, line in () if as_json else zip(reports, lines, strict=True):
            what = f"{report.events} events, {report.rows} rows, {report.texts} texts"
            if not report.faults:
                speaking.say(f"{report.organisation}: whole ({what})")
                speaking.say(f"  {line}")
                continue
            count = len(report.faults)
            faults = "1 fault" if count == 1 else f"{count} faults"
            speaking.say(f"{report.organisation}: ALTERED ({what}; {faults})")
            for fault in report.faults[:SHOWN]:
                speaking.say(f"  {fault.place} {fault.what}")
            if len(report.faults) > SHOWN:
                speaking.say(f"  and {len(report.faults) - SHOWN} more (--json lists them all)")
        if not as_json:
            speaking.say(f"signed with the key {heads.public_key()}")
        if broken:
            speaking.aside(
                "The ledger and the rows do not agree. Change nothing; compare with a backup."
            )
            raise typer.Exit(speaking.NO)
