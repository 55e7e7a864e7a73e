"""How the last mile of a promise is told: who was asked, who heard next, and what came back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from kept import words
from kept.last_mile.models import Alarm, AlarmAnswer, Kind, Rung
from kept.ledger.models import Event


class Tale(Protocol):
    """What the sentences need to know."""

    def person(self, key: object) -> str: ...
    def moment(self, said: object, otherwise: datetime | None = None) -> str: ...


def _raised(event: Event, tale: Tale) -> str:
    said = {
        "who": "" if event.by is None else event.by.first_name,
        "name": tale.person(event.facts.get("member")),
    }
    kind = event.facts.get("kind")
    if kind == Kind.ASKED:
        return _("%(who)s asked %(name)s how it stands.") % said
    label = str(Kind(kind).label) if kind in Kind.values else str(kind)
    return _("Alarm for %(name)s: %(what)s.") % {**said, "what": label}


def _climbed(event: Event, tale: Tale) -> str:
    name = event.facts.get("name")
    told = {
        "rung": words.capital(str(Rung.Name(name).label) if name in Rung.Name.values else name),
        "names": words.listed(tale.person(key) for key in event.facts.get("members") or ()),
    }
    said = _("%(rung)s: %(names)s.") % told if told["names"] else _("%(rung)s: nobody.") % told
    return said + (" " + _("It came late.") if event.facts.get("late") else "")


def _acknowledged(event: Event, _tale: Tale) -> str:
    return _("%(who)s knows.") % {"who": "" if event.by is None else event.by.first_name}


def _answered(event: Event, tale: Tale) -> str:
    said = event.facts.get("said")
    kinds = AlarmAnswer.Kind
    return _("%(who)s answered: %(kind)s, %(moment)s.") % {
        "who": "" if event.by is None else event.by.first_name,
        "kind": str(kinds(said).label) if said in kinds.values else said,
        "moment": tale.moment(event.facts.get("due_at")),
    }


def _closed(event: Event, tale: Tale) -> str:
    why = event.facts.get("why")
    return _("What %(name)s was asked is closed: %(why)s.") % {
        "name": tale.person(event.facts.get("member")),
        "why": str(Alarm.Why(why).label) if why in Alarm.Why.values else why,
    }


SENTENCES: Mapping[str, Callable[[Event, Tale], str]] = {
    Event.Kind.ALARM_RAISED: _raised,
    Event.Kind.ALARM_CLIMBED: _climbed,
    Event.Kind.ALARM_ACKNOWLEDGED: _acknowledged,
    Event.Kind.ALARM_ANSWERED: _answered,
    Event.Kind.ALARM_CLOSED: _closed,
}
