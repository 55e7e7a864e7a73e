"""What the desk's pages look up and read alike."""

from datetime import date, datetime
from decimal import Decimal

from django.shortcuts import get_object_or_404

from kept.asks.models import Ask
from kept.clients.models import Contact
from kept.people import days
from kept.tenancy import scope


def find(pk: int) -> Ask:
    """Return an ask with all that its page names."""
    return get_object_or_404(
        Ask.objects.select_related(
            "client", "contact", "policy__owner", "kind", "service", "decider", "answer",
            "holding_reply", "sincere_by", "prices",
        ),
        pk=pk,
    )  # fmt: skip


def end_of(day: date | None, zone: str) -> datetime | None:
    """Return the end of a working day as a client there means it."""
    return None if day is None else days.end_of(day, zone=zone, house=scope.current())


def reachable(contact: Contact | None) -> bool:
    """Say whether a letter can go to them."""
    return contact is not None and bool(contact.email) and contact.archived_at is None


def number(text: str | None) -> int:
    """Return the key that a form sent; 0, which no row has, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def amount(text: str) -> Decimal | None:
    """Return the number that was typed; None for anything else."""
    try:
        found = Decimal(text.replace(",", "."))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None
