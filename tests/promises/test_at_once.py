"""Two at once: exactly one wins, the other is told why, and nothing is half-written."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection
from tests import cast
from tests.promises.conftest import Give, at

from kept.ledger import chain
from kept.promises import delivering, ending, proposing
from kept.promises.models import Delivery, Promise, Proposal, Terms
from kept.promises.proposing import Way
from kept.tenancy import refusals, scope

TIMES = 6


def outcomes(house: cast.House, *acts: Callable[[], object]) -> Counter[str]:
    """Let the acts begin at the same moment, each in a thread of its own."""
    found: list[str] = []
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        with scope.acting_in(house.organisation):
            ready.wait()
            try:
                act()
                found.append("done")
            except refusals.Conflict:
                found.append("refused")
            except Exception as error:
                found.append(repr(error))
        connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(found)


@pytest.mark.django_db(transaction=True)
def test_agreed_and_withdrawn_at_once_one_of_them_holds(northlight: cast.House, give: Give) -> None:
    for _time in range(TIMES):
        promise = give()
        drafted = proposing.draft(promise, options=[Way(at(17, 17))], by=northlight.maya, now=at(2))
        told = proposing.tell(drafted, how=Proposal.How.SAID, by=northlight.maya, now=at(2))
        option = told.options.get()
        assert outcomes(
            northlight,
            lambda told=told, option=option: proposing.agree(
                told, option=option, by=northlight.maya, now=at(3)
            ),
            lambda told=told: proposing.withdraw(told, by=northlight.ben, now=at(3)),
        ) == {"done": 1, "refused": 1}
        told.refresh_from_db()
        promise.refresh_from_db()
        moved = told.state == Proposal.State.AGREED
        assert Terms.objects.filter(promise=promise).count() == (2 if moved else 1)
        assert (promise.due_at == at(17, 17)) is moved
    assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_accepted_and_sent_back_at_once_one_of_them_holds(
    northlight: cast.House, give: Give
) -> None:
    for _time in range(TIMES):
        promise = give()
        delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
        assert outcomes(
            northlight,
            lambda d=delivery: delivering.accept(d, by=northlight.maya, now=at(10)),
            lambda d=delivery: delivering.accept(d, by=northlight.ben, now=at(10)),
            lambda d=delivery: delivering.send_back(
                d, by=northlight.ben, now=at(10), reason="It creaks."
            ),
        ) == {"done": 1, "refused": 2}
        promise.refresh_from_db()
        delivery.refresh_from_db()
        assert (promise.state, delivery.state) in {
            (Promise.State.SETTLED, Delivery.State.ACCEPTED),
            (Promise.State.ACTIVE, Delivery.State.SENT_BACK),
        }
    assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_delivered_and_released_at_once_one_of_them_holds(
    northlight: cast.House, give: Give
) -> None:
    for _time in range(TIMES):
        promise = give()
        assert outcomes(
            northlight,
            lambda p=promise: delivering.deliver(p, by=northlight.maya, now=at(10)),
            lambda p=promise: ending.release(p, by=northlight.ben, now=at(10), word="Never mind."),
        ) == {"done": 1, "refused": 1}
        promise.refresh_from_db()
        assert Delivery.objects.filter(promise=promise).count() == (
            1 if promise.state == Promise.State.DELIVERED else 0
        )
    assert list(chain.faults()) == []
