"""Promises like this one: what became of them, and what they cost. Looked at before the yes.

Nothing of it changes a date: what work takes is learned elsewhere, from all of it. This is for
the eyes of whoever is about to promise: “the last three of these were late, and twice we said we
would not promise it again.”
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from kept import zones
from kept.jobs.models import Job, Stage
from kept.people import days
from kept.promises import judging
from kept.promises.models import Promise, Slip
from kept.tenancy import scope

#: So many are named.
NAMED = 5
#: So many of the newest are compared.
LOOKED_AT = 500
#: What makes a promise alike. The same service says most; then the client, the skills, the size.
SERVICE, CLIENT, SKILLS, SIZE = 3.0, 2.0, 2.0, 2.0
#: Below this it is not alike enough to be named: the same client alone is not.
ENOUGH = 3.0


@dataclass(frozen=True, slots=True)
class Lookalike:
    """One past promise, what became of it, and what it cost.

    Attributes:
        became: one word against first terms: kept, late, short, sub_standard or broken.
        moved: its date was moved in time and agreed.
        late_days: working days after the first due moment, if it was delivered after it.
        estimate_hours, spent_hours: of all its stages; nought spent is not known.
        slips: how often a later date was said.
        again: would we promise it again: yes, otherwise, no, or empty; and in what words.
        alike: how much alike, for the order.
        same_client, same_service: what is the same.
    """

    promise: int
    what: str
    client: str
    service: str
    given_at: datetime
    due_at: datetime
    became: str
    moved: bool
    late_days: int | None
    estimate_hours: float
    spent_hours: float
    slips: int
    again: str
    again_word: str
    alike: float
    same_client: bool
    same_service: bool

    @property
    def times(self) -> float | None:
        """Hours spent ÷ hours estimated; None where none were noted."""
        return self.spent_hours / self.estimate_hours if self.spent_hours else None


def of_job(job: Job, *, now: datetime) -> list[Lookalike]:
    """Return the past promises most like a job, the most alike first."""
    stages = Stage.objects.filter(job=job)
    hours = sum(stages.values_list("likely_hours", flat=True))
    skills = set(stages.filter(skill__isnull=False).values_list("skill_id", flat=True))
    return like(
        client=job.client_id,
        service=job.service_id,
        hours=hours,
        skills={skill for skill in skills if skill is not None},
        but=job.pk,
        now=now,
    )


def like(
    *,
    client: int | None,
    service: int | None,
    hours: float,
    skills: set[int],
    now: datetime,
    but: int | None = None,
) -> list[Lookalike]:
    """Return the past promises most like what is described; their number of queries is fixed.

    Args:
        hours: how big it is; nought is not known.
        but: a job that is left out.
    """
    alike_in_something = Q(pk__in=[])
    if client is not None:
        alike_in_something |= Q(client_id=client)
    if service is not None:
        alike_in_something |= Q(job__service_id=service)
    if skills:
        alike_in_something |= Q(
            job_id__in=Stage.objects.filter(skill_id__in=skills).values("job_id")
        )
    ended = (Promise.State.SETTLED, Promise.State.REVOKED)
    candidates = list(
        Promise.objects.filter(alike_in_something, state__in=ended, given_at__lte=now)
        .exclude(job_id=but or 0)
        .order_by("-given_at", "-pk")
        .values_list("pk", "job_id", "client_id", "job__service_id")[:LOOKED_AT]
    )
    sizes, their_skills = _stages([job for _pk, job, *_rest in candidates])
    scored = []
    for place, (key, job, their_client, their_service) in enumerate(candidates):
        score = (
            SERVICE * (service is not None and their_service == service)
            + CLIENT * (client is not None and their_client == client)
            + SKILLS * _overlap(skills, their_skills[job])
            + SIZE * _nearness(hours, sizes[job][0])
        )
        if score >= ENOUGH:
            scored.append((-score, place, key, job))
    chosen = sorted(scored)[:NAMED]
    return _told(
        [(key, -score, sizes[job]) for score, _place, key, job in chosen],
        client=client,
        service=service,
        now=now,
    )


def _stages(
    jobs: list[int],
) -> tuple[dict[int, tuple[float, float]], dict[int, set[int]]]:
    """Return estimated and spent hours, and the skills, of each job."""
    sizes: dict[int, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    rows = Stage.objects.filter(job_id__in=jobs).order_by()
    for row in rows.values("job_id").annotate(likely=Sum("likely_hours"), spent=Sum("spent_hours")):
        sizes[row["job_id"]] = row["likely"], row["spent"]
    skills: dict[int, set[int]] = defaultdict(set)
    for job, skill in rows.filter(skill__isnull=False).values_list("job_id", "skill_id"):
        if skill is not None:
            skills[job].add(skill)
    return sizes, skills


def _overlap(ours: set[int], theirs: set[int]) -> float:
    """Return the share of skills that both need (Jaccard)."""
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0


def _nearness(ours: float, theirs: float) -> float:
    """Return 1 for the same size, a half for twice or half of it, nought far off."""
    if ours <= 0 or theirs <= 0:
        return 0.0
    return float(0.5 ** abs(math.log2(ours / theirs)))


def _told(
    chosen: Iterable[tuple[int, float, tuple[float, float]]],
    *,
    client: int | None,
    service: int | None,
    now: datetime,
) -> list[Lookalike]:
    house, chosen = scope.current(), list(chosen)
    keys = [key for key, *_rest in chosen]
    rows = Promise.objects.select_related("job__service", "client").in_bulk(keys)
    lives = judging.lives(rows.values())
    slips = dict(
        Slip.objects.filter(promise_id__in=keys)
        .order_by()
        .values_list("promise_id")
        .annotate(count=Count("pk"))
    )
    found = []
    for key, score, (estimate, spent) in chosen:
        promise, life = rows[key], lives[key]
        outcome = judging.by_first_terms(life, now=now)
        due_at = life.due_of(life.terms[0], house=house, now=now)
        late = None
        if life.delivery is not None and life.delivery.delivered_at > due_at:
            late = days.count_between(
                house,
                zones.day_of(due_at, promise.zone),
                zones.day_of(life.delivery.delivered_at, promise.zone),
            )
        found.append(
            Lookalike(
                promise=key,
                what=promise.job.title,
                client=promise.client.name,
                service="" if promise.job.service is None else promise.job.service.name,
                given_at=promise.given_at,
                due_at=life.terms[0].due_at,
                became=outcome.word,
                moved=len(life.terms) > 1 and judging.by_last_terms(life, now=now).kept,
                late_days=late,
                estimate_hours=estimate,
                spent_hours=spent,
                slips=slips.get(key, 0),
                again=promise.again,
                again_word=promise.again_word,
                alike=score,
                same_client=promise.client_id == client,
                same_service=service is not None and promise.job.service_id == service,
            )
        )
    return found
