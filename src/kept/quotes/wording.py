"""What an answer says in words: limits, who pays, refusals; the same through every door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs.lines import Vague, Vagueness
from kept.jobs.models import InboundPromise, Job, Obligation
from kept.people.models import Member, MemberSkill, Skill
from kept.quotes.asking import Change
from kept.quotes.models import Answer
from kept.tenancy import scope

#: Less overtime than this is none.
LEAST_OVERTIME = 0.5
#: So many who have a scarce skill are named, more are not.
MOST_NAMED = 3


def moment(at: datetime, zone: str, *, today: date | None = None) -> str:
    """ "Fri 18 Dec, 17:00" as the client's clock shows it; see `words.day` for the year."""
    return words.moment(at, zone, today=today)


def day(at: datetime, zone: str) -> str:
    """ "Fri 18 Dec" as the client's calendar shows it."""
    return words.day(zones.day_of(at, zone))


@dataclass(frozen=True, slots=True)
class Limited:
    """What limits a date, in words; lifted alone, it would come so many working days earlier."""

    said: str
    days: float


class Names:
    """Names of the rows that the engine's answer is about, read in one query a table."""

    def __init__(self, keys: Mapping[str, set[int]]) -> None:
        self.members = Member.objects.in_bulk(keys.get("m", set()))
        self.skills = Skill.objects.in_bulk(keys.get("k", set()))
        jobs = Job.objects.select_related("client")
        self.jobs = jobs.in_bulk(keys.get("j", set()))
        self.obligations = Obligation.objects.in_bulk(keys.get("o", set()))
        self.inbound = InboundPromise.objects.in_bulk(keys.get("i", set()))
        self.holders: dict[int, list[str]] = {}
        if self.skills:
            held = MemberSkill.objects.filter(
                skill__in=self.skills, member__left_at__isnull=True, member__does_work=True
            ).select_related("member")
            for row in held.order_by("member_id"):
                self.holders.setdefault(row.skill_id, []).append(row.member.first_name)

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

    def holders_of(self, name: str) -> list[str]:
        """Return the first names of those who have a skill."""
        key = _key(name)
        return [] if key is None else self.holders.get(key[1], [])


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
            if called == _("anybody"):
                return _("There are only so many people")
            holders = [name for key in ids for name in names.holders_of(key)]
            if 0 < len(holders) <= MOST_NAMED:
                return _("Only %(who)s can do this: %(skill)s") % {
                    "who": words.listed(holders),
                    "skill": called,
                }
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


def limits_of(answer: Answer) -> list[Limited]:
    """Return what limits a kept answer's date, the longest first, each said once and shortly."""
    rows = list(answer.limits.all())
    names = Names(keys_of([key for row in rows for key in row.about["ids"]]))
    felt: dict[str, float] = {}
    for row in rows:
        about = {} if row.kind == "holiday" else row.about  # a year of them is a list too long
        said = limit(row.kind, row.about["ids"], about, names).rstrip(" :")
        felt[said] = max(row.days, felt.get(said, 0.0))
    told = [Limited(said, count) for said, count in felt.items() if count > 0]
    return sorted(told, key=lambda one: -one.days)


def way(
    kind: str,
    *,
    stages: Sequence[str],
    change: Change,
    overtime_hours: float | None,
    names: Names,
) -> str:
    """Return what one way to say yes means, in words.

    Args:
        stages: the names of the stages asked for, in order.
    """
    match kind:
        case "wanted":
            return _("The day that was asked for.")
        case "later":
            return _("All of it: the first day that is as safe as you ask.")
        case "without":
            return _("All of it, using only what is left free.")
        case "less":
            left_out = words.listed(f"“{stages[n - 1]}”" for n in change.without)
            return _("Without %(stages)s.") % {"stages": left_out}
        case "people":
            taken: dict[int, list[str]] = {}
            for position, member in change.owners:
                taken.setdefault(member, []).append(f"“{stages[position - 1]}”")
            return _("All of it. %(who)s.") % {
                "who": words.capital(
                    words.listed(
                        _("%(name)s takes %(stages)s")
                        % {"name": names.of(f"m{member}"), "stages": words.listed(parts)}
                        for member, parts in taken.items()
                    )
                )
            }
    return _("All of it, with up to %(hours)s of overtime, if the team says yes.") % {
        "hours": words.hours(overtime_hours or 0.0)
    }


def roads(chance: float, overtime: Sequence[tuple[float, float | None]]) -> list[str]:
    """Return the two roads to an early date: how often it breaks, and what keeping it costs.

    Args:
        chance: to keep it without overtime.
        overtime: hours by the share of futures that keep it with them; None where none do.
    """
    if not overtime:
        return []
    said = [_("Promised anyway, it breaks %(times)s.") % {"times": words.how_often(1 - chance)}]
    costs = [
        _("%(chance)s with %(hours)s")
        % {"chance": words.percent(level), "hours": words.hours(hours)}
        for level, hours in overtime
        if level > chance and hours is not None and hours >= LEAST_OVERTIME
    ]
    if costs:
        said.append(_("With overtime of the team: %(costs)s.") % {"costs": ", ".join(costs)})
    top, most = overtime[-1]
    if most is None:
        said.append(
            _("Overtime alone does not make it %(chance)s.") % {"chance": words.percent(top)}
        )
    return said


def losers(pays: Sequence[Any]) -> str:
    """Return who loses chance, each from what to what."""
    return words.listed(loser(row) for row in pays if row.after < row.before)


def loser(row: Any) -> str:
    """ "Cobalt Bikes 95 → 91 %", the figures on one line."""
    figures = (str(words.whole_percent(row.before)), "→", words.percent(row.after))
    return f"{row.client or row.what} {words.NBSP.join(figures)}"


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
        case Vague.NO_SUCH_SIZE:
            return _("how big it is: “%(words)s” is not a size, such as 24h, 16-40h or 2 days") % {
                "words": vague.words
            }


def days_long(count: float) -> str:
    """ "3 days", "1 day", "less than a day"."""
    whole = round(abs(count))
    if whole < 1:
        return _("less than a day")
    return ngettext("%(count)s day", "%(count)s days", whole) % {"count": whole}


def here(at: datetime) -> str:
    """A moment as the house's own clock shows it."""
    return words.moment(at, scope.current().zone)
