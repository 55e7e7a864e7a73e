"""How often a rule was bent, in words."""

import pytest

from kept.asks.bending import Bent


@pytest.mark.parametrize(
    ("asks", "bent", "told"),
    [
        (0, 0, ""),
        (1, 0, "Asked about once in 90 days, never bent."),
        (2, 2, "Asked about 2 times in 90 days, bent each time."),
        (9, 6, "Asked about 9 times in 90 days, bent 6 times: 67 %."),  # 66.7 %
        (3, 1, "Asked about 3 times in 90 days, bent once: 33 %."),  # 33.3 %
        (300, 299, "Asked about 300 times in 90 days, bent 299 times: over 99 %."),
    ],
)
def test_the_share_bent_is_counted_so_it_is_said_to_the_nearest(
    asks: int, bent: int, told: str
) -> None:
    assert Bent(asks, bent, days=90, questioned=False).told.replace("\xa0", " ") == told
