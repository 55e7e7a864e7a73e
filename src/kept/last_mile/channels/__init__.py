"""How a message reaches somebody: one object for each channel, found by its name.

A channel has the four things that `Channel` names. Mail is one; every chat in
the table of `services` is another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.db import models
from django.utils.functional import Promise as Lazy

from kept.outbox.models import Letter
from kept.people.models import Member


class RefusedForGood(Exception):
    """Whoever answers there will never take it; the sentence holds nothing of the address."""


class NotTaken(Exception):
    """It was not taken now, and may be later; the sentence holds nothing of the address."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told.

    Attributes:
        subject: one line.
        body: plain text; `{link}` stands where the address of the page to answer on goes.
        about: the row that it comes from.
        link: the row whose page `{link}` is, where there is one.
        address: that page's address.
        thread: the promise whose letters it belongs to, by its number.
    """

    subject: str
    body: str
    about: models.Model
    link: models.Model | None = None
    address: str = ""
    thread: int | None = None


class Channel(Protocol):
    """One way to reach people."""

    name: str
    label: "str | Lazy"
    #: It only writes rows, which are sent later: writing them is part of marking the message.
    in_house: bool

    def reaches(self, member: Member, address: str) -> bool:
        """Say whether it can reach a member, at the address their charter names."""
        ...

    def send(self, message: Message, *, to: Member, address: str, now: datetime) -> Letter | None:
        """Send a message, or raise to have it tried again later.

        It may be called again after it was sent, when whoever ran it was killed
        before saying so: the page it leads to is then the same.

        Returns:
            The letter, where it became one.

        Raises:
            RefusedForGood: trying again would not help.
            NotTaken: it may be taken later.
        """
        ...


@lru_cache(maxsize=1)
def known() -> Mapping[str, Channel]:
    """Return every channel by its name, in the order in which a charter offers them."""
    # They are written in terms of `Channel`.
    from kept.last_mile.channels.chat import Chat
    from kept.last_mile.channels.mail import Mail
    from kept.last_mile.channels.services import SERVICES

    channels: tuple[Channel, ...] = (Mail(), *(Chat(service) for service in SERVICES))
    return {channel.name: channel for channel in channels}


def named(name: str) -> Channel | None:
    """Return a channel by its name."""
    return known().get(name)
