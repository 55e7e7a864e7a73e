"""By what one is reached, in which order: one's own addresses, tested, and never shown again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kept.last_mile import channels
from kept.last_mile.channels import Message, NotTaken, RefusedForGood, sealing, services
from kept.outbox.outward import LookUp
from kept.people import access, charters
from kept.people.charters import NotTheirs, Way
from kept.people.models import Charter, Member, Role
from kept.tenancy.refusals import Conflict, NotFound, Refused

MAIL = "mail"


class NoSuchWay(NotFound):
    """They are not reached by that."""


class NotThere(Conflict):
    """A test did not arrive."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A way as somebody names it: one that is there by its key, or a new one.

    Attributes:
        kind: the channel; left out, the address says.
        address: as it is typed.
    """

    kind: str = ""
    address: str = ""
    key: int = 0


def read(
    member: Member, wanted: Sequence[Wanted], *, by: Member, look_up: LookUp | None = None
) -> list[Way]:
    """Return ways as they are kept; where a new one leads is looked up, and nothing is written.

    Raises:
        NotTheirs: it is somebody else's to say.
        Refused: no such channel, no whole address, or one that leads where kept does not go.
    """
    _demand(member, by)
    there = {way.key: way for way in charters.reachable(member).ways}
    return [_way(each, there, look_up) for each in wanted]


def arrange(
    member: Member,
    wanted: Sequence[Wanted],
    *,
    by: Member,
    now: datetime,
    look_up: LookUp | None = None,
) -> Charter:
    """Say by what one is reached: the first is taken, the next where that one fails.

    It refuses as `read` does.
    """
    found = read(member, wanted, by=by, look_up=look_up)
    return charters.change(member, ways=found, by=by, now=now)


def with_new(member: Member, address: str) -> list[Wanted]:
    """Return the ways that are there, and one more."""
    if address.strip().casefold() == MAIL:
        return [*_as_they_are(member), Wanted(MAIL)]
    return [*_as_they_are(member), Wanted(address=address)]


def add(
    member: Member, address: str, *, by: Member, now: datetime, look_up: LookUp | None = None
) -> Charter:
    """Add a way, after those that are there; it refuses as `read` does."""
    return arrange(member, with_new(member, address), by=by, now=now, look_up=look_up)


def remove(member: Member, key: int, *, by: Member, now: datetime) -> Charter:
    """Take a way off."""
    _demand(member, by)
    found = _found(member, key)
    left = [each for each in _as_they_are(member) if each.key != found.key]
    return arrange(member, left, by=by, now=now)


def move(member: Member, key: int, *, to: int, by: Member, now: datetime) -> Charter:
    """Put a way into another place; the first is 1, and beyond the last is the last."""
    _demand(member, by)
    found = _found(member, key)
    others = [each for each in _as_they_are(member) if each.key != found.key]
    others.insert(max(0, to - 1), Wanted(key=found.key))
    return arrange(member, others, by=by, now=now)


def is_theirs(member: Member, key: int, *, by: Member) -> None:
    """See that a way is one of theirs.

    Raises:
        NoSuchWay: it is not.
    """
    _demand(member, by)
    _found(member, key)


def test(member: Member, key: int, *, by: Member, now: datetime) -> None:
    """Send a few words by a way, now: whoever gets them knows that it leads to them.

    Raises:
        NotThere: they were not taken; the sentence says how.
    """
    _demand(member, by)
    way = _found(member, key)
    channel = channels.named(way.kind)
    if channel is None or not channel.reaches(member, way.address):
        raise NotThere(_("This way leads to nobody any more. Take it off."))
    message = Message(
        subject=_("A test from kept"),
        body=_("Hello %(name)s,\n\nkept reaches you here. Nothing is wanted of you.\n%(link)s")
        % {"name": member.first_name, "link": settings.PUBLIC_URL},
        about=member,
    )
    try:
        if channel.in_house:
            with transaction.atomic():
                channel.send(message, to=member, address=way.address, now=now)
        else:
            channel.send(message, to=member, address=way.address, now=now)
    except (RefusedForGood, NotTaken) as error:
        raise NotThere(
            _("The test did not arrive. %(why)s") % {"why": error}, field="way"
        ) from None


def named(way: Way) -> str:
    """Return what may be shown of a way: “mail”, “Slack, …x7Qk”."""
    channel = channels.named(way.kind)
    return way.hint or (way.kind if channel is None else str(channel.label))


def _way(wanted: Wanted, there: dict[int, Way], look_up: LookUp | None) -> Way:
    if wanted.key:
        if wanted.key not in there:
            raise Refused(_("You are not reached by that."), field="ways")
        return there[wanted.key]
    if wanted.kind and wanted.kind not in channels.known():
        raise Refused(
            _("“%(kind)s” is no channel. There are: %(known)s. Nothing was kept.")
            % {"kind": wanted.kind[:20], "known": ", ".join(channels.known())},
            field="ways",
        )
    if wanted.kind == MAIL:
        if wanted.address:
            raise Refused(
                _("Mail goes to your own address. Leave the other one out. Nothing was kept."),
                field="ways",
            )
        return Way(MAIL)
    read = services.read(wanted.address, look_up=look_up)
    if wanted.kind and wanted.kind != read.service.name:
        raise Refused(
            _("This is an address of %(label)s. Nothing was kept.") % {"label": read.service.label},
            field="ways",
        )
    return Way(read.service.name, sealing.seal(read.text), read.hint)


def _as_they_are(member: Member) -> list[Wanted]:
    """Return the ways that are there; the usual one is kept in no row yet."""
    ways = charters.reachable(member).ways
    return [Wanted(key=way.key) if way.key else Wanted(way.kind) for way in ways]


def _found(member: Member, key: int) -> Way:
    for way in charters.reachable(member).ways:
        if way.key == key:
            return way
    raise NoSuchWay(_("You are not reached by that."))


def _demand(member: Member, by: Member) -> None:
    access.demand(by, Role.MEMBER)
    if member.pk != by.pk:
        raise NotTheirs(
            _("How %(name)s may be chased is theirs to say.") % {"name": member.first_name}
        )
