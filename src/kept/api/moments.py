"""Due moments as requests say them: an instant, or a day that ends by the client's clock."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from kept.people import days
from kept.tenancy import refusals, scope


def due(at: datetime | None, on: date | None, *, zone: str, name: str) -> datetime | None:
    """Return the instant that is meant; None if neither was said.

    Args:
        name: what the two inputs are called before `_at` and `_on`.

    Raises:
        Refused: both were said, or the day has no such hour.
    """
    if at is not None and on is not None:
        raise refusals.Refused(
            _("Say %(name)s_at or %(name)s_on, not both.") % {"name": name}, field=f"{name}_on"
        )
    if on is None:
        return at
    return days.end_of(on, zone=zone, house=scope.current())


def needed(at: datetime | None, on: date | None, *, zone: str, name: str) -> datetime:
    """Return the instant that is meant.

    Raises:
        Refused: neither was said, or what `due` refuses.
    """
    found = due(at, on, zone=zone, name=name)
    if found is None:
        raise refusals.Refused(
            _("Say a day as %(name)s_on or a moment as %(name)s_at.") % {"name": name},
            field=f"{name}_on",
        )
    return found
