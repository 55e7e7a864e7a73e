"""What somebody gives is taken as it is meant, or refused in words that say what would do."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from tests import cast

from kept.clients.models import Client
from kept.tenancy import given
from kept.tenancy.given import Between
from kept.tenancy.refusals import Refused


def test_a_count_is_a_whole_number() -> None:
    with pytest.raises(Refused) as refused:
        given.count(2.5, called="The days", field="days", least=1, most=9)  # type: ignore[arg-type]
    assert (refused.value.sentence, refused.value.field) == (
        "The days: give a whole number.",
        "days",
    )
    assert given.count(3.0, called="The days", field="days", least=1, most=9) == 3  # type: ignore[arg-type]


def test_of_counts_those_that_were_said_are_set_and_none_that_cannot_be(
    northlight: cast.House,
) -> None:
    allowed = {
        "stuck_after_days": Between("The days until it is stuck", 1, 60),
        "beyond_days": Between("The days looked back", 7, 730),
    }
    house = northlight.organisation
    given.put_counts(house, {"stuck_after_days": 5, "name": "Eve"}, allowed)
    assert (house.stuck_after_days, house.beyond_days, house.name) == (5, 90, "Northlight")
    with pytest.raises(Refused) as refused:
        given.put_counts(house, {"beyond_days": 3}, allowed)
    assert refused.value.sentence == (
        "The days looked back: 3 cannot be. Give a number from 7 to 730."
    )


def test_a_moment_without_a_zone_is_nobody_elses_mistake() -> None:
    with pytest.raises(ValueError, match="due_at has no zone"):
        given.moment(datetime(2026, 12, 2, 9), called="The date", field="due_at")  # noqa: DTZ001
    at = datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert given.moment(at, called="The date", field="due_at") == at


def test_where_somebody_wrote_first_the_constraint_answers_in_the_same_words(
    northlight: cast.House,
) -> None:
    taken = Refused("There is a client of that name.", field="name")
    with transaction.atomic():
        with pytest.raises(Refused) as refused, given.constrained(taken):
            Client.objects.create(name="Harbour Clinic", zone=cast.ZONE)
        assert refused.value is taken
        # The transaction around it goes on.
        assert Client.objects.count() == 2


def test_an_address_a_zone_and_a_text_are_taken_or_refused_in_words() -> None:
    assert given.address("Ada@Northlight.example") == "ada@northlight.example"
    assert given.address("") == ""
    assert given.zone("Europe/Lisbon") == "Europe/Lisbon"
    for give, sentence in {
        (lambda: given.address("ada at home")): (
            "“ada at home” is not an e-mail address. ada@example.org is one."
        ),
        (lambda: given.zone("Lisbon")): "“Lisbon” is not a time zone. Europe/Lisbon is one.",
        (lambda: given.one_line("a\x00b", called="The name", field="name", longest=9)): (
            "The name: character 2 cannot be kept. Type it anew."
        ),
        (lambda: given.one_line(" ", called="The name", field="name", longest=9)): (
            "The name is missing."
        ),
        (lambda: given.one_line("a" * 1200, called="The name", field="name", longest=9)): (
            "The name: 1,200 characters are too many. Write at most 9."
        ),
        (lambda: given.number(1e20, called="Hours", field="hours", least=0, most=10)): (
            "Hours: 1e+20 cannot be. Give a number from 0 to 10."
        ),
        (lambda: given.day(date(1200, 1, 1), called="The day", field="on")): (
            "The day: the year 1200 is out of reach."
        ),
    }.items():
        with pytest.raises(Refused) as refused:
            give()
        assert refused.value.sentence == sentence


def test_a_name_is_found_whatever_the_case_of_its_letters(northlight: cast.House) -> None:
    cafe = Client.objects.create(name="Café Évora", zone=cast.ZONE)
    rows = Client.objects.all()
    assert given.named(rows, "CAFÉ ÉVORA") == cafe
    assert given.named(rows, "harbour clinic") == northlight.clients["Harbour Clinic"]
    assert (given.named(rows, "Café Óbidos"), given.named(rows, "Nobody")) == (None, None)
