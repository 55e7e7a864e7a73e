"""How a message reaches somebody: one file for each channel, found by its name.

A channel is an object with the four things that `Channel` names. To add one,
write its file and name it in `known`; a member's charter then may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.utils.functional import Promise as Lazy

from kept.last_mile.models import Notice
from kept.outbox.models import Letter
from kept.people.models import Member


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told.

    Attributes:
        id: stays the same however often it is sent.
        subject: one line.
        body: plain text; `{link}` stands where the address of the answer page goes.
        notice: the row it comes from.
    """

    id: str
    subject: str
    body: str
    notice: Notice


class Channel(Protocol):
    """One way to reach people."""

    name: str
    label: "str | Lazy"
    #: It only writes rows, which are sent later: writing them is part of marking the notice.
    in_house: bool

    def reaches(self, member: Member, address: str) -> bool:
        """Say whether it can reach a member, at the address their charter names."""
        ...

    def send(self, message: Message, *, to: Member, address: str, now: datetime) -> Letter | None:
        """Send a message, or raise to have it tried again later.

        It may be called again after it was sent, when whoever ran it was killed
        before saying so: the message's id is then the same.

        Returns:
            The letter, where it became one.
        """
        ...


@lru_cache(maxsize=1)
def known() -> Mapping[str, Channel]:
    """Return every channel by its name, in the order in which a charter offers them."""
    from kept.last_mile.channels.mail import Mail  # it is written in terms of `Channel`

    channels: tuple[Channel, ...] = (Mail(),)
    return {channel.name: channel for channel in channels}


def named(name: str) -> Channel | None:
    """Return a channel by its name."""
    return known().get(name)
