"""Read everything on the team's plate once, as the plan file that the engine computes.

The plan file holds ids only, no names: jobs are `j12`, stages `s34`, members
`m5`, skills `k6`, what a client owes `o7`, what a third party owes `i8`. Luck
is drawn by stage, so a job keeps its luck from the answer to the promise.
"""

import hashlib
import json
import threading
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from kept import engine, zones
from kept.engine import durations
from kept.jobs.models import InboundPromise, Job, Obligation, Stage, StageAfter, StagePerson
from kept.past import profiles, spreading
from kept.people import capacity, days
from kept.plan.models import Hold, Snapshot
from kept.promises.models import Pause, Promise
from kept.tenancy import scope

#: How late, in hours, what others owe us comes: a mean until their own record is known.
LATE_HOURS = {"backed": 8, "unbacked": 24}
ANY = "any"

Plan = dict[str, Any]

#: How many plans stay read: a situation is frozen, so everybody may share it.
READ_AT_ONCE = 8
_read: "OrderedDict[tuple[str, str], engine.Situation]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Loaded:
    """The plan at a moment.

    Attributes:
        plan: the plan file.
        jobs: the jobs in it, by key, each with its promise or hold where it has one.
        cannot: why a job is left out of the plan, by the job's key.
        known: how many past items the least known estimate of a job rests on, by the job's key.
        profile: what the past taught when this was read.
    """

    plan: Plan
    jobs: Mapping[int, Job]
    promises: Mapping[int, Promise]
    holds: Mapping[int, Hold]
    cannot: Mapping[int, str]
    known: Mapping[int, int]
    profile: durations.Profile
    people: Sequence[Plan] = field(default=())
    dues: Mapping[int, datetime] = field(default_factory=dict)

    def due_of(self, promise: Promise) -> datetime:
        """Return the moment a promise is due as the plan has it: later while its clock stands."""
        return self.dues.get(promise.job_id, promise.due_at)

    @property
    def profile_version(self) -> str:
        """What the past taught when this was read."""
        return self.profile.version

    @cached_property
    def situation(self) -> "engine.Situation":
        """The plan as the engine reads it, read once for as long as it stays the same."""
        key = (self.fingerprint, self.plan["start"])
        with _lock:
            known = _read.get(key)
            if known is not None:
                _read.move_to_end(key)
                return known
        situation = engine.Situation.from_document(self.plan)
        with _lock:
            _read[key] = situation
            while len(_read) > READ_AT_ONCE:
                _read.popitem(last=False)
        return situation

    @cached_property
    def fingerprint(self) -> str:
        """Changes exactly when something on the plate changes; the passing of time is no change."""
        lasting = {key: value for key, value in self.plan.items() if key != "start"}
        text = json.dumps(lasting, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def load(*, now: datetime) -> Loaded:
    """Read the current organisation's plan; the number of queries does not depend on its size."""
    live = Hold.objects.filter(ended_at__isnull=True, expires_at__gt=now)
    holds = {hold.job_id: hold for hold in live}
    promises = {
        promise.job_id: promise for promise in Promise.objects.filter(state__in=Promise.OPEN)
    }
    ended = Promise.objects.exclude(state__in=Promise.OPEN).values("job_id")
    jobs = {
        job.pk: job
        for job in Job.objects.filter(
            # Where all work is done the job is closed, and its promise waits to be delivered.
            Q(state=Job.State.OPEN) | Q(pk__in=[*holds, *promises])
        )
        .exclude(pk__in=ended)
        .order_by("pk")
    }
    dues = _dues_while_paused(promises.values(), now=now)
    people = capacity.plan_people(now=now)
    for person in people:
        person["skills"] = [ANY, *person["skills"]]
    table = Stages(jobs=jobs, people=people, now=now)
    table.read(Stage.objects.filter(job_id__in=list(jobs)))
    entries: list[Plan] = []
    stages: list[Plan] = []
    cannot: dict[int, str] = {}
    known: dict[int, int] = {}
    for key, job in jobs.items():
        reason = table.reason_against(key)
        if reason:
            cannot[key] = reason
            continue
        stages.extend(table.entries(key))
        known[key] = table.known(key)
        entries.append(_promise_entry(job, promises.get(key), holds.get(key), dues.get(key)))
    return Loaded(
        plan={
            "start": minute(now),
            "people": [person for person in people if person["week"]],
            "promises": entries,
            "stages": stages,
            # The share of a promise's luck that its stages have in common: 0.05 until the past
            # tells. Rounded, so that it is the same on every machine.
            "correlation": round(table.profile.together.correlation, 3),
            # How far all luck is shifted, so that sums of work come out as often as is said.
            "lean": round(table.profile.together.lean, 3),
        },
        jobs=jobs,
        promises=promises,
        holds=holds,
        cannot=cannot,
        known=known,
        profile=table.profile,
        dues=dues,
        people=people,
    )


def minute(moment: datetime) -> str:
    """Return a moment as the plan file writes it, to the minute, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="minutes")


def _dues_while_paused(promises: Iterable[Promise], *, now: datetime) -> dict[int, datetime]:
    """Return the due moments of paused promises, by their jobs: later by what has stood so far.

    They move from day to day and not by the minute, so that the passing of time changes no plan.
    """
    paused = [promise for promise in promises if promise.state == Promise.State.PAUSED]
    if not paused:
        return {}
    house = scope.current()
    standing = {
        pause.promise_id: pause.started_at for pause in Pause.objects.filter(ended_at__isnull=True)
    }
    dues = {}
    for promise in paused:
        began = standing.get(promise.pk)
        if began is None or began >= promise.due_at:
            continue
        today = zones.start_of(zones.day_of(now, promise.zone), promise.zone)
        stood = days.working_minutes(house, began, today, zone=promise.zone)
        dues[promise.job_id] = days.later_by(house, promise.due_at, stood, zone=promise.zone)
    return dues


def _promise_entry(
    job: Job, promise: Promise | None, hold: Hold | None, due_at: datetime | None
) -> Plan:
    entry: Plan = {"id": f"j{job.pk}"}
    if promise is not None:
        entry |= {
            "kind": "promise",
            "due": minute(due_at or promise.due_at),
            "placement": promise.placement,
            "accepted": int(promise.given_at.timestamp()),
        }
        if promise.pinned is not None:
            entry["priority"] = promise.pinned
    elif hold is not None:
        entry |= {
            "kind": "hold",
            "due": minute(hold.due_at),
            "placement": hold.placement,
            "accepted": int(hold.held_at.timestamp()),
        }
    else:
        entry["kind"] = "work"
    if job.release_at is not None:
        entry["release"] = minute(job.release_at)
    return entry


class Stages:
    """Turns stages of jobs into entries of the plan file, spread by what the past teaches."""

    def __init__(
        self,
        *,
        jobs: Mapping[int, Job],
        people: Iterable[Plan],
        now: datetime,
        profile: durations.Profile | None = None,
    ) -> None:
        self.jobs = jobs
        house = scope.current()
        self.today = zones.start_of(zones.day_of(now, house.zone), house.zone)
        self.profile = profiles.current(now=now) if profile is None else profile
        self.at_work = {person["id"] for person in people if person["week"]}
        self.holders: dict[str, int] = defaultdict(int)
        for person in people:
            if person["week"]:
                for skill in person["skills"]:
                    self.holders[skill] += 1
        self.stages: dict[int, list[Stage]] = defaultdict(list)
        self.afters: dict[int, list[int]] = defaultdict(list)
        self.named: dict[int, list[int]] = defaultdict(list)
        self.owed: dict[int, list[tuple[str, int | None, Plan]]] = defaultdict(list)
        self._known: dict[int, list[int]] = defaultdict(list)

    def read(self, stages: Iterable[Stage]) -> None:
        """Read the stages that are left, their order, their people, and what others owe."""
        for stage in stages:
            if stage.state not in (Stage.State.HANDED_OVER, Stage.State.DONE):
                self.stages[stage.job_id].append(stage)
        left = {stage.pk for group in self.stages.values() for stage in group}
        keys = list(self.jobs)
        for order in StageAfter.objects.filter(stage__job_id__in=keys):
            if order.after_id in left:
                self.afters[order.stage_id].append(order.after_id)
        for named in StagePerson.objects.filter(stage__job_id__in=keys):
            self.named[named.stage_id].append(named.member_id)
        for owed in Obligation.objects.filter(job_id__in=keys, met_at__isnull=True):
            self._owe(f"o{owed.pk}", owed.job_id, owed.stage_id, owed.due_at, backed=False)
        for inbound in InboundPromise.objects.filter(job_id__in=keys, met_at__isnull=True):
            self._owe(
                f"i{inbound.pk}", inbound.job_id, inbound.stage_id, inbound.due_at,
                backed=inbound.backed,
            )  # fmt: skip

    def take(
        self,
        stages: Iterable[Stage],
        *,
        afters: Mapping[int, list[int]],
        named: Mapping[int, list[int]],
    ) -> None:
        """Take stages that exist only in memory, with their order and their people."""
        for stage in stages:
            self.stages[stage.job_id].append(stage)
        self.afters.update(afters)
        self.named.update(named)

    def _owe(
        self, key: str, job: int, stage: int | None, due_at: datetime, *, backed: bool
    ) -> None:
        """Write down what others owe. Something overdue is taken as due when today began.

        The engine draws its lateness given that it has not come until now, and with this law that
        is the same as due now. So the passing of time changes no plan, but once a day.
        """
        arrival = {
            "by": minute(max(due_at, self.today)),
            "late": {
                "law": "exponential",
                "mean": LATE_HOURS["backed" if backed else "unbacked"],
            },
            "backed": backed,
        }
        self.owed[job].append((key, stage, arrival))

    def reason_against(self, job: int) -> str:
        """Say why nobody here can do a job as it stands; empty if somebody can."""
        for stage in self.stages[job]:
            owner = stage.owner_id
            if owner is not None and f"m{owner}" not in self.at_work:
                return _("the owner of “%(stage)s” has no working time") % {"stage": stage.name}
            need = f"k{stage.skill_id}" if stage.skill_id else ANY
            named = {owner, *self.named[stage.pk]} - {None}
            if self.holders[need] < stage.hands and len(named) < stage.hands:
                return _("“%(stage)s” needs %(hands)d who can do it, and there are %(have)d") % {
                    "stage": stage.name,
                    "hands": stage.hands,
                    "have": self.holders[need],
                }
        return ""

    def entries(self, job: int) -> list[Plan]:
        """Return a job's stages as the plan file has them."""
        entries: list[Plan] = []
        waits: dict[int, list[str]] = defaultdict(list)
        for key, stage_id, arrival in self.owed[job]:
            entries.append({"id": key, "promise": f"j{job}", "arrives": arrival})
            for stage in self.stages[job]:
                if stage.pk == stage_id or (stage_id is None and not self.afters[stage.pk]):
                    waits[stage.pk].append(key)
        entries.extend(self._entry(stage, waits[stage.pk]) for stage in self.stages[job])
        return entries

    def _entry(self, stage: Stage, waits: Sequence[str]) -> Plan:
        entry: Plan = {
            "id": f"s{stage.pk}",
            "promise": f"j{stage.job_id}",
            "after": [*(f"s{key}" for key in self.afters[stage.pk]), *waits],
            "effort": self._effort(stage),
        }
        named = [key for key in (stage.owner_id, *self.named[stage.pk]) if key is not None]
        people = [f"m{key}" for key in dict.fromkeys(named) if f"m{key}" in self.at_work]
        need = f"k{stage.skill_id}" if stage.skill_id else ANY
        if people:
            entry["people"] = people
        if len(people) < stage.hands:
            entry["needs"] = {need: stage.hands}
        if stage.optional:
            entry["optional"] = True
        if stage.spent_hours:
            entry["spent"] = stage.spent_hours
        if people and (stage.state == Stage.State.DOING or stage.spent_hours):
            entry["begun_by"] = people
        return entry

    def _effort(self, stage: Stage) -> Any:
        job = self.jobs[stage.job_id]
        if stage.low_hours is not None and stage.high_hours is not None:
            return {
                "low": stage.low_hours,
                "likely": stage.likely_hours,
                "high": stage.high_hours,
            }
        learned = spreading.spread(
            self.profile,
            estimate=stage.likely_hours,
            member=stage.owner_id,
            service=job.service_id,
            skill=stage.skill_id,
            client=job.client_id,
        )
        self._known[stage.job_id].append(learned.known)
        return {"estimate": stage.likely_hours, "ratios": learned.ratios}

    def known(self, job: int) -> int:
        """Return how many past items the least known estimate of a job rests on."""
        return min(self._known[job], default=10_000)


def keep(loaded: Loaded, *, now: datetime) -> Snapshot:
    """Keep the plan that an answer was computed from, once, so that it can be recomputed."""
    fingerprint = loaded.situation.fingerprint
    kept = Snapshot.objects.filter(fingerprint=fingerprint).first()
    if kept is None:
        text = json.dumps(loaded.plan, separators=(",", ":"))
        # Somebody else may keep the same one in this very moment.
        kept, _made = Snapshot.objects.get_or_create(
            fingerprint=fingerprint,
            defaults={"plan": zlib.compress(text.encode(), 6), "made_at": now},
        )
    return kept


def kept_plan(snapshot: Snapshot) -> Plan:
    """Return the plan file of a kept situation; `kept simulate` takes it as it is."""
    plan: Plan = json.loads(zlib.decompress(bytes(snapshot.plan)))
    return plan
