"""Tokens for scripts."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import Asked, Id, MaybeName, Page, PageAsked, Shown
from kept.people import models, tokens
from kept.people.access import Policy

door = Door("tokens", token_id=models.ApiToken)
Scope = Literal["read", "write", "admin"]


class Token(Shown):
    """A key with which a script acts as a member. Its secret was shown once, when it was made."""

    id: int = Field(description="Its number.")
    person_id: int = Field(description="The member it acts as.")
    name: str = Field(description="What it is for.")
    scopes: list[str] = Field(description="What it may do of what the member may.")
    made_at: datetime = Field(description="When it was made.")
    last_used_at: datetime | None = Field(description="When it was used last.")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it works.")


class MadeToken(Token):
    """A new token, with its secret."""

    secret: str = Field(description="Send it as `Authorization: Bearer …`. Shown this once.")


class NewToken(Asked):
    """A token to make."""

    person_id: Id | None = Field(None, description="The member it acts as; left out, yourself.")
    name: MaybeName = Field("", description="What it is for.")
    scopes: list[Scope] = Field(
        ["read", "write"], min_length=1, max_length=3, description="What it may do."
    )


def _visible(request: ApiRequest) -> QuerySet[models.ApiToken]:
    rows = models.ApiToken.objects.all()
    if request.member.may(models.Role.OWNER):
        return rows
    return rows.filter(member=request.member)


def _shown(row: models.ApiToken) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person_id": row.member_id,
        "name": row.name,
        "scopes": sorted(tokens.scopes_of(row)),
        "made_at": row.made_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }


@door.read("/tokens", Policy.GUEST, Page[Token])
def list_tokens(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List tokens: one's own, and everybody's for an owner."""
    return paging.page(_visible(request), asked, _shown)


@door.add("/tokens", Policy.GUEST, MadeToken, admin=True)
def make_token(request: ApiRequest, body: NewToken) -> dict[str, Any]:
    """Make a token.

    Everybody for themselves; owners for all.
    """
    member = request.member
    if body.person_id is not None:
        member = named(models.Member, body.person_id, "person_id")
    token, secret = tokens.make(
        member, scopes=body.scopes, name=body.name, by=request.member, now=request.now
    )
    return {**_shown(token), "secret": secret}


@door.read("/tokens/{int:token_id}", Policy.GUEST, Token)
def show_token(request: ApiRequest, token_id: int) -> dict[str, Any]:
    """Show a token, without its secret."""
    return _shown(_visible(request).get(pk=token_id))


@door.remove("/tokens/{int:token_id}", Policy.GUEST, admin=True, version_of="")
def revoke_token(request: ApiRequest, token_id: int) -> None:
    """Revoke a token: it is refused from the next request on."""
    tokens.revoke(_visible(request).get(pk=token_id), by=request.member, now=request.now)
