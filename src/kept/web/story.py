"""The story of a promise: each event in a sentence, with who did it and the odds shown then.

An event carries what its rows became; what changed is told by comparing with the event before.
A kind that has no sentence here is told by its name, so that no event of the ledger is hidden.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.custody import extracting
from kept.jobs.models import Assumption, InboundPromise, Job, Obligation, Stage
from kept.ledger.models import Event
from kept.people.models import Member
from kept.plan.models import Outlook
from kept.promises.models import Promise
from kept.quotes.models import Quote
from kept.web import life_story, mile_story, work_story

#: So many events stand on the page of a promise; those before them are told on pages of their own.
SHOWN = 25
#: An outlook is of note when the chance moved by this much since the last one of note (drift),
#: or crossed the line.
OF_NOTE = 0.10


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, told."""

    number: int
    at: datetime
    told: str
    chance: float | None


@dataclass(slots=True)
class Tale:
    """What the sentences need to know."""

    promise: Promise
    today: date
    stages: Mapping[int, Stage]
    obligations: Mapping[int, Obligation]
    inbound: Mapping[int, InboundPromise]
    assumptions: Mapping[int, Assumption]
    quote: Quote | None
    people: Mapping[int, str]
    life: life_story.Rows | None = None
    before: dict[str, dict[str, Any]] = field(default_factory=dict)

    def day(self, moment: datetime) -> str:
        """A day as the client's calendar shows it."""
        return words.day(zones.day_of(moment, self.promise.zone), today=self.today)

    def moment(self, said: object, otherwise: datetime | None = None) -> str:
        """A moment that an event wrote, in the client's zone."""
        at = datetime.fromisoformat(said) if isinstance(said, str) else otherwise
        return "" if at is None else words.moment(at, self.promise.zone, today=self.today)

    def person(self, key: object) -> str:
        """A first name."""
        return self.people.get(key, "") if isinstance(key, int) else ""

    def stage(self, key: int) -> str:
        """A stage's name."""
        stage = self.stages.get(key)
        return stage.name if stage else _("a stage that is gone")

    def change(self, event: Event, name: str) -> dict[str, tuple[Any, Any]]:
        """What an event changed in a row, as (before, after); nothing is known of the first."""
        after = event.images.get(name) or {}
        before = self.before.get(name)
        if before is None:
            return {}
        return {
            column: (before[column], after[column])
            for column in after
            if column in before and before[column] != after[column]
        }


def of(
    promise: Promise,
    *,
    outlooks: Sequence[Outlook],
    stages: Iterable[Stage],
    obligations: Iterable[Obligation],
    inbound: Iterable[InboundPromise],
    assumptions: Iterable[Assumption],
    line: float,
    today: date,
    life: life_story.Rows | None = None,
    before: int | None = None,
    at_most: int = SHOWN,
) -> list[Happening]:
    """Tell the story of a promise, the newest first.

    Args:
        life: what the sentences about its life name.
        before: only events with smaller numbers than this one.
        at_most: so many events; of those, the newest.
    """
    events = extracting.events_of(promise).order_by("-number")
    if before is not None:
        events = events.filter(number__lt=before)
    newest = list(events.select_related("by").only(*_READ)[:at_most])[::-1]
    # What lies further back is told with its own events; here it would stand alone.
    since = newest[0].number if len(newest) == at_most else 0
    tale = Tale(
        promise,
        today,
        stages={row.pk: row for row in stages},
        obligations={row.pk: row for row in obligations},
        inbound={row.pk: row for row in inbound},
        assumptions={row.pk: row for row in assumptions},
        quote=Quote.objects.filter(job=promise.job_id).first(),
        people={row.pk: row.first_name for row in Member.objects.only("name")},
        life=life,
        before=_before(promise, newest) if since else {},
    )
    told = []
    for event in newest:
        told.append(Happening(event.number, event.at, sentence(event, tale), event.chance_then))
        for name, image in event.images.items():
            if image is not None:
                tale.before[name] = image
    told += [
        happening
        for happening in _forecasts(promise, outlooks, line=line, today=today)
        if happening.number >= since and (before is None or happening.number < before)
    ]
    return sorted(told, key=lambda happening: -happening.number)[:at_most]


#: As much of an event as a sentence needs; what is hidden of it can be long.
_READ = (
    "number", "at", "kind", "about_table", "about_id", "chance_then", "facts", "images",
    "organisation_id", "by__name",
)  # fmt: skip
#: Events of which is told what they changed.
_CHANGES = (Event.Kind.PROMISE_CHANGED, Event.Kind.JOB_CHANGED, Event.Kind.STAGE_CHANGED)


