"""How kept writes days, chances, hours and counts, in the language of the page."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django.utils import formats
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from kept import zones

NBSP = "\N{NO-BREAK SPACE}"


def day(value: date, *, today: date | None = None) -> str:
    """ "Fri 12 Mar"; with the year where it is not the one of ``today``."""
    pattern = "D j M" if today is None or value.year == today.year else "D j M Y"
    return _written(value, pattern, get_language()).replace(" ", NBSP)


@lru_cache(maxsize=4096)
def _written(value: date, pattern: str, _language: str | None) -> str:
    # A page names the same few days hundreds of times, and Django writes each letter by letter.
    return formats.date_format(value, pattern)


def short_day(value: date) -> str:
    """ "12 Mar"."""
    return _written(value, "j M", get_language()).replace(" ", NBSP)


def long_day(value: date, *, today: date | None = None) -> str:
    """ "Friday 12 March"; with the year where it is not the one of ``today``."""
    pattern = "l j F" if today is None or value.year == today.year else "l j F Y"
    return formats.date_format(value, pattern)


def weekday(value: date) -> str:
    """ "Friday"."""
    return formats.date_format(value, "l")


def clock(value: datetime) -> str:
    """ "17:00"."""
    return f"{value.hour:02}:{value.minute:02}"


def moment(value: datetime, zone: str, *, today: date | None = None) -> str:
    """ "Fri 12 Mar, 17:00" as a clock in the zone shows it."""
    local = zones.local(value, zone)
    return f"{day(local.date(), today=today)}, {clock(local)}"


def place(zone: str) -> str:
    """ "Lisbon" for Europe/Lisbon."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def whole_percent(chance: float) -> int:
    """A chance as a whole number from 1 to 99, rounded down so that no screen says more than is."""
    return min(99, max(1, math.floor(chance * 100 + 1e-9)))


def percent(chance: float) -> str:
    """ "90 %", with a no-break space; "over 99 %" and "under 1 %" at the ends, never 0 or 100."""
    return _percent(chance, whole_percent(chance))


def whole_share(share: float) -> int:
    """A share of what was counted as a whole number from 1 to 99, to the nearest."""
    return min(99, max(1, round(share * 100)))


def share(share: float) -> str:
    """ "75 %" for 53 of 71: nothing is promised by a count, so it is not rounded down."""
    return _percent(share, whole_share(share))


def _percent(part: float, whole: int) -> str:
    if part > 0.99:
        return _("over 99 %").replace(" %", NBSP + "%")
    if part < 0.01:
        return _("under 1 %").replace(" %", NBSP + "%")
    return _("%(number)s %%").replace(" %%", NBSP + "%%") % {"number": whole}


def hours(value: float) -> str:
    """ "38 h", with one decimal below ten hours where it is not whole."""
    number = round(value, 1) if value < 10 else round(value)
    written = formats.number_format(
        number, decimal_pos=0 if number == int(number) else 1, force_grouping=True
    )
    return _("%(number)s h").replace(" h", NBSP + "h") % {"number": written}


def exact_hours(value: Decimal) -> str:
    """ "2.25 h", "24.75 h", "38 h": as a ledger or a limit has them, to the hundredth."""
    exact = value.quantize(Decimal("0.01")).normalize()
    places = max(-int(exact.as_tuple().exponent), 0)
    written = formats.number_format(exact, decimal_pos=places, force_grouping=True)
    return _("%(number)s h").replace(" h", NBSP + "h") % {"number": written}


def short_weekday(value: date) -> str:
    """ "Fri"."""
    return formats.date_format(value, "D")


def skipped(error: zones.NoSuchLocalTime) -> str:
    """Say that a local time never happens, and what to do."""
    return _("%(day)s has no %(time)s in %(place)s: the clocks go forward. Say another time.") % {
        "day": day(error.day),
        "time": f"{error.at:%H:%M}",
        "place": place(error.zone),
    }


def first_of_two(at: datetime, zone: str) -> str:
    """Say which of two is meant, where the clocks go back over a local time; else nothing."""
    if not zones.comes_twice(at, zone):
        return ""
    return _(
        "%(time)s comes twice in %(place)s then, as the clocks go back: the first is meant."
    ) % {
        "time": clock(zones.local(at, zone)),
        "place": place(zone),
    }


def days(count: float) -> str:
    """ "3 days", "1 day", "half a day", "less than half a day"."""
    whole = round(count)
    if whole < 1:
        return _("half a day") if count >= 0.45 else _("less than half a day")
    return ngettext("%(count)s day", "%(count)s days", whole) % {"count": whole}


def money(amount: Decimal, currency: str) -> str:
    """ "€ 4,800"; the currency's code where it has no sign of its own here."""
    sign = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}.get(currency, currency)
    whole = amount == amount.to_integral_value()
    return f"{sign}{NBSP}{formats.number_format(amount, 0 if whole else 2, force_grouping=True)}"


def working_days(count: int) -> str:
    """ "1 working day", "4 working days"."""
    return ngettext("%(count)s working day", "%(count)s working days", count) % {"count": count}


def spelled(count: int) -> str:
    """Small counts as words: "four"; from thirteen on figures."""
    words = (
        pgettext("count", "none"),
        pgettext("count", "one"),
        pgettext("count", "two"),
        pgettext("count", "three"),
        pgettext("count", "four"),
        pgettext("count", "five"),
        pgettext("count", "six"),
        pgettext("count", "seven"),
        pgettext("count", "eight"),
        pgettext("count", "nine"),
        pgettext("count", "ten"),
        pgettext("count", "eleven"),
        pgettext("count", "twelve"),
    )
    return words[count] if 0 <= count < len(words) else str(count)


def capital(text: str) -> str:
    """The first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]


def listed(parts: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    items = list(parts)
    if len(items) < 2:
        return "".join(items)
    return _("%(some)s and %(last)s") % {"some": ", ".join(items[:-1]), "last": items[-1]}


#: Shares that are easily pictured: so many times in so many.
SHARES = (
    *((1, each) for each in (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50)),
    *((2, 3), (3, 4), (9, 20), (11, 20), (17, 20), (19, 20)),
    *((count, 10) for count in (3, 4, 6, 7, 8, 9)),
)


def how_often(chance: float) -> str:
    """ "once in 8" for 0.13, "4 times in 10" for 0.38, "less than once in 50", "nearly always"."""
    if chance > 0.95:
        return _("nearly always")
    if chance < 0.0195:
        return _("less than once in 50")
    count, of = min(SHARES, key=lambda share: abs(share[0] / share[1] - chance))
    if of == 2:
        return _("every other time")
    if count == 1:
        return _("once in %(of)s") % {"of": of}
    return _("%(count)s times in %(of)s") % {"count": count, "of": of}


def wrapped(text: str, width: int, lines: int = 2) -> Sequence[str]:
    """Words on at most so many lines of about so many letters; for drawings."""
    rows: list[str] = []
    for word in text.split():
        if rows and len(rows[-1]) + 1 + len(word) <= width:
            rows[-1] += " " + word
        elif len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] += "…"
            break
    return rows


def month(number: int) -> str:
    """ "December" for 12."""
    return formats.date_format(date(2026, number, 1), "F")


def month_letter(value: date) -> str:
    """ "D" for December: enough under a bar of a year."""
    return formats.date_format(value, "M")[:1].upper()
