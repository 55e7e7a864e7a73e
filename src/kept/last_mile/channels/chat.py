"""By a chat: the same words as by mail, spoken as the chat wants them."""

from datetime import datetime

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _

from kept.last_mile.channels import Message, RefusedForGood, sealing
from kept.last_mile.channels.services import Service
from kept.outbox.letters import LINK
from kept.outbox.models import Letter
from kept.people.models import Member


class Chat:
    """Sends to one kind of chat; the address, with its key, is a member's own."""

    in_house = False

    def __init__(self, service: Service) -> None:
        self.service = service
        self.name: str = service.name
        self.label: str | Lazy = service.label

    def reaches(self, member: Member, address: str) -> bool:  # noqa: ARG002 - their own alone
        """Whoever gave an address, and it was not erased."""
        return bool(address)

    def send(
        self,
        message: Message,
        *,
        to: Member,  # noqa: ARG002 - the address says who
        address: str,
        now: datetime,  # noqa: ARG002 - at once
    ) -> Letter | None:
        """Send it now; a page that it leads to stays the same however often it is sent."""
        from kept.last_mile.channels import speaking  # Apprise takes a moment to load

        try:
            text = sealing.opened(address)
        except sealing.NotOpened:
            raise RefusedForGood(
                _("Its address can be read no more, since the secret key was changed.")
            ) from None
        body = message.body.replace(LINK, message.address)
        speaking.say(self.service, text, subject=message.subject, body=body)
        return None
