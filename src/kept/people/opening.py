"""The first run: whoever reads the terminal of the server may found the house, nobody else.

The one-time code is printed where the server runs; the data folder holds its
hash, and when wrong codes were tried.
"""

import hashlib
import hmac
import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kept.people import founding, logins
from kept.people.models import Member
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Conflict, Refused

FILE = "first-run"
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike
LENGTH = 12
TRIES = 10
TRIES_WITHIN = timedelta(minutes=10)


class WrongCode(Refused):
    """It is not the code that was printed."""


class TooManyTries(Refused):
    """Too many wrong codes; the next one is looked at later."""


class AlreadyOpen(Conflict):
    """Somebody has founded a house here."""


def is_open() -> bool:
    """Say whether a house was founded here; from then on there is no first run."""
    return Organisation.objects.exists()


def issue(folder: Path) -> str:
    """Make a code for the first run; one made before ends. Print it, nothing else knows it."""
    code = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    salt = secrets.token_bytes(16)
    _write(folder, {"salt": salt.hex(), "hash": _hash(code, salt), "wrong_at": []})
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def check(folder: Path, code: str, *, now: datetime) -> None:
    """Pass if `code` is the one printed last.

    Raises:
        WrongCode: it is not.
        TooManyTries: ten wrong ones in ten minutes; none is looked at until they are past.
        AlreadyOpen: a house was founded.
    """
    if is_open():
        raise AlreadyOpen(_already())
    kept = _read(folder)
    recent = [
        at for at in kept.get("wrong_at", []) if now - datetime.fromisoformat(at) < TRIES_WITHIN
    ]
    if len(recent) >= TRIES:
        raise TooManyTries(
            _("Too many wrong codes. Wait ten minutes, or start kept again for a new code."),
            field="code",
        )
    typed = "".join(sign for sign in code.upper() if sign in LETTERS)[: LENGTH + 1]
    right = hmac.compare_digest(
        _hash(typed, bytes.fromhex(kept.get("salt", ""))), kept.get("hash", "")
    )
    if not right:
        _write(folder, {**kept, "wrong_at": [*recent, now.isoformat()]})
        raise WrongCode(
            _(
                "That is not the code. It stands on the terminal in which kept was started; a new "
                "start prints a new one."
            ),
            field="code",
        )


def found_house(
    folder: Path,
    code: str,
    *,
    house: str,
    name: str,
    email: str,
    password: str,
    zone: str,
    country: str = "",
    region: str = "",
    now: datetime,
) -> Member:
    """Found the first house here, and make whoever holds the code its owner. The code ends.

    Raises: what `check`, `logins.make` and `founding.found` raise.
    """
    check(folder, code, now=now)
    with transaction.atomic():
        login = logins.make(email=email, password=password)
        member = founding.found(
            name=house, zone=zone, owner=name, login=login, now=now, country=country, region=region
        )
        close(folder)
    return member


def found_here(
    folder: Path,
    *,
    house: str,
    name: str,
    email: str,
    password: str,
    zone: str,
    country: str = "",
    region: str = "",
    now: datetime,
) -> Member:
    """Found a house for whoever works where the data lies, who needs no code; one there was ends.

    Raises: what `logins.make` and `founding.found` raise.
    """
    with transaction.atomic():
        login = logins.make(email=email, password=password)
        member = founding.found(
            name=house, zone=zone, owner=name, login=login, now=now, country=country, region=region
        )
        (folder / FILE).unlink(missing_ok=True)
    return member


def close(folder: Path) -> None:
    """End the code, as the last step of a transaction.

    Raises:
        AlreadyOpen: somebody else ended it in this very moment.
    """
    try:
        (folder / FILE).unlink()
    except FileNotFoundError:
        raise AlreadyOpen(_already()) from None


def _already() -> str:
    return _("A house was founded here already. Log in, or ask for an invitation.")


def _hash(code: str, salt: bytes) -> str:
    return hashlib.scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1).hex()


def _read(folder: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return {}
    return kept


def _write(folder: Path, kept: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.{secrets.token_hex(4)}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(kept, file)
    new.replace(folder / FILE)
