"""The catalogue: services made of stages, with the effort they usually take."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import (
    Asked,
    Changes,
    Hours,
    MaybeSentence,
    Money,
    Name,
    Page,
    PageAsked,
    Shown,
    unsaid,
)
from kept.clients import catalogue, models
from kept.clients.catalogue import StageSketch
from kept.people.access import Policy

door = Door("services", service_id=models.Service)


class SketchedStage(Asked):
    """A piece of work. One number is an estimate; low, likely and high are 10, 50 and 90 %."""

    name: Name = Field(description="What is done.")
    likely_hours: Hours = Field(description="Hours that everybody on it spends together.")
    low_hours: Hours | None = Field(None, description="9 in 10 times it takes longer.")
    high_hours: Hours | None = Field(None, description="1 in 10 times it takes longer.")
    skill: Name | None = Field(None, description="The skill it needs.")
    hands: int = Field(1, ge=1, le=50, description="How many people work on it at once.")
    after: list[int] | None = Field(
        None,
        max_length=200,
        description="Positions, counted from 1, of the stages before it; left out, the one before.",
    )
    optional: bool = Field(False, description="Whether it may be left out.")
    finishing: bool = Field(
        False, description="Whether it is the finishing stretch: checks, hand-over, acceptance."
    )
    done_means: MaybeSentence = Field("", description="How one sees that it is done.")

    def sketch(self) -> StageSketch:
        """Return it as the rooms take it."""
        said = self.model_dump(include=set(SketchedStage.model_fields))
        said["after"] = None if self.after is None else tuple(self.after)
        return StageSketch(**said)


class ServiceStage(Shown):
    """A piece of a service."""

    position: int = Field(description="Its place, counted from 1.")
    name: str = Field(description="What is done.")
    likely_hours: float = Field(description="Hours that everybody on it spends together.")
    low_hours: float | None = Field(description="9 in 10 times it takes longer.")
    high_hours: float | None = Field(description="1 in 10 times it takes longer.")
    skill: str | None = Field(description="The skill it needs.")
    hands: int = Field(description="How many people work on it at once.")
    after: list[int] = Field(description="Positions of the stages before it.")
    optional: bool = Field(description="Whether it may be left out.")
    finishing: bool = Field(description="Whether it is the finishing stretch.")
    done_means: str = Field(description="How one sees that it is done.")


class Service(Shown):
    """Something this house sells."""

    id: int = Field(description="Its number.")
    name: str = Field(description="Its name; no two services of a house share one.")
    price: Decimal | None = Field(description="Its price in the house's currency, if there is one.")
    stages: list[ServiceStage] = Field(description="What it is made of.")
    archived_at: datetime | None = Field(description="When it was put away; null while in use.")


class NewService(Asked):
    """Something new to sell."""

    name: Name = Field(description="Its name.")
    price: Money | None = Field(None, description="Its price in the house's currency.")
    stages: list[SketchedStage] = Field(
        min_length=1, max_length=200, description="What it is made of."
    )


class ServiceChanges(Changes):
    """What changes about a service. Jobs made from it before keep their stages."""

    name: Name = unsaid(description="Its name.")
    price: Money | None = unsaid(description="Its price; null, none.")
    stages: list[SketchedStage] = unsaid(
        min_length=1, max_length=200, description="All of its stages."
    )
    archived: bool = unsaid(description="Put it away, or take it out again.")


def all_services() -> QuerySet[models.Service]:
    """Return the catalogue with its stages, in a constant number of queries."""
    stages = models.ServiceStage.objects.select_related("skill").prefetch_related("afters__after")
    return models.Service.objects.prefetch_related(Prefetch("stages", stages.order_by("position")))


def shown(service: models.Service) -> dict[str, Any]:
    """Return a service as it is shown."""
    return {
        "id": service.pk,
        "name": service.name,
        "price": service.price,
        "archived_at": service.archived_at,
        "stages": [
            {
                "position": stage.position,
                "name": stage.name,
                "likely_hours": stage.likely_hours,
                "low_hours": stage.low_hours,
                "high_hours": stage.high_hours,
                "skill": None if stage.skill is None else stage.skill.name,
                "hands": stage.hands,
                "after": sorted(tie.after.position for tie in stage.afters.all()),
                "optional": stage.optional,
                "finishing": stage.finishing,
                "done_means": stage.done_means,
            }
            for stage in service.stages.all()
        ],
    }


@door.read("/services", Policy.MEMBER, Page[Service])
def list_services(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List what this house sells."""
    return paging.page(all_services(), asked, shown)


@door.add("/services", Policy.LEAD, Service)
def add_service(request: ApiRequest, body: NewService) -> dict[str, Any]:
    """Add a service."""
    service = catalogue.add_service(
        name=body.name,
        price=body.price,
        stages=[stage.sketch() for stage in body.stages],
        by=request.member,
        now=request.now,
    )
    return shown(all_services().get(pk=service.pk))


@door.read("/services/{int:service_id}", Policy.MEMBER, Service)
def show_service(request: ApiRequest, service_id: int) -> dict[str, Any]:
    """Show a service."""
    return shown(all_services().get(pk=service_id))


@door.change("/services/{int:service_id}", Policy.LEAD, Service)
def change_service(request: ApiRequest, service_id: int, body: ServiceChanges) -> dict[str, Any]:
    """Change a service."""
    changes = body.said()
    if "stages" in changes:
        changes["stages"] = [stage.sketch() for stage in changes["stages"]]
    service = models.Service.objects.get(pk=service_id)
    catalogue.change_service(service, by=request.member, now=request.now, **changes)
    return shown(all_services().get(pk=service_id))
