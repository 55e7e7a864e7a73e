"""One typed line: what, for whom, how big, by when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.jobs import lines
from kept.jobs.lines import Effort, Line, Vague, Vagueness

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)  # a Wednesday


@dataclass(frozen=True)
class Named:
    pk: int
    name: str


CLINIC, BAKERY, MUSEUM = (
    Named(1, "Harbour Clinic"),
    Named(2, "Pete's Bakery"),
    Named(3, "Tidewater Museum"),
)
PAGE = Named(1, "Landing page")


def read(text: str) -> Line[Named, Named]:
    return lines.read(
        text, now=NOW, zone="Europe/Lisbon", clients=[CLINIC, BAKERY, MUSEUM], services=[PAGE]
    )


def test_a_line_says_what_for_whom_how_big_and_by_when() -> None:
    assert read("Landing page for Harbour Clinic by Fri 18 Dec, 30-46 h") == Line(
        what="Landing page",
        client=CLINIC,
        client_name="Harbour Clinic",
        service=PAGE,
        effort=Effort(likely_hours=37.15, low_hours=30, high_hours=46),
        wanted_on=date(2026, 12, 18),
        wanted_time=None,
        vague=(),
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Friday", date(2026, 12, 4)),
        ("Wednesday", date(2026, 12, 9)),
        ("next Friday", date(2026, 12, 11)),
        ("Friday 18th", date(2026, 12, 18)),
        ("the 18th of December", date(2026, 12, 18)),
        ("Tuesday 5 January", date(2027, 1, 5)),
        ("18/12", date(2026, 12, 18)),
        ("18.12.2026", date(2026, 12, 18)),
        ("2026-12-18", date(2026, 12, 18)),
        ("Dec 18", date(2026, 12, 18)),
        ("tomorrow", date(2026, 12, 3)),
        ("end of the week", date(2026, 12, 4)),
        ("end of the month", date(2026, 12, 31)),
        ("end of January", date(2027, 1, 31)),
        ("29 February", date(2028, 2, 29)),
        ("1 December", date(2026, 12, 1)),
    ],
)
def test_days_are_read_as_people_say_them(said: str, meant: date) -> None:
    assert read(f"Menu cards for the bakery by {said}").wanted_on == meant


def test_a_client_is_found_by_a_part_of_the_name() -> None:
    line = read("Menu cards for the bakery by Friday")
    assert (line.what, line.client, line.vague) == ("Menu cards", BAKERY, ())


@pytest.mark.parametrize(
    ("text", "what", "client", "hours"),
    [
        ("Landing page for Harbour Clinic, about 24 h, by Friday", "Landing page", CLINIC, 24),
        ("New logo (approx. 24 h) for Pete's Bakery by Friday", "New logo", BAKERY, 24),
        ("Flyer for the clinic, two colours, ~3 days by Friday", "Flyer, two colours", CLINIC, 24),
        ("Page about flu for the clinic by Friday, size: 24h", "Page about flu", CLINIC, 24),
    ],
)
def test_words_around_a_size_are_neither_the_client_s_name_nor_vague(
    text: str, what: str, client: Named, hours: float
) -> None:
    line = read(text)
    assert (line.what, line.client, line.effort, line.vague) == (what, client, Effort(hours), ())


def test_a_line_may_be_a_question() -> None:
    line = read("landing page for the clinic by Friday 18th?")
    assert (line.what, line.client, line.wanted_on, line.vague) == (
        "Landing page", CLINIC, date(2026, 12, 18), (),
    )  # fmt: skip


def test_a_new_client_s_name_ends_at_a_comma() -> None:
    line = read("Flyer for Smith & Co, two colours, by Friday")
    assert (line.what, line.client_name) == ("Flyer, two colours", "Smith & Co")


def test_the_client_may_stand_after_the_date() -> None:
    line = read("Menu cards by Friday for the bakery")
    assert (line.what, line.client, line.wanted_on) == ("Menu cards", BAKERY, date(2026, 12, 4))


def test_a_client_nobody_knows_keeps_the_name_that_was_typed() -> None:
    line = read("Poster for Lantern Theatre by Friday")
    assert (line.client, line.client_name, line.vague) == (None, "Lantern Theatre", ())


def test_a_time_of_day_is_read_beside_the_day() -> None:
    line = read("Proofs for Pete's Bakery by Friday 10:30")
    assert (line.wanted_on, line.wanted_time) == (date(2026, 12, 4), time(10, 30))


@pytest.mark.parametrize(
    "said",
    [
        "-8h",
        "0h",
        "0 days",
        "16-h",
        "40-16h",
        "60-24-16h",
        "99999999h",
        "1.2.3 h",
        "8--9h",
    ],
)
@pytest.mark.parametrize("line", ["Menu cards, {} for the bakery", "{} Menu cards for the bakery"])
def test_what_is_meant_as_a_size_and_is_none_is_never_passed_over(said: str, line: str) -> None:
    found = read(line.format(said))
    assert (found.what, found.client, found.effort) == ("Menu cards", BAKERY, None)
    assert found.vague == (Vagueness(Vague.NO_SUCH_SIZE, said), Vagueness(Vague.NO_DATE))


@pytest.mark.parametrize(
    "what", ["3D model", "2d animation", "Covid-19 days poster", "24/7 h sign"]
)
def test_a_number_that_belongs_to_the_thing_is_no_size(what: str) -> None:
    found = read(f"{what} for the bakery by Friday")
    assert (found.what, found.effort, found.vague) == (what, None, ())


@pytest.mark.parametrize(
    ("text", "vague"),
    [
        (
            "Menu cards for the bakery soon",
            (Vagueness(Vague.WORD, "soon"), Vagueness(Vague.NO_DATE)),
        ),
        ("Menu cards by Friday", (Vagueness(Vague.NO_CLIENT),)),
        ("Menu cards for the bakery by around 12 Dec", (Vagueness(Vague.WORD, "around"),)),
        (
            "Menu cards for the bakery by late March",
            (Vagueness(Vague.NO_SUCH_DAY, "late March"), Vagueness(Vague.WORD, "late")),
        ),
        ("Menu cards for the bakery by 31/02", (Vagueness(Vague.NO_SUCH_DAY, "31/02"),)),
        (
            "Menu cards for the bakery by Mon 18 Dec",
            (Vagueness(Vague.WEEKDAY_DIFFERS, "Mon 18 Dec"),),
        ),
    ],
)
def test_what_a_line_leaves_open_is_pointed_out(text: str, vague: tuple[Vagueness, ...]) -> None:
    assert read(text).vague == vague


@pytest.mark.parametrize(
    ("said", "effort"),
    [
        ("24h", Effort(24)),
        ("16-24-60h", Effort(24, 16, 60)),
        ("2 days", Effort(16)),
        ("1,5 h", Effort(1.5)),
        ("60-24-16h", None),
        ("24", None),
        ("", None),
    ],
)
def test_a_size_is_one_number_two_ends_or_three(said: str, effort: Effort | None) -> None:
    assert lines.size(said) == effort


@given(st.text(max_size=200))
def test_no_line_breaks_the_reader(text: str) -> None:
    line = read(text)
    assert "\0" not in line.what
