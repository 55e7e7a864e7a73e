"""The keys that sign sessions, links and the ledger, made on the first start."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path


class KeyIsEmpty(SystemExit):
    """A start was interrupted while it made a key."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is empty: a first start was interrupted. "
            "Remove it; nothing was signed with it."
        )


def key_in(folder: Path) -> str:
    """Return the key for sessions and links; make one that only its owner can read if need be."""
    return _kept_in(folder, "secret-key", lambda: secrets.token_urlsafe(64))


def ledger_key_in(folder: Path) -> str:
    """Return the seed of the key that signs where the ledger ends, in hexadecimal."""
    return _kept_in(folder, "ledger-key", lambda: secrets.token_hex(32))


def _kept_in(folder: Path, name: str, make: Callable[[], str]) -> str:
    path = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = make()
        file.write(key + "\n")
    return key


def _read(path: Path) -> str:
    # Two first starts at once: the other one has made the file, and is about to write it.
    for _try in range(100):
        if key := path.read_text(encoding="ascii").strip():
            return key
        time.sleep(0.01)
    raise KeyIsEmpty(path)
