"""The inquiry: can we promise this, by when, and who pays for that yes?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.jobs import NewStage
from kept.api.rows import named
from kept.api.shapes import Asked, Day, Hours, Id, LongName, Moment, Page, PageAsked, Shown, Title
from kept.clients import keeping
from kept.clients.models import Client, Service
from kept.jobs import lines
from kept.people.access import Policy
from kept.promises.models import Promise
from kept.quotes import answers, asking, checking, models, wording
from kept.quotes.checked import NotSizedYet
from kept.tenancy import scope

door = Door("answers", answer_id=models.Answer)
Placement = Literal["by_date", "yields"]
OfferKind = Literal["wanted", "later", "less", "people", "overtime", "without"]


class Effort(Asked):
    """How much work, in hours that everybody on it spends together."""

    likely_hours: Hours = Field(description="Half the time it takes longer.")
    low_hours: Hours | None = Field(None, description="9 in 10 times it takes longer.")
    high_hours: Hours | None = Field(None, description="1 in 10 times it takes longer.")

    def size(self) -> lines.Effort:
        """Return it as the rooms know it."""
        return lines.Effort(self.likely_hours, self.low_hours, self.high_hours)


class Ask(Asked):
    """What somebody wants, how big it is, and by when.

    One of effort, stages, service or like; effort beside a service or a promise scales its stages.
    """

    what: Title = Field(description="What is wanted.")
    client_id: Id | None = Field(None, description="For whom.")
    client: LongName | None = Field(
        None, description="For whom, by name; somebody new becomes a prospect."
    )
    effort: Effort | None = Field(
        None,
        description="How much work, in one piece; or the size that the stages of the service or "
        "promise are scaled to.",
    )
    stages: list[NewStage] = Field([], max_length=200, description="How much work, in stages.")
    service_id: Id | None = Field(None, description="The service it is.")
    like_promise_id: Id | None = Field(None, description="An earlier promise that it is like.")
    wanted_on: Day | None = Field(
        None, description="The day it is wanted: the end of that working day for the client."
    )
    wanted_at: Moment | None = Field(None, description="The moment it is wanted, instead of a day.")
    confidence: float | None = Field(
        None,
        ge=checking.LEAST_SURE,
        le=checking.MOST_SURE,
        description="How sure the date is to be; left out, as sure as your house offers dates.",
    )


class Take(Asked):
    """One of an answer's offers."""

    kind: OfferKind = Field(description="Which one, by its kind.")


class DateAt(Shown):
    """A date, and the chance to keep it."""

    due_at: datetime = Field(description="The date.")
    chance: float = Field(description="The chance to keep it, between 0 and 1.")
    placement: Placement = Field(
        description="by_date: ranked with all other work by its date; yields: after all of it."
    )


class Level(Shown):
    """The first day that is at least this likely."""

    level: float = Field(description="The chance asked for.")
    date: DateAt | None = Field(description="The day; null if there is none within a year.")


class Effect(Shown):
    """Who pays for a yes."""

    by: Literal["wanted", "in_place"] = Field(description="A yes to which date.")
    job_id: int = Field(description="The job that changes.")
    what: str = Field(description="What it is.")
    client: str = Field(description="Whom it was promised or offered to.")
    chance_before: float = Field(description="Its chance without the yes.")
    chance_after: float = Field(description="Its chance after the yes.")
    below_line: bool = Field(description="Whether the yes pushes it below the line.")


class Owner(Shown):
    """Who would take a stage."""

    stage: str = Field(description="The stage.")
    member_id: int = Field(description="The member.")


class Overtime(Shown):
    """The hours outside the working week with which so many futures keep the wanted date."""

    level: float = Field(description="The share of futures.")
    hours: float | None = Field(description="The hours; null if overtime does not do it.")


class OfferEffect(Shown):
    """Who pays for one offer."""

    job_id: int = Field(description="The job that changes.")
    chance_before: float = Field(description="Its chance without it.")
    chance_after: float = Field(description="Its chance with it.")
    below_line: bool = Field(description="Whether it falls below the line.")


class Offer(Shown):
    """One way to say yes, computed on the same futures as the answer."""

    kind: OfferKind = Field(
        description="wanted, later, less (of it), people (others), overtime, or without "
        "(disturbing anyone)."
    )
    sentence: str = Field(description="What it means, in words.")
    due_at: datetime = Field(description="Its date.")
    chance: float = Field(description="The chance to keep it.")
    placement: Placement = Field(description="How its work would stand among all other work.")
    own_answer: bool = Field(
        description="Whether it is an ask of its own, to be taken at /answers/{id}/offers before "
        "its date can be held."
    )
    without: list[str] = Field(description="The stages left out.")
    owners: list[Owner] = Field(description="Who would take which stage.")
    overtime_hours: float | None = Field(
        description="Hours outside the working week that the team must say yes to."
    )
    effects: list[OfferEffect] = Field(description="Who pays for it.")


