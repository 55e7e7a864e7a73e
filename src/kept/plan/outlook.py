"""Forecast every open promise again when the plan changed, and keep what was forecast."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery

from kept import engine
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people.models import Member
from kept.plan import loading
from kept.plan.loading import Loaded
from kept.plan.models import Outlook
from kept.promises.models import Promise
from kept.tenancy import scope

#: An outlook older than this is computed again although nothing changed: time passed.
DAILY = timedelta(hours=20)


def newest(*, of: Collection[int] | None = None) -> dict[int, Outlook]:
    """Return the newest outlook of each open promise, by the promise's key, in one query.

    Args:
        of: only of these promises.
    """
    last = (
        Outlook.objects.filter(promise=OuterRef("pk")).order_by("-computed_at", "-pk").values("pk")
    )
    keys = Promise.objects.filter(state__in=Promise.OPEN).annotate(last=Subquery(last[:1]))
    if of is not None:
        keys = keys.filter(pk__in=of)
    rows = Outlook.objects.filter(pk__in=keys.values("last"))
    return {outlook.promise_id: outlook for outlook in rows}


def refresh(*, by: Member | None, now: datetime) -> list[Outlook]:
    """Forecast all open promises, and keep the forecasts with what they were computed from."""
    loaded = loading.load(now=now)
    if not loaded.promises:
        return []
    futures = engine.simulate(loaded.situation, futures=settings.FUTURES, seed=seed())
    return _keep(loaded, futures, by=by, now=now)


def refresh_if_changed(*, by: Member | None, now: datetime) -> list[Outlook]:
    """Forecast again if the plan is not the one of the newest outlooks, or a day has passed."""
    loaded = loading.load(now=now)
    if not loaded.promises:
        return []
    known = newest()
    awaited = {p.pk for key, p in loaded.promises.items() if key not in loaded.cannot}
    fresh = [
        outlook
        for outlook in known.values()
        if outlook.plan_fingerprint == loaded.fingerprint and now - outlook.computed_at < DAILY
    ]
    if awaited <= {outlook.promise_id for outlook in fresh}:
        return []
    futures = engine.simulate(loaded.situation, futures=settings.FUTURES, seed=seed())
    return _keep(loaded, futures, by=by, now=now)


def seed() -> int:
    """Return the seed of all this house's forecasts: the same luck in each, so they compare."""
    return scope.current().pk


def _keep(
    loaded: Loaded, futures: "engine.Futures", *, by: Member | None, now: datetime
) -> list[Outlook]:
    situation = loaded.situation
    with transaction.atomic():
        snapshot = loading.keep(loaded, now=now)
        rows = []
        for key, promise in loaded.promises.items():
            if key in loaded.cannot:
                continue
            name = f"j{key}"
            due_at = loaded.due_of(promise)
            chance = futures.chance(name, situation.minute(due_at))
            assert chance is not None  # it is, for a moment that is given
            rows.append(
                Outlook(
                    promise=promise,
                    computed_at=now,
                    due_at=due_at,
                    chance=chance,
                    finish_50_at=_moment(loaded, futures.quantile(name, 0.50)),
                    finish_80_at=_moment(loaded, futures.quantile(name, 0.80)),
                    finish_90_at=_moment(loaded, futures.quantile(name, 0.90)),
                    finish_95_at=_moment(loaded, futures.quantile(name, 0.95)),
                    known_items=loaded.known[key],
                    snapshot=snapshot,
                    plan_fingerprint=loaded.fingerprint,
                    seed=seed(),
                    futures=settings.FUTURES,
                    engine_version=engine.ENGINE_VERSION,
                    profile_version=loaded.profile_version,
                )
            )
        outlooks = Outlook.objects.bulk_create(rows)
        if outlooks:
            recording.record(
                Event.Kind.OUTLOOK_COMPUTED,
                about=snapshot,
                by=by,
                at=now,
                facts={
                    "chances": [[o.promise_id, round(o.chance, 4)] for o in outlooks],
                    "fingerprint": snapshot.fingerprint,
                },
            )
    return outlooks


def _moment(loaded: Loaded, minute: int) -> datetime | None:
    return None if minute >= engine.NEVER else loaded.situation.moment(minute)
