"""When a standing promise falls due: RFC 5545 rules, read in the client's own zone.

A rule without an end is fine: it is only ever followed as far ahead as
somebody looks. What a rule may not be is unclear: fire more than once a day,
never fire at all, or fire at a time that the clocks skip, unless it is said
whether it is due before or after they change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil import rrule
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    if "COUNT" in parts:
        _refuse_count(parts["COUNT"])
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


def in_words(rule: str, at: time, *, otherwise: str = "") -> str:
    """ "every Monday by 10:00", "on the first Tuesday of every month by 19:30".

    Args:
        otherwise: what to say of the days where a rule has no words; left out, the rule itself.
    """
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    said = _("%(when)s by %(time)s") % {
        "when": _days_in_words(parts) or otherwise or rule,
        "time": f"{at:%H:%M}",
    }
    if "UNTIL" in parts:
        last = date.fromisoformat(parts["UNTIL"])
        return _("%(said)s, until %(day)s") % {"said": said, "day": words.day(last, today=date.min)}
    if "COUNT" in parts:
        count = int(parts["COUNT"])
        return ngettext("%(said)s, %(count)s time", "%(said)s, %(count)s times", count) % {
            "said": said,
            "count": count,
        }
    return said


def _days_in_words(parts: Mapping[str, str]) -> str:
    """Say on which days a rule falls; "" where there are no words for it."""
    every = int(parts.get("INTERVAL", "1"))
    by = {name for name in ("BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS") if name in parts}
    days = parts.get("BYDAY", "").split(",") if "BYDAY" in by else []
    plain = all(day in _WEEK for day in days)
    match parts["FREQ"]:
        case "DAILY" if not by:
            return ngettext("every day", "every %(count)s days", every) % {"count": every}
        case "WEEKLY" if not by:
            return ngettext("every week", "every %(count)s weeks", every) % {"count": every}
        case "WEEKLY" if plain and every > 1:
            return _("every %(count)s weeks on %(days)s") % {"count": every, "days": _named(days)}
        case "DAILY" | "WEEKLY" if plain and every == 1:
            if sorted(days) == sorted(_WEEK[:5]):
                return _("every weekday")
            return _("every %(days)s") % {"days": _named(days)}
        case "MONTHLY" if not by:
            return ngettext("every month", "every %(count)s months", every) % {"count": every}
        case "MONTHLY" if plain and by == {"BYDAY"} and every == 1:
            return _("every %(days)s") % {"days": _named(days)}
        case "MONTHLY" if which := _which(parts):
            if every > 1:
                return _("every %(count)s months on %(which)s") % {"count": every, "which": which}
            if parts.get("BYMONTHDAY", "-1") != "-1":
                return _("every month on %(which)s") % {"which": which}
            return _("on %(which)s of every month") % {"which": which}
        case "YEARLY" if not by:
            return ngettext("every year", "every %(count)s years", every) % {"count": every}
        case "YEARLY" if "BYMONTH" in by and every == 1 and (which := _which(parts)):
            months = [words.month(int(month)) for month in parts["BYMONTH"].split(",")]
            return _("every year on %(which)s of %(months)s") % {
                "which": which,
                "months": words.listed(months),
            }
    return ""


def _which(parts: Mapping[str, str]) -> str:
    """ "day 4", "the last day", "the first Tuesday", "the last weekday"; "" where none fits."""
    if "BYMONTHDAY" in parts:
        numbers = parts["BYMONTHDAY"].split(",")
        if "BYDAY" in parts or "BYSETPOS" in parts:
            return ""
        if numbers == ["-1"]:
            return _("the last day")
        if all(number.removeprefix("+").isdigit() for number in numbers):
            return _("day %(day)s") % {
                "day": ", ".join(number.removeprefix("+") for number in numbers)
            }
        return ""
    days = parts.get("BYDAY", "").split(",")
    place = parts.get("BYSETPOS")
    if place is None:
        found = [_PLACED.fullmatch(day) for day in days]
        named = [_placed(one["place"], _named([one["day"]])) for one in found if one is not None]
        return words.listed(named) if named and all(named) and len(named) == len(days) else ""
    if sorted(days) == sorted(_WEEK):
        return _placed(place, _("day"))
    if sorted(days) == sorted(_WEEK[:5]):
        return _placed(place, _("weekday"))
    return _placed(place, _named(days)) if len(days) == 1 and days[0] in _WEEK else ""


def _placed(place: str, day: str) -> str:
    """ "the first Tuesday"; "" for a place without a word."""
    try:
        phrase = {
            1: _("the first %(day)s"),
            2: _("the second %(day)s"),
            3: _("the third %(day)s"),
            4: _("the fourth %(day)s"),
            5: _("the fifth %(day)s"),
            -1: _("the last %(day)s"),
        }[int(place)]
    except (KeyError, ValueError):
        return ""
    return phrase % {"day": day}


def _named(days: Iterable[str]) -> str:
    """ "Monday and Friday" for MO and FR."""
    monday = date(2026, 6, 1)
    return words.listed(words.weekday(monday + timedelta(days=_WEEK.index(day))) for day in days)


_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PLACED = re.compile(r"(?P<place>[+-]?\d+)(?P<day>MO|TU|WE|TH|FR|SA|SU)")


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


def _refuse_count(value: str) -> None:
    """Pass if a rule may end after so many times."""
    # Python refuses to read a number of thousands of digits: these are too many anyway.
    digits = value.lstrip("0") if value.isascii() and value.isdigit() else ""
    if not digits:
        raise refusals.Refused(
            _("COUNT=%(count)s is no number of times. COUNT=12 is one.") % {"count": value[:30]},
            field="rule",
        )
    if len(digits) > 9 or int(digits) > MOST_COUNTED:
        raise refusals.Refused(
            _(
                "COUNT=%(count)s is too many times: a rule with a COUNT recurs %(most)s times at "
                "most. Say fewer, or the last day as UNTIL=20271231, or neither: it then recurs "
                "until you end it."
            )
            % {
                "count": value[:30],
                "most": formats.number_format(MOST_COUNTED, force_grouping=True),
            },
            field="rule",
        )


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
