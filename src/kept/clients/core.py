"""What a client hired us for: the services that come before everything beyond them."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kept import zones
from kept.clients.models import Client, CoreService, CoreWord, Service
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, refusals


class CoreAlready(refusals.Conflict):
    """The service is core to this client already."""


class CoreNoMore(refusals.Conflict):
    """It is not core any more."""


def name(
    client: Client, service: Service, *, by: Member, now: datetime, since_on: date | None = None
) -> CoreService:
    """Say that a client hired us for this service.

    Args:
        since_on: from which day on; left out, today.

    Raises:
        CoreAlready: it was said before.
        Refused: the day lies ahead.
    """
    access.demand(by, Role.LEAD)
    today = zones.day_of(now, client.zone)
    since_on = given.day(since_on or today, called=_("The day"), field="since_on")
    if since_on > today:
        raise refusals.Refused(
            _("That day lies ahead. Say since when they count on it."), field="since_on"
        )
    already = CoreAlready(
        _("%(service)s is core to %(client)s already. Nothing was saved.")
        % {"service": service.name, "client": client.name},
        field="service",
    )
    with transaction.atomic():
        if of(client).filter(service=service).exists():
            raise already
        core = CoreService(
            client=client, service=service, since_on=since_on, named_at=now, named_by=by
        )
        with given.constrained(already):
            core.save()
        recording.record(Event.Kind.CORE_NAMED, about=core, by=by, at=now, rows=[core])
    return core


def end(core: CoreService, *, by: Member, now: datetime) -> CoreService:
    """Say that a service is not core to its client any more; its past stays listed.

    Raises:
        CoreNoMore: it was said before.
    """
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        core = CoreService.objects.select_for_update(no_key=True).get(pk=core.pk)
        if core.until_on is not None:
            raise CoreNoMore(_("It is not core any more. Nothing was changed."))
        yesterday = zones.day_of(now, core.client.zone) - timedelta(days=1)
        core.until_on = max(core.since_on, yesterday)
        core.save(update_fields=["until_on"])
        recording.record(Event.Kind.CORE_ENDED, about=core, by=by, at=now, rows=[core])
    return core


def say(client: Client, health: str, *, by: Member, now: datetime, why: str = "") -> CoreWord:
    """Say how a client's core stands, where too little is known to tell.

    Raises:
        Refused: not one of hot, warm and cold.
    """
    access.demand(by, Role.MEMBER)
    if health not in CoreWord.Health.values:
        raise refusals.Refused(_("Say hot, warm or cold."), field="health")
    word = CoreWord(
        client=client,
        health=health,
        why=given.one_line(why, called=_("Why"), field="why", longest=300, needed=False),
        said_at=now,
        said_by=by,
    )
    with transaction.atomic():
        word.save()
        recording.record(Event.Kind.CORE_SAID, about=word, by=by, at=now, rows=[word])
    return word


def of(client: Client) -> QuerySet[CoreService]:
    """Return what is core to a client now."""
    return CoreService.objects.filter(client=client, until_on__isnull=True).select_related(
        "service"
    )
