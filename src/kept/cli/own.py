"""`kept own`: who owns which stage, and who sees a promise over the line."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.jobs.models import Job, Responsibility, Stage

app = typer.Typer(
    help="Ask who owns what, and answer: yes, what would be possible instead, or no.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
QuestionArgument = Annotated[
    int, typer.Argument(metavar="QUESTION", help="The question's number.", min=1)
]
WordOption = Annotated[str, typer.Option(help="A word to it.")]


@app.command()
def asked(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what one was asked to own and has not answered."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.jobs import owners

        rows = owners.asked_of(who.member)
        if as_json:
            speaking.document({"questions": [_shown(row) for row in rows]})
        for row in [] if as_json else rows:
            speaking.say(_told(row))
        if not rows and not as_json:
            speaking.say("Nobody waits for your answer.")


@app.command()
def ask(
    who_owns: Annotated[str, typer.Argument(metavar="EMAIL", help="Who is asked.")],
    stage: Annotated[
        int | None, typer.Option(metavar="STAGE", help="To own this stage.", min=1)
    ] = None,
    last_mile: Annotated[
        int | None,
        typer.Option("--last-mile", metavar="JOB", help="To see this job over the line.", min=1),
    ] = None,
    by: Annotated[str, typer.Option(metavar="D", help="By when they would be done.")] = "",
    hours: Annotated[
        float | None, typer.Option(help="How much work it is; left out, what the stage says.")
    ] = None,
    done_means: Annotated[str | None, typer.Option(help="How one sees that it is done.")] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask somebody to own a stage or a last mile; naming oneself is a yes."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.people.models import Member
        from kept.promises import carrying

        if (stage is None) == (last_mile is None):
            raise speaking.Stop("Say either --stage or --last-mile.", field="--stage")
        here = Member.objects.filter(left_at__isnull=True, email__iexact=who_owns)
        member = here.first()
        if member is None:
            raise speaking.Stop(f"Nobody here has the address “{who_owns}”.", field="EMAIL")
        zone = who.house.zone
        row = carrying.propose(
            _job(last_mile or 0) if stage is None else find_stage(stage),
            member,
            by_at=reading.due(by, now=who.now, zone=zone, name="--by")[0] if by else None,
            hours=hours,
            done_means=done_means,
            by=who.member,
            now=who.now,
        )
        _tell(row, as_json=as_json)


@app.command()
def accept(
    question: QuestionArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say yes; it includes being asked how it goes until it is done."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import carrying

        row = carrying.accept(_question(question), by=who.member, now=who.now)
        _tell(row, as_json=as_json)


@app.command()
def counter(
    question: QuestionArgument,
    by: Annotated[str, typer.Option(metavar="D", help="By when it would be possible.")] = "",
    hours: Annotated[float | None, typer.Option(help="How much work it would be.")] = None,
    word: WordOption = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what would be possible instead."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.jobs import owning

        zone = who.house.zone
        row = owning.counter(
            _question(question),
            by_at=reading.due(by, now=who.now, zone=zone, name="--by")[0] if by else None,
            hours=hours,
            word=word,
            by=who.member,
            now=who.now,
        )
        _tell(row, as_json=as_json)


@app.command()
def decline(
    question: QuestionArgument,
    word: WordOption = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say no; whoever owned it before stays its owner."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.jobs import owning

        row = owning.decline(_question(question), word=word, by=who.member, now=who.now)
        _tell(row, as_json=as_json)


@app.command()
def agree(
    question: QuestionArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what somebody said instead of yes; whoever asked, or a lead, can."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.promises import carrying

        row = carrying.agree(_question(question), by=who.member, now=who.now)
        _tell(row, as_json=as_json)


@app.command()
def withdraw(
    question: QuestionArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a question back; whoever asked, or a lead, can."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.jobs import owning

        row = owning.withdraw(_question(question), by=who.member, now=who.now)
        _tell(row, as_json=as_json)


def find_stage(key: int) -> "Stage":
    """Return the stage with that number."""
    from kept.jobs.models import Stage

    found = Stage.objects.select_related("job", "owner").filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no stage {key} here.", field="STAGE")
    return found


def _job(key: int) -> "Job":
    from kept.jobs.models import Job

    found = Job.objects.filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no job {key} here.", field="--last-mile")
    return found


def _question(key: int) -> "Responsibility":
    from kept.jobs.models import Responsibility

    rows = Responsibility.objects.select_related("job", "stage", "member")
    found = rows.filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no question {key} here.", field="QUESTION")
    return found


def _tell(row: "Responsibility", *, as_json: bool) -> None:
    if as_json:
        speaking.document(_shown(row))
    else:
        speaking.say(_told(row))


def _shown(row: "Responsibility") -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": "question",
        "state": str(row.state),
        "job": row.job_id,
        "stage": row.stage_id,
        "what": row.job.title,
        "who": row.member.email,
        "by_at": row.by_at,
        "hours": row.likely_hours,
        "done_means": row.done_means,
    }


def _told(row: "Responsibility") -> str:
    from kept import words

    what = row.job.title if row.stage is None else f"{row.job.title}, {row.stage.name}"
    asked_for = "the last mile of " if row.stage is None else ""
    until = f", by {words.moment(row.by_at, row.member.zone)}" if row.by_at else ""
    return (
        f"question {row.pk}: {row.member.first_name}, {asked_for}{what}{until}, "
        f"{row.get_state_display()}"
    )
