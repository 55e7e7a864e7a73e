"""Invitations: links by which people of the house get their log-in."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import Asked, Id, Page, PageAsked, Shown
from kept.people import inviting, models
from kept.people.access import Policy

door = Door("invitations", invitation_id=models.Invitation)


class Invitation(Shown):
    """A link that works once, for two weeks. Its secret was shown once, when it was made."""

    id: int = Field(description="Its number.")
    person_id: int = Field(description="Whom it lets in.")
    expires_at: datetime = Field(description="Until when it works.")
    used_at: datetime | None = Field(description="When it was used; null if never.")
    revoked_at: datetime | None = Field(
        description="When it was revoked or another took its place; null if never."
    )


class MadeInvitation(Invitation):
    """A new link."""

    link: str = Field(description="Pass it on yourself. Shown this once.")


class NewInvitation(Asked):
    """Whom to let in."""

    person_id: Id = Field(description="Somebody of the house without a log-in.")


def _shown(row: models.Invitation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person_id": row.member_id,
        "expires_at": row.expires_at,
        "used_at": row.used_at,
        "revoked_at": row.revoked_at,
    }


@door.read("/invitations", Policy.OWNER, Page[Invitation])
def list_invitations(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List invitations, used and ended ones too."""
    return paging.page(models.Invitation.objects.all(), asked, _shown)


@door.add("/invitations", Policy.OWNER, MadeInvitation, admin=True)
def make_invitation(request: ApiRequest, body: NewInvitation) -> dict[str, Any]:
    """Make a link by which somebody gets a log-in; an earlier one ends."""
    member = named(models.Member, body.person_id, "person_id")
    made, secret = inviting.invite(member, by=request.member, now=request.now)
    path = reverse("join", args=[secret])
    base = settings.PUBLIC_URL.rstrip("/")
    link = f"{base}{path}" if base else request.build_absolute_uri(path)
    return {**_shown(made), "link": link}


@door.read("/invitations/{int:invitation_id}", Policy.OWNER, Invitation)
def show_invitation(request: ApiRequest, invitation_id: int) -> dict[str, Any]:
    """Show an invitation, without its secret."""
    return _shown(models.Invitation.objects.get(pk=invitation_id))


@door.remove("/invitations/{int:invitation_id}", Policy.OWNER, admin=True, version_of="")
def revoke_invitation(request: ApiRequest, invitation_id: int) -> None:
    """Revoke an invitation: its link is refused from the next request on."""
    found = models.Invitation.objects.get(pk=invitation_id)
    inviting.revoke(found, by=request.member, now=request.now)
