"""Past promises like what is asked for, or like one that was given."""

from datetime import datetime
from typing import Any

from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Shown
from kept.people.access import Policy
from kept.promises.models import Promise
from kept.quotes import lookalikes
from kept.quotes.models import Answer

door = Door("lookalikes", answer_id=Answer, promise_id=Promise)


class Lookalike(Shown):
    """A past promise, what became of it, and what it cost."""

    promise: int = Field(description="Its number.")
    what: str = Field(description="What was promised.")
    client: str = Field(description="To whom.")
    service: str = Field(description="The service, or empty.")
    given_at: datetime = Field(description="When the client got the yes.")
    due_at: datetime = Field(description="The date first promised.")
    became: str = Field(description="kept, late, short, sub_standard or broken: by first terms.")
    moved: bool = Field(description="Its date was moved in time and agreed, and then kept.")
    late_days: int | None = Field(description="Working days late; null if it was not.")
    estimate_hours: float = Field(description="What was estimated.")
    spent_hours: float = Field(description="What it took; nought where nobody noted it.")
    slips: int = Field(description="How often a later date was said.")
    again: str = Field(description="Would we promise it again: yes, otherwise, no, or empty.")
    again_word: str = Field(description="In what words.")
    same_client: bool = Field(description="It was for the same client.")
    same_service: bool = Field(description="It was the same service.")


class Lookalikes(Shown):
    """The most alike, first."""

    items: list[Lookalike] = Field(description="At most five.")


@door.read("/answers/{int:answer_id}/lookalikes", Policy.MEMBER, Lookalikes)
def like_answer(request: ApiRequest, answer_id: int) -> dict[str, Any]:
    """Show past promises like what was asked."""
    job = Answer.objects.select_related("job").get(pk=answer_id).job
    return {"items": lookalikes.of_job(job, now=request.now)}


@door.read("/promises/{int:promise_id}/lookalikes", Policy.MEMBER, Lookalikes)
def like_promise(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """Show past promises like this one."""
    job = Promise.objects.select_related("job").get(pk=promise_id).job
    return {"items": lookalikes.of_job(job, now=request.now)}
