"""Standing promises and their occurrences: made ahead, and noted one by one.

They are figures of their own and never enter the kept rate (rule 13):
fifty-two Monday reports must not buy a rate. They do tell how the core stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from kept import words, zones
from kept.clients.models import Client, Contact, Service
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.promises import outcomes, readers, repeating
from kept.promises.models import Occurrence, StandingPromise
from kept.promises.outcomes import Facts, Outcome
from kept.tenancy import given, refusals, scope

#: So far ahead occurrences are made; a rule that never ends is followed no further.
AHEAD = timedelta(days=35)
#: A standing promise may begin so long ago, and not earlier.
BACK = timedelta(days=366)
#: What was done may be noted so much later than it was done: Friday's on Monday.
NOTED_WITHIN = timedelta(hours=72)


class HasEnded(refusals.Conflict):
    """The standing promise was ended."""


class SaidAlready(refusals.Conflict):
    """What became of the occurrence was noted before."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How occurrences went: a figure of its own, outside every kept rate."""

    due: int
    kept: int
    released: int
    open: int


def make(
    *,
    client: Client,
    what: str,
    rule: str,
    due_time: time,
    by: Member,
    now: datetime,
    starts_on: date | None = None,
    service: Service | None = None,
    contact: Contact | None = None,
    owner: Member | None = None,
    in_a_gap: str = StandingPromise.Gap.REFUSE,
) -> StandingPromise:
    """Promise something that recurs, in the client's zone; its first occurrences are made.

    Args:
        rule: as RFC 5545 has it, such as "FREQ=WEEKLY;BYDAY=MO".
        service: what it belongs to: core health counts it where that is core to the client.
        contact: who at the client reads by link how it stands; left out, nobody outside does.
        in_a_gap: what to do where the clocks go forward over its time.

    Raises:
        Refused: a rule that cannot be followed, or that fires in a clock gap without
            saying what then; a text that cannot be; a contact of another client, or archived.
    """
    access.demand(by, Role.MEMBER)
    today = zones.day_of(now, client.zone)
    starts_on = given.day(starts_on or today, called=_("The first day"), field="starts_on")
    if starts_on < today - BACK:
        raise refusals.Refused(_("Say a first day within the last year."), field="starts_on")
    if in_a_gap not in StandingPromise.Gap.values:
        raise refusals.Refused(_("Say refuse, before or after."), field="in_a_gap")
    readers.demand_there(client, contact)
    due_time = due_time.replace(second=0, microsecond=0, tzinfo=None)
    rule = repeating.normal(rule, zone=client.zone)
    repeating.demand_clear(rule, starts_on=starts_on, at=due_time, zone=client.zone, gap=in_a_gap)
    with transaction.atomic():
        standing = StandingPromise.objects.create(
            client=client,
            contact=contact,
            service=service,
            what=given.one_line(what, called=_("What is promised"), field="what", longest=200),
            owner=owner or by,
            rule=rule,
            starts_on=starts_on,
            due_time=due_time,
            zone=client.zone,
            in_a_gap=in_a_gap,
            made_at=now,
            made_by=by,
        )
        recording.record(Event.Kind.STANDING_MADE, about=standing, by=by, at=now, rows=[standing])
        _ahead(standing, after=None, now=now)
    return standing


