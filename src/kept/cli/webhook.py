"""`kept webhook`: programs that are told, signed, what becomes of promises and alarms."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.last_mile.webhooks.models import Webhook

app = typer.Typer(
    help="Tell other programs, signed, what becomes of promises and alarms.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
WebhookArgument = Annotated[
    int, typer.Argument(metavar="WEBHOOK", help="The webhook's number.", min=1)
]


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages go.")],
    events: Annotated[
        str, typer.Option(help="What it is told of, separated by commas; left out, of all.")
    ] = "",
    name: Annotated[str, typer.Option(help="What it is called.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a webhook; its secret is printed."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile.webhooks import keeping

        row, secret = keeping.add(url, [events], name, by=who.member, now=who.now)
        _tell(row, secret, as_json=as_json)


@app.command("list")
def list_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List webhooks, and the messages that were not taken."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile.webhooks import keeping
        from kept.people import access
        from kept.people.models import Role

        access.demand(who.member, Role.OWNER)
        rows = keeping.live()
        if as_json:
            speaking.document({"webhooks": [_shown(row) for row in rows]})
            return
        for row in rows:
            speaking.say(_told(row))
            for message in row.deliveries.filter(failed_at__isnull=False, sent_at__isnull=True):
                speaking.say(f"  message {message.pk}: {message.kind}, could not be sent")
        if not rows:
            speaking.say("There are none.")


@app.command()
def rotate(
    webhook: WebhookArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the secret; for 24 hours the old one signs beside the new one."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile.webhooks import keeping

        row, secret = keeping.rotate(_found(webhook), by=who.member, now=who.now)
        _tell(row, secret, as_json=as_json)


@app.command()
def replay(
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="Its number.", min=1)],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a message again: with the same id and the same words."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile.webhooks import keeping
        from kept.last_mile.webhooks.models import WebhookDelivery

        rows = WebhookDelivery.objects.select_related("webhook")
        found = rows.filter(pk=message).first()
        if found is None:
            raise speaking.Stop(f"There is no message {message} here.", field="MESSAGE")
        keeping.replay(found, by=who.member, now=who.now)
        if as_json:
            speaking.document({"id": found.pk, "kind": "message", "name": found.kind})
        else:
            speaking.say(f"message {found.pk}: {found.kind}, is sent again")


@app.command()
def resume(
    webhook: WebhookArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Switch a webhook on again; it is told of what happens from now on."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile.webhooks import keeping

        row = keeping.resume(_found(webhook), by=who.member, now=who.now)
        _tell(row, "", as_json=as_json)


@app.command()
def remove(
    webhook: WebhookArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a webhook: nothing more is sent there."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile.webhooks import keeping

        row = keeping.remove(_found(webhook), by=who.member, now=who.now)
        _tell(row, "", as_json=as_json)


def _found(key: int) -> "Webhook":
    from kept.last_mile.webhooks.models import Webhook

    found = Webhook.objects.filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no webhook {key} here.", field="WEBHOOK")
    return found


def _tell(row: "Webhook", secret: str, *, as_json: bool) -> None:
    if as_json:
        speaking.document(_shown(row) | ({"secret": secret} if secret else {}))
        return
    if not secret:
        speaking.say(_told(row))
        return
    speaking.aside(f"{_told(row)}. Give its receiver this secret:")
    speaking.say(secret)


def _shown(row: "Webhook") -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": "webhook",
        "url": row.url,
        "name": row.name,
        "events": row.events.split(),
        "made_at": row.made_at,
        "failing_since": row.failing_since,
        "disabled_at": row.disabled_at,
        "disabled_why": str(row.disabled_why),
        "removed_at": row.removed_at,
    }


def _told(row: "Webhook") -> str:
    if row.removed_at:
        stands = "removed"
    elif row.disabled_at:
        stands = f"switched off: {row.get_disabled_why_display()}"
    elif row.failing_since:
        stands = "on, but nothing is taken there"
    else:
        stands = "on"
    called = f"{row.name}, " if row.name else ""
    return f"webhook {row.pk}: {called}{row.url}, {row.events or 'all events'}, {stands}"
