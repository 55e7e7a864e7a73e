"""What the desk's commands are told by name or number, looked up; and what they made."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kept.cli import speaking

if TYPE_CHECKING:
    from kept.asks.models import Ask
    from kept.clients.models import Client


def client(name: str) -> "Client | None":
    """Return the client of that name; None where none was said."""
    if not name:
        return None
    from kept.clients import keeping

    found = keeping.find(name)
    if found is None:
        raise speaking.Stop(f"There is no client “{name}” here.", field="--for")
    return found


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
