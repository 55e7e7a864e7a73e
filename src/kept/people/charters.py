"""How a member may be chased, and when: consent with limits, theirs to set and to take back.

Saying yes to a stage or a last mile includes consent to be chased for it until
it is done. Until somebody says otherwise they are reached by mail, in the hours
and on the days that they work, three times a day at most, and by no top rung.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict, Unpack

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from kept import zones
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Absence, Charter, CharterChannel, Member, Role, WorkingTime
from kept.tenancy import given
from kept.tenancy.refusals import NotAllowed, Refused

#: By mail, to the member's own address.
USUAL_WAYS = (("mail", ""),)
MOST_WAYS = 6
#: Somebody who cannot be asked for so many days cannot be asked.
LOOK_AHEAD_DAYS = 400


class NotTheirs(NotAllowed):
    """Nobody says for somebody else how they may be chased."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a member: a channel's name, and where it leads (empty: the usual place).

    Attributes:
        address: as it is kept.
        hint: what may be shown of it.
        key: of the row it is kept in; 0 where it is kept in none.
    """

    kind: str
    address: str = ""
    hint: str = ""
    key: int = 0


class CharterChanges(TypedDict, total=False):
    """What can be said of how one may be chased."""

    daily_cap: int
    quiet_from: time | None
    quiet_until: time | None
    weekdays: int
    top_rung: bool
    digest: bool
    ways: Sequence[Way]


@dataclass(frozen=True)
class Reachable:
    """Somebody, and how they may be chased.

    Attributes:
        charter: as it is in force, or the usual one (not kept); None: they took consent back.
        ways: in order.
        away: whole days on which nobody asks, in pairs, both ends included.
    """

    member: Member
    charter: Charter | None
    ways: Sequence[Way]
    away: Sequence[tuple[date, date]]

    def next_moment(self, at: datetime) -> datetime | None:
        """Return the first moment from `at` on at which they may be asked; None if there is none.

        Quiet hours, days they do not work, holidays and absences are waited out,
        all by the member's own calendar and clock.
        """
        if self.charter is None:
            return None
        zone = self.member.zone
        # What was opened yesterday evening may still be open.
        day = zones.day_of(at, zone) - timedelta(days=1)
        for _step in range(LOOK_AHEAD_DAYS):
            if self.is_asked_on(day):
                opens, closes = open_hours(self.charter, day, zone)
                if at < closes and opens < closes:
                    return max(opens, at)
            day += timedelta(days=1)
        return None

    def is_asked_on(self, day: date) -> bool:
        """Say whether a day is one on which they are asked at all."""
        member, charter = self.member, self.charter
        return (
            charter is not None
            and bool(charter.weekdays >> day.weekday() & 1)
            and day not in days.holidays_in(member.country, member.region, day.year)
            and not self.is_away(day)
        )

    def is_away(self, day: date) -> bool:
        """Say whether they are away on a day."""
        return any(first <= day <= last for first, last in self.away)


def open_hours(charter: Charter, day: date, zone: str) -> tuple[datetime, datetime]:
    """Return from when to when somebody may be asked who works on `day`.

    Quiet from 18:00 until 9:00 leaves that day's 9:00 to 18:00; quiet from 1:00
    until 16:00, as a cook's, leaves 16:00 to 1:00 of the day after. A time that
    the clocks skip lies an hour later; one that they show twice is the first.
    """
    if charter.quiet_from is None or charter.quiet_until is None:
        return zones.start_of(day, zone), zones.start_of(day + timedelta(days=1), zone)
    over_midnight = charter.quiet_from < charter.quiet_until
    closes_on = day + timedelta(days=1) if over_midnight else day
    return (
        _instant(day, charter.quiet_until, zone),
        _instant(closes_on, charter.quiet_from, zone),
    )


def in_force(member: Member) -> Charter | None:
    """Return the charter of a member that is in force; None before the first, and once revoked."""
    return Charter.objects.filter(member=member, revoked_at__isnull=True).first()


def reachable(member: Member) -> Reachable:
    """Return how one member may be chased."""
    return reachables([member])[member.pk]


def reachables(members: Iterable[Member]) -> dict[int, Reachable]:
    """Return how members may be chased, by their keys, in four queries."""
    people = {member.pk: member for member in members}
    newest: dict[int, Charter] = {}
    for each in Charter.objects.filter(member_id__in=people).order_by("pk"):
        newest[each.member_id] = each
    ways: dict[int, list[Way]] = defaultdict(list)
    live = [row.pk for row in newest.values() if row.revoked_at is None]
    for way in CharterChannel.objects.filter(charter_id__in=live).order_by("position"):
        ways[way.charter_id].append(Way(way.kind, way.address, way.hint, way.pk))
    weeks: dict[int, list[WorkingTime]] = defaultdict(list)
    for stretch in WorkingTime.objects.filter(member_id__in=people).order_by("pk"):
        weeks[stretch.member_id].append(stretch)
    away: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for absence in Absence.objects.filter(member_id__in=people):
        away[absence.member_id].append((absence.from_on, absence.to_on))
    found = {}
    for key, member in people.items():
        row = newest.get(key)
        charter = None if row is not None and row.revoked_at is not None else row
        if row is None:
            charter = _usual(member, weeks[key])
        said = ways[row.pk] if row is not None else []
        usual = [Way(*each) for each in USUAL_WAYS]
        found[key] = Reachable(member, charter, tuple(said or usual), tuple(away[key]))
    return found


def usual(member: Member) -> Charter:
    """Return how a member is chased who said nothing yet: by their working week. It is not kept."""
    return _usual(member, list(WorkingTime.objects.filter(member=member)))


def consent(member: Member, *, now: datetime) -> tuple[Charter, list[models.Model]]:
    """Return the charter that a yes of now consents to, and the rows that were written for it.

    They are to be part of the yes's own event, in its transaction. Somebody who
    took consent back gives it anew by saying yes again, as they had set it.
    """
    known = in_force(member)
    if known is None:
        # Of two yeses at once the second one finds the charter of the first.
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        known = in_force(member)
    if known is not None:
        return known, []
    before = Charter.objects.filter(member=member).order_by("-pk").first()
    charter = usual(member)
    ways: Sequence[Way] = [Way(*each) for each in USUAL_WAYS]
    if before is not None:
        for name in ("daily_cap", "quiet_from", "quiet_until", "weekdays", "top_rung", "digest"):
            setattr(charter, name, getattr(before, name))
        ways = _ways_of(before) or ways
    charter.agreed_at = now
    charter.save()
    rows, _gone = _arrange(charter, ways)
    return charter, [charter, *rows]


def change(
    member: Member, *, by: Member, now: datetime, **changes: Unpack[CharterChanges]
) -> Charter:
    """Say how one may be chased; what is not named stays.

    Raises:
        NotTheirs: it is somebody else's to say.
        Refused: hours, days or a number that cannot be.
    """
    access.demand(by, Role.MEMBER)
    if member.pk != by.pk:
        raise NotTheirs(
            _("How %(name)s may be chased is theirs to say.") % {"name": member.first_name}
        )
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        charter, rows = consent(member, now=now)
        is_new = bool(rows)
        before = recording.image_of(charter)
        _set(charter, changes)
        charter.save()
        removed: list[tuple[str, int]] = []
        ways = changes.get("ways")
        if ways is not None:
            made = {row.pk for row in rows if isinstance(row, CharterChannel)}
            arranged, gone = _arrange(charter, _checked(ways))
            removed = [("charterchannel", key) for key in gone if key not in made]
            rows = [
                *(row for row in rows if not isinstance(row, CharterChannel)),
                *(arranged or (_rows_of(charter) if is_new else [])),
            ]
        if not (is_new or rows or removed) and recording.image_of(charter) == before:
            return charter
        rows = [charter, *(row for row in rows if row != charter)]
        recording.record(
            Event.Kind.CHARTER_AGREED if is_new else Event.Kind.CHARTER_CHANGED,
            about=member,
            by=by,
            at=now,
            rows=rows,
            removed=removed,
        )
    return charter


def take_back(member: Member, *, now: datetime) -> Charter:
    """End a member's consent; the caller hands their work back, and writes the event."""
    charter, _rows = consent(member, now=now)
    charter.revoked_at = now
    charter.save(update_fields=["revoked_at"])
    return charter


