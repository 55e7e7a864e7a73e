"""The wording of bad news: the date first, then a choice, the reason last. Rule 2, capability D2.

What is written here is a draft. Whoever sends it changes what they like, and
sees whether it still leads with the date, gives a choice, ends with the
reason, and names days instead of putting them off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs import lines
from kept.outbox.letters import LINK


@dataclass(frozen=True)
class Offered:
    """One way out, as the letter tells it.

    Attributes:
        left_out: lines that it leaves for later; empty where it is all of it.
        rest_due_at: when they follow.
    """

    due_at: datetime
    left_out: Sequence[str] = ()
    rest_due_at: datetime | None = None


@dataclass(frozen=True)
class Draft:
    """What a letter is written from.

    Attributes:
        as_sure: the new date is at least as likely as the first one was when it was given.
        working_days: how much later it is.
    """

    what: str
    greeting: str
    signed: str
    due_before: datetime
    zone: str
    today: datetime
    options: Sequence[Offered]
    reason: str = ""
    as_sure: bool = False
    working_days: int = 0


class Check(StrEnum):
    """What a letter with bad news is looked at for."""

    DATE_FIRST = "date_first"
    CHOICE = "choice"
    REASON_LAST = "reason_last"
    NO_EVASION = "no_evasion"


@dataclass(frozen=True)
class Checked:
    """One check, and what is wrong where it fails."""

    check: Check
    holds: bool
    words: str


def subject(draft: Draft) -> str:
    """ "Season site: Thursday 17 December, or a first part on the 11th"."""
    told = {"what": draft.what, "day": _day(draft.options[0].due_at, draft)}
    if len(draft.options) > 1:
        told["other"] = _day(draft.options[1].due_at, draft)
        return _("%(what)s: %(day)s, or a first part on %(other)s") % told
    return _("%(what)s: %(day)s") % told


def letter(draft: Draft) -> str:
    """Return the letter: date and choice, the link, the reason, who signs."""
    first = draft.options[0]
    told = {
        "what": draft.what,
        "due": _moment(first.due_at, draft),
        "before": _day(draft.due_before, draft),
    }
    opening = _("%(what)s will be complete on %(due)s, not on %(before)s.") % told
    if first.left_out:
        told["left_out"] = words.listed(first.left_out)
        opening = _("%(what)s will be there on %(due)s, without %(left_out)s.") % told
    if draft.as_sure:
        opening += " " + _("We are as sure of this date as we were of the first one.")
    parts = [draft.greeting, opening, *(_choice(one, draft) for one in draft.options[1:])]
    question = _("Does this date work for you?")
    if len(draft.options) > 1:
        question = _("Which do you prefer?")
    parts.append(question + " " + _("You can answer here, without an account:") + f"\n{LINK}")
    parts.append(_reason(draft))
    parts.append(draft.signed)
    return "\n\n".join(parts)


def checks(text: str, *, dates: Sequence[datetime], zone: str, reason: str) -> list[Checked]:
    """Look a letter through.

    Args:
        dates: of the ways out, the first one first.
        reason: the reason as it was stated; empty if none was.
    """
    parts = [part for part in (part.strip() for part in text.split("\n\n")) if part]
    body = parts[1:] if parts and parts[0].rstrip().endswith(",") else parts
    named = [_names_of(at, zone) for at in dates]
    leads = bool(body) and bool(named) and _names_day(body[0], named[0])
    chooses = "?" in text and all(_names_day(text, names) for names in named)
    told = [n for n, part in enumerate(body) if _gives_reason(part, reason)]
    asked = [n for n, part in enumerate(body) if "?" in part or LINK in part]
    ends = bool(reason.strip() and told) and told[0] > max(asked, default=0)
    evasions = lines.evasive(text)
    return [
        Checked(Check.DATE_FIRST, leads, _("leads with the date")),
        Checked(Check.CHOICE, chooses, _("gives a choice")),
        Checked(Check.REASON_LAST, ends, _("ends with the reason")),
        Checked(
            Check.NO_EVASION,
            not evasions,
            _("says %(words)s") % {"words": words.listed(f"“{word}”" for word in evasions)}
            if evasions
            else _("no “soon”, “hopefully”, “we’ll try”"),
        ),
    ]


def _choice(option: Offered, draft: Draft) -> str:
    told = {"day": _moment(option.due_at, draft), "left_out": words.listed(option.left_out)}
    if not option.left_out:
        return _("Or you can have it on %(day)s.") % told
    if option.rest_due_at is None:
        return (
            _(
                "If that day matters more to you than the whole, you can have everything except "
                "%(left_out)s on %(day)s."
            )
            % told
        )
    told["rest"] = _day(option.rest_due_at, draft)
    return (
        _(
            "If that day matters more to you than the whole, you can have everything except "
            "%(left_out)s on %(day)s, and the rest on %(rest)s."
        )
        % told
    )


def _reason(draft: Draft) -> str:
    told = _("The reason: %(reason)s") % {"reason": draft.reason or _("(say it in one sentence)")}
    if not told.endswith((".", "!", ")")):
        told += "."
    if draft.working_days > 0:
        sorry = ngettext(
            "We are sorry that this costs you %(count)s working day.",
            "We are sorry that this costs you %(count)s working days.",
            draft.working_days,
        ) % {"count": words.spelled(draft.working_days)}
        told += " " + sorry
    return told


def _day(at: datetime, draft: Draft) -> str:
    today = zones.day_of(draft.today, draft.zone)
    return words.long_day(zones.day_of(at, draft.zone), today=today)


def _moment(at: datetime, draft: Draft) -> str:
    local = zones.local(at, draft.zone)
    return _("%(day)s, %(time)s") % {"day": _day(at, draft), "time": words.clock(local)}


def _names_of(at: datetime, zone: str) -> tuple[str, ...]:
    day = zones.day_of(at, zone)
    return (words.long_day(day), words.day(day), words.short_day(day), f"{day:%Y-%m-%d}")


def _names_day(text: str, names: Sequence[str]) -> bool:
    plain = text.replace(words.NBSP, " ").casefold()
    return any(name.replace(words.NBSP, " ").casefold() in plain for name in names)


def _gives_reason(part: str, reason: str) -> bool:
    plain = part.casefold()
    stated = reason.strip().rstrip(".").casefold()
    return bool(stated and stated in plain) or _("reason") in plain or _("because") in plain