def name_reader(
    standing: StandingPromise, contact: Contact | None, *, by: Member, now: datetime
) -> StandingPromise:
    """Name who at the client reads a standing promise by link from now on, or that nobody does.

    Whoever read it before does no more; nobody is written to.

    Raises:
        Refused: the contact is another client's, or archived.
        HasEnded: it was ended.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        rows = StandingPromise.objects.select_for_update(no_key=True, of=("self",))
        standing = rows.select_related("client").get(pk=standing.pk)
        if standing.ended_at is not None:
            raise HasEnded(_("It has ended, so nobody reads it any more. Nothing was changed."))
        readers.demand_there(standing.client, contact)
        if standing.contact_id == (None if contact is None else contact.pk):
            return standing
        standing.contact = contact
        standing.save(update_fields=["contact"])
        recording.record(
            Event.Kind.STANDING_CHANGED,
            about=standing,
            by=by,
            at=now,
            rows=[standing],
            facts={"contact": None if contact is None else contact.pk},
        )
    return standing


def end(standing: StandingPromise, *, by: Member, now: datetime, word: str = "") -> StandingPromise:
    """End a standing promise: what lies ahead is owed no more, what was due stays as it was.

    Raises:
        HasEnded: it was ended before.
    """
    access.demand(by, Role.MEMBER)
    word = given.one_line(word, called=_("The word"), field="word", longest=300, needed=False)
    with transaction.atomic():
        standing = StandingPromise.objects.select_for_update(no_key=True).get(pk=standing.pk)
        if standing.ended_at is not None:
            raise HasEnded(_("It was ended before. Nothing was changed."))
        standing.ended_at, standing.ended_word = now, word
        standing.save(update_fields=["ended_at", "ended_word"])
        ahead = standing.occurrences.filter(
            due_at__gt=now, done_at__isnull=True, released_at__isnull=True
        )
        removed = [("occurrence", key) for key in ahead.values_list("pk", flat=True)]
        ahead.delete()
        recording.record(
            Event.Kind.STANDING_ENDED,
            about=standing,
            by=by,
            at=now,
            rows=[standing],
            removed=removed,
        )
    return standing


def look_ahead(*, now: datetime) -> int:
    """Make the occurrences of the next weeks, of every standing promise; return how many.

    However often it runs, each day gets one occurrence.
    """
    made = 0
    live = StandingPromise.objects.filter(ended_at__isnull=True).annotate(
        made_until=Max("occurrences__due_on")
    )
    for standing in live:
        with transaction.atomic():
            made += len(_ahead(standing, after=standing.made_until, now=now))
    return made


def done(
    occurrence: Occurrence,
    *,
    by: Member,
    now: datetime,
    done_at: datetime | None = None,
    short: bool = False,
    sub_standard: bool = False,
    word: str = "",
) -> Occurrence:
    """Note that an occurrence was done: on time or late, in full or short.

    Args:
        done_at: when it was done; left out, now. At most three days ago.

    Raises:
        SaidAlready: it was noted before.
        Refused: a moment that lies ahead, or too far back.
    """
    done_at = now if done_at is None else given.moment(done_at, called=_("When"), field="done_at")
    if not now - NOTED_WITHIN <= done_at <= now:
        raise refusals.Refused(
            _("Say a moment within the last three days: what was done is noted when it is done."),
            field="done_at",
        )
    return _note(
        occurrence,
        Event.Kind.OCCURRENCE_DONE,
        by,
        now,
        word,
        done_at=done_at,
        short=short,
        sub_standard=sub_standard,
    )


def release(occurrence: Occurrence, *, by: Member, now: datetime, word: str = "") -> Occurrence:
    """Note that the client let us off this one; it counts in no figure.

    Raises:
        SaidAlready: what became of it was noted before.
    """
    return _note(occurrence, Event.Kind.OCCURRENCE_RELEASED, by, now, word, released_at=now)


def reopen(occurrence: Occurrence, *, by: Member, now: datetime) -> Occurrence:
    """Take back what was noted of an occurrence; the ledger keeps both."""
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        occurrence = Occurrence.objects.select_for_update(no_key=True).get(pk=occurrence.pk)
        if occurrence.said_at is None:
            raise SaidAlready(_("Nothing was noted of it. Nothing was changed."))
        occurrence.done_at = occurrence.released_at = occurrence.said_at = None
        occurrence.said_by, occurrence.word = None, ""
        occurrence.short = occurrence.sub_standard = False
        occurrence.save()
        recording.record(
            Event.Kind.OCCURRENCE_REOPENED, about=occurrence, by=by, at=now, rows=[occurrence]
        )
    return occurrence


def outcome(occurrence: Occurrence, *, now: datetime) -> Outcome:
    """Judge an occurrence as promises are judged (rule 1)."""
    house = scope.current()
    return outcomes.judge(
        Facts(
            state="released" if occurrence.released_at is not None else "active",
            due_at=occurrence.due_at,
            cut_off_at=days.shifted_moment(
                house, occurrence.due_at, outcomes.LEAST_GRACE, zone=house.zone
            ),
            delivered_at=occurrence.done_at,
            answered=True,
            lines_met=not occurrence.short,
            to_standard=not occurrence.sub_standard,
        ),
        now,
    )


def figure(rows: Iterable[Occurrence], *, now: datetime) -> Figure:
    """Count how occurrences went: due ones against kept ones, those let off apart."""
    judged = [(row, outcome(row, now=now)) for row in rows]
    counts = [
        (row, one) for row, one in judged if one.counts and (row.due_at <= now or not one.open)
    ]
    return Figure(
        due=len(counts),
        kept=sum(1 for _row, one in counts if one.kept),
        released=sum(1 for _row, one in judged if one.released),
        open=sum(1 for row, one in judged if one.open and row.due_at > now),
    )


def due(*, until: datetime) -> QuerySet[Occurrence]:
    """Return the occurrences that fall due by a moment and of which nothing was noted."""
    return Occurrence.objects.filter(
        due_at__lte=until, done_at__isnull=True, released_at__isnull=True
    ).select_related("standing__client", "standing__owner")


def between(first: datetime, last: datetime) -> list[Occurrence]:
    """Return what falls due after a moment and until another, whatever became of it."""
    rows = Occurrence.objects.filter(due_at__gt=first, due_at__lte=last)
    return list(rows.select_related("standing__client", "standing__owner"))


def _ahead(standing: StandingPromise, *, after: date | None, now: datetime) -> list[Occurrence]:
    """Make what falls due after a day, until the horizon; nothing that was due before it was made.

    The day after is looked at too: it may have got its occurrence in another round meanwhile.
    """
    last = zones.day_of(now + AHEAD, standing.zone)
    first = standing.starts_on if after is None else after + timedelta(days=1)
    if first > last:
        return []
    falls = repeating.falls(
        standing.rule,
        starts_on=standing.starts_on,
        at=standing.due_time,
        zone=standing.zone,
        gap=standing.in_a_gap,
        first=first,
        last=last,
    )
    wanted = [due for due in falls if due.at > standing.made_at]
    if not wanted:
        return []
    StandingPromise.objects.select_for_update(no_key=True).get(pk=standing.pk)
    there = set(
        standing.occurrences.filter(due_on__in=[due.on for due in wanted]).values_list(
            "due_on", flat=True
        )
    )
    made = [
        Occurrence(standing=standing, due_on=due.on, due_at=due.at)
        for due in wanted
        if due.on not in there
    ]
    if made:
        Occurrence.objects.bulk_create(made)
        recording.record(
            Event.Kind.OCCURRENCES_MADE,
            about=standing,
            by=None,
            at=now,
            rows=made,
            # The ledger shows the columns of the row an event is about; here they are of others.
            shown={
                f"{recording.table_of(row)}:{row.pk}": {
                    name: recording.plain(getattr(row, name)) for name in row.shown
                }
                for row in made
            },
        )
    return made


def _note(
    occurrence: Occurrence,
    kind: Event.Kind,
    by: Member,
    now: datetime,
    word: str,
    **noted: datetime | bool,
) -> Occurrence:
    access.demand(by, Role.MEMBER)
    word = given.one_line(word, called=_("The word"), field="word", longest=300, needed=False)
    with transaction.atomic():
        waiting = Occurrence.objects.filter(
            pk=occurrence.pk, done_at__isnull=True, released_at__isnull=True
        )
        changed = waiting.update(**noted, word=word, said_at=now, said_by=by)
        occurrence.refresh_from_db()
        if not changed:
            raise SaidAlready(
                _("What became of it on %(day)s was noted before. Nothing was changed.")
                % {"day": words.day(occurrence.due_on)}
            )
        recording.record(kind, about=occurrence, by=by, at=now, rows=[occurrence])
    return occurrence