def _set(charter: Charter, changes: CharterChanges) -> None:
    if "daily_cap" in changes:
        charter.daily_cap = given.count(
            changes["daily_cap"], called=_("A day at most"), field="daily_cap", least=1, most=20
        )
    if "weekdays" in changes:
        if not 1 <= changes["weekdays"] <= 127:
            raise Refused(_("Name at least one day of the week."), field="weekdays")
        charter.weekdays = changes["weekdays"]
    if "top_rung" in changes:
        charter.top_rung = changes["top_rung"]
    if "digest" in changes:
        charter.digest = changes["digest"]
    if "quiet_from" in changes:
        charter.quiet_from = changes["quiet_from"]
    if "quiet_until" in changes:
        charter.quiet_until = changes["quiet_until"]
    if (charter.quiet_from is None) != (charter.quiet_until is None):
        raise Refused(
            _("Say from when until when it is quiet, or leave both empty."), field="quiet_until"
        )
    if charter.quiet_from is not None and charter.quiet_from == charter.quiet_until:
        raise Refused(
            _("Quiet hours that start when they end last all day or not at all. Change one."),
            field="quiet_until",
        )


def _checked(ways: Sequence[Way]) -> list[Way]:
    if not 1 <= len(ways) <= MOST_WAYS:
        raise Refused(
            _("Name one to %(most)s ways to reach you.") % {"most": MOST_WAYS}, field="ways"
        )
    return [
        Way(
            given.one_line(way.kind, called=_("A way to reach you"), field="ways", longest=20),
            given.one_line(
                way.address, called=_("Where it leads"), field="ways", longest=1000, needed=False
            ),
            given.one_line(
                way.hint, called=_("What is shown"), field="ways", longest=120, needed=False
            ),
            way.key,
        )
        for way in ways
    ]


