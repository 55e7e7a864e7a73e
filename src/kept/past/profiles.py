"""What the past teaches about how long work takes, learned anew when the past changes."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Max

from kept import zones
from kept.clients.models import Client, Service
from kept.engine import backtesting, durations, lenses
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import open_work
from kept.past.models import Backtest, BacktestStretch, DurationProfile, PastItem
from kept.people.models import Member, Skill
from kept.tenancy import scope

#: Finished work without a day counts as this old: it teaches, but less than what is dated now.
UNDATED_AGE = timedelta(days=540)

_KEPT_AT_ONCE = 16
_profiles: OrderedDict[tuple[int, str], durations.Profile] = OrderedDict()
_lock = threading.Lock()


def person_key(member: Member | int | None) -> str | None:
    """Return the name under which the engine knows a member; a key does as well."""
    return _key("m", member)


def kind_key(service: Service | int | None) -> str | None:
    """Return the name under which the engine knows a service."""
    return _key("s", service)


def subkind_key(skill: Skill | int | None) -> str | None:
    """Return the name under which the engine knows a skill."""
    return _key("k", skill)


def project_key(client: Client | int | None) -> str | None:
    """Return the name under which the engine knows a client."""
    return _key("c", client)


def current(now: datetime) -> durations.Profile:
    """Return what the newest profile at `now` learned; what is assumed before any, if none.

    Kept in memory by version, so that only the first call after a change computes.
    """
    row = newest(now)
    organisation = scope.current()
    version = "" if row is None else row.version
    with _lock:
        known = _profiles.get((organisation.pk, version))
        if known is not None:
            _profiles.move_to_end((organisation.pk, version))
            return known
    if row is None:
        profile = _fitted([], as_of=organisation.created_at)
    else:
        items = _items(row.made_at, until=row.newest_item) + _open_items(row.open_work)
        profile = _fitted(items, as_of=row.made_at)
    return _remembered(version, profile)


def newest(now: datetime) -> DurationProfile | None:
    """Return the newest version there was at `now`."""
    return DurationProfile.objects.filter(made_at__lte=now).order_by("-made_at", "-pk").first()


def refit(*, by: Member | None, now: datetime) -> DurationProfile:
    """Learn from all finished work there is at `now`, as a new version that answers will name.

    With it comes its backtest: what it would have said of the work it learned from.
    """
    with transaction.atomic():
        newest_item = PastItem.objects.aggregate(Max("pk"))["pk__max"]
        still_open = open_work.known(now)
        items = _items(now, until=newest_item) + _open_items(still_open)
        profile = _fitted(items, as_of=now)
        _remembered(profile.version, profile)
        latest = (
            PastItem.objects.filter(finished_at__isnull=False)
            .order_by(F("finished_at").desc())
            .values_list("finished_at", flat=True)
            .first()
        )
        row = DurationProfile.objects.create(
            version=profile.version,
            items=profile.finished_items,
            made_at=now,
            learned_until_at=latest,
            newest_item=newest_item,
            open_work=[list(each) for each in still_open],
        )
        recording.record(
            Event.Kind.PROFILE_FITTED,
            about=row,
            by=by,
            at=now,
            rows=[row, *_looked_back(row, profile)],
            facts={"items": row.items},
        )
    return row


def _looked_back(row: DurationProfile, profile: durations.Profile) -> list[models.Model]:
    """Write what a profile would have said of the work it learned from; return the rows."""
    seen = backtesting.hindsight(profile)
    within_50, within_80, within_90, within_95 = seen.kept
    backtest = Backtest.objects.create(
        profile=row,
        scored=seen.scored,
        undated=seen.undated,
        within_50=within_50,
        within_80=within_80,
        within_90=within_90,
        within_95=within_95,
        as_estimated=seen.kept_as_estimated,
        half_more=seen.kept_at_half_more,
        exact=seen.exact,
        informative=seen.is_informative,
        typical_factor=seen.typical_factor,
        sums=seen.sums,
        sums_within_90=seen.sums_kept,
        lean=seen.lean,
    )
    stretches = BacktestStretch.objects.bulk_create(
        BacktestStretch(
            backtest=backtest,
            position=position,
            from_on=date.fromordinal(part.from_day),
            to_on=date.fromordinal(part.to_day),
            scored=part.scored,
            within_90=part.kept,
        )
        for position, part in enumerate(seen.stretches, start=1)
    )
    return [backtest, *stretches]


def _remembered(version: str, profile: durations.Profile) -> durations.Profile:
    # A version names its content, so one that a rolled back transaction made does no harm.
    with _lock:
        _profiles[scope.current().pk, version] = profile
        while len(_profiles) > _KEPT_AT_ONCE:
            _profiles.popitem(last=False)
    return profile


def _fitted(items: list[durations.PastItem], *, as_of: datetime) -> durations.Profile:
    # The day after, since a profile learns from what was finished before its day.
    day = zones.day_of(as_of, scope.current().zone).toordinal() + 1
    return durations.DurationHistory.from_rows(items).profile(day)


def _items(now: datetime, *, until: int | None) -> list[durations.PastItem]:
    """Return the newest finished work with an estimate and an actual, as the engine reads it.

    Args:
        until: the newest past item that counts; what came after it waits for the next version.
    """
    zone = scope.current().zone
    known = PastItem.objects.filter(estimate_hours__isnull=False, actual_hours__gt=0)
    if until is not None:
        known = known.filter(pk__lte=until)
    rows = known.order_by(F("finished_at").desc(nulls_last=True), "-pk").values_list(
        "external_id",
        "estimate_hours",
        "actual_hours",
        "estimated_at",
        "started_at",
        "finished_at",
        "person__member_id",
        "person__name",
        "kind__service_id",
        "kind__name",
        "subkind__skill_id",
        "subkind__name",
        "project__client_id",
        "project__name",
    )[: lenses.METHOD.memory]
    return [
        durations.PastItem(
            row_id=row_id,
            person=_key("m", member) or _named(person),
            kind=_key("s", service) or _named(kind),
            subkind=_key("k", skill) or _named(subkind),
            project=_key("c", client) or _named(project),
            estimate=estimate,
            actual=actual,
            estimated_on=_day_number(estimated_at or started_at, zone),
            finished_on=_day_number(finished_at or now - UNDATED_AGE, zone),
        )
        for (
            row_id, estimate, actual, estimated_at, started_at, finished_at, member, person,
            service, kind, skill, subkind, client, project,
        ) in rows
    ]  # fmt: skip


def _open_items(known: Iterable[Sequence[Any]]) -> list[durations.PastItem]:
    """Return open work as the engine reads it: its hours so far are a lower bound."""
    return [
        durations.PastItem(
            row_id=f"stage:{stage}",
            person=_key("m", owner),
            kind=_key("s", service),
            subkind=_key("k", skill),
            project=_key("c", client),
            estimate=estimate,
            actual=spent,
            estimated_on=day,
            status="open",
        )
        for stage, owner, service, skill, client, estimate, spent, day in known
    ]


def _key(letter: str, row: object) -> str | None:
    key = getattr(row, "pk", row)
    return None if key is None else f"{letter}{key}"


def _named(name: str | None) -> str | None:
    # A colon, so that a source name "m12" is not taken for the member 12.
    return None if name is None else f"name:{name}"


def _day_number(at: datetime | None, zone: str) -> float | None:
    if at is None:
        return None
    local = zones.local(at, zone)
    return local.toordinal() + (local.hour * 60 + local.minute) / 1440