class Limit(Shown):
    """What limits the date: lifted alone, it would come so much earlier."""

    kind: str = Field(description="The kind of limit.")
    sentence: str = Field(description="What it is, in words.")
    days: float = Field(description="Working days; negative means later.")


class Gauge(Shown):
    """One of three gauges before a yes."""

    name: str = Field(description="people, time or tank.")
    level: Literal["enough", "tight", "short"] = Field(description="How it stands.")
    verdict: str = Field(description="How it stands, in a word or two.")
    planned: float = Field(description="What is planned already.")
    asked: float = Field(description="What this ask adds, in the same unit.")
    limit: float = Field(description="What there is, in the same unit.")
    cause: str = Field(description="What it rests on.")


class Point(Shown):
    """The chance at the end of one working day."""

    at: datetime = Field(description="The end of the day.")
    chance: float = Field(description="The chance to be done by then.")


class Answer(Shown):
    """What kept said. It reserves nothing; hold one of its dates with a quote."""

    id: int = Field(description="Its number.")
    job_id: int = Field(description="The draft of the job that was asked about.")
    what: str = Field(description="What was asked for.")
    client_id: int | None = Field(description="For whom.")
    service_id: int | None = Field(description="The service it is.")
    zone: str = Field(description="The client's time zone.")
    asked_at: datetime = Field(description="When it was asked.")
    asked_by_id: int | None = Field(description="Who asked.")
    confidence: float = Field(description="The chance at which your house offers dates.")
    line: float = Field(description="The chance under which your house acts.")
    advised: DateAt | None = Field(description="The date kept would give.")
    wanted: DateAt | None = Field(description="The wanted date, and its chance.")
    without: DateAt | None = Field(description="The first answer: disturbing nobody.")
    in_place: DateAt | None = Field(description="The second answer: ranked by its date.")
    levels: list[Level] = Field(description="Dates at 50, 80, 90 and 95 %.")
    effects: list[Effect] = Field(description="Who pays for that yes.")
    limits: list[Limit] = Field(description="What limits the 90 % date.")
    gauges: list[Gauge] = Field(description="People, working time, and what the team can sustain.")
    curve: list[Point] = Field(description="The chance day by day.")
    offers: list[Offer] = Field(description="What can be said now, at most four.")
    overtime: list[Overtime] = Field(
        description="Overtime that keeps the wanted date, for 50, 80 and 90 % of futures; empty "
        "if it needs none."
    )
    overtime_hours: float | None = Field(
        description="Hours of overtime that keep the wanted date at your confidence; null if it "
        "needs none, or if overtime does not keep it."
    )
    expected_hours: float = Field(description="Hours the work is expected to take.")
    known_items: int = Field(description="How many similar past items it rests on.")
    seed: int = Field(description="With the versions, recomputes the same answer.")
    futures: int = Field(description="How many futures were drawn.")
    engine_version: str = Field(description="The engine that computed it.")
    profile_version: str = Field(description="What of the past it knew.")


@door.add("/check", Policy.MEMBER, Answer, computes=True)
def check(request: ApiRequest, body: Ask) -> dict[str, Any]:
    """Ask for a date.

    The answer says at what chance which date can be kept, and what a yes does to promises
    already given. It reserves nothing.
    """
    client = None if body.client_id is None else named(Client, body.client_id, "client_id")
    if client is None and body.client is not None:
        client = keeping.find(body.client)
    zone = scope.current().zone if client is None else client.zone
    like = body.like_promise_id
    service = body.service_id
    try:
        checked = checking.work_out(
            what=body.what,
            stages=[stage.drawn(f"stages.{place}.") for place, stage in enumerate(body.stages)],
            size=None if body.effort is None else body.effort.size(),
            client=client,
            client_name=body.client or "",
            service=None if service is None else named(Service, service, "service_id"),
            like=None if like is None else named(Promise, like, "like_promise_id"),
            wanted_at=moments.due(body.wanted_at, body.wanted_on, zone=zone, name="wanted"),
            confidence=body.confidence,
            now=request.now,
        )
    except NotSizedYet:
        raise NotSizedYet(
            _("Say how big it is: effort, stages, a service or an earlier promise."),
            field="effort",
        ) from None
    request.begin()
    checked = answers.store(checked, by=request.member)
    assert checked.answer is not None
    return shown(_answers().get(pk=checked.answer.pk))


@door.add("/answers/{int:answer_id}/offers", Policy.MEMBER, Answer, computes=True)
def take_offer(request: ApiRequest, answer_id: int, body: Take) -> dict[str, Any]:
    """Take one of an answer's offers.

    It is asked again as an answer of its own, in the plan as it is now, so that holding one
    of its dates holds exactly that: less of it, or other people. It reserves nothing.
    """
    answer = models.Answer.objects.select_related("job", "client").get(pk=answer_id)
    checked = checking.taken(answer, body.kind, now=request.now)
    request.begin()
    checked = answers.store(checked, by=request.member)
    assert checked.answer is not None
    return shown(_answers().get(pk=checked.answer.pk))


