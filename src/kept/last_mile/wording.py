"""What an alarm says: to whoever is asked, and in one line on the board. Members read it only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.last_mile import undelivered
from kept.last_mile.channels import Message
from kept.last_mile.digests import Digest
from kept.last_mile.models import Alarm, AlarmAnswer, Envelope, Kind, Notice, Rung
from kept.last_mile.notices import page_of
from kept.outbox.letters import LINK
from kept.people.models import Member

#: A message that leaves so much after its moment says so.
LATE_AFTER = timedelta(minutes=15)


def message(
    envelope: Envelope, notices: Sequence[Notice], digest: Digest | None, *, now: datetime
) -> Message:
    """Return what goes out in an envelope, as it leaves now."""
    member = envelope.member
    # Of two rungs of one alarm the upper one says it all.
    upper = {notice.alarm_id: notice for notice in sorted(notices, key=lambda each: each.rung)}
    told = [_Told(notice, _rung_of(notice)) for notice in upper.values()]
    parts = [_("Hello %(name)s,") % {"name": member.first_name}]
    if len(told) == 1:
        parts += _paragraphs(told[0], member)
    else:
        parts += [
            f"{number}. " + "\n".join([each.subject, *_paragraphs(each, member)])
            for number, each in enumerate(told, start=1)
        ]
    if any(notice.late or now - notice.due_at > LATE_AFTER for notice in notices):
        meant_at = min(notice.meant_at for notice in notices)
        parts.append(
            _("This comes late: it was meant for %(moment)s.")
            % {"moment": words.moment(meant_at, member.zone)}
        )
    if told:
        parts.append(
            _(
                "Say here that you know, and what you can say: done by …, blocked by …, or that "
                "you need help:"
            )
            + f"\n{LINK}"
        )
    if digest is not None:
        parts += digest.paragraphs
        if not told:
            parts.append(_("All of it is here:") + f"\n{LINK}")
    parts.append(_signed(notices, member))
    link = told[0].notice if told else envelope
    threads = {notice.alarm.promise_id for notice in notices}
    return Message(
        subject=_subject(told, digest),
        body="\n\n".join(part for part in parts if part),
        about=link if told else member,
        link=link,
        address=page_of(link),
        thread=threads.pop() if len(threads) == 1 else None,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    notice: Notice
    rung: Rung

    @property
    def subject(self) -> str:
        return subject(self.notice.alarm, self.rung)


def _rung_of(notice: Notice) -> Rung:
    return Rung.objects.get(ladder_id=notice.alarm.ladder_id, position=notice.rung)


def _paragraphs(told: _Told, member: Member) -> list[str]:
    alarm = told.notice.alarm
    said = [sentence(alarm, zone=member.zone), why_you(alarm, told.rung, member)]
    return [each for each in said if each]


def _subject(told: Sequence[_Told], digest: Digest | None) -> str:
    if not told:
        return "" if digest is None else digest.subject
    if len(told) == 1:
        return told[0].subject
    return words.capital(
        _("%(count)s things want your word: %(what)s")
        % {
            "count": words.spelled(len(told)),
            "what": words.listed(dict.fromkeys(what(each.notice.alarm) for each in told)),
        }
    )[:200]


def _signed(notices: Sequence[Notice], member: Member) -> str:
    names = {signed(notice.alarm) for notice in notices}
    return names.pop() if len(names) == 1 else member.organisation.name


def subject(alarm: Alarm, rung: Rung) -> str:
    """ "Knock: Client portal, step 2"."""
    return _("%(rung)s: %(what)s") % {
        "rung": words.capital(str(Rung.Name(rung.name).label)),
        "what": what(alarm),
    }


def what(alarm: Alarm) -> str:
    """Return the work that an alarm is about, in a word."""
    if alarm.promise is not None:
        return f"{alarm.promise.job.title}, {alarm.promise.client.name}"
    if alarm.job is not None:
        return alarm.job.title
    return str(Kind(alarm.kind).label)


#: What happened, by what an alarm is about.
_HAPPENED: Mapping[Kind, Lazy | str] = {
    Kind.ASKED: gettext_lazy("%(asker)s asks about %(what)s: %(question)s"),
    Kind.AT_RISK: gettext_lazy("%(what)s is at risk: its chance is %(chance)s, under the line."),
    Kind.DRIFT: gettext_lazy(
        "%(what)s drifts: its chance is %(chance)s, clearly lower than when the client was last "
        "told."
    ),
    Kind.SILENCE: gettext_lazy("%(name)s was asked to own %(part)s of %(what)s, and is silent."),
    Kind.STUCK: gettext_lazy("“%(stage)s” of %(what)s is stuck near the end."),
    Kind.OBLIGATION: gettext_lazy(
        "The client of %(what)s owes %(owed)s since %(due)s. Ask them, or pause it."
    ),
    Kind.UNDELIVERABLE: gettext_lazy(
        "A message to %(to)s could not be delivered. Reach them another way."
    ),
    Kind.HOLD: gettext_lazy("The capacity held for %(what)s lapses %(expires)s."),
}


def sentence(alarm: Alarm, *, zone: str) -> str:
    """Return what happened, in a sentence or two."""
    owed, hold = alarm.obligation, alarm.hold
    told = {
        "what": what(alarm),
        "name": alarm.asked.first_name,
        "asker": "" if alarm.raised_by is None else alarm.raised_by.first_name,
        "question": alarm.question or _("how does it stand?"),
        "chance": "" if alarm.chance_then is None else words.percent(alarm.chance_then),
        "stage": "" if alarm.stage is None else alarm.stage.name,
        "part": _("last mile") if alarm.stage is None else f"“{alarm.stage.name}”",
        "owed": "" if owed is None else owed.what,
        "due": "" if owed is None else words.moment(owed.due_at, zone),
        "to": alarm.question if alarm.letter is None else alarm.letter.to_name,
        "expires": "" if hold is None else words.moment(hold.expires_at, zone),
    }
    if alarm.kind == Kind.ANSWER:
        return _overdue(alarm, told, zone)
    if alarm.cause.startswith(undelivered.OF_WEBHOOK):
        return (
            _(
                "The webhook “%(to)s” takes no messages any more. Mend its receiver; what "
                "was not taken can be sent again."
            )
            % told
        )
    return str(_HAPPENED[Kind(alarm.kind)]) % told


def in_short(alarm: Alarm, *, zone: str) -> str:
    """Return what happened, beside the promise's own name: “At risk: 65 %, under the line.”"""
    chance = "" if alarm.chance_then is None else words.percent(alarm.chance_then)
    told = {
        "name": alarm.asked.first_name,
        "chance": chance,
        "stage": "" if alarm.stage is None else alarm.stage.name,
    }
    match Kind(alarm.kind):
        case Kind.AT_RISK:
            return _("At risk: %(chance)s, under the line.") % told
        case Kind.DRIFT:
            return _("Drifts: %(chance)s, clearly lower than the client was told.") % told
        case Kind.SILENCE:
            if alarm.stage is None:
                return _("%(name)s is silent about the last mile.") % told
            return _("%(name)s is silent about “%(stage)s”.") % told
        case Kind.STUCK:
            return _("“%(stage)s” is stuck: nothing happened on it.") % told
        case Kind.OBLIGATION:
            owed = "" if alarm.obligation is None else alarm.obligation.what
            return _("The client owes %(owed)s.") % {"owed": owed}
        case Kind.ANSWER:
            return _("%(name)s’s answer is overdue.") % told
    return sentence(alarm, zone=zone)


