"""How the house words its replies, in each language."""

from datetime import datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import (
    Asked,
    Language,
    MaybeName,
    MaybeSentence,
    Page,
    PageAsked,
    Prose,
    Shown,
    Title,
)
from kept.asks import models, templates
from kept.people.access import Policy

door = Door("reply-templates", template_id=models.ReplyTemplate)

ReplyFor = Literal[
    "do_it", "yes_once", "paid_yes", "fair_no", "cant_now", "cant_ever", "holding", "priced",
    "retired", "reaction", "story",
]  # fmt: skip


class ReplyTemplate(Shown):
    """How a reply is worded. Merge fields stand in braces, what may be left out in brackets."""

    id: int = Field(description="Its number.")
    reply_for: ReplyFor = Field(description="Which reply.")
    language: str = Field(description="In which language, such as pt.")
    subject: str = Field(description="The subject.")
    body: str = Field(description="The reply.")
    once: str = Field(description="How “this once” is said.")
    no_rule: str = Field(description="What is normal where no rule of the house is meant.")
    changed_at: datetime = Field(description="When it was written.")


class UsualReply(Shown):
    """How kept itself words a reply, and what every wording of it has to say."""

    reply_for: ReplyFor = Field(description="Which reply.")
    language: str = Field(description="In which language: English.")
    subject: str = Field(description="The subject.")
    body: str = Field(description="The reply.")
    needed: list[str] = Field(description="The merge fields that it has to hold.")


class UsualReplies(Shown):
    """How kept words each reply, and the merge fields there are."""

    items: list[UsualReply] = Field(description="Each reply.")
    fields: dict[str, str] = Field(description="What can be merged in, and what it stands for.")


class NewReplyTemplate(Asked):
    """The words of the house."""

    reply_for: ReplyFor = Field(description="Which reply.")
    language: Language = Field("", description="In which language; left out, the house's.")
    subject: Title = Field(description="The subject.")
    body: Prose = Field(description="The reply.")
    once: MaybeName = Field("", description="How “this once” is said; for an exception.")
    no_rule: MaybeSentence = Field("", description="What is normal where no rule is meant.")


@door.read("/reply-templates", Policy.MEMBER, Page[ReplyTemplate])
def list_reply_templates(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List what the house words itself."""
    return paging.page(models.ReplyTemplate.objects.all(), asked, lambda row: row)


@door.read("/reply-templates/usual", Policy.MEMBER, UsualReplies)
def show_usual_replies(request: ApiRequest) -> dict[str, Any]:
    """Show how kept words each reply, and what can be merged in."""
    items = [
        {**vars(templates.usual(one)), "needed": sorted(templates.NEEDED[one])}
        for one in templates.For.values
    ]
    return {"items": items, "fields": dict(templates.fields())}


@door.add("/reply-templates", Policy.LEAD, ReplyTemplate)
def keep_reply_template(request: ApiRequest, body: NewReplyTemplate) -> models.ReplyTemplate:
    """Word a reply in a language; what stood there before is replaced."""
    return templates.keep(by=request.member, now=request.now, **body.model_dump())


@door.read("/reply-templates/{int:template_id}", Policy.MEMBER, ReplyTemplate)
def show_reply_template(request: ApiRequest, template_id: int) -> models.ReplyTemplate:
    """Show how a reply is worded."""
    return models.ReplyTemplate.objects.get(pk=template_id)


@door.remove("/reply-templates/{int:template_id}", Policy.LEAD)
def remove_reply_template(request: ApiRequest, template_id: int) -> None:
    """Go back to kept's own words."""
    found = models.ReplyTemplate.objects.get(pk=template_id)
    templates.remove(found, by=request.member, now=request.now)
