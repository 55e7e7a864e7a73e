"""`kept verify`: is the ledger whole, and are the rows what its events made of them?"""

from dataclasses import asdict

import typer

from kept.cli import speaking
from kept.cli.acting import JsonOption, OrganisationOption, load

#: So many faults are written out; the rest is counted.
SHOWN = 50


def verify(organisation: OrganisationOption = None, as_json: JsonOption = False) -> None:
    """Check that nothing was altered: the chain of events, the rows, the personal texts."""
    with speaking.ending(as_json=as_json):
        load()
        from kept.custody import verifying
        from kept.tenancy import scope
        from kept.tenancy.models import Organisation

        houses = Organisation.objects.order_by("pk")
        if organisation is not None:
            houses = houses.filter(slug=organisation)
            if not houses:
                raise speaking.Stop(
                    f"There is no house called “{organisation}” here.", field="--organisation"
                )
        reports = []
        for house in houses:
            with scope.acting_in(house):
                reports.append(verifying.verify())
        broken = sum(len(report.faults) for report in reports)
        if as_json:
            speaking.document(
                {"whole": not broken, "organisations": [asdict(report) for report in reports]}
            )
        for report in () if as_json else reports:
            what = f"{report.events} events, {report.rows} rows, {report.texts} texts"
            if not report.faults:
                speaking.say(f"{report.organisation}: whole ({what})")
                continue
            speaking.say(f"{report.organisation}: ALTERED ({what}; {len(report.faults)} faults)")
            for fault in report.faults[:SHOWN]:
                speaking.say(f"  {fault.place} {fault.what}")
            if len(report.faults) > SHOWN:
                speaking.say(f"  and {len(report.faults) - SHOWN} more (--json lists them all)")
        if broken:
            speaking.aside(
                "The ledger and the rows do not agree. Change nothing; compare with a backup."
            )
            raise typer.Exit(speaking.NO)
