"""Which moments can be promised, and how far away."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from kept import zones
from kept.people import days
from kept.quotes import wording
from kept.tenancy import refusals, scope

#: How many days ahead dates are looked for.
DAYS_AHEAD = 365


#: The engine looks ten years ahead; what lies beyond has no chance to tell.
FARTHEST = timedelta(days=3650)


def refuse_too_far(moment: datetime, *, zone: str, now: datetime, field: str) -> None:
    """Pass if a moment lies where chances can be told.

    Raises:
        Refused: it is more than ten years ahead.
    """
    if moment > now + FARTHEST:
        raise refusals.Refused(
            _("%(moment)s is too far away: dates are forecast for ten years. Say an earlier one.")
            % {"moment": wording.moment(moment, zone)},
            field=field,
        )


def candidates(*, now: datetime, zone: str) -> list[datetime]:
    """Return the moments a day-only date can mean: ends of working days in the client's zone."""
    house = scope.current()
    today = zones.day_of(now, zone)
    found = []
    for day in days.working_days(house, today, today + timedelta(days=DAYS_AHEAD)):
        try:
            ends_at = days.end_of(day, zone=zone, house=house)
        except refusals.Refused:
            continue  # that day has no such hour; the next one has
        if ends_at > now:
            found.append(ends_at)
    return found
