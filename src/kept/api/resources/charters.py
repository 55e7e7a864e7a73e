"""How one may be chased: one's own hours, cap and channels; and taking it all back."""

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Asked, ClockTime, Id, Shown
from kept.last_mile import channels, consent, ways
from kept.last_mile.ways import Wanted
from kept.people import charters
from kept.people.access import Policy
from kept.people.capacity import WEEKDAYS
from kept.people.charters import Reachable
from kept.people.models import CharterChannel

door = Door("charter", way_id=CharterChannel)
WAY = "/charter/ways/{int:way_id}"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ChannelName = Literal[
    "mail", "slack", "teams", "telegram", "ntfy", "mattermost", "discord", "google_chat",
    "rocket_chat", "zulip", "gotify", "webex", "nextcloud_talk", "signal", "pushover",
    "pushbullet", "json",
]  # fmt: skip
Address = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]


class ReachedBy(Shown):
    """One way to be reached."""

    id: int = Field(description="Its number; 0, the usual way, until you say otherwise.")
    kind: ChannelName = Field(description="The channel.")
    shown: str = Field(description="What is shown of it; the whole address never is.")


class Charter(Shown):
    """How you may be chased."""

    in_force: bool = Field(description="False: you took your consent back.")
    asked_from: str | None = Field(description="From when in the day; null, at any hour.")
    asked_until: str | None = Field(description="Until when; over midnight if it is earlier.")
    weekdays: list[Weekday] = Field(description="On which days.")
    daily_cap: int = Field(description="How often a day at most.")
    top_rung: bool = Field(description="The ice bucket reaches you at any hour.")
    digest: bool = Field(description="You get a digest as your hours begin.")
    ways: list[ReachedBy] = Field(description="By what, in order.")


class ReachBy(Asked):
    """One way to be reached: one that is there, mail, or a new address."""

    id: Id | None = Field(None, description="One that is there, by its number.")
    kind: ChannelName | None = Field(None, description="The channel; left out, the address says.")
    address: Address | None = Field(None, description="Where it leads; kept sealed.")


class NewWay(Asked):
    """A way to be reached."""

    address: Address = Field(
        description="As the chat gives it out, as Apprise writes it, or the word mail."
    )


class WayPlace(Asked):
    """Where a way stands among yours."""

    position: int = Field(ge=1, le=6, description="1 is tried first.")


class CharterChange(Asked):
    """What changes of how you may be chased."""

    asked_from: ClockTime | None = Field(None, description="From when in the day.")
    asked_until: ClockTime | None = Field(None, description="Until when.")
    any_hour: bool = Field(False, description="At any hour, instead.")
    weekdays: list[Weekday] | None = Field(None, max_length=7, description="On which days.")
    daily_cap: int | None = Field(None, ge=1, le=20, description="How often a day at most.")
    top_rung: bool | None = Field(None, description="The ice bucket may reach you at any hour.")
    digest: bool | None = Field(None, description="A digest as your hours begin.")
    ways: list[ReachBy] | None = Field(
        None, min_length=1, max_length=6, description="By what, in order; it replaces what was."
    )


class HandedBack(Shown):
    """What is nobody's any more."""

    stages: list[int] = Field(description="Stages.")
    promises: list[int] = Field(description="Promises whose last mile it was.")


def _charter(who: Reachable) -> dict[str, Any]:
    row = who.charter or charters.usual(who.member)
    return {
        "in_force": who.charter is not None,
        "asked_from": _clock(row.quiet_until),
        "asked_until": _clock(row.quiet_from),
        "weekdays": [WEEKDAYS[day] for day in charters.spoken_days(row)],
        "daily_cap": row.daily_cap,
        "top_rung": row.top_rung,
        "digest": row.digest,
        "ways": [
            {"id": way.key, "kind": way.kind, "shown": ways.named(way)}
            for way in who.ways
            if way.kind in channels.known()
        ],
    }


def _clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"


@door.read("/charter", Policy.MEMBER, Charter)
def show_charter(request: ApiRequest) -> dict[str, Any]:
    """Show how you may be chased."""
    return _charter(charters.reachable(request.member))


@door.add("/charter", Policy.MEMBER, Charter, status=200, computes=True)
def change_charter(request: ApiRequest, body: CharterChange) -> dict[str, Any]:
    """Say how you may be chased; what is left out stays."""
    changes: charters.CharterChanges = {}
    if body.any_hour:
        changes["quiet_from"] = changes["quiet_until"] = None
    if body.asked_from is not None:
        changes["quiet_until"] = time.fromisoformat(body.asked_from)
    if body.asked_until is not None:
        changes["quiet_from"] = time.fromisoformat(body.asked_until)
    if body.weekdays is not None:
        changes["weekdays"] = charters.bits(WEEKDAYS.index(day) for day in body.weekdays)
    if body.daily_cap is not None:
        changes["daily_cap"] = body.daily_cap
    if body.top_rung is not None:
        changes["top_rung"] = body.top_rung
    if body.digest is not None:
        changes["digest"] = body.digest
    if body.ways is not None:
        wanted = [Wanted(way.kind or "", way.address or "", way.id or 0) for way in body.ways]
        changes["ways"] = ways.read(request.member, wanted, by=request.member)
    request.begin()  # where addresses lead was looked up before
    charters.change(request.member, by=request.member, now=request.now, **changes)
    return _charter(charters.reachable(request.member))


@door.add("/charter/ways", Policy.MEMBER, Charter, computes=True)
def add_way(request: ApiRequest, body: NewWay) -> dict[str, Any]:
    """Add a way to reach you, after those that are there."""
    wanted = ways.with_new(request.member, body.address)
    found = ways.read(request.member, wanted, by=request.member)
    request.begin()
    charters.change(request.member, ways=found, by=request.member, now=request.now)
    return _charter(charters.reachable(request.member))


@door.add(f"{WAY}/move", Policy.MEMBER, Charter, status=200)
def move_way(request: ApiRequest, way_id: int, body: WayPlace) -> dict[str, Any]:
    """Put a way into another place."""
    ways.move(request.member, way_id, to=body.position, by=request.member, now=request.now)
    return _charter(charters.reachable(request.member))


@door.add(f"{WAY}/test", Policy.MEMBER, Charter, status=200, reads="", computes=True)
def test_way(request: ApiRequest, way_id: int) -> dict[str, Any]:
    """Send a few words by a way, now; 409 if they are not taken."""
    ways.test(request.member, way_id, by=request.member, now=request.now)
    request.begin()  # nobody waits for a chat that is slow
    return _charter(charters.reachable(request.member))


@door.remove(WAY, Policy.MEMBER, version_of="")
def remove_way(request: ApiRequest, way_id: int) -> None:
    """Take a way off."""
    ways.remove(request.member, way_id, by=request.member, now=request.now)


@door.read("/charter/revoke", Policy.MEMBER, HandedBack)
def foresee_revoking(request: ApiRequest) -> dict[str, Any]:
    """Say what taking your consent back would hand back."""
    return _handed_back(consent.foresee(request.member))


@door.add("/charter/revoke", Policy.MEMBER, HandedBack, status=200, reads="")
def revoke_charter(request: ApiRequest) -> dict[str, Any]:
    """Take your consent back: what you own is nobody's then, for everybody to see."""
    return _handed_back(consent.revoke(request.member, by=request.member, now=request.now))


def _handed_back(back: consent.HandedBack) -> dict[str, Any]:
    return {
        "stages": [stage.pk for stage in back.stages],
        "promises": [promise.pk for promise in back.last_miles],
    }
