"""The part of a promise's story that its work tells: who was asked, who handed what to whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from kept import words, zones
from kept.jobs.models import Stage
from kept.ledger.models import Event
from kept.quotes.models import Quote


@dataclass(frozen=True, slots=True)
class Work:
    """What the sentences name."""

    people: Mapping[int, str]
    stages: Mapping[int, Stage]
    quote: Quote | None
    zone: str
    today: date

    def said(self, event: Event) -> dict[str, str]:
        """The words that every sentence may use."""
        stage = self.stages.get(event.about_id) if event.about_table == "stage" else None
        name = event.facts.get("member")
        hours = event.facts.get("hours")
        takers = event.facts.get("to") or []
        return {
            "who": event.by.first_name if event.by else "kept",
            "what": _("the last mile") if stage is None else stage.name,
            "name": self.people.get(name, "") if isinstance(name, int) else "",
            "hours": words.hours(hours) if isinstance(hours, int | float) else "",
            "to": words.listed(self.people.get(key, "") for key in takers),
        }

    def day(self, said: object) -> str:
        """A day that an event wrote."""
        if not isinstance(said, str):
            return ""
        return words.day(zones.day_of(datetime.fromisoformat(said), self.zone), today=self.today)


def sentence(event: Event, work: Work) -> str | None:
    """Tell one event; None where it is none of the work's."""
    if event.kind == Event.Kind.PROMISE_CHANGED:
        if event.facts.get("what") != "last_mile":
            return None
        return _("%(name)s sees it over the line from here on.") % work.said(event)
    told = _SENTENCES.get(event.kind)
    return None if told is None else told(event, work)


def _proposed(event: Event, work: Work) -> str:
    said = work.said(event) | {"day": work.day(event.facts.get("by_at"))}
    if said["day"]:
        return _("%(who)s asked %(name)s to own %(what)s, by %(day)s.") % said
    return _("%(who)s asked %(name)s to own %(what)s.") % said


def _accepted(event: Event, work: Work) -> str:
    said = work.said(event)
    if event.by_id != event.facts.get("member"):
        return _("%(who)s took what %(name)s said: %(what)s is %(name)s’s.") % said
    return _("%(name)s said yes to %(what)s.") % said


def _countered(event: Event, work: Work) -> str:
    said = work.said(event) | {"day": work.day(event.facts.get("by_at"))}
    if said["day"]:
        return _("%(name)s said otherwise about %(what)s: by %(day)s.") % said
    return _("%(name)s said otherwise about %(what)s.") % said


def _declined(event: Event, work: Work) -> str:
    return _("%(name)s said no to %(what)s.") % work.said(event)


def _withdrawn(event: Event, work: Work) -> str:
    return _("%(who)s took the question about %(what)s to %(name)s back.") % work.said(event)


def _signed(event: Event, work: Work) -> str:
    said = work.said(event) | {"reason": work.quote.gap_reason if work.quote else ""}
    return _("%(who)s signed that not everybody had said yes: %(reason)s") % said


def _handed_over(event: Event, work: Work) -> str:
    said = work.said(event)
    if event.facts.get("taken"):
        told = _("%(what)s is done, handed over by %(who)s.") % said
    else:
        told = _("%(what)s handed over by %(who)s, for %(to)s to take.") % said
    return f"{told} {_('It took %(hours)s.') % said}" if event.facts.get("hours") else told


def _taken(event: Event, work: Work) -> str:
    return _("%(who)s took %(what)s: it is done.") % work.said(event)


def _sent_back(event: Event, work: Work) -> str:
    said = work.said(event)
    if event.facts.get("reopened"):
        return _("%(what)s is open again.") % said
    return _("%(who)s sent %(what)s back.") % said


def _stuck(event: Event, work: Work) -> str:
    said = work.said(event) | {"day": work.day(event.facts.get("since"))}
    return _("%(what)s is stuck: nothing happened since %(day)s.") % said


def _check(event: Event, work: Work) -> str:
    said = work.said(event)
    match event.kind:
        case Event.Kind.CHECK_ITEM_ADDED:
            return _("%(who)s added a line to the checklist of %(what)s.") % said
        case Event.Kind.CHECK_ITEM_DONE:
            return _("%(who)s ticked a line of %(what)s.") % said
    return _("%(who)s opened a line of %(what)s again.") % said


_SENTENCES: Mapping[str, Callable[[Event, Work], str]] = {
    Event.Kind.OWNER_PROPOSED: _proposed,
    Event.Kind.OWNER_ACCEPTED: _accepted,
    Event.Kind.OWNER_COUNTERED: _countered,
    Event.Kind.OWNER_DECLINED: _declined,
    Event.Kind.OWNER_WITHDRAWN: _withdrawn,
    Event.Kind.GAP_SIGNED: _signed,
    Event.Kind.STAGE_HANDED_OVER: _handed_over,
    Event.Kind.STAGE_TAKEN: _taken,
    Event.Kind.STAGE_SENT_BACK: _sent_back,
    Event.Kind.STAGE_STUCK: _stuck,
    Event.Kind.CHECK_ITEM_ADDED: _check,
    Event.Kind.CHECK_ITEM_DONE: _check,
    Event.Kind.CHECK_ITEM_REOPENED: _check,
}
