"""Shares and chances: as whole numbers, and as people picture them."""

import pytest

from kept import words


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0.005, "less than once in 50"),
        (0.02, "once in 50"),
        (0.05, "once in 20"),
        (0.09, "once in 12"),
        (0.10, "once in 10"),
        (0.13, "once in 8"),
        (0.25, "once in 4"),
        (0.38, "4 times in 10"),
        (0.50, "every other time"),
        (0.87, "17 times in 20"),
        (0.96, "nearly always"),
    ],
)
def test_a_share_is_said_by_the_nearest_one_that_is_easily_pictured(
    chance: float, said: str
) -> None:
    assert words.how_often(chance) == said


@pytest.mark.parametrize(
    ("part", "shown"),
    [(53 / 71, "75 %"), (24 / 36, "67 %"), (0.833, "83 %"), (1.0, "over 99 %"), (0.0, "under 1 %")],
)
def test_a_share_of_what_was_counted_is_shown_to_the_nearest_per_cent(
    part: float, shown: str
) -> None:
    assert words.share(part).replace(words.NBSP, " ") == shown


def test_a_chance_is_rounded_down_since_something_is_promised_by_it() -> None:
    assert words.percent(0.899) == f"89{words.NBSP}%"


def test_what_is_said_is_off_by_a_tenth_at_most() -> None:
    for hundredth in range(2, 96):
        chance = hundredth / 100
        nearest = min((abs(count / of - chance) for count, of in words.SHARES))
        assert nearest <= 0.1 * chance + 0.005, chance