def _before(promise: Promise, events: Sequence[Event]) -> dict[str, dict[str, Any]]:
    """Return what rows were before the first of these events, where a sentence tells a change."""
    known: set[str] = set()
    wanted: set[str] = set()
    for event in events:
        if event.kind in _CHANGES:
            wanted |= set(event.images) - known
        known |= set(event.images)
    found: dict[str, dict[str, Any]] = {}
    if wanted:
        any_of = Q()
        for name in wanted:
            any_of |= Q(images__has_key=name)
        earlier = extracting.events_of(promise).filter(any_of, number__lt=events[0].number)
        for images in earlier.order_by("-number").values_list("images", flat=True).iterator():
            for name in wanted & set(images):
                if images[name] is not None:
                    found[name] = images[name]
            wanted -= set(found)
            if not wanted:
                break
    return found


def sentence(event: Event, tale: Tale) -> str:
    """Tell one event."""
    work = work_story.Work(
        tale.people, tale.stages, tale.quote, tale.promise.zone, today=tale.today
    )
    worked = work_story.sentence(event, work)
    if worked is not None:
        return worked
    chased = mile_story.SENTENCES.get(event.kind)
    if chased is not None:
        return chased(event, tale)
    known = _SENTENCES.get(event.kind)
    if known is not None:
        return known(event, tale)
    lived = None if tale.life is None else life_story.sentence(event, tale.life)
    if lived is not None:
        return lived
    return _("%(what)s, by %(who)s.") % {"what": event.get_kind_display(), "who": _who(event)}


def _who(event: Event) -> str:
    return event.by.first_name if event.by else "kept"


def _recorded(event: Event, tale: Tale) -> str:
    said = {
        "who": _who(event),
        "due": tale.moment(event.facts.get("due_at"), tale.promise.due_at),
    }
    match event.facts.get("origin"):
        case Promise.Origin.IMPORTED:
            first = _("Came in from a file, brought by %(who)s: promised for %(due)s.") % said
        case Promise.Origin.LOOSE:
            first = _("Given already, recorded by %(who)s: %(due)s.") % said
        case _other:
            first = _("Promised by %(who)s: %(due)s.") % said
    return first + " " + _("These are the first terms and stay so.")


def _voided(event: Event, tale: Tale) -> str:
    return _("Voided by %(who)s: %(reason)s") % {
        "who": _who(event),
        "reason": tale.promise.void_reason,
    }


def _changed(event: Event, tale: Tale) -> str:
    changes = tale.change(event, f"promise:{tale.promise.pk}")
    if "pinned" in changes:
        place = changes["pinned"][1]
        if place is None:
            return _("%(who)s let it go back to its date.") % {"who": _who(event)}
        return _("%(who)s ranked it before all that have only their date, at place %(place)d.") % {
            "who": _who(event),
            "place": place,
        }
    if "contact" in event.facts:
        contacts = {} if tale.life is None else tale.life.contacts
        reader = contacts.get(event.facts["contact"] or 0)
        if reader is None:
            return _("%(who)s noted that nobody there reads it by link.") % {"who": _who(event)}
        return _("%(who)s named %(contact)s, who reads it by link.") % {
            "who": _who(event),
            "contact": reader.name,
        }
    return _("%(who)s changed the promise.") % {"who": _who(event)}


def _answered(event: Event, tale: Tale) -> str:
    said = {
        "who": _who(event),
        "wanted": tale.moment(event.facts.get("wanted_at")),
        "advised": tale.moment(event.facts.get("advised_at")),
    }
    if said["wanted"] and said["advised"]:
        return _("%(who)s asked for %(wanted)s; safe enough was %(advised)s.") % said
    if said["wanted"]:
        return _("%(who)s asked for %(wanted)s; no date was safe enough.") % said
    if said["advised"]:
        return _("%(who)s asked for a date; safe enough was %(advised)s.") % said
    return _("%(who)s asked for a date; none was safe enough.") % said


def _held(event: Event, tale: Tale) -> str:
    told = _("%(who)s held %(due)s; nobody else could be sold that time until %(until)s.") % {
        "who": _who(event),
        "due": tale.moment(event.facts.get("due_at")),
        "until": tale.moment(event.facts.get("expires_at")),
    }
    if event.facts.get("risk_signed") and tale.quote is not None:
        told += " " + _("The risk was signed: %(reason)s") % {"reason": tale.quote.risk_reason}
    return told