@door.read("/answers", Policy.MEMBER, Page[Answer])
def list_answers(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List answers."""
    page = paging.page(_answers(), asked, lambda row: row)
    page["items"] = _all_shown(page["items"])
    return page


@door.read("/answers/{int:answer_id}", Policy.MEMBER, Answer)
def show_answer(request: ApiRequest, answer_id: int) -> dict[str, Any]:
    """Show an answer as it was given. The plan may have changed since."""
    return shown(_answers().get(pk=answer_id))


def _answers() -> QuerySet[models.Answer]:
    return models.Answer.objects.select_related("job").prefetch_related(
        "dates", "effects__job__client", "limits", "job__stages"
    )


def shown(answer: models.Answer) -> dict[str, Any]:
    """Return a kept answer as it is shown."""
    return _all_shown([answer])[0]


def _all_shown(answers: Sequence[models.Answer]) -> list[dict[str, Any]]:
    keys = [key for answer in answers for row in answer.limits.all() for key in row.about["ids"]]
    offers = [kept for answer in answers for kept in answer.story.get("offers", ())]
    keys += [f"m{m}" for kept in offers for _n, m in asking.Change.read(kept["change"]).owners]
    names = wording.Names(wording.keys_of(keys))
    return [_one_shown(answer, names) for answer in answers]


def _one_shown(answer: models.Answer, names: wording.Names) -> dict[str, Any]:
    by_why: dict[str, models.AnswerDate] = {}
    levels: dict[float, models.AnswerDate] = {}
    for row in answer.dates.all():
        if row.why == models.AnswerDate.Why.LEVEL and row.level is not None:
            levels[row.level] = row
        else:
            by_why[row.why] = row
    in_place, without = by_why.get("in_place"), by_why.get("without")
    story = answer.story
    stages = [stage.name for stage in answer.job.stages.all()]
    return {
        "id": answer.pk,
        "job_id": answer.job_id,
        "what": answer.job.title,
        "client_id": answer.client_id,
        "service_id": answer.job.service_id,
        "zone": answer.zone,
        "asked_at": answer.asked_at,
        "asked_by_id": answer.asked_by_id,
        "confidence": answer.confidence,
        "line": answer.line,
        "advised": _date(without if answer.advised == "yields" else in_place)
        if answer.advised
        else None,
        "wanted": _date(by_why.get("wanted")),
        "without": _date(without),
        "in_place": _date(in_place),
        "levels": [{"level": level, "date": _date(levels.get(level))} for level in checking.LEVELS],
        "effects": [
            {
                "by": row.why,
                "job_id": row.job_id,
                "what": row.job.title,
                "client": "" if row.job.client is None else row.job.client.name,
                "chance_before": row.chance_before,
                "chance_after": row.chance_after,
                "below_line": row.below_line,
            }
            for row in answer.effects.all()
        ],
        "limits": [
            {
                "kind": row.kind,
                "sentence": wording.limit(row.kind, row.about["ids"], row.about, names),
                "days": row.days,
            }
            for row in answer.limits.all()
        ],
        "gauges": story["gauges"],
        "curve": [{"at": at, "chance": chance} for at, chance in story["curve"]],
        "offers": [_offer(kept, stages, names) for kept in story.get("offers", ())],
        "overtime": [
            {"level": level, "hours": hours} for level, hours in story.get("overtime", ())
        ],
        "overtime_hours": story["overtime_hours"],
        "expected_hours": story["expected_hours"],
        "known_items": story["known_items"],
        "seed": answer.seed,
        "futures": answer.futures,
        "engine_version": answer.engine_version,
        "profile_version": answer.profile_version,
    }


def _offer(kept: Mapping[str, Any], stages: Sequence[str], names: wording.Names) -> dict[str, Any]:
    change = asking.Change.read(kept["change"])
    return {
        "kind": kept["kind"],
        "sentence": wording.way(
            kept["kind"],
            stages=stages,
            change=change,
            overtime_hours=kept["overtime_hours"],
            names=names,
        ),
        "due_at": kept["due_at"],
        "chance": kept["chance"],
        "placement": kept["placement"],
        "own_answer": change != asking.Change(),
        "without": [stages[position - 1] for position in change.without],
        "owners": [
            {"stage": stages[position - 1], "member_id": member}
            for position, member in change.owners
        ],
        "overtime_hours": kept["overtime_hours"],
        "effects": [
            {"job_id": job, "chance_before": before, "chance_after": after, "below_line": below}
            for job, before, after, below in kept["pays"]
        ],
    }


def _date(row: models.AnswerDate | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"due_at": row.due_at, "chance": row.chance, "placement": row.placement}
