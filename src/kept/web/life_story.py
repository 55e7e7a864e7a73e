"""A promise’s life in sentences: delivered, paused, moved, ended, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.clients.models import Contact
from kept.jobs.models import Obligation, Stage
from kept.ledger.models import Event
from kept.promises.models import Delivery, Promise, Proposal, Reason

#: The working day of a house is counted as nine hours (people.days).
_MINUTES_A_DAY = 9 * 60


@dataclass(frozen=True)
class Rows:
    """What the sentences name, by key; read once for the whole story."""

    promise: Promise
    today: date
    contacts: Mapping[int, Contact] = field(default_factory=dict)
    obligations: Mapping[int, Obligation] = field(default_factory=dict)
    stages: Mapping[int, Stage] = field(default_factory=dict)
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    proposals: Mapping[int, Proposal] = field(default_factory=dict)
    reasons: Mapping[int, Reason] = field(default_factory=dict)

    def moment(self, said: object) -> str:
        """A moment that an event wrote, in the client's zone."""
        if not isinstance(said, str):
            return ""
        at = datetime.fromisoformat(said)
        return words.moment(at, self.promise.zone, today=self.today)

    def day(self, said: object) -> str:
        """Its day, as the client's calendar shows it."""
        if not isinstance(said, str):
            return ""
        at = datetime.fromisoformat(said)
        return words.day(zones.day_of(at, self.promise.zone), today=self.today)

    def client(self, event: Event) -> str:
        """Whoever spoke for the client: the contact, if it was said by link."""
        contact = self.contacts.get(_key(event, "contact"))
        return contact.name if contact else str(self.promise.client)


def sentence(event: Event, rows: Rows) -> str | None:
    """Tell one event; None if it is not about a promise's life."""
    told = _SENTENCES.get(event.kind)
    return None if told is None else told(event, rows)


def _key(event: Event, name: str) -> int:
    value = event.facts.get(name)
    return value if isinstance(value, int) else 0


def _who(event: Event) -> str:
    return event.by.first_name if event.by else "kept"


def _noted(event: Event) -> str:
    """ " Noted by Maya." where a member wrote down what the client said."""
    return " " + _("Noted by %(who)s.") % {"who": event.by.first_name} if event.by else ""


def _word(text: str) -> str:
    return f" “{text}”" if text else ""


def _activated(_event: Event, _rows: Rows) -> str:
    return _("Active: every part has an owner who said yes.")


def _delivered(event: Event, rows: Rows) -> str:
    said = {"who": _who(event), "met": event.facts.get("met"), "all": event.facts.get("lines")}
    told = _("Delivered by %(who)s; the client’s word is still to come.") % said
    if said["all"] and said["met"] != said["all"]:
        told += " " + _("%(met)s of %(all)s lines are met.") % said
    delivery = rows.deliveries.get(event.about_id)
    return told + _word(delivery.note.partition("\n")[0] if delivery else "")


def _noticed(event: Event, rows: Rows) -> str:
    said = {
        "who": _who(event),
        "client": rows.client(event),
        "moment": rows.moment(event.facts.get("deemed_from")),
        "told": rows.moment(event.facts.get("told_at")),
    }
    if event.facts.get("how") == Proposal.How.SAID:
        return (
            _(
                "%(who)s told %(client)s in person, %(told)s: silence until %(moment)s counts as "
                "acceptance."
            )
            % said
        )
    return _("%(who)s told %(client)s: silence until %(moment)s counts as acceptance.") % said


def _accepted(event: Event, rows: Rows) -> str:
    told = _("Accepted by %(client)s.") % {"client": rows.client(event)}
    lines, taken = event.facts.get("lines"), event.facts.get("taken")
    if lines and taken != lines:
        told += " " + _("%(taken)s of %(lines)s lines were taken.") % {
            "taken": taken,
            "lines": lines,
        }
    if event.facts.get("to_standard") is False:
        told += " " + _("Not up to standard, they say.")
    delivery = rows.deliveries.get(event.about_id)
    return told + _word(delivery.word if delivery else "") + _noted(event)


def _deemed(event: Event, rows: Rows) -> str:
    said = {"client": rows.promise.client}
    delivery = rows.deliveries.get(event.about_id)
    if delivery is not None and delivery.noticed_how == Proposal.How.SAID:
        return (
            _(
                "%(client)s was silent after being told in person: taken as acceptance, and "
                "marked so."
            )
            % said
        )
    return _("%(client)s was silent after notice: taken as acceptance, and marked so.") % said


