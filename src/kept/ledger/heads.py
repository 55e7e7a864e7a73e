"""The signed head: proof, kept elsewhere, of what the ledger held at a moment.

A chain proves nothing against somebody who holds the machine and writes all of
it anew. A head that was sent away with a letter does: whoever has it can ask
later whether the ledger still holds those events. The signature proves that
the head came from this house, so that nobody can claim one that never was.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.translation import gettext as _

from kept.ledger.chain import Fault
from kept.ledger.models import Event, Head
from kept.tenancy import refusals, scope

#: So much of a digest stands in a line; the signature covers all of it.
SHORT = 16

# A letter may have been wrapped or quoted on its way: spaces, line ends and > are passed over.
_LINE = re.compile(
    r"(?P<number>\d{1,18})[\s>]*[·.,;-][\s>]*(?P<short>[0-9a-f]{16})[\s>]*[·.,;-][\s>]*"
    r"(?P<signature>(?:[\w-][\s>]*){86})"
)


class NoHead(refusals.Refused):
    """The text is no line that this program writes."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where a ledger ended: how many events, how the last digest begins, and the signature."""

    number: int
    short: str
    signature: str

    def __str__(self) -> str:
        return f"{self.number} · {self.short} · {self.signature}"


def line() -> str:
    """Return where the current organisation's ledger ends, signed, on one line."""
    head = Head.objects.filter(organisation=scope.current()).first()
    return str(_signed(0, "0" * 64) if head is None else _signed(head.number, head.digest))


def public_key() -> str:
    """Return the key with which anybody can check a head's signature, in hexadecimal."""
    return _key().public_key().public_bytes_raw().hex()


def signature_of(number: int, digest: str) -> str:
    """Return the signature of a head, as its line carries it."""
    return _text(_key().sign(message(scope.current().pk, number, digest)))


def message(organisation: int, number: int, digest: str) -> bytes:
    """Return what is signed: whose ledger, how many events, and the last one's digest."""
    return f"kept ledger head\n{organisation}\n{number}\n{digest}\n".encode("ascii")


def read(text: str) -> Line:
    """Read a head from a letter's last line.

    Raises:
        NoHead: there is none in it.
    """
    found = _LINE.search(text.strip())
    if found is None:
        raise NoHead(
            _(
                "This is not the last line of a letter from kept: it reads "
                "“number · 16 signs · signature”. Copy the whole line."
            ),
            field="head",
        )
    signature = re.sub(r"[\s>]", "", found["signature"])
    return Line(int(found["number"]), found["short"], signature)


def faults(given: Line) -> Iterator[Fault]:
    """Say where the current organisation's ledger is not the one this head was taken of."""
    place = f"the head {given.number} · {given.short}"
    last = Event.objects.order_by("-number").values_list("number", flat=True).first() or 0
    if given.number > last:
        yield Fault(place, f"says {given.number} events were written, the last one found is {last}")
        return
    digest = (
        Event.objects.filter(number=given.number).values_list("digest", flat=True).first()
        if given.number
        else "0" * 64
    )
    if digest is None:
        yield Fault(place, f"cannot be compared: event {given.number} is missing")
    elif not digest.startswith(given.short):
        yield Fault(place, f"is of another ledger: event {given.number} is not the one it names")
    elif not _is_signed(given, digest):
        yield Fault(place, "was not signed with this house’s key")


def _signed(number: int, digest: str) -> Line:
    return Line(number, digest[:SHORT], signature_of(number, digest))


def _is_signed(given: Line, digest: str) -> bool:
    try:
        signature = base64.urlsafe_b64decode(given.signature + "==")
        _key().public_key().verify(signature, message(scope.current().pk, given.number, digest))
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _text(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode("ascii")


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.LEDGER_KEY))
