"""How the board tells an alarm: a transcript with times, and what comes next and why it waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.last_mile import channels, reaching, wording
from kept.last_mile.board import Board, Case, Row
from kept.last_mile.models import Alarm, AlarmAnswer, Kind, Notice, Rung
from kept.people import charters
from kept.people.charters import Reachable
from kept.people.models import Member


@dataclass(frozen=True)
class Line:
    """One line of a transcript: when, and what, its first words strong."""

    at: str
    strong: str
    text: str
    moment: datetime


def transcript(case: Case, *, zone: str, now: datetime) -> list[Line]:
    """Return what happened to an alarm, in order."""
    alarm = case.alarm
    told: list[tuple[datetime, str, str]] = [(alarm.raised_at, *_opening(alarm, zone))]
    names = {rung.position: Rung.Name(rung.name) for rung in case.rungs}
    for position in sorted(case.climbed):
        group = [notice for notice in case.notices if notice.rung == position]
        first = min(group, key=lambda notice: notice.written_at)
        if position == min(case.climbed) and not first.late and alarm.kind == Kind.ASKED:
            told += [(first.written_at, "", passed) for passed in _passed(group)]
            continue  # the rest of it the opening says
        said = climbed(names[position], [notice.member for notice in group])
        waits = min(notice.due_at for notice in group)
        if waits > max(now, first.written_at):
            said += " " + _("It waits until %(moment)s.") % {"moment": near(waits, zone, now)}
        if first.late:
            said += " " + _("Late: meant for %(moment)s.") % {
                "moment": near(first.meant_at, zone, now)
            }
        for passed in _passed(group):
            said += f" {passed}"
        if any(_is_lost(notice) for notice in group):
            said += " " + _("It could not be delivered.")
        told.append((first.written_at, "", said))
    if alarm.acknowledged_at is not None and alarm.acknowledged_by is not None:
        answered_then = any(row.said_at == alarm.acknowledged_at for row in case.answers)
        if not answered_then:
            knows = _("%(name)s knows.") % {"name": alarm.acknowledged_by.first_name}
            if alarm.answer_due_at is not None:
                knows += " " + _("An answer is owed by %(moment)s.") % {
                    "moment": near(alarm.answer_due_at, zone, now)
                }
            told.append((alarm.acknowledged_at, "", knows))
    for row in case.answers:
        strong, rest = answer(row, zone=zone, now=now)
        told.append((row.said_at, strong, rest))
    if alarm.closed_at is not None:
        told.append((alarm.closed_at, "", _closed(alarm)))
    told.sort(key=lambda each: each[0])
    return [Line(_stamp(at, zone, now), strong, text, at) for at, strong, text in told]


def _is_lost(notice: Notice) -> bool:
    envelope = notice.envelope
    return notice.failed_at is not None or (envelope is not None and envelope.failed_at is not None)


def _passed(group: Sequence[Notice]) -> list[str]:
    """Say which channels of whom did not take it, and why; another one was tried then."""
    return [
        _("%(name)s’s %(channel)s did not take it: %(why)s")
        % {
            "name": notice.member.first_name,
            "channel": each["channel"] if channel is None else channel.label,
            "why": each["why"],
        }
        for notice in group
        if notice.envelope is not None
        for each in notice.envelope.passed
        for channel in [channels.named(each["channel"])]
    ]


def _opening(alarm: Alarm, zone: str) -> tuple[str, str]:
    name = alarm.asked.first_name
    if alarm.kind == Kind.ASKED:
        question = alarm.question or _("how does it stand?")
        return _("Asked %(name)s:") % {"name": name}, question
    return "", wording.in_short(alarm, zone=zone)


def climbed(rung: Rung.Name, members: Sequence[Member]) -> str:
    """ "Knocked: Rui."."""
    names = words.listed(member.first_name for member in members)
    match rung:
        case Rung.Name.NUDGE:
            return _("Nudged %(names)s.") % {"names": names}
        case Rung.Name.KNOCK:
            return _("Knocked: %(names)s.") % {"names": names}
        case Rung.Name.HUDDLE:
            return _("Huddle: %(names)s.") % {"names": names}
        case Rung.Name.LEAD:
            return _("Told %(names)s, who leads.") % {"names": names}
        case Rung.Name.ICE_BUCKET:
            return _("Ice bucket: %(names)s.") % {"names": names}


def answer(row: AlarmAnswer, *, zone: str, now: datetime) -> tuple[str, str]:
    """ "Done by", "Thu 3 Dec, 11:00. “Printer promised it for ten.”"."""
    due = near(row.due_at, zone, now)
    quoted = f"“{row.words}”" if row.words else ""
    match AlarmAnswer.Kind(row.kind):
        case AlarmAnswer.Kind.DONE_BY:
            told = _("Done by"), f"{due}. {quoted}".strip()
        case AlarmAnswer.Kind.BLOCKED_BY:
            told = (
                _("Blocked by"),
                _("%(what)s. Looks again %(due)s.")
                % {
                    "what": row.words.rstrip("."),
                    "due": due,
                },
            )
        case AlarmAnswer.Kind.NEED_HELP:
            told = (
                _("Needs help:"),
                _("%(what)s. By %(due)s.")
                % {
                    "what": row.words.rstrip("."),
                    "due": due,
                },
            )
    match row.outcome:
        case AlarmAnswer.Outcome.KEPT:
            return told[0], told[1] + " " + _("That came true.")
        case AlarmAnswer.Outcome.MISSED:
            return told[0], told[1] + " " + _("That passed.")
    return told


def _closed(alarm: Alarm) -> str:
    match Alarm.Why(alarm.closed_why):
        case Alarm.Why.DONE:
            return _("Closed: it is done.")
        case Alarm.Why.OVER:
            return _("Closed: what raised it is over.")
        case Alarm.Why.MISSED:
            return _("It was not so, and was raised again.")
        case Alarm.Why.PERSON:
            name = "" if alarm.closed_by is None else alarm.closed_by.first_name
            return _("%(name)s closed it.") % {"name": name}


def ladder_note(row: Row, board: Board, *, zone: str, now: datetime) -> str:
    """Say what comes next for a promise and why it waits."""
    running = [case for case in row.cases if case.alarm.state == Alarm.State.RAISED]
    if running:
        return next_rung(running[0], zone=zone, now=now)
    open_ones = [case for case in row.cases if case.alarm.closed_at is None]
    if open_ones:
        return _stopped(open_ones[-1], zone=zone, now=now)
    closed = [case for case in row.cases if case.alarm.closed_at is not None]
    if closed:
        at = closed[-1].alarm.closed_at
        assert at is not None
        return _("Closed %(moment)s.") % {"moment": near(at, zone, now)}
    if row.silent:
        found = [who for who in board.people if who.member.pk == row.silent[0].member_id]
        if found:
            return would_reach(found[0], board, now=now, zone=zone)
    return ""


def next_rung(case: Case, *, zone: str, now: datetime) -> str:
    """ "Next: huddle, 16:00 today."."""
    alarm = case.alarm
    if case.next_rung is None or alarm.next_at is None:
        return _("The top was reached. Nobody answered.")
    name = str(Rung.Name(case.next_rung.name).label)
    return _("Next: %(rung)s, %(moment)s.") % {
        "rung": name,
        "moment": near(max(alarm.next_at, now), zone, now),
    }


def _stopped(case: Case, *, zone: str, now: datetime) -> str:
    alarm, running = case.alarm, case.running
    if running is not None:
        return _("Stopped: %(name)s answered. It starts again only if %(moment)s passes.") % {
            "name": running.said_by.first_name,
            "moment": near(running.due_at, zone, now),
        }
    if alarm.answer_due_at is not None:
        return _("Stopped: %(name)s knows. It goes on at %(moment)s without an answer.") % {
            "name": "" if alarm.acknowledged_by is None else alarm.acknowledged_by.first_name,
            "moment": near(alarm.answer_due_at, zone, now),
        }
    return _("Stopped.")


def would_reach(who: Reachable, board: Board, *, now: datetime, zone: str) -> str:
    """ "A nudge now reaches Kai at once: he works until 18:00 and has had 1 of 3 today."."""
    moment = reaching.first_moment(who, at=now)
    told = {"name": who.member.first_name}
    if who.charter is None or moment is None:
        return _("%(name)s cannot be asked.") % told
    if moment > now:
        return _("A nudge now reaches %(name)s %(moment)s.") % {
            **told,
            "moment": near(moment, zone, now),
        }
    return _("A nudge now reaches %(name)s at once: %(had)s of %(cap)s today.") % {
        **told,
        "had": board.asked_today.get(who.member.pk, 0),
        "cap": who.charter.daily_cap,
    }


def lead(board: Board, *, zone: str, now: datetime) -> str:
    """ "Five promises. One answer is owed to you today: Rui, by 16:00. One is silent: Kai."."""
    count = len(board.rows)
    parts = [
        words.capital(
            ngettext("%(count)s promise.", "%(count)s promises.", count)
            % {"count": words.spelled(count)}
        )
        if count
        else _("No promise is yours to see over the line.")
    ]
    owed = [
        case.alarm
        for row in board.rows
        for case in row.cases
        if case.alarm.state == Alarm.State.ACKNOWLEDGED and case.alarm.answer_due_at is not None
    ]
    if owed:
        names = words.listed(
            _("%(name)s, by %(moment)s")
            % {
                "name": alarm.asked.first_name,
                "moment": near(alarm.answer_due_at, zone, now),
            }
            for alarm in owed
            if alarm.answer_due_at is not None
        )
        said = ngettext(
            "%(count)s answer is owed to you: %(names)s.",
            "%(count)s answers are owed to you: %(names)s.",
            len(owed),
        )
        parts.append(words.capital(said % {"count": words.spelled(len(owed)), "names": names}))
    silent = {
        each.member_id: each.member.first_name for row in board.rows for each in row.silent
    } | {
        case.alarm.asked_id: case.alarm.asked.first_name
        for row in board.rows
        for case in row.cases
        if case.alarm.state == Alarm.State.RAISED and case.is_heard(now)
    }
    if silent:
        said = ngettext(
            "%(count)s person is silent: %(names)s.",
            "%(count)s people are silent: %(names)s.",
            len(silent),
        )
        names = words.listed(silent.values())
        parts.append(words.capital(said % {"count": words.spelled(len(silent)), "names": names}))
    return " ".join(parts)


def near(at: datetime, zone: str, now: datetime) -> str:
    """ "16:00 today", "Thu 3 Dec, 10:00"."""
    if zones.day_of(at, zone) == zones.day_of(now, zone):
        return _("%(time)s today") % {"time": words.clock(zones.local(at, zone))}
    return words.moment(at, zone, today=zones.day_of(now, zone))


def _stamp(at: datetime, zone: str, now: datetime) -> str:
    """ "13:05" today, "Mon 15:20" this week, "12 Nov" before."""
    local, today = zones.local(at, zone), zones.day_of(now, zone)
    if local.date() == today:
        return words.clock(local)
    if today - local.date() < timedelta(days=6):
        return f"{words.short_weekday(local.date())} {words.clock(local)}"
    return words.short_day(local.date())


@dataclass(frozen=True)
class Hours:
    """When somebody may be asked today, as shares of the viewer's day, and in words."""

    between: list[tuple[float, float]]
    told: str


def hours(who: Reachable, *, zone: str, now: datetime) -> Hours:
    """Return when somebody may be asked on this day of the viewer's zone."""
    if who.charter is None:
        return Hours([], _("took it back"))
    today = zones.day_of(now, zone)
    start = zones.start_of(today, zone)
    length = zones.start_of(today + timedelta(days=1), zone) - start
    between = []
    for day in (today + timedelta(days=n) for n in (-1, 0, 1)):
        if not who.is_asked_on(day):
            continue
        opens, closes = charters.open_hours(who.charter, day, who.member.zone)
        first = max(0.0, (opens - start) / length)
        last = min(1.0, (closes - start) / length)
        if first < last:
            between.append((first, last))
    return Hours(between, _told(who, between, today))


def _told(who: Reachable, between: list[tuple[float, float]], today: date) -> str:
    charter = who.charter
    if not between or charter is None:
        return _("away") if who.is_away(today) else _("not today")
    if charter.quiet_from is None or charter.quiet_until is None:
        return _("any hour")
    return f"{charter.quiet_until:%H:%M}–{charter.quiet_from:%H:%M}"