def _rows_of(charter: Charter) -> list[CharterChannel]:
    return list(CharterChannel.objects.filter(charter=charter).order_by("position"))


def _ways_of(charter: Charter) -> list[Way]:
    return [Way(row.kind, row.address, row.hint, row.pk) for row in _rows_of(charter)]


def _arrange(charter: Charter, ways: Sequence[Way]) -> tuple[list[models.Model], list[int]]:
    """Bring a charter's ways into this order; return the rows written, and the keys of those gone.

    A way that was there stays the same row, so that whoever tried it in vain still knows it.
    """
    left = {row.pk: row for row in _rows_of(charter)}

    def known(way: Way) -> CharterChannel | None:
        for row in left.values():
            same = (row.kind, row.address) == (way.kind, way.address)
            if row.pk == way.key or (not way.key and same):
                return left.pop(row.pk)
        return None

    wanted = [(way, known(way)) for way in ways]
    if not left and [row and row.position for _way, row in wanted] == [*range(1, len(ways) + 1)]:
        return [], []
    CharterChannel.objects.filter(pk__in=left).delete()
    # Two of them never stand in one place, not even between two statements.
    CharterChannel.objects.filter(charter=charter).update(position=F("position") + MOST_WAYS)
    rows: list[models.Model] = []
    for position, (way, found) in enumerate(wanted, start=1):
        row = found or CharterChannel(
            charter=charter, kind=way.kind, address=way.address, hint=way.hint
        )
        row.position = position
        row.save()
        rows.append(row)
    return rows, list(left)


def _usual(member: Member, week: Sequence[WorkingTime]) -> Charter:
    """Return a charter by a working week: quiet before its earliest hour and after its latest."""
    charter = Charter(member=member, quiet_from=time(18), quiet_until=time(9))
    if week:
        charter.quiet_until = min(stretch.starts for stretch in week)
        charter.quiet_from = max(stretch.ends for stretch in week)
        charter.weekdays = sum(1 << weekday for weekday in {stretch.weekday for stretch in week})
    return charter


def _instant(day: date, at: time, zone: str) -> datetime:
    # Unlike zones.moment this never refuses: what falls into a gap lies an hour later.
    return datetime.combine(day, at, tzinfo=zones.zone(zone)).astimezone(UTC)


def spoken_days(charter: Charter) -> list[int]:
    """Return the days of the week on which somebody may be asked; 0 is Monday."""
    return [day for day in range(7) if charter.weekdays >> day & 1]


def bits(weekdays: Iterable[int]) -> int:
    """Return days of the week as a charter keeps them."""
    return sum(1 << day for day in set(weekdays))


#: What `reachables` returns.
People = Mapping[int, Reachable]
