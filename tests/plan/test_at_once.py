"""Web, rounds and workers forecast the same plan in the same moment."""

from datetime import datetime

import pytest
from tests import cast
from tests.last_mile.conftest import accepted, ana, give, promise
from tests.promises.test_at_once import outcomes

from kept.plan import outlook
from kept.plan.models import Outlook, Snapshot
from kept.promises.models import Promise

__all__ = ["accepted", "ana", "give", "promise"]


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_many_forecast_at_once_is_kept_once_and_fails_nobody(
    northlight: cast.House,
    accepted: Promise,
    now: datetime,
) -> None:
    acts = [lambda: outlook.refresh(by=None, now=now)] * 6
    assert outcomes(northlight, *acts) == {"done": 6}
    assert (Snapshot.objects.count(), Outlook.objects.filter(promise=accepted).count()) == (1, 6)