def _sent_back(event: Event, rows: Rows) -> str:
    delivery = rows.deliveries.get(event.about_id)
    told = _("Sent back by %(client)s.") % {"client": rows.client(event)}
    return told + _word(delivery.word if delivery else "") + _noted(event)


def _thanked(event: Event, rows: Rows) -> str:
    return _("%(who)s thanked %(client)s.") % {
        "who": _who(event),
        "client": rows.promise.client,
    }


def _pause_noticed(event: Event, rows: Rows) -> str:
    owed = rows.obligations.get(_key(event, "obligation"))
    told = _(
        "%(who)s told them that the clock stands from %(moment)s, unless it comes: %(what)s."
    ) % {
        "who": _who(event),
        "moment": rows.moment(event.facts.get("from")),
        "what": owed.what if owed else "",
    }
    return told + _in_person(event, rows)


def _in_person(event: Event, rows: Rows) -> str:
    """ " Told Ana Prates in person, Wed 2 Dec, 10:00." where no letter went."""
    if event.facts.get("how") != Proposal.How.SAID:
        return ""
    return " " + _("Told %(client)s in person, %(moment)s.") % {
        "client": rows.client(event),
        "moment": rows.moment(event.facts.get("told_at")),
    }


def _pause_called_off(event: Event, _rows: Rows) -> str:
    if event.facts.get("unheard"):
        return _(
            "The clock did not stand: the letter that told them could not be delivered. Tell them "
            "anew."
        )
    if event.by is None:
        return _("The clock will not stand: it came in time.")
    return _("The clock will not stand, says %(who)s.") % {"who": _who(event)}


def _paused(event: Event, rows: Rows) -> str:
    owed = rows.obligations.get(_key(event, "obligation"))
    if event.by is None and owed is not None:
        return _("The clock stands from %(moment)s, as they were told: %(what)s.") % {
            "moment": rows.moment(event.facts.get("from")),
            "what": owed.what,
        }
    if owed is None:
        return _("Paused by %(who)s.") % {"who": _who(event)}
    return _("Paused by %(who)s. Owed since %(day)s: %(what)s.") % {
        "who": _who(event),
        "what": owed.what,
        "day": words.day(zones.day_of(owed.due_at, rows.promise.zone), today=rows.today),
    }


def _resumed(event: Event, rows: Rows) -> str:
    return _("Moved to %(due)s: the pause of %(length)s ended.") % {
        "due": rows.moment(event.facts.get("due_at")),
        "length": stood(_key(event, "working_minutes")),
    }


def stood(minutes: int) -> str:
    """ "two working days", "3 working hours", "no working time"."""
    if minutes >= _MINUTES_A_DAY:
        count = round(minutes / _MINUTES_A_DAY)
        said = ngettext("%(count)s working day", "%(count)s working days", count)
        return said % {"count": words.spelled(count)}
    hours = round(minutes / 60)
    if hours < 1:
        return _("less than a working hour") if minutes else _("no working time")
    said = ngettext("%(count)s working hour", "%(count)s working hours", hours)
    return said % {"count": words.spelled(hours)}


def _drafted(event: Event, _rows: Rows) -> str:
    return _("%(who)s wrote down other terms. The client does not know yet.") % {"who": _who(event)}


def _told(event: Event, rows: Rows) -> str:
    said = {
        "who": _who(event),
        "client": rows.client(event),
        "moment": rows.moment(event.facts.get("told_at")),
    }
    proposal = rows.proposals.get(event.about_id)
    if event.facts.get("asked"):
        told = _("%(client)s asks for other terms.") % said
        return told + _word(proposal.word if proposal else "") + _noted(event)
    if event.facts.get("how") == Proposal.How.SAID:
        told = _("%(who)s told %(client)s of other terms by word of mouth, %(moment)s.") % said
    else:
        told = _("%(who)s told %(client)s of other terms, with a link to answer.") % said
    if event.facts.get("in_time"):
        return told + " " + _("Agreed to, it counts as moved.")
    return told + " " + _("Too late for fair notice: the terms stay.")


