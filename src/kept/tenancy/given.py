"""What a person gave: texts, numbers and moments, checked before a room uses them.

Every check returns the value as it is kept, or refuses with a sentence that
names the input. The tables' constraints are the backstop, not the messenger.
"""

import math
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, models, transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from kept import zones
from kept.tenancy.refusals import Refused

EARLIEST, LATEST = 1990, 2200

Row = TypeVar("Row", bound=models.Model)


def one_line(
    text: str | None, *, called: str, field: str, longest: int, needed: bool = True
) -> str:
    """Return `text` in one line, composed (NFC), with single spaces.

    Args:
        called: what the input is called on the page, at the start of a sentence.
        field: the name of the input.
        longest: the most characters that may be kept.
        needed: refuse an empty text.

    Raises:
        Refused: empty though needed, too long, or with a character that cannot be kept.
    """
    return _checked(
        " ".join(_storable(text, called, field).split()), called, field, longest, needed
    )


def paragraphs(
    text: str | None, *, called: str, field: str, longest: int, needed: bool = False
) -> str:
    """Return `text` with its line breaks; refuse as `one_line` does."""
    lines = _storable(text, called, field).splitlines()
    kept = "\n".join(line.rstrip() for line in lines).strip()
    return _checked(kept, called, field, longest, needed)


def address(text: str | None, *, field: str = "email") -> str:
    """Return an e-mail address in lower case; empty stays empty."""
    kept = one_line(text, called=_("E-mail"), field=field, longest=254, needed=False).lower()
    if kept:
        try:
            validate_email(kept)
        except ValidationError:
            raise Refused(
                _("“%(address)s” is not an e-mail address. ada@example.org is one.")
                % {"address": kept[:80]},
                field=field,
            ) from None
    return kept


def zone(name: str | None, *, field: str = "zone") -> str:
    """Return the name of a time zone that exists."""
    kept = one_line(name, called=_("Time zone"), field=field, longest=60)
    try:
        zones.zone(kept)
    except zones.NoSuchZone:
        raise Refused(
            _("“%(zone)s” is not a time zone. Europe/Lisbon is one.") % {"zone": kept}, field=field
        ) from None
    return kept


def number(
    value: float, *, called: str, field: str, least: float, most: float, above: bool = False
) -> float:
    """Return a finite number from `least` to `most`; with `above`, greater than `least`."""
    value = float(value)
    too_small = value <= least if above else value < least
    if not math.isfinite(value) or too_small or value > most:
        shown = {
            "called": called,
            "value": _shown(value),
            "least": _shown(least),
            "most": _shown(most),
        }
        sentence = (
            _("%(called)s: %(value)s cannot be. Give a number above %(least)s, up to %(most)s.")
            if above
            else _("%(called)s: %(value)s cannot be. Give a number from %(least)s to %(most)s.")
        )
        raise Refused(sentence % shown, field=field)
    return value


def count(value: int, *, called: str, field: str, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`."""
    if value != int(value):
        raise Refused(
            _("%(called)s: give a whole number.") % {"called": called},
            field=field,
        )
    return int(number(value, called=called, field=field, least=least, most=most))


@dataclass(frozen=True)
class Between:
    """The least and the most that a count may be, and what it is called."""

    called: str
    least: int
    most: int


def put_counts(row: models.Model, said: Mapping[str, Any], allowed: Mapping[str, Between]) -> None:
    """Write each count that was said into a row; none that cannot be."""
    for field, one in allowed.items():
        if field in said:
            told = count(
                said[field], called=one.called, field=field, least=one.least, most=one.most
            )
            setattr(row, field, told)


def moment(value: datetime, *, called: str, field: str) -> datetime:
    """Return an instant in UTC, of a year that plans are made in."""
    if value.tzinfo is None:
        raise ValueError(f"{field} has no zone")
    _year(value.year, called, field)
    return value.astimezone(UTC)


def day(value: date, *, called: str, field: str) -> date:
    """Return a day of a year that plans are made in."""
    _year(value.year, called, field)
    return value


def named(rows: models.QuerySet[Row], name: str) -> Row | None:
    """Return the row of that name, whatever the case of its letters.

    SQLite folds the case of A to Z only, so other letters are compared here.
    """
    found = rows.filter(name__iexact=name).order_by("pk").first()
    if found is not None or name.isascii():
        return found
    wanted = name.casefold()
    for key, other in rows.order_by("pk").values_list("pk", "name"):
        if other.casefold() == wanted:
            return rows.get(pk=key)
    return None


@contextmanager
def constrained(refused: Refused) -> Iterator[None]:
    """Write in a savepoint; where a constraint stops it, refuse instead.

    The check before it and the write are two lines, and somebody else may
    stand between them: then the constraint answers, in the same words.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise refused from error


def _storable(text: str | None, called: str, field: str) -> str:
    kept = unicodedata.normalize("NFC", text or "")
    for place, sign in enumerate(kept, start=1):
        if sign not in "\t\n\r" and unicodedata.category(sign) in {"Cc", "Cs"}:
            raise Refused(
                _("%(called)s: character %(place)s cannot be kept. Type it anew.")
                % {"called": called, "place": number_format(place)},
                field=field,
            )
    return kept


def _checked(kept: str, called: str, field: str, longest: int, needed: bool) -> str:
    if needed and not kept:
        raise Refused(_("%(called)s is missing.") % {"called": called}, field=field)
    if len(kept) > longest:
        raise Refused(
            _("%(called)s: %(length)s characters are too many. Write at most %(longest)s.")
            % {
                "called": called,
                "length": number_format(len(kept), force_grouping=True),
                "longest": number_format(longest),
            },
            field=field,
        )
    return kept


def _shown(number: float) -> str:
    if not math.isfinite(number) or abs(number) >= 1e15:
        return f"{number:g}"
    whole = int(number) if number == int(number) else number
    return number_format(whole, force_grouping=True)


def _year(year: int, called: str, field: str) -> None:
    if not EARLIEST <= year <= LATEST:
        raise Refused(
            _("%(called)s: the year %(year)s is out of reach.") % {"called": called, "year": year},
            field=field,
        )
