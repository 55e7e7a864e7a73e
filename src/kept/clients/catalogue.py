"""The catalogue: what this house sells, made of stages with the effort each usually takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept.clients.models import Service, ServiceStage, ServiceStageAfter
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, MemberSkill, Role, Skill
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, Refused

MOST_STAGES = 500
MOST_HOURS = 20_000


class NameIsTaken(Conflict):
    """There is a service of that name."""


class CircleAmongStages(Refused):
    """Stages wait for each other in a circle, so that none could ever start."""


class SkillNobodyHas(Refused):
    """A stage needs a skill that nobody who works here has, or not enough people have."""


@dataclass(frozen=True, slots=True)
class StageSketch:
    """A piece of work as somebody describes it, before it is kept.

    Effort is in hours that everybody on the stage spends together. One number
    is an estimate; low, likely and high are 10, 50 and 90 % as said.
    `after` names the positions, counted from 1, of the stages that must be
    done before; None means the one before it, () none.
    """

    name: str
    likely_hours: float
    low_hours: float | None = None
    high_hours: float | None = None
    skill: str | None = None
    hands: int = 1
    after: tuple[int, ...] | None = None
    optional: bool = False
    finishing: bool = False
    done_means: str = ""
    owner: Member | None = None
    people: tuple[Member, ...] = ()


class ServiceChanges(TypedDict, total=False):
    """What can be changed of a service; `stages` are all its stages."""

    name: str
    price: Decimal | None
    stages: Sequence[StageSketch]
    archived: bool


def add_service(
    *,
    name: str,
    stages: Sequence[StageSketch],
    price: Decimal | None = None,
    by: Member,
    now: datetime,
) -> Service:
    """Add something this house sells.

    Raises:
        Refused: a name, price or effort that cannot be; no stage.
        SkillNobodyHas: a stage needs one.
        CircleAmongStages: stages wait for each other.
        NameIsTaken: there is a service of that name.
    """
    access.demand(by, Role.LEAD)
    stages = checked(stages)
    skills = skills_for(stages)
    service = Service(name=_name(name), price=_price(price))
    with transaction.atomic():
        _save(service)
        rows = _keep_stages(service, stages, skills)
        recording.record(
            Event.Kind.SERVICE_ADDED, about=service, by=by, at=now, rows=[service, *rows]
        )
    return service


def change_service(
    service: Service, *, by: Member, now: datetime, **changes: Unpack[ServiceChanges]
) -> Service:
    """Change a service; what is not named stays. Jobs made from it before keep their stages.

    Raises: what `add_service` raises.
    """
    access.demand(by, Role.LEAD)
    rows: list[ServiceStage | ServiceStageAfter] = []
    removed: list[tuple[str, int]] = []
    with transaction.atomic():
        service = Service.objects.select_for_update(no_key=True).get(pk=service.pk)
        if "name" in changes:
            service.name = _name(changes["name"])
        if "price" in changes:
            service.price = _price(changes["price"])
        if "archived" in changes:
            service.archived_at = (service.archived_at or now) if changes["archived"] else None
        _save(service)
        if "stages" in changes:
            stages = checked(changes["stages"])
            if stages != sketches_of(service):
                skills = skills_for(stages)
                removed = [
                    *(("servicestageafter", key) for key in _afters(service)),
                    *(("servicestage", stage.pk) for stage in service.stages.all()),
                ]
                service.stages.all().delete()
                rows = _keep_stages(service, stages, skills)
        recording.record(
            Event.Kind.SERVICE_CHANGED,
            about=service,
            by=by,
            at=now,
            rows=[service, *rows],
            removed=removed,
        )
    return service


def find(name: str) -> Service | None:
    """Return the service of that name, whatever the case of its letters."""
    return given.named(Service.objects.all(), _name(name))


def sketches_of(service: Service) -> list[StageSketch]:
    """Return the stages of a service as sketches, from which a job can be made."""
    stages = list(
        ServiceStage.objects.filter(service=service)
        .select_related("skill")
        .prefetch_related("afters__after")
        .order_by("position")
    )
    return [
        StageSketch(
            name=stage.name,
            likely_hours=stage.likely_hours,
            low_hours=stage.low_hours,
            high_hours=stage.high_hours,
            skill=None if stage.skill is None else stage.skill.name,
            hands=stage.hands,
            after=tuple(sorted(row.after.position for row in stage.afters.all())),
            optional=stage.optional,
            finishing=stage.finishing,
            done_means=stage.done_means,
        )
        for stage in stages
    ]


def checked(stages: Sequence[StageSketch]) -> list[StageSketch]:
    """Return sketches as they are kept: texts cleaned, efforts in order, `after` said in full.

    Raises:
        Refused: no stage, too many, or one that cannot be; `field` is "stages.2.name".
        CircleAmongStages: stages wait for each other.
    """
    if not stages:
        raise Refused(_("Say at least one stage: a piece of work and its hours."), field="stages")
    if len(stages) > MOST_STAGES:
        raise Refused(
            ngettext(
                "%(count)s stage is too many: at most %(most)s.",
                "%(count)s stages are too many: at most %(most)s.",
                len(stages),
            )
            % {"count": len(stages), "most": MOST_STAGES},
            field="stages",
        )
    kept = [
        checked_one(stage, position, len(stages)) for position, stage in enumerate(stages, start=1)
    ]
    _refuse_circles(kept)
    return kept


def checked_one(stage: StageSketch, position: int, of: int) -> StageSketch:
    """Return one sketch as it is kept; `position` and `of` count from 1."""
    field = f"stages.{position}"
    name = given.one_line(
        stage.name, called=_("The name of a stage"), field=f"{field}.name", longest=120
    )
    after = stage.after
    if after is None:
        after = (position - 1,) if position > 1 else ()
    for other in after:
        if not 1 <= other <= of:
            raise Refused(
                _("“%(stage)s” waits for stage %(number)s, but there are %(count)s.")
                % {"stage": name, "number": other, "count": of},
                field=f"{field}.after",
            )
    low, high = _range(stage, name, field)
    return replace(
        stage,
        name=name,
        likely_hours=_hours(stage.likely_hours, name, f"{field}.likely_hours"),
        low_hours=low,
        high_hours=high,
        skill=given.one_line(
            stage.skill, called=_("The skill"), field=f"{field}.skill", longest=60, needed=False
        )
        or None,
        hands=given.count(
            stage.hands,
            called=_("People at once on “%(stage)s”") % {"stage": name},
            field=f"{field}.hands",
            least=1,
            most=50,
        ),
        after=tuple(sorted(set(after))),
        done_means=given.one_line(
            stage.done_means,
            called=_("What “done” means"),
            field=f"{field}.done_means",
            longest=300,
            needed=False,
        ),
        people=tuple(dict.fromkeys(stage.people)),
    )


def skills_for(stages: Sequence[StageSketch]) -> dict[str, Skill]:
    """Return the skills that sketches need, by casefolded name.

    Raises:
        SkillNobodyHas: nobody who works here has one, or fewer than a stage needs at once.
    """
    wanted = {stage.skill.casefold() for stage in stages if stage.skill}
    if not wanted:
        return {}
    skills = {
        skill.name.casefold(): skill
        for skill in Skill.objects.all()
        if skill.name.casefold() in wanted
    }
    having: dict[int, int] = {}
    for key in MemberSkill.objects.filter(
        skill__in=skills.values(), member__left_at__isnull=True, member__does_work=True
    ).values_list("skill_id", flat=True):
        having[key] = having.get(key, 0) + 1
    for position, stage in enumerate(stages, start=1):
        if not stage.skill:
            continue
        skill = skills.get(stage.skill.casefold())
        people = 0 if skill is None else having.get(skill.pk, 0)
        if people < stage.hands:
            raise SkillNobodyHas(
                _lacking(stage, people), field=f"stages.{position}.{'hands' if people else 'skill'}"
            )
    return skills


def _lacking(stage: StageSketch, people: int) -> str:
    words = {"stage": stage.name, "skill": stage.skill, "people": people, "hands": stage.hands}
    if people == 0:
        return (
            _(
                "“%(stage)s” needs the skill “%(skill)s”, and nobody who works here has it. Give "
                "it to somebody under People first, or leave it out."
            )
            % words
        )
    return (
        ngettext(
            "“%(stage)s” needs %(hands)s people with the skill “%(skill)s” at once, and "
            "%(people)s has it.",
            "“%(stage)s” needs %(hands)s people with the skill “%(skill)s” at once, and "
            "%(people)s have it.",
            people,
        )
        % words
    )


def _range(stage: StageSketch, name: str, field: str) -> tuple[float | None, float | None]:
    if stage.low_hours is None and stage.high_hours is None:
        return None, None
    if stage.low_hours is None or stage.high_hours is None:
        missing = "low_hours" if stage.low_hours is None else "high_hours"
        raise Refused(
            _("“%(stage)s”: give both ends of the range, or only the likely hours.")
            % {"stage": name},
            field=f"{field}.{missing}",
        )
    low = _hours(stage.low_hours, name, f"{field}.low_hours")
    high = _hours(stage.high_hours, name, f"{field}.high_hours")
    if not low <= stage.likely_hours <= high:
        raise Refused(
            _("“%(stage)s”: low, likely and high hours must rise: %(low)s, %(likely)s, %(high)s.")
            % {
                "stage": name,
                "low": f"{low:g}",
                "likely": f"{stage.likely_hours:g}",
                "high": f"{high:g}",
            },
            field=f"{field}.likely_hours",
        )
    return low, high


def _hours(hours: float, stage: str, field: str) -> float:
    return given.number(
        hours,
        called=_("Hours of “%(stage)s”") % {"stage": stage},
        field=field,
        least=0,
        most=MOST_HOURS,
        above=True,
    )


def _refuse_circles(stages: Sequence[StageSketch]) -> None:
    waiting: dict[int, set[int]] = {
        position: set(stage.after or ()) for position, stage in enumerate(stages, start=1)
    }
    circle = circle_among(waiting)
    if circle:
        names = " → ".join(f"“{stages[position - 1].name}”" for position in circle)
        raise CircleAmongStages(
            _("These stages wait for each other, so that none could start: %(names)s.")
            % {"names": names},
            field=f"stages.{circle[0]}.after",
        )


def circle_among(waiting: Mapping[int, set[int]]) -> list[int]:
    """Return a circle of things that wait for each other, the first one again at the end.

    Args:
        waiting: what each thing waits for.

    Returns:
        Nothing if there is no circle.
    """
    left = {key: set(others) for key, others in waiting.items()}
    while True:
        free = [key for key, others in left.items() if not others & left.keys()]
        if not free:
            break
        for key in free:
            del left[key]
    if not left:
        return []
    path = [min(left)]
    while True:
        following = min(left[path[-1]] & left.keys())
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _keep_stages(
    service: Service, stages: Sequence[StageSketch], skills: Mapping[str, Skill]
) -> list[ServiceStage | ServiceStageAfter]:
    kept = ServiceStage.objects.bulk_create(
        ServiceStage(
            service=service,
            position=position,
            name=stage.name,
            skill=skills[stage.skill.casefold()] if stage.skill else None,
            hands=stage.hands,
            low_hours=stage.low_hours,
            likely_hours=stage.likely_hours,
            high_hours=stage.high_hours,
            optional=stage.optional,
            finishing=stage.finishing,
            done_means=stage.done_means,
        )
        for position, stage in enumerate(stages, start=1)
    )
    afters = ServiceStageAfter.objects.bulk_create(
        ServiceStageAfter(stage=row, after=kept[other - 1])
        for row, stage in zip(kept, stages, strict=True)
        for other in stage.after or ()
    )
    return [*kept, *afters]


def _afters(service: Service) -> list[int]:
    rows = ServiceStageAfter.objects.filter(stage__service=service)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _save(service: Service) -> None:
    taken = NameIsTaken(
        _("There is a service called “%(name)s” already. Nothing was saved.")
        % {"name": service.name},
        field="name",
    )
    if given.named(Service.objects.exclude(pk=service.pk), service.name) is not None:
        raise taken
    with given.constrained(taken):
        service.save()


def _name(name: str) -> str:
    return given.one_line(name, called=_("The service’s name"), field="name", longest=120)


def _price(price: Decimal | None) -> Decimal | None:
    if price is None:
        return None
    price = Decimal(price)
    if not price.is_finite() or not 0 <= price < Decimal("1e10"):
        raise Refused(_("The price cannot be. Give an amount from 0 up."), field="price")
    return price.quantize(Decimal("0.01"))
