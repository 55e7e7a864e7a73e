"""How a client's core stands: rule 6. Hot steak first, breadsticks later."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from kept.clients import core as cores
from kept.clients.models import Client, CoreService, CoreWord
from kept.engine import calibration
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import judging, occurring
from kept.promises.models import Occurrence, Promise
from kept.promises.outcomes import Outcome
from kept.tenancy import refusals, scope

#: Fewer than so many, and nobody can tell: a person says.
ENOUGH = 5


class EnoughIsKnown(refusals.Conflict):
    """Enough fell due to tell: how the core stands is counted, and nobody's word changes it."""


class Verdict(StrEnum):
    """How the core of a client stands."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Mark:
    """One occurrence or promise of a core service that fell due, and what became of it."""

    due_at: datetime
    kept: bool
    word: str
    what: str


@dataclass(frozen=True)
class Health:
    """How the core of a client stands, and on what grounds.

    Attributes:
        verdict: by the rule, else as a person said, else unknown.
        services: what they hired us for.
        marks: the last ones that fell due, oldest first; at most as many as the house looks at.
        low: Wilson's lower bound, one-sided at 80 %; None without any mark.
        said: a person's word, where too little is known; it counts instead.
    """

    client: Client
    verdict: Verdict
    services: Sequence[str]
    marks: Sequence[Mark]
    kept: int
    of: int
    low: float | None
    said: CoreWord | None


def verdict_of(kept: int, of: int, *, hot: float, warm: float) -> Verdict:
    """Judge so many kept of so many: by Wilson's lower bound, one-sided at 80 %."""
    if of < ENOUGH:
        return Verdict.UNKNOWN
    low = calibration.wilson(kept, of, z=calibration.ONE_SIDED_80)[0]
    return Verdict.HOT if low >= hot else Verdict.WARM if low >= warm else Verdict.COLD


def health(client: Client, *, now: datetime) -> Health:
    """Say how one client's core stands."""
    return healths([client], now=now)[client.pk]


def healths(clients: Iterable[Client], *, now: datetime) -> dict[int, Health]:
    """Say how each client's core stands, by its key; the number of queries depends on nothing."""
    house = scope.current()
    clients = list(clients)
    keys = [client.pk for client in clients]
    services: dict[int, dict[int, str]] = defaultdict(dict)
    core = CoreService.objects.filter(client_id__in=keys, until_on__isnull=True)
    for row in core.select_related("service").order_by("since_on", "pk"):
        services[row.client_id][row.service_id] = row.service.name
    # Twice as many as are looked at, since those that a client let us off do not count.
    marks = _marks(list(services), now=now, most=2 * house.core_looks_back)
    words = CoreWord.objects.filter(client_id__in=keys).select_related("said_by").order_by("pk")
    said = {word.client_id: word for word in words}
    found: dict[int, Health] = {}
    for client in clients:
        last = sorted(marks[client.pk], key=lambda mark: mark.due_at)[-house.core_looks_back :]
        kept, of = sum(1 for mark in last if mark.kept), len(last)
        verdict = verdict_of(kept, of, hot=house.core_hot, warm=house.core_warm)
        word = said.get(client.pk) if verdict is Verdict.UNKNOWN else None
        low = calibration.wilson(kept, of, z=calibration.ONE_SIDED_80)[0] if of else None
        found[client.pk] = Health(
            client=client,
            verdict=verdict if word is None else Verdict(word.health),
            services=list(services[client.pk].values()),
            marks=last,
            kept=kept,
            of=of,
            low=low,
            said=word,
        )
    return found


def say(client: Client, word: str, *, by: Member, now: datetime, why: str = "") -> CoreWord:
    """Say how a client's core stands, where too little fell due to tell.

    Raises:
        EnoughIsKnown: it is counted; the word would change nothing.
        Refused: not one of hot, warm and cold.
    """
    access.demand(by, Role.MEMBER)
    read = health(client, now=now)
    if read.of >= ENOUGH:
        raise EnoughIsKnown(
            _(
                "%(kept)s of the last %(of)s were kept, so the core is %(verdict)s: that is "
                "counted, and a word counts only while fewer than %(enough)s fell due. Nothing "
                "was saved."
            )
            % {
                "kept": read.kept,
                "of": read.of,
                "verdict": CoreWord.Health(read.verdict).label,
                "enough": ENOUGH,
            },
            field="health",
        )
    return cores.say(client, word, why=why, by=by, now=now)


def history(client: Client, *, now: datetime, most: int = 1000) -> list[Mark]:
    """Return what fell due of a client's core, oldest first: for a chart over time."""
    marks = _marks([client.pk], now=now, most=most)[client.pk]
    return sorted(marks, key=lambda mark: mark.due_at)


def _marks(keys: Sequence[int], *, now: datetime, most: int) -> dict[int, list[Mark]]:
    """Return what fell due last of each client's core services: occurrences and promises alike."""
    found: dict[int, list[Mark]] = defaultdict(list)
    if not keys:
        return found
    core = CoreService.objects.filter(until_on__isnull=True)
    occurrences = Occurrence.objects.filter(
        Exists(
            core.filter(
                client_id=OuterRef("standing__client_id"),
                service_id=OuterRef("standing__service_id"),
            )
        ),
        standing__client_id__in=keys,
        due_at__lte=now,
    ).annotate(back=_back("standing__client_id"))
    for row in occurrences.filter(back__lte=most).select_related("standing"):
        judged = occurring.outcome(row, now=now)
        _add(found[row.standing.client_id], row.due_at, judged, row.standing.what)
    promises = (
        Promise.objects.filter(
            Exists(
                core.filter(client_id=OuterRef("client_id"), service_id=OuterRef("job__service_id"))
            ),
            client_id__in=keys,
            due_at__lte=now,
        )
        .exclude(state=Promise.State.VOIDED)
        .annotate(back=_back("client_id"))
    )
    for life in judging.lives(promises.filter(back__lte=most).select_related("job")).values():
        promise = life.promise
        judged = judging.by_last_terms(life, now=now)
        _add(found[promise.client_id], promise.due_at, judged, promise.job.title)
    return found


def _back(client: str) -> Window:
    """How many of a client's rows fell due after one, with it."""
    return Window(
        RowNumber(), partition_by=F(client), order_by=[F("due_at").desc(), F("pk").desc()]
    )


def _add(marks: list[Mark], due_at: datetime, judged: Outcome, what: str) -> None:
    if judged.counts and not (judged.open and not judged.overdue):
        marks.append(Mark(due_at, judged.kept, judged.word, what))
