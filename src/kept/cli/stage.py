"""`kept stage`: begin a stage, hand it over, take it or send it back, and its checklist."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.own import find_stage

if TYPE_CHECKING:
    from kept.jobs.models import CheckItem, HandOver, Stage

app = typer.Typer(
    help="Begin a stage, hand it over, take it or send it back; tick its checklist.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
StageArgument = Annotated[int, typer.Argument(metavar="STAGE", help="The stage's number.", min=1)]


@app.command()
def begin(
    stage: StageArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a stage; who begins what is nobody's says yes to it."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import carrying

        _tell(carrying.begin(find_stage(stage), by=who.member, now=who.now), as_json=as_json)


@app.command()
def hand_over(
    stage: StageArgument,
    hours: Annotated[
        float | None, typer.Option(help="Hours worked since they were logged last.")
    ] = None,
    out_of_hours: Annotated[
        float, typer.Option(help="How many of them lay outside the working week.")
    ] = 0,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a stage over, whole; whoever goes on takes it or sends it back."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import carrying

        found = find_stage(stage)
        carrying.hand_over(
            found, hours=hours, out_of_hours=out_of_hours, by=who.member, now=who.now
        )
        _tell(found, as_json=as_json)


@app.command()
def take(
    stage: StageArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what was handed over: the stage is done."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import carrying

        found = find_stage(stage)
        carrying.take(_handed(found), by=who.member, now=who.now)
        _tell(found, as_json=as_json)


@app.command()
def send_back(
    stage: StageArgument,
    reason: Annotated[str, typer.Option(help="What is missing.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send back what was handed over, with the reason."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import carrying

        found = find_stage(stage)
        carrying.send_back(_handed(found), reason=reason, by=who.member, now=who.now)
        _tell(found, as_json=as_json)


@app.command()
def check(
    stage: StageArgument,
    add: Annotated[str, typer.Option(help="One more line.")] = "",
    done: Annotated[int | None, typer.Option(metavar="LINE", help="This line is true.")] = None,
    reopen: Annotated[
        int | None, typer.Option(metavar="LINE", help="This line is not true after all.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a stage's checklist, add a line, or note that one is true.

    Lines go by their place, counted from 1. Nothing is handed over while one is open.
    """
    with acting(organisation, email, as_json=as_json) as who:
        from kept.jobs import checklist
        from kept.jobs.models import CheckItem

        found = find_stage(stage)
        if add:
            checklist.add(found, add, by=who.member, now=who.now)
        if done is not None:
            checklist.done(_line(found, done, "--done"), by=who.member, now=who.now)
        if reopen is not None:
            checklist.reopen(_line(found, reopen, "--reopen"), by=who.member, now=who.now)
        rows = list(CheckItem.objects.filter(stage=found).order_by("position"))
        if as_json:
            lines = [
                {"position": row.position, "text": row.text, "done_at": row.done_at} for row in rows
            ]
            speaking.document({"id": found.pk, "kind": "checklist", "lines": lines})
            return
        for row in rows:
            speaking.say(f"{row.position}. [{'x' if row.done_at else ' '}] {row.text}")
        if not rows:
            speaking.say("Nothing is on its checklist.")


def _handed(stage: "Stage") -> "HandOver":
    from kept.jobs.models import HandOver

    rows = HandOver.objects.filter(stage=stage).select_related("stage").order_by("-number")
    found = rows.first()
    if found is None:
        raise speaking.Stop(
            f"“{stage.name}” was not handed over. Nothing was changed.", status=speaking.NO
        )
    return found


def _line(stage: "Stage", position: int, option: str) -> "CheckItem":
    from kept.jobs.models import CheckItem

    rows = CheckItem.objects.filter(stage=stage, position=position).select_related("stage")
    found = rows.first()
    if found is None:
        raise speaking.Stop(f"There is no line {position} on its checklist.", field=option)
    return found


def _tell(stage: "Stage", *, as_json: bool) -> None:
    stage.refresh_from_db()
    if as_json:
        speaking.document(
            {
                "id": stage.pk,
                "kind": "stage",
                "state": str(stage.state),
                "job": stage.job_id,
                "what": stage.name,
                "owner": None if stage.owner is None else stage.owner.email,
                "spent_hours": stage.spent_hours,
                "out_of_hours": stage.out_of_hours,
            }
        )
        return
    owner = f", {stage.owner.first_name}" if stage.owner else ""
    speaking.say(
        f"stage {stage.pk}: {stage.job.title}, {stage.name}{owner}, {stage.get_state_display()}"
    )
