"""House rules: what each is for, whose it is, and how far it bends."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    Id,
    Language,
    MaybeName,
    MaybeSentence,
    Money,
    Name,
    Page,
    PageAsked,
    Sentence,
    Shown,
    Zone,
    unsaid,
)
from kept.asks import bending, models, policies, rule_wordings
from kept.people.access import Policy as Who
from kept.people.models import Member

door = Door("policies", policy_id=models.Policy, wording_id=models.RuleWording)
ONE = "/policies/{int:policy_id}"

Quantity = Literal["time_of_day", "notice", "rounds", "hours", "money", "number"]
Direction = Literal["at_most", "at_least"]
BandRole = Literal["", "guest", "member", "lead", "owner"]


class Policy(Shown):
    """A rule of the house. A time of day is in minutes after midnight, in the rule's zone."""

    id: int = Field(description="Its number.")
    name: str = Field(description="What it is called.")
    rule: str = Field(description="The normal rule, as a client may read it.")
    language: str = Field(description="In which language it is; empty, the house's.")
    purpose: str = Field(description="What it is for.")
    owner_id: int = Field(description="Whose it is.")
    quantity: Quantity = Field(description="What it measures.")
    unit: str = Field(description="What a number counts; one/more, such as page/pages.")
    direction: Direction = Field(description="Whether the limit is the most or the least.")
    zone: str = Field(description="In which zone a time of day is one.")
    limit: Decimal = Field(description="The limit.")
    tolerance: Decimal = Field(description="So far beyond the limit a yes needs nobody.")
    band_limit: Decimal | None = Field(description="So far the discretion band reaches.")
    band_role: BandRole = Field(description="Who holds the discretion band.")
    band_cost_cap: Decimal | None = Field(description="What one exception in it may cost.")
    hard_limit: Decimal | None = Field(description="Beyond it nobody goes.")
    hard_reason: str = Field(description="The law or the danger behind it.")
    price: Decimal | None = Field(description="What more of it costs.")
    retired_at: datetime | None = Field(description="When it stopped being a rule.")


class Bent(Shown):
    """How often a rule was bent lately; a figure about the rule."""

    asks: int = Field(description="Asks it was asked about.")
    bent: int = Field(description="Those that got a free yes beyond it.")
    days: int = Field(description="In so many days.")
    questioned: bool = Field(description="Bent in more than the share the house allows.")


class NewPolicy(Asked):
    """A new rule; amounts as people write them: 14:30, 48, 480."""

    name: Name = Field(description="What it is called.")
    rule: Sentence = Field(description="The normal rule, as a client may read it.")
    language: Language = Field("", description="In which language; left out, the house's.")
    purpose: Sentence = Field(description="What it is for.")
    owner_id: Id | None = Field(None, description="Whose it is; a rule without owner is refused.")
    quantity: Quantity = Field(description="What it measures.")
    unit: MaybeName = Field("", description="What a number counts.")
    direction: Direction = Field("at_most", description="Whether the limit is most or least.")
    zone: Zone | None = Field(None, description="The zone of a time of day; else the house's.")
    limit: MaybeName = Field(description="The limit: 14:30, 48, 2.")
    tolerance: MaybeName = Field("0", description="Minutes, for a time of day.")
    band_limit: MaybeName = Field("", description="So far the discretion band reaches.")
    band_role: BandRole = Field("", description="Who holds it.")
    band_cost_cap: Money | None = Field(None, description="What one exception in it may cost.")
    hard_limit: MaybeName = Field("", description="Beyond it nobody goes.")
    hard_reason: MaybeSentence = Field("", description="The law or the danger behind it.")
    price: Money | None = Field(None, description="What more of it costs.")


