"""`kept delegates`: who may chase in your place, and in whose place you may."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.last_mile.models import Delegate

app = typer.Typer(
    help="Who may chase in your place, and in whose place you may.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def show(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who stands in for you, and for whom you do."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import delegating

        in_place_of_me, in_place_of_others = delegating.around(who.member)
        rows = [*in_place_of_me, *in_place_of_others]
        if as_json:
            speaking.document({"delegates": [_shown(row) for row in rows]})
            return
        for row in rows:
            speaking.say(_told(row))
        if not rows:
            speaking.say("There are none.")


@app.command()
def name(
    member: Annotated[str, typer.Argument(metavar="EMAIL", help="Who.")],
    promise: Annotated[
        int | None, typer.Option(metavar="PROMISE", help="For this promise alone.", min=1)
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let somebody chase in your place: for one promise, or for all that you see over the line."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import delegating
        from kept.people.models import Member
        from kept.promises.models import Promise

        found = Member.objects.filter(email=member.strip().lower(), left_at__isnull=True).first()
        if found is None:
            raise speaking.Stop(f"Nobody here has the address “{member}”.", field="EMAIL")
        about = None
        if promise is not None:
            about = Promise.objects.filter(pk=promise).first()
            if about is None:
                raise speaking.Stop(f"There is no promise {promise} here.", field="--promise")
        row = delegating.name(found, promise=about, by=who.member, now=who.now)
        _tell(row, as_json=as_json)


@app.command()
def end(
    delegate: Annotated[int, typer.Argument(metavar="DELEGATE", help="Its number.", min=1)],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take it back, or give it back."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import delegating
        from kept.last_mile.models import Delegate

        found = Delegate.objects.select_related("owner", "member").filter(pk=delegate).first()
        if found is None:
            raise speaking.Stop(f"There is no delegate {delegate} here.", field="DELEGATE")
        _tell(delegating.end(found, by=who.member, now=who.now), as_json=as_json)


def _tell(row: "Delegate", *, as_json: bool) -> None:
    if as_json:
        speaking.document(_shown(row))
    else:
        speaking.say(_told(row))


def _shown(row: "Delegate") -> dict[str, object]:
    return {
        "id": row.pk,
        "kind": "delegate",
        "owner": row.owner.name,
        "member": row.member.name,
        "promise": row.promise_id,
        "named_at": row.named_at,
        "ended_at": row.ended_at,
    }


def _told(row: "Delegate") -> str:
    what = "all" if row.promise_id is None else f"promise {row.promise_id}"
    ended = ", ended" if row.ended_at else ""
    return f"delegate {row.pk}: {row.member.name} for {row.owner.name}, {what}{ended}"