def _overdue(alarm: Alarm, told: dict[str, str], zone: str) -> str:
    answer = AlarmAnswer.objects.filter(alarm=alarm.follows_id).order_by("-pk").first()
    if answer is None:
        return _("%(name)s knows about %(what)s, and owes an answer.") % told
    told |= {"said": said(answer, zone=zone)}
    return _("%(name)s said about %(what)s: %(said)s That has passed.") % told


_SAID: Mapping[AlarmAnswer.Kind, Lazy | str] = {
    AlarmAnswer.Kind.DONE_BY: gettext_lazy("Done by %(due)s."),
    AlarmAnswer.Kind.BLOCKED_BY: gettext_lazy("Blocked by %(what)s; look again %(due)s."),
    AlarmAnswer.Kind.NEED_HELP: gettext_lazy("Need help: %(what)s; by %(due)s."),
}


def said(answer: AlarmAnswer, *, zone: str) -> str:
    """ "Done by Thu 3 Dec, 11:00. “Printer promised it for ten.”"."""
    told = str(_SAID[AlarmAnswer.Kind(answer.kind)]) % {
        "what": answer.words.rstrip("."),
        "due": words.moment(answer.due_at, zone),
    }
    if answer.kind == AlarmAnswer.Kind.DONE_BY and answer.words:
        return f"{told} “{answer.words}”"
    return told


def why_you(alarm: Alarm, rung: Rung, member: Member) -> str:
    """Say why somebody who is not the one asked hears of it."""
    if alarm.asked_id == member.pk:
        return ""
    told = {"name": alarm.asked.first_name, "rung": str(Rung.Name(rung.name).label)}
    return _("%(name)s was asked and did not answer. You hear of it on the rung “%(rung)s”.") % told


def signed(alarm: Alarm) -> str:
    """Return in whose name a message goes."""
    house = alarm.organisation.name
    if alarm.raised_by is not None:
        return f"{alarm.raised_by.name}, {house}"
    if alarm.promise is not None and alarm.promise.last_mile_owner is not None:
        return _("for %(name)s, %(house)s") % {
            "name": alarm.promise.last_mile_owner.name,
            "house": house,
        }
    return house