class PolicyChanges(Changes):
    """What changes about a rule."""

    name: Name = unsaid(description="What it is called.")
    rule: Sentence = unsaid(description="The normal rule.")
    language: Language = unsaid(description="In which language it is.")
    purpose: Sentence = unsaid(description="What it is for.")
    owner_id: Id = unsaid(description="Whose it is.")
    limit: MaybeName = unsaid(description="The limit.")
    tolerance: MaybeName = unsaid(description="The tolerance.")
    band_limit: MaybeName = unsaid(description="The end of the band; empty takes it away.")
    band_role: BandRole = unsaid(description="Who holds it.")
    band_cost_cap: Money | None = unsaid(description="What one exception may cost.")
    hard_limit: MaybeName = unsaid(description="The hard limit; empty takes it away.")
    hard_reason: MaybeSentence = unsaid(description="The law or the danger behind it.")
    price: Money | None = unsaid(description="What more of it costs.")


class RuleWording(Shown):
    """A rule as clients of another language read it."""

    id: int = Field(description="Its number.")
    policy_id: int = Field(description="The rule.")
    language: str = Field(description="In which language, such as pt.")
    rule: str = Field(description="The normal rule, as a client may read it.")
    worded_from: str = Field(
        description="What the rule said then; once it says something else, no letter takes this."
    )
    changed_at: datetime = Field(description="When it was written.")


class NewRuleWording(Asked):
    """A rule put into another language."""

    language: Language = Field(description="In which language, such as pt.")
    rule: Sentence = Field(description="The normal rule, as a client may read it.")


@door.read("/policies", Who.MEMBER, Page[Policy])
def list_policies(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List house rules."""
    return paging.page(models.Policy.objects.all(), asked, lambda row: row)


@door.add("/policies", Who.OWNER, Policy)
def make_policy(request: ApiRequest, body: NewPolicy) -> models.Policy:
    """Make a rule of the house."""
    return policies.make(by=request.member, now=request.now, **_said(body.model_dump()))


@door.read(ONE, Who.MEMBER, Policy)
def show_policy(request: ApiRequest, policy_id: int) -> models.Policy:
    """Show a rule."""
    return models.Policy.objects.get(pk=policy_id)


@door.read(f"{ONE}/bent", Who.MEMBER, Bent)
def show_bent(request: ApiRequest, policy_id: int) -> bending.Bent:
    """Count how often a rule was bent lately."""
    found = models.Policy.objects.get(pk=policy_id)
    return bending.bent([found], now=request.now)[found.pk]


@door.change(ONE, Who.OWNER, Policy)
def change_policy(request: ApiRequest, policy_id: int, body: PolicyChanges) -> models.Policy:
    """Change a rule."""
    found = models.Policy.objects.get(pk=policy_id)
    return policies.change(found, by=request.member, now=request.now, **_said(body.said()))


@door.add(f"{ONE}/retire", Who.OWNER, Policy, status=200, reads="", version_of=ONE)
def retire_policy(request: ApiRequest, policy_id: int) -> models.Policy:
    """End a rule; what was decided by it stays."""
    found = models.Policy.objects.get(pk=policy_id)
    return policies.retire(found, by=request.member, now=request.now)


@door.read(f"{ONE}/wordings", Who.MEMBER, Page[RuleWording])
def list_rule_wordings(
    request: ApiRequest, policy_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List how a rule is said in other languages."""
    found = models.Policy.objects.get(pk=policy_id)
    return paging.page(found.wordings.all(), asked, lambda row: row)


@door.add(f"{ONE}/wordings", Who.LEAD, RuleWording)
def keep_rule_wording(
    request: ApiRequest, policy_id: int, body: NewRuleWording
) -> models.RuleWording:
    """Put a rule into another language; what stood there before is replaced."""
    found = models.Policy.objects.get(pk=policy_id)
    return rule_wordings.keep(found, by=request.member, now=request.now, **body.model_dump())


@door.remove("/rule-wordings/{int:wording_id}", Who.LEAD, version_of="")
def remove_rule_wording(request: ApiRequest, wording_id: int) -> None:
    """Take back how a rule is said in a language."""
    found = models.RuleWording.objects.select_related("policy").get(pk=wording_id)
    rule_wordings.remove(found, by=request.member, now=request.now)


def _said(said: dict[str, Any]) -> Any:
    if "owner_id" in said:
        key = said.pop("owner_id")
        said["owner"] = None if key is None else named(Member, key, "owner_id")
    if said.get("zone", "") is None:
        del said["zone"]
    return said
