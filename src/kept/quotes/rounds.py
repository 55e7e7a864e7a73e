"""What happens although nobody presses a button: offers lapse, silence counts, time passes."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import connections

from kept import engine
from kept.clients import links
from kept.jobs import handing
from kept.outbox import letters, running, tasks
from kept.outbox.models import Task
from kept.past import learning
from kept.plan import outlook
from kept.promises import delivering, occurring, pausing, unheard
from kept.quotes import offering
from kept.tenancy import scope
from kept.tenancy.models import Organisation

log = logging.getLogger(__name__)

#: Seconds between two rounds: an offer lapses at most so late, though nobody looks.
BETWEEN_ROUNDS = 300

_preparing = threading.Event()


def prepare() -> None:
    """Load the engine's compiled kernels; on the first start ever they are compiled, half a minute.

    Until then doors leave forecasts to the first round, so that nobody waits for them.
    """
    _preparing.set()
    try:
        engine.warm()
    finally:
        _preparing.clear()


def is_preparing() -> bool:
    """Say whether the engine is being made ready in this process."""
    return _preparing.is_set()


def keep_going(*, now: Callable[[], datetime], until: threading.Event) -> None:
    """Go round every five minutes until told to stop."""
    while not until.is_set():
        try:
            look_after(now=now())
        except Exception:
            log.exception("A round failed; the next one tries again")
        finally:
            connections.close_all()
        until.wait(BETWEEN_ROUNDS)


@tasks.handler("forecast")
def forecast(task: Task, *, now: datetime) -> None:
    """Forecast the promises again after a client changed the plan by link."""
    log.debug("Forecasting after %s", task.key)
    outlook.refresh_if_changed(by=None, now=now)


#: Rooms with work in the outbox. Importing one makes its work known, so they are named here.
WORKS_FOR = (letters, links)


def keep_working(*, now: Callable[[], datetime], until: threading.Event) -> None:
    """Do the work that verbs leave behind, such as letters, until told to stop."""
    running.keep_running(now=now, until=until)


def look_after(*, now: datetime) -> None:
    """In every house, let offers lapse, pauses begin, silence count, and forecast anew.

    The occurrences of the next weeks are made from standing promises. A finishing stretch that got
    stuck is written down, once for each standstill, and what a large past left for later is
    learned from.

    A house in which something fails is logged and does not hold up the others.
    """
    for house in Organisation.objects.order_by("pk"):
        with scope.acting_in(house):
            try:
                offering.lapse_expired(now=now)
                unheard.call_off_pauses(now=now)
                unheard.withdraw_proposals(now=now)
                pausing.begin_due(now=now)
                delivering.deem_due(now=now)
                handing.stuck(now=now)
                occurring.look_ahead(now=now)
                learning.catch_up(now=now)
                outlook.refresh_if_changed(by=None, now=now)
                running.forget(now=now)
            except Exception:
                log.exception("The round of house %s failed; it is tried again", house.pk)
