"""Lines that one may type on Ask: of this house's own services, for its own clients."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from kept import words, zones
from kept.clients.models import Client, CoreService, Service
from kept.jobs import lines
from kept.tenancy.models import Organisation

#: So many are shown.
SHOWN = 2


def for_house(
    house: Organisation, *, clients: Sequence[Client], services: Sequence[Service], now: datetime
) -> list[str]:
    """Return lines to try: what clients hired this house for, else what it sells to whom it has.

    Each is read back as it was meant, or left out. A house without a catalogue or without
    clients gets those of a house that has both.

    Args:
        services: with their stages; the first line names a day, the second a size.
    """
    day = zones.day_of(now, house.zone) + timedelta(days=7)
    found: list[str] = []
    for service, client in _pairs(clients, services):
        told = {"service": service.name, "client": client.name}
        if not found:
            line = _("%(service)s for %(client)s by %(day)s") % {
                **told, "day": words.short_day(day).replace(words.NBSP, " "),
            }  # fmt: skip
        else:
            line = f"{_('%(service)s for %(client)s') % told}, {_size(service)}"
        read = lines.read(line, now=now, zone=house.zone, clients=clients, services=services)
        if read.service == service and read.client == client:
            found.append(line)
        if len(found) == SHOWN:
            return found
    return found or [
        _("Landing page for Harbour Clinic by Friday, 16-40h"),
        _("New menu for the bakery, 2 days"),
    ]


def _pairs(
    clients: Sequence[Client], services: Sequence[Service]
) -> Iterator[tuple[Service, Client]]:
    """Go through services and clients, each but once: first those that belong together."""
    by_key = {one.pk: one for one in clients}
    sold = {one.pk: one for one in services}
    rows = CoreService.objects.filter(until_on__isnull=True).order_by("-pk")[:20]
    for row in rows:
        if row.client_id in by_key and row.service_id in sold:
            yield sold.pop(row.service_id), by_key.pop(row.client_id)
    yield from zip(list(sold.values()), list(by_key.values()), strict=False)


def _size(service: Service) -> str:
    """Return what its stages usually take together, in hours; a day where nobody said."""
    hours = sum(stage.likely_hours for stage in service.stages.all())
    return f"{hours:g}h" if hours else _("1 day")
