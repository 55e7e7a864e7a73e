"""Past promises like this one, as the Ask page and a promise's page show them.

Give `of_job` or `of_ask` as `lookalikes` to a template that includes
`kept/lookalikes/_lookalikes.html`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs.models import Job
from kept.people.models import Skill
from kept.promises.models import Promise
from kept.quotes import lookalikes
from kept.quotes.checked import Checked
from kept.quotes.lookalikes import Lookalike

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Shown:
    """One lookalike in words.

    Attributes:
        state: the mark it gets. again_state: of the answer to “again?”, empty if nobody said.
    """

    promise: int
    what: str
    whose: str
    state: str
    became: str
    cost: str
    again: str
    again_word: str
    regretted: bool


@dataclass(frozen=True)
class Lookalikes:
    """What is shown: a sentence over all of them, and each."""

    sentence: str
    rows: list[Shown]


def of_job(job: Job, *, zone: str, now: datetime) -> Lookalikes | None:
    """Return past promises like a job in words; None if there are none."""
    return _told(lookalikes.of_job(job, now=now), zone=zone, now=now)


def of_ask(checked: Checked, *, now: datetime) -> Lookalikes | None:
    """Return past promises like what is asked for in words; None if there are none."""
    names = {sketch.skill for sketch in checked.stages if sketch.skill}
    found = lookalikes.like(
        client=None if checked.client is None else checked.client.pk,
        service=None if checked.service is None else checked.service.pk,
        hours=sum(sketch.likely_hours for sketch in checked.stages),
        skills=set(Skill.objects.filter(name__in=names).values_list("pk", flat=True)),
        now=now,
    )
    return _told(found, zone=checked.zone, now=now)


def _told(found: list[Lookalike], *, zone: str, now: datetime) -> Lookalikes | None:
    if not found:
        return None
    today = zones.day_of(now, zone)
    return Lookalikes(_sentence(found), [_shown(one, zone, today) for one in found])


def _sentence(found: list[Lookalike]) -> str:
    count = len(found)
    kept = sum(one.became == "kept" for one in found)
    said = ngettext(
        "The one promise most like this: %(kept)s kept as first promised.",
        "Of the %(count)s promises most like this, %(kept)s kept as first promised.",
        count,
    ) % {"count": words.spelled(count), "kept": words.spelled(kept)}
    regretted = sum(one.again == Promise.Again.NO for one in found)
    if regretted:
        said += " " + ngettext(
            "%(count)s we would not promise again.",
            "%(count)s we would not promise again.",
            regretted,
        ) % {"count": words.capital(words.spelled(regretted))}
    return said


def _shown(one: Lookalike, zone: str, today: date) -> Shown:
    became = {
        "kept": _("kept"),
        "late": _("late"),
        "short": _("short"),
        "sub_standard": _("sub-standard"),
        "broken": _("broken"),
    }.get(one.became, one.became)
    if one.late_days:
        became += f", {words.working_days(one.late_days)}"
    if one.moved:
        became = _("moved, then kept")
    cost = []
    if one.times is not None:
        cost.append(
            _("%(spent)s for %(estimate)s estimated (%(times)s)")
            % {
                "spent": words.hours(one.spent_hours),
                "estimate": words.hours(one.estimate_hours),
                "times": f"{formats.number_format(round(one.times, 1))}{words.NBSP}{TIMES}",
            }
        )
    if one.slips:
        cost.append(ngettext("%(count)s slip", "%(count)s slips", one.slips) % {"count": one.slips})
    due = words.day(zones.day_of(one.due_at, zone), today=today)
    return Shown(
        promise=one.promise,
        what=one.what,
        whose=f"{one.client} · {due}",
        state="moved" if one.moved else one.became.replace("_", "-"),
        became=became,
        cost=" · ".join(cost),
        again="" if not one.again else str(Promise.Again(one.again).label),
        again_word=one.again_word,
        regretted=one.again == Promise.Again.NO,
    )
