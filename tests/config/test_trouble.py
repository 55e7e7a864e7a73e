"""A database that is busy, full or away: every door says so, and to come back, and never 500."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import Error, OperationalError, connection
from django.test import Client as Browser
from tests import cast
from tests.api.conftest import Caller
from tests.outbox import postman

from kept import clock
from kept.clients.models import Client
from kept.people.models import Member
from kept.tenancy import scope, trouble

pytestmark = pytest.mark.django_db(transaction=True)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is in use")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is in use")

LogIn = Callable[[Member], Browser]


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch, now: datetime) -> LogIn:
    """Log a member in, in a browser that shows what a visitor would see."""
    monkeypatch.setattr(clock, "now", lambda: now)

    def browser_of(member: Member) -> Browser:
        browser = Browser(raise_request_exception=False)
        assert member.login is not None
        browser.force_login(
            member.login, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return browser

    return browser_of


@contextmanager
def somebody_writes() -> Iterator[None]:
    """Hold SQLite's one lock for writing; who waits gives up after a moment."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20000")


@contextmanager
def no_line_is_free() -> Iterator[None]:
    """Take every connection of the pool; who waits gives up after a moment."""
    connection.ensure_connection()
    connection.close()
    pool = connection.pool  # type: ignore[attr-defined]
    usual, pool.timeout = pool.timeout, 0.1
    taken = [pool.getconn(timeout=10) for _ in range(pool.max_size)]
    try:
        yield
    finally:
        pool.timeout = usual
        for line in taken:
            pool.putconn(line)


@contextmanager
def the_server_hangs_up() -> Iterator[None]:
    """End the session of this thread's connection, as a restart of the server does."""
    with ExitStack() as after:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (number,) = cursor.fetchone()
        pool = connection.pool  # type: ignore[attr-defined]
        other = pool.getconn()
        after.callback(pool.putconn, other)
        after.callback(connection.close)
        other.execute("SELECT pg_terminate_backend(%s)", [number])
        yield


def said(answer: Any) -> tuple[int, str, str, str]:
    """The status, when to come back, what kind of answer, and its first words."""
    body = answer.json()["detail"] if "json" in answer["Content-Type"] else _heading(answer)
    return answer.status_code, answer["Retry-After"], answer["Content-Type"].split(";")[0], body


def _heading(answer: Any) -> str:
    return str(answer.content.decode().split("<h1>")[1].split("</h1>")[0])


BUSY = (
    "Others write just now, or a large file comes in, whole or not at all; so this waited, and was "
    "not done. Nothing was changed. Try again in a minute."
)
AWAY = (
    "The database went away or cannot be reached. What is kept there is safe; what you sent was "
    "stored whole or not at all. Look whether it is there before you send it again."
)


@on_sqlite
def test_a_change_that_waited_too_long_for_the_lock_is_told_to_come_back(
    enter: LogIn, now: datetime
) -> None:
    house = cast.northlight(now=now)
    ada, browser = Caller(house.ada, ["read", "write"], now), enter(house.ada)

    with somebody_writes():
        by_api = ada.post("/clients", {"name": "Tidewater"})
        with_key = ada.post("/clients", {"name": "Tidewater"}, Idempotency_Key="k1")
        by_page = browser.post("/clients/new", {"name": "Tidewater"})
        outside_of_a_view = browser.post(f"/houses/{house.ada.pk}")
        reading = ada.get("/clients")

    assert said(by_api) == (503, "30", "application/problem+json", BUSY)
    assert by_api.json()["type"] == "urn:kept:problem:later"
    assert said(with_key) == said(by_api)
    page = (503, "30", "text/html", "The house is busy for a moment")
    assert said(by_page) == page
    assert said(outside_of_a_view) == page
    assert reading.status_code == 200
    with scope.acting_in(house.organisation):
        assert not Client.objects.filter(name="Tidewater").exists()
    assert ada.post("/clients", {"name": "Tidewater"}, Idempotency_Key="k1").status_code == 201


