"""A fault at every statement of verbs that write to a promise or an alarm, each sent again."""

from datetime import datetime

import pytest
from tests import cast
from tests.custody import test_no_half
from tests.custody.test_no_half import (
    accept,
    accepted,
    acknowledge,
    ana,
    answer,
    climb,
    close,
    dev_house,
    give,
    hold,
    nudge,
    promise,
    record,
)

from kept.promises.models import Promise

__all__ = ["accepted", "ana", "dev_house", "give", "promise"]

VERBS = [record, hold, accept, nudge, climb, acknowledge, answer, close]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_that_is_cut_short_did_nothing_or_all_of_it(
    dev_house: cast.House,
    accepted: Promise,
    now: datetime,
    verb: test_no_half.Verb,
) -> None:
    test_no_half.cut_short(dev_house, accepted, now, verb, retried=1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_a_rung_leaves_goes_out_once_wherever_the_work_is_cut_short(
    dev_house: cast.House,
    accepted: Promise,
    now: datetime,
) -> None:
    test_no_half.carried(dev_house, accepted, now, step=1)