def _agreed(event: Event, rows: Rows) -> str:
    said = {
        "client": rows.client(event),
        "who": _who(event),
        "due": rows.moment(event.facts.get("due_at")),
        "before": rows.moment(event.facts.get("due_before")),
    }
    if event.facts.get("asked"):
        told = _("Moved to %(due)s, as the client asked; %(who)s agreed.") % said
        if not event.facts.get("moved"):
            told = _("%(who)s agreed to %(due)s. It was asked when %(before)s had passed.") % said
        return told
    if event.facts.get("moved"):
        told = _("Moved to %(due)s; %(client)s agreed.") % said
    else:
        told = _("%(client)s agreed to %(due)s. Told too late, so %(before)s stays.") % said
    proposal = rows.proposals.get(event.about_id)
    return told + _word(proposal.word if proposal else "") + _noted(event)


def _refused(event: Event, rows: Rows) -> str:
    proposal = rows.proposals.get(event.about_id)
    if event.facts.get("asked"):
        return _("%(who)s said no to what the client asked for; the terms stay.") % {
            "who": _who(event)
        }
    told = _("%(client)s said no to other terms; they stay.") % {"client": rows.client(event)}
    return told + _word(proposal.word if proposal else "") + _noted(event)


def _withdrawn(event: Event, rows: Rows) -> str:
    if event.facts.get("unheard"):
        return _(
            "The letter about other terms could not be delivered, so nobody was told. Tell them "
            "anew."
        )
    if event.by is None:
        return _("%(client)s took their wish back.") % {"client": rows.client(event)}
    return _("%(who)s withdrew the other terms.") % {"who": _who(event)}


def _released(event: Event, rows: Rows) -> str:
    told = _("%(client)s let us off.") % {"client": rows.client(event)}
    return told + _word(rows.promise.ended_word) + _noted(event)


def _revoked(event: Event, rows: Rows) -> str:
    told = _("Revoked by %(who)s: we cannot. It counts as broken.") % {"who": _who(event)}
    return told + _word(rows.promise.ended_word)


def _reason(event: Event, rows: Rows) -> str:
    reason = rows.reasons.get(event.about_id)
    if reason is None:
        return _("%(who)s gave a reason.") % {"who": _who(event)}
    told = _("Reason: %(category)s, %(whose)s.") % {
        "category": reason.get_category_display(),
        "whose": reason.get_controllable_display(),
    }
    return told + _word(reason.stated)


def _slip(event: Event, rows: Rows) -> str:
    stage = rows.stages.get(_key(event, "stage"))
    said = {
        "who": _who(event),
        "before": rows.day(event.facts.get("before_at")),
        "now": rows.day(event.facts.get("now_at")),
        "stage": stage.name if stage else "",
    }
    if stage is not None:
        return _("%(who)s said %(now)s for %(stage)s, instead of %(before)s.") % said
    return _("%(who)s said %(now)s inside the house, instead of %(before)s.") % said


def _again(event: Event, rows: Rows) -> str:
    asked = _("Would we promise it again? %(answer)s, says %(who)s.") % {
        "answer": words.capital(rows.promise.get_again_display()),
        "who": _who(event),
    }
    return asked + _word(rows.promise.again_word)


_SENTENCES: Mapping[str, Callable[[Event, Rows], str]] = {
    Event.Kind.PROMISE_ACTIVATED: _activated,
    Event.Kind.PROMISE_DELIVERED: _delivered,
    Event.Kind.DELIVERY_NOTICED: _noticed,
    Event.Kind.DELIVERY_ACCEPTED: _accepted,
    Event.Kind.DELIVERY_DEEMED: _deemed,
    Event.Kind.DELIVERY_SENT_BACK: _sent_back,
    Event.Kind.CLIENT_THANKED: _thanked,
    Event.Kind.PAUSE_NOTICED: _pause_noticed,
    Event.Kind.PAUSE_CALLED_OFF: _pause_called_off,
    Event.Kind.PROMISE_PAUSED: _paused,
    Event.Kind.PROMISE_RESUMED: _resumed,
    Event.Kind.PROPOSAL_DRAFTED: _drafted,
    Event.Kind.PROPOSAL_TOLD: _told,
    Event.Kind.PROPOSAL_AGREED: _agreed,
    Event.Kind.PROPOSAL_REFUSED: _refused,
    Event.Kind.PROPOSAL_WITHDRAWN: _withdrawn,
    Event.Kind.PROMISE_RELEASED: _released,
    Event.Kind.PROMISE_REVOKED: _revoked,
    Event.Kind.REASON_GIVEN: _reason,
    Event.Kind.SLIP_SAID: _slip,
    Event.Kind.AGAIN_SAID: _again,
}