def _offered(event: Event, tale: Tale) -> str:
    told = _("%(who)s told %(client)s the date.") % {
        "who": _who(event),
        "client": tale.promise.client,
    }
    if event.facts.get("gate") == "not_asked":
        told += " " + _("The owners of the stages were not asked first.")
    return told


def _choice_added(event: Event, tale: Tale) -> str:
    return _("%(who)s let them choose %(moment)s as well.") % {
        "who": _who(event),
        "moment": tale.moment(event.facts.get("due_at")),
    }


def _choice_removed(event: Event, _tale: Tale) -> str:
    return _("%(who)s took a choice away.") % {"who": _who(event)}


def _accepted(event: Event, tale: Tale) -> str:
    told = _("%(client)s said yes; %(who)s recorded it.") % {
        "who": _who(event),
        "client": tale.promise.client,
    }
    word = tale.quote.word if tale.quote is not None else ""
    return f"{told} “{word}”" if word else told


def _job_made(event: Event, _tale: Tale) -> str:
    stages = [image for name, image in event.images.items() if image and name.startswith("stage:")]
    hours = sum(image.get("likely_hours") or 0 for image in stages)
    return ngettext(
        "%(who)s made the job in %(count)s stage, %(hours)s in all.",
        "%(who)s made the job in %(count)s stages, %(hours)s in all.",
        len(stages),
    ) % {"who": _who(event), "count": words.spelled(len(stages)), "hours": words.hours(hours)}


def _job_changed(event: Event, tale: Tale) -> str:
    said = {"who": _who(event)}
    if event.facts.get("what") == "condition":
        return _("%(who)s added to what “done” means.") % said
    changes = tale.change(event, f"job:{tale.promise.job_id}")
    match changes.get("state", (None, None))[1]:
        case Job.State.OPEN:
            return _("%(who)s opened the job: it takes capacity from here on.") % said
        case Job.State.CLOSED:
            return _("%(who)s closed the job: it takes no capacity any more.") % said
    if "title" in changes:
        return _("%(who)s gave the job another name.") % said
    return _("%(who)s changed the job.") % said


def _stage_changed(event: Event, tale: Tale) -> str:
    name = f"stage:{event.about_id}"
    changes = tale.change(event, name)
    said = {
        "who": _who(event),
        "stage": tale.stage(event.about_id),
        "hours": words.hours(event.facts.get("hours") or 0),
    }
    match event.facts.get("what"):
        case "added":
            return _("%(who)s added the stage %(stage)s.") % said
        case "begun":
            return _("%(who)s began %(stage)s.") % said
        case "hours":
            return _("%(who)s worked %(hours)s on %(stage)s.") % said
        case "done" if not event.facts.get("hours"):
            return _("%(stage)s is done, says %(who)s.") % said
        case "done":
            return _("%(stage)s is done, says %(who)s; it took %(hours)s.") % said
        case "learned from":
            return _("kept learned from %(stage)s: it took %(hours)s.") % said
        case "forgotten":
            return _("kept forgot %(stage)s again: it is not over.") % said
    if "owner_id" in changes:
        old, new = (tale.person(key) or _("nobody") for key in changes["owner_id"])
        said |= {"old": old, "new": new}
        return _("%(stage)s went from %(old)s to %(new)s, by %(who)s.") % said
    if "likely_hours" in changes:
        before, after = changes["likely_hours"]
        said |= {"before": words.hours(before), "after": words.hours(after)}
        return _("%(who)s counts %(after)s for %(stage)s now, before %(before)s.") % said
    return _("%(who)s changed the stage %(stage)s.") % said


def _obligation(event: Event, tale: Tale) -> str:
    row = tale.obligations.get(event.about_id)
    said = {
        "who": _who(event),
        "client": tale.promise.client,
        "what": row.what if row else _("something that is gone"),
        "day": tale.day(row.due_at) if row else "",
    }
    if event.kind == Event.Kind.OBLIGATION_MET:
        return _("%(client)s sent what was owed: %(what)s. Noted by %(who)s.") % said
    return _("%(client)s owes us %(what)s by %(day)s, noted by %(who)s.") % said


def _inbound(event: Event, tale: Tale) -> str:
    row = tale.inbound.get(event.about_id)
    said = {
        "who": _who(event),
        "third": row.who if row else _("Somebody"),
        "what": row.what if row else _("something that is gone"),
        "day": tale.day(row.due_at) if row else "",
    }
    if event.kind == Event.Kind.INBOUND_MET:
        return _("%(third)s delivered: %(what)s. Noted by %(who)s.") % said
    if row is not None and not row.backed:
        return _("We need %(what)s from %(third)s by %(day)s; no word of theirs stands for it.") % (
            said
        )
    return _("%(third)s promised us %(what)s by %(day)s, noted by %(who)s.") % said


