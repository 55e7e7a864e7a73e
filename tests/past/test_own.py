"""One's own bias: counts first, and every hour once."""

from datetime import datetime, timedelta

from tests import cast
from tests.past.test_profiles import past
from tests.past.test_similar import name_of

from kept.past import own


def test_a_persons_own_work_is_counted_and_spread(northlight: cast.House, now: datetime) -> None:
    dev = name_of(northlight.dev)
    past(15, ratio=1.0, now=now, person=dev)
    past(5, ratio=3.0, now=now, person=dev)
    past(1, ratio=0.5, now=now, person=dev)
    past(40, ratio=9.0, now=now, person=name_of(northlight.maya))

    bias = own.bias(northlight.dev, now=now)

    assert bias is not None
    assert (bias.count, bias.over, bias.exact, bias.under) == (21, 5, 15, 1)
    assert (bias.ratios.p50, bias.ratios.p90, bias.ratios.enough) == (1.0, 3.0, True)
    assert bias.together == (15 * 10 + 5 * 30 + 5) / 210


def test_without_own_work_there_is_none(northlight: cast.House, now: datetime) -> None:
    past(5, ratio=2.0, now=now, person=name_of(northlight.maya))
    assert own.bias(northlight.dev, now=now) is None
    assert own.bias(northlight.maya, now=now - timedelta(days=200)) is None
