"""By mail: a plain letter to the member's own address, which the outbox sends."""

from datetime import datetime

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy

from kept.last_mile.channels import Message
from kept.outbox import letters
from kept.outbox.models import Letter
from kept.people.models import Member


class Mail:
    """Writes a letter; its Message-ID is fixed with it, so one sent twice is seen to be one."""

    name = "mail"
    label: str | Lazy = gettext_lazy("mail")
    in_house = True

    def reaches(self, member: Member, address: str) -> bool:  # noqa: ARG002 - their own alone
        """Whoever has an address."""
        return bool(member.email)

    def send(
        self,
        message: Message,
        *,
        to: Member,
        address: str,  # noqa: ARG002 - mail goes to a member's own address alone
        now: datetime,
    ) -> Letter | None:
        """Write the letter, in the transaction that marks the message as sent."""
        return letters.write(
            to=to,
            subject=message.subject,
            body=message.body,
            about=message.about,
            by=None,
            now=now,
            link=message.link,
            # What it answers, and not the promise's own letter: a client's extract lists those.
            in_reply_to="" if message.thread is None else letters.thread_of(message.thread),
        )
