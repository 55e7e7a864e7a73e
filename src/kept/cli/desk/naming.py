"""What the desk's commands are told by name or number, looked up; and what they made."""

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kept.cli import speaking

if TYPE_CHECKING:
    from kept.asks.models import Ask, Story
    from kept.clients.models import Client, Contact


def client(name: str, field: str = "--for") -> "Client | None":
    """Return the client of that name; None where none was said."""
    if not name:
        return None
    from kept.clients import keeping

    found = keeping.find(name)
    if found is None:
        raise speaking.Stop(f"There is no client “{name}” here.", field=field)
    return found


def known_client(name: str, field: str) -> "Client":
    """Return the client of that name."""
    found = client(name, field=field)
    if found is None:
        raise speaking.Stop("Say which client, by name.", field=field)
    return found


def contact(of: "Client", address: str) -> "Contact":
    """Return the person there with that address; left out, the only one who is there."""
    there = of.contacts.filter(archived_at__isnull=True)
    rows = list(there.filter(email__iexact=address) if address else there)
    if len(rows) != 1:
        raise speaking.Stop(
            f"{of.name} has {len(rows)} contacts that fit: say which, by e-mail.",
            field="--contact",
        )
    return rows[0]


def story(key: int) -> "Story":
    """Return the story of that number."""
    from kept.asks.models import Story

    found = Story.objects.select_related("client", "contact").filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no story {key} here.", field="STORY")
    return found


def day(text: str, field: str) -> date | None:
    """Return a day as typed; None where none was."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise speaking.Stop(f"“{text}” is no day. 2026-12-31 is one.", field=field) from error


def rule(name: str) -> Any:
    """Return the rule in force of that name; None where none was said."""
    if not name:
        return None
    from kept.asks.models import Policy
    from kept.tenancy import given

    found = given.named(Policy.objects.filter(retired_at__isnull=True), name)
    if found is None:
        raise speaking.Stop(f"There is no rule “{name}” here.", field="--rule")
    return found


def ask(key: int) -> "Ask":
    """Return the ask of that number."""
    from kept.asks.models import Ask

    found = Ask.objects.select_related("client", "policy", "contact").filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no ask {key} here.", field="ASK")
    return found


def amount(text: str, field: str) -> Decimal:
    """Return an amount as typed."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite():
        raise speaking.Stop(f"“{text}” is not an amount. 480 is one.", field=field)
    return value


def made(kind: str, key: int, name: str, *, as_json: bool) -> None:
    """Say what was made, with its number."""
    if as_json:
        speaking.document({"id": key, "kind": kind, "name": name})
        return
    speaking.say(f"{kind.replace('_', ' ')} {key}: {name}")


def text(path: str, field: str) -> str:
    """Return what stands in a file; what is piped in for “-”."""
    if path == "-":
        return sys.stdin.read()
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise speaking.Stop(f"{path} cannot be read: {error}.", field=field) from error
