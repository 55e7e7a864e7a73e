"""What has to happen although nobody presses a button: offers lapse, and time passes."""

import logging
from datetime import datetime

from kept.plan import outlook
from kept.quotes import offering
from kept.tenancy import scope
from kept.tenancy.models import Organisation

log = logging.getLogger(__name__)


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
