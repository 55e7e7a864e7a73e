"""The key that signs sessions and links, made on the first start."""

import os
import secrets
from pathlib import Path


def key_in(folder: Path) -> str:
    """Return the secret key kept in `folder`; make one that only its owner can read if need be."""
    path = folder / "secret-key"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(64)
        file.write(key + "\n")
    return key
