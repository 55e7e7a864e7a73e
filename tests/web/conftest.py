"""Promises with a known outlook, a fixed present, and a browser that is logged in."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from tests.cast import House

from kept import clock, zones
from kept.jobs.models import Job, Stage
from kept.people.models import Member
from kept.plan.models import Outlook, Snapshot
from kept.promises import recording
from kept.promises.models import Promise

Promised = Callable[..., Promise]
LogIn = Callable[[Member], Browser]


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch, now: datetime) -> LogIn:
    """Log a member in; pages see the fixed present."""
    monkeypatch.setattr(clock, "now", lambda: now)

    def enter(member: Member) -> Browser:
        browser = Browser()
        browser.force_login(
            member.login, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return browser

    return enter


@pytest.fixture
def promised(northlight: House, now: datetime) -> Promised:
    """Give a promise whose newest outlook is known; days are ends of working days in Lisbon."""

    def moment(day: date) -> datetime:
        return zones.moment(day, time(18), "Europe/Lisbon").astimezone(UTC)

    def give(
        what: str,
        *,
        due: date,
        even: date | None = None,
        sure: date | None = None,
        chance: float = 0.9,
        client: str = "Harbour Clinic",
        owner: Member | None = None,
        known: int = 40,
        **stage: Any,
    ) -> Promise:
        house = northlight
        customer = house.clients[client]
        job = Job.objects.create(title=what, client=customer, state=Job.State.OPEN, made_at=now)
        Stage.objects.create(
            job=job, position=1, name="Building", likely_hours=16, **({"owner": house.dev} | stage)
        )
        promise = recording.give(
            job=job,
            client=customer,
            due_at=moment(due),
            zone="Europe/Lisbon",
            origin=Promise.Origin.QUOTE,
            by=house.ben,
            now=now - timedelta(days=10),
            last_mile_owner=owner or house.maya,
            chance=0.92,
        )
        if even and sure:
            snapshot, _new = Snapshot.objects.get_or_create(
                fingerprint="f" * 64, defaults={"plan": b"", "made_at": now}
            )
            Outlook.objects.create(
                promise=promise,
                computed_at=now - timedelta(minutes=4),
                due_at=promise.due_at,
                chance=chance,
                finish_50_at=moment(even),
                finish_80_at=moment(sure),
                finish_90_at=moment(sure),
                finish_95_at=moment(sure),
                known_items=known,
                snapshot=snapshot,
                plan_fingerprint="f" * 64,
                seed=1,
                futures=1000,
                engine_version="1",
                profile_version="",
            )
        return promise

    return give
