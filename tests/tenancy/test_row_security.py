"""PostgreSQL shows a statement the rows of its own organisation, and no others."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast

from kept.clients.models import Client
from kept.ledger.models import Head
from kept.people.models import Member
from kept.tenancy import scope
from kept.tenancy.models import Organisation

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no row-level security"
)


def names() -> list[str]:
    """Read the clients past every manager."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, name FROM kept_client ORDER BY 1, 2")
        return [f"{organisation} {name}" for organisation, name in cursor.fetchall()]


def test_the_role_of_the_tests_does_not_pass_row_security(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_a_statement_sees_its_own_house_only(northlight: cast.House, southbank: cast.House) -> None:
    own = northlight.organisation.pk
    assert names() == [f"{own} Harbour Clinic", f"{own} Pete's Bakery"]
    with scope.acting_in(southbank.organisation):
        other = southbank.organisation.pk
        assert names() == [f"{other} Harbour Clinic", f"{other} Pete's Bakery"]
    assert names() == [f"{own} Harbour Clinic", f"{own} Pete's Bakery"]


def test_outside_of_a_house_there_are_no_rows(southbank: cast.House) -> None:
    assert names() == []


def test_joins_and_totals_stay_in_the_house(northlight: cast.House, southbank: cast.House) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM kept_organisation o"
            " JOIN kept_member m ON m.organisation_id = o.id"
        )
        assert cursor.fetchone() == (5,)
    found = Member.objects.aggregate(n=Count("organisation__id"))
    assert found == {"n": 5}


def test_looking_everywhere_ends_with_the_statement(
    northlight: cast.House, southbank: cast.House
) -> None:
    assert Client.everywhere.count() == 4
    assert {client.organisation_id for client in Client.everywhere.iterator()} == {
        northlight.organisation.pk,
        southbank.organisation.pk,
    }
    for _client in Client.everywhere.iterator():
        assert len(names()) == 2
    assert len(names()) == 2


def test_a_row_for_another_house_cannot_be_written(
    northlight: cast.House, southbank: cast.House
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Client.objects.create(organisation=southbank.organisation, name="Leak", zone=cast.ZONE)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kept_client SET note = 'seen'")
        assert cursor.rowcount == 2
        cursor.execute(
            "DELETE FROM kept_client WHERE organisation_id <> %s", [northlight.organisation.pk]
        )
        assert cursor.rowcount == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_taken_up_again_carries_nothing_over(
    northlight: cast.House, southbank: cast.House
) -> None:
    seen: dict[str, Any] = {}

    def work(name: str, before: Callable[[], None]) -> None:
        before()
        seen[name] = names()
        connection.close()

    assert len(names()) == 2
    connection.close()  # back to the pool, with Northlight's settings
    for name, before in (
        ("nobody", lambda: None),
        ("cleo", lambda: scope.enter(southbank.organisation)),
        ("nobody again", lambda: None),
    ):
        thread = threading.Thread(target=work, args=(name, before))
        thread.start()
        thread.join()
    other = southbank.organisation.pk
    assert seen == {
        "nobody": [],
        "cleo": [f"{other} Harbour Clinic", f"{other} Pete's Bakery"],
        "nobody again": [],
    }


def divide_by_zero() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


class Undone(Exception):
    """A block ends badly."""


steps = st.recursive(
    st.lists(st.sampled_from(["look", "everywhere", "break"]), max_size=3),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(["north", "south", "save", "undo"]), inner), max_size=4
    ),
    max_leaves=12,
)


@given(plan=steps)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_undone_each_statement_is_told_its_house(
    plan: list[Any], northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    houses = {"north": northlight.organisation, "south": southbank.organisation}

    def look() -> None:
        wanted = scope.as_settings()[0]
        assert {name.split()[0] for name in names()} == ({wanted} if wanted else set())

    def follow(steps: list[Any]) -> None:
        for step in steps:
            match step:
                case "look":
                    look()
                case "everywhere":
                    assert Client.everywhere.count() == 4
                case "break":
                    with pytest.raises(DataError), transaction.atomic():
                        divide_by_zero()
                case ("north" | "south" as name, inner):
                    with scope.acting_in(houses[name]):
                        follow(inner)
                case ("save", inner):
                    with transaction.atomic():
                        follow(inner)
                case ("undo", inner):
                    with suppress(Undone), transaction.atomic():
                        follow(inner)
                        raise Undone
            look()

    follow(plan)


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_as_it_is_committed_leaves_nothing_taken_for_told() -> None:
    """PostgreSQL looks at a foreign key as the transaction ends."""
    with scope.acting_in(Organisation(pk=999_999)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Head.objects.create(organisation_id=999_999)
        assert connection.told is None
        assert list(Head.objects.all()) == []
