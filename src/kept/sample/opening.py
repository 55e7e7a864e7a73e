"""The sample studio instead of a house of one's own, for whoever holds the first run's code."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from kept.people import logins, opening
from kept.people.models import Member
from kept.sample import studio


def look_around(
    folder: Path, code: str, *, email: str, password: str, now: datetime, seed: int = 1
) -> Member:
    """Make the sample studio with its owner's log-in. The code ends.

    Raises: what `opening.check` and `logins.make` raise.
    """
    opening.check(folder, code, now=now)
    with transaction.atomic():
        member = studio.make(login=logins.make(email=email, password=password), now=now, seed=seed)
        opening.close(folder)
    return member