def _assumption(event: Event, tale: Tale) -> str:
    row = tale.assumptions.get(event.about_id)
    said = {"who": _who(event), "what": row.text if row else _("something that is gone")}
    if event.kind == Event.Kind.ASSUMPTION_BROKE:
        return _("It does not hold any more: %(what)s. Noted by %(who)s.") % said
    return _("%(who)s counts on this: %(what)s") % said


_SENTENCES: Mapping[str, Callable[[Event, Tale], str]] = {
    Event.Kind.PROMISE_RECORDED: _recorded,
    Event.Kind.PROMISE_CHANGED: _changed,
    Event.Kind.PROMISE_VOIDED: _voided,
    Event.Kind.ANSWERED: _answered,
    Event.Kind.QUOTE_HELD: _held,
    Event.Kind.CHOICE_ADDED: _choice_added,
    Event.Kind.CHOICE_REMOVED: _choice_removed,
    Event.Kind.QUOTE_OFFERED: _offered,
    Event.Kind.QUOTE_ACCEPTED: _accepted,
    Event.Kind.JOB_MADE: _job_made,
    Event.Kind.JOB_CHANGED: _job_changed,
    Event.Kind.STAGE_CHANGED: _stage_changed,
    Event.Kind.OBLIGATION_RECORDED: _obligation,
    Event.Kind.OBLIGATION_MET: _obligation,
    Event.Kind.INBOUND_RECORDED: _inbound,
    Event.Kind.INBOUND_MET: _inbound,
    Event.Kind.ASSUMPTION_RECORDED: _assumption,
    Event.Kind.ASSUMPTION_BROKE: _assumption,
}


def _forecasts(
    promise: Promise, outlooks: Sequence[Outlook], *, line: float, today: date
) -> list[Happening]:
    """Tell the outlooks of note, with the numbers of the events that wrote them."""
    noted = _of_note(outlooks, line)
    events = {
        (event.about_id, event.at): event
        for event in Event.objects.filter(
            kind=Event.Kind.OUTLOOK_COMPUTED,
            about_id__in={outlook.snapshot_id for _before, outlook in noted},
            at__in={outlook.computed_at for _before, outlook in noted},
        )
        .select_related("by")
        .only("number", "at", "about_id", "organisation_id", "by__name")
    }
    told = []
    for before, outlook in noted:
        event = events.get((outlook.snapshot_id, outlook.computed_at))
        if event is not None:
            said = _forecast(event, before, outlook, promise, line=line, today=today)
            told.append(Happening(event.number, event.at, said, outlook.chance))
    return told


def _of_note(outlooks: Sequence[Outlook], line: float) -> list[tuple[Outlook | None, Outlook]]:
    """Return outlooks of note, each with the one of note before it; they come the oldest first."""
    noted: list[tuple[Outlook | None, Outlook]] = []
    last: Outlook | None = None
    for outlook in outlooks:
        if (
            last is None
            or abs(outlook.chance - last.chance) >= OF_NOTE
            or (outlook.chance < line) != (last.chance < line)
        ):
            noted.append((last, outlook))
            last = outlook
    return noted


def _forecast(
    event: Event,
    before: Outlook | None,
    outlook: Outlook,
    promise: Promise,
    *,
    line: float,
    today: date,
) -> str:
    by = _("Nine chances in ten are out of sight.")
    if outlook.finish_90_at is not None:
        day = words.day(zones.day_of(outlook.finish_90_at, promise.zone), today=today)
        by = _("Nine chances in ten by %(day)s.") % {"day": day}
    if before is None:
        return _("First outlook.") + " " + by
    said = {
        "before": words.percent(before.chance),
        "after": words.percent(outlook.chance),
        "line": words.percent(line),
    }
    if outlook.chance < before.chance:
        told = _("The chance fell from %(before)s to %(after)s") % said
        crossed = _(", below the line of %(line)s") % said if before.chance >= line else ""
    else:
        told = _("The chance rose from %(before)s to %(after)s") % said
        crossed = _(", above the line of %(line)s") % said if before.chance < line else ""
    crossed = crossed if (outlook.chance < line) != (before.chance < line) else ""
    why = (
        _(", after a change by %(who)s.") % {"who": event.by.first_name}
        if event.by
        else _(", as time passed.")
    )
    return f"{told}{crossed}{why} {by}"
