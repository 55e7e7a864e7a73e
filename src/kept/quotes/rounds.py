"""What has to happen although nobody presses a button: offers lapse, and time passes."""

import logging
import threading
from datetime import datetime

from kept import engine
from kept.plan import outlook
from kept.quotes import offering
from kept.tenancy import scope
from kept.tenancy.models import Organisation

log = logging.getLogger(__name__)

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


def look_after(*, now: datetime) -> None:
    """In every house, let offers lapse whose time ran out, and forecast anew what is a day old.

    A house in which something fails is logged and does not hold up the others.
    """
    for house in Organisation.objects.order_by("pk"):
        with scope.acting_in(house):
            try:
                offering.lapse_expired(now=now)
                outlook.refresh_if_changed(by=None, now=now)
            except Exception:
                log.exception("The round of house %s failed; it is tried again", house.pk)