@on_postgresql
def test_who_finds_no_line_to_the_server_is_told_to_come_back(enter: LogIn, now: datetime) -> None:
    house = cast.northlight(now=now)
    ada, browser = Caller(house.ada, ["read", "write"], now), enter(house.ada)

    with no_line_is_free():
        by_api = ada.post("/clients", {"name": "Tidewater"})
        by_page = browser.get("/clients")

    assert said(by_api) == (503, "30", "application/problem+json", BUSY)
    assert said(by_page) == (503, "30", "text/html", "The house is busy for a moment")
    assert ada.post("/clients", {"name": "Tidewater"}).status_code == 201


@on_postgresql
def test_who_finds_no_line_since_the_server_is_away_is_told_so(
    enter: LogIn, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = cast.northlight(now=now)
    ada, browser = Caller(house.ada, ["read", "write"], now), enter(house.ada)

    with no_line_is_free():
        monkeypatch.setitem(connection.settings_dict, "PORT", str(postman.free_port()))
        by_api = ada.post("/clients", {"name": "Tidewater"})
        by_page = browser.get("/clients")

    assert said(by_api) == (503, "10", "application/problem+json", AWAY)
    assert said(by_page) == (503, "10", "text/html", "The database does not answer")


@on_postgresql
def test_a_server_that_hung_up_is_told_of_and_found_again(enter: LogIn, now: datetime) -> None:
    house = cast.northlight(now=now)
    ada, browser = Caller(house.ada, ["read", "write"], now), enter(house.ada)

    with the_server_hangs_up():
        by_api = ada.post("/clients", {"name": "Tidewater"})
    with the_server_hangs_up():
        by_page = browser.get("/clients")

    assert said(by_api) == (503, "10", "application/problem+json", AWAY)
    assert said(by_page) == (503, "10", "text/html", "The database does not answer")
    assert ada.get("/clients").status_code == 200


@on_postgresql
def test_a_line_that_died_in_the_pool_is_replaced_before_it_is_used(now: datetime) -> None:
    house = cast.northlight(now=now)
    ada = Caller(house.ada, ["read", "write"], now)
    connection.close()
    pool = connection.pool  # type: ignore[attr-defined]
    lines = [pool.getconn() for _ in range(3)]
    sessions = [line.info.backend_pid for line in lines]
    for line in lines[1:]:
        pool.putconn(line)
    lines[0].execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY(%s)",
        [sessions[1:]],
    )
    pool.putconn(lines[0])

    assert ada.get("/clients").status_code == 200


@on_sqlite
def test_a_full_disk_is_no_mistake_of_kept() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OperationalError) as full:
            cursor.execute("CREATE TABLE more AS SELECT randomblob(50000000) AS it")
        cursor.execute("PRAGMA max_page_count = 1073741823")

    found = trouble.of(full.value)
    assert found is not None
    assert (found.name, found.seconds) == ("full", 60)


@on_sqlite
def test_a_file_that_cannot_grow_is_a_full_disk_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = OperationalError("disk I/O error")
    assert trouble.of(failed) is None
    monkeypatch.setattr(trouble, "ROOM", 2**80)
    found = trouble.of(failed)
    assert found is not None
    assert found.name == "full"


def test_a_mistake_in_a_statement_is_no_trouble_that_passes() -> None:
    with connection.cursor() as cursor, pytest.raises(Error) as wrong:
        cursor.execute("SELECT nothing_like_it FROM kept_client")

    assert trouble.of(wrong.value) is None
    assert trouble.of(ValueError("is locked")) is None


def test_a_small_note_is_left_undone_where_nothing_more_can_be_written() -> None:
    written = []
    with trouble.not_worth_a_wait():
        written.append("what was read")
        raise OperationalError("database or disk is full")
    assert written == ["what was read"]
    with pytest.raises(OperationalError, match="no such table"), trouble.not_worth_a_wait():
        raise OperationalError("no such table")
