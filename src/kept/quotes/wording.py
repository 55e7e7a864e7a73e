"""What an answer says in words: limits, who pays, refusals; the same through every door."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs.lines import Vague, Vagueness
from kept.jobs.models import InboundPromise, Job, Obligation
from kept.people.models import Member, Skill
from kept.tenancy import scope


def moment(at: datetime, zone: str) -> str:
    """ "Fri 18 Dec, 17:00" as the client's clock shows it."""
    return words.moment(at, zone)


def day(at: datetime, zone: str) -> str:
    """ "Fri 18 Dec" as the client's calendar shows it."""
    return words.day(zones.day_of(at, zone))


class Names:
    """Names of the rows that the engine's answer is about, read in one query a table."""

    def __init__(self, keys: Mapping[str, set[int]]) -> None:
        self.members = Member.objects.in_bulk(keys.get("m", set()))
        self.skills = Skill.objects.in_bulk(keys.get("k", set()))
        jobs = Job.objects.select_related("client")
        self.jobs = jobs.in_bulk(keys.get("j", set()))
        self.obligations = Obligation.objects.in_bulk(keys.get("o", set()))
        self.inbound = InboundPromise.objects.in_bulk(keys.get("i", set()))

    def of(self, name: str) -> str:
        """Return what people call the row behind one of the plan file's ids."""
        key = _key(name)
        if key is None:
            return _("anybody")
        letter, number = key
        match letter:
            case "m":
                return self.members[number].first_name if number in self.members else _("somebody")
            case "k":
                return self.skills[number].name if number in self.skills else _("a skill")
            case "j" if number in self.jobs:
                return job_in_words(self.jobs[number])
            case "o" if number in self.obligations:
                return self.obligations[number].what
            case "i" if number in self.inbound:
                row = self.inbound[number]
                return _("%(what)s from %(who)s") % {"what": row.what, "who": row.who}
        return _("other work")


def job_in_words(job: Job) -> str:
    """ "Tidewater Museum · Audio guide"."""
    return f"{job.client.name} · {job.title}" if job.client else job.title


def keys_of(names: list[str]) -> dict[str, set[int]]:
    """Sort the plan file's ids by their letter."""
    found: dict[str, set[int]] = {}
    for name in names:
        key = _key(name)
        if key is not None:
            found.setdefault(key[0], set()).add(key[1])
    return found


def _key(name: str) -> tuple[str, int] | None:
    return (name[0], int(name[1:])) if name[1:].isdecimal() else None


def limit(kind: str, ids: list[str], about: Mapping[str, Any], names: Names) -> str:
    """Return what one limit is, in words."""
    called = words.listed(names.of(name) for name in ids)
    match kind:
        case "absence":
            return _("%(who)s away %(days)s") % {"who": called, "days": _days(about)}
        case "holiday" if about.get("from"):
            return _("Public holidays: %(days)s") % {"days": _days(about)}
        case "holiday":
            return _("Public holidays")
        case "person":
            return _("%(who)s’s time") % {"who": called}
        case "skill":
            return _("Only so many can do this: %(skill)s") % {"skill": called}
        case "queue":
            return _("Queue: %(work)s comes first") % {"work": called}
        case "third_party" | "arrival":
            return _("Waiting for: %(what)s") % {"what": called}
        case "share":
            return _("Time %(who)s spends on other work") % {"who": called}
        case "release":
            return _("It cannot start earlier")
        case "order":
            return _("Its stages must follow one another")
    return called


def _days(about: Mapping[str, Any]) -> str:
    each = [day for day in map(_date, about.get("on", ())) if day is not None]
    if each:
        return words.listed(words.day(day) for day in each)
    first, last = _date(about.get("from")), _date(about.get("to"))
    if first is None:
        return ""
    if last is None or last == first:
        return words.day(first)
    return f"{words.day(first)} – {words.day(last)}"


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(value) if isinstance(value, str) else None


def vagueness(vague: Vagueness) -> str:
    """Return what a line leaves open, as a person would ask back."""
    match vague.kind:
        case Vague.NO_DATE:
            return _("by when")
        case Vague.NO_CLIENT:
            return _("for whom")
        case Vague.WORD:
            return _("what “%(word)s” means: say a day") % {"word": vague.words}
        case Vague.SEVERAL_CLIENTS:
            return _("which client: %(names)s") % {"names": vague.words}
        case Vague.WEEKDAY_DIFFERS:
            return _("which day: “%(words)s” is not that weekday") % {"words": vague.words}
        case Vague.NO_SUCH_DAY:
            return _("which day: “%(words)s” is not one") % {"words": vague.words}


def days_long(count: float) -> str:
    """ "3 days", "1 day", "less than a day"."""
    whole = round(abs(count))
    if whole < 1:
        return _("less than a day")
    return ngettext("%(count)s day", "%(count)s days", whole) % {"count": whole}


def here(at: datetime) -> str:
    """A moment as the house's own clock shows it."""
    return words.moment(at, scope.current().zone)
