"""When a standing promise falls due: RFC 5545 rules, read in the client's own zone.

A rule without an end is fine: it is only ever followed as far ahead as
somebody looks. What a rule may not be is unclear: fire more than once a day,
never fire at all, or fire at a time that the clocks skip, unless it is said
whether it is due before or after they change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil import rrule
from django.utils.translation import gettext as _

from kept import words, zones
from kept.promises.models import StandingPromise
from kept.tenancy import refusals

Gap = StandingPromise.Gap

#: Parts of a rule, in the order in which they are kept; which of them each frequency may have.
PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST", "COUNT", "UNTIL")
_ALWAYS = {"FREQ", "INTERVAL", "WKST", "COUNT", "UNTIL"}
ALLOWED = {
    "DAILY": _ALWAYS | {"BYDAY"},
    "WEEKLY": _ALWAYS | {"BYDAY"},
    "MONTHLY": _ALWAYS | {"BYMONTHDAY", "BYDAY", "BYSETPOS"},
    "YEARLY": _ALWAYS | {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"},
}
#: So far ahead a rule is looked at when it is made.
LOOKED_AT = timedelta(days=3653)
MOST_COUNTED = 5000


@dataclass(frozen=True, slots=True)
class Due:
    """One instance: the day it belongs to, and the instant it is due."""

    on: date
    at: datetime


def normal(text: str, *, zone: str) -> str:
    """Return a rule in its one form: capitals, a fixed order, an end as a day in the zone.

    Raises:
        Refused: a part that a standing promise cannot have, or that cannot be read.
    """
    parts: dict[str, str] = {}
    for part in re.split(r"[;\s]+", text.strip().upper().removeprefix("RRULE:")):
        name, equals, value = part.partition("=")
        if not part:
            continue
        if not equals or not value or name in parts:
            raise _unread(text)
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in ALLOWED:
        raise refusals.Refused(
            _(
                "A standing promise recurs by the day, week, month or year: FREQ is DAILY, "
                "WEEKLY, MONTHLY or YEARLY. For example: FREQ=WEEKLY;BYDAY=MO."
            ),
            field="rule",
        )
    for name in parts:
        if name not in ALLOWED[frequency]:
            raise refusals.Refused(
                _("A rule with FREQ=%(frequency)s has no %(part)s here. Say it without.")
                % {"frequency": frequency, "part": name[:20]},
                field="rule",
            )
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone)
    if "COUNT" in parts and not (
        parts["COUNT"].isascii()
        and parts["COUNT"].isdigit()
        and int(parts["COUNT"]) <= MOST_COUNTED
    ):
        raise _unread(text)
    kept = ";".join(f"{name}={parts[name]}" for name in PARTS if name in parts)
    _parsed(kept, date(2026, 1, 1))
    return kept


def falls(
    rule: str, *, starts_on: date, at: time, zone: str, gap: str, first: date, last: date
) -> Iterator[Due]:
    """Yield the instances that belong to the days from `first` to `last`.

    Raises:
        Refused: one falls into an hour that the clocks skip, and nobody said what then.
    """
    begin = max(first, starts_on)
    for found in _parsed(rule, starts_on).xafter(datetime.combine(begin, time()), inc=True):
        day = found.date()
        if day > last:
            return
        yield Due(day, _instant(day, at, zone, gap))


def demand_clear(rule: str, *, starts_on: date, at: time, zone: str, gap: str) -> Due:
    """Return the first instance of a rule.

    Raises:
        Refused: it has none within ten years, or one that the clocks skip, unsaid what then.
    """
    first = None
    for due in falls(
        rule,
        starts_on=starts_on,
        at=at,
        zone=zone,
        gap=gap,
        first=starts_on,
        last=starts_on + LOOKED_AT,
    ):
        first = first or due
    if first is None:
        raise refusals.Refused(
            _("This rule never falls on a day within ten years. Nothing was saved."), field="rule"
        )
    return first


def in_words(rule: str, at: time) -> str:
    """ "every Monday by 10:00", "every 2 weeks on Tuesday and Friday by 09:00"."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    every = int(parts.get("INTERVAL", "1"))
    days = [
        words.weekday(date(2026, 6, 1) + timedelta(days=_WEEK.index(day)))  # a Monday
        for day in parts.get("BYDAY", "").split(",")
        if day in _WEEK
    ]
    frequency = parts["FREQ"]
    if frequency == "WEEKLY" and days and every == 1:
        said = _("every %(days)s") % {"days": words.listed(days)}
    elif frequency == "WEEKLY" and days:
        said = _("every %(count)s weeks on %(days)s") % {
            "count": every,
            "days": words.listed(days),
        }
    elif frequency == "MONTHLY" and parts.get("BYMONTHDAY") == "-1" and every == 1:
        said = _("on the last day of every month")
    elif frequency == "MONTHLY" and "BYMONTHDAY" in parts and every == 1:
        said = _("every month on day %(day)s") % {"day": parts["BYMONTHDAY"].replace(",", ", ")}
    elif frequency == "DAILY" and every == 1 and parts.get("BYDAY") == "MO,TU,WE,TH,FR":
        said = _("every weekday")
    elif set(parts) <= {"FREQ"} and frequency == "DAILY":
        said = _("every day")
    else:
        said = rule
    return _("%(when)s by %(time)s") % {"when": said, "time": f"{at:%H:%M}"}


_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _parsed(rule: str, starts_on: date) -> "rrule.rrule":
    try:
        found = rrule.rrulestr(rule, dtstart=datetime.combine(starts_on, time()))
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise _unread(rule) from error
    if not isinstance(found, rrule.rrule) or not 1 <= found._interval <= 366:
        raise _unread(rule)
    return found


def _instant(day: date, at: time, zone: str, gap: str) -> datetime:
    try:
        return zones.moment(day, at, zone)
    except zones.NoSuchLocalTime:
        if gap == Gap.REFUSE:
            raise refusals.Refused(
                _(
                    "On %(day)s there is no %(time)s in %(place)s: the clocks go forward over "
                    "it. Say whether it is due just before, or as soon as they have changed."
                )
                % {
                    "day": words.long_day(day, today=date.min),  # a year in which it is not
                    "time": f"{at:%H:%M}",
                    "place": words.place(zone),
                },
                field="in_a_gap",
            ) from None
    after = zones.gap_end(day, at, zone)
    return after if gap == Gap.AFTER else after - timedelta(minutes=1)


def _until(value: str, zone: str) -> str:
    """Return the last day of a rule, in the zone; a moment in UTC becomes the day it is there."""
    try:
        if value.endswith("Z"):
            moment = datetime.strptime(value + "+0000", "%Y%m%dT%H%M%SZ%z")
            return f"{zones.day_of(moment, zone):%Y%m%d}"
        return f"{datetime.strptime(value[:8] + '+0000', '%Y%m%d%z'):%Y%m%d}"
    except ValueError:
        raise refusals.Refused(
            _("“%(until)s” is not a last day. 20271231 is one.") % {"until": value[:30]},
            field="rule",
        ) from None


def _unread(rule: str) -> refusals.Refused:
    return refusals.Refused(
        _("“%(rule)s” is not a rule by which something recurs. FREQ=WEEKLY;BYDAY=MO is one.")
        % {"rule": rule[:80]},
        field="rule",
    )
