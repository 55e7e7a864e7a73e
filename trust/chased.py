"""A house that is chased quickly, founded on new tables and read by processes of their own.

Every rung of its ladder is due at once and reaches people at any hour, so that an alarm climbs one
rung with each round, whatever the time of the day.
"""

import json
import sys
from datetime import datetime
from typing import Any

import django

PASSWORD = "correct horse battery staple"

LADDER = (
    ("nudge", "asked"),
    ("knock", "asked"),
    ("huddle", "team"),
    ("lead", "leads"),
    ("ice_bucket", "everybody"),
)


def found(hook: str, now: datetime) -> dict[str, Any]:
    """Found the house, with a webhook that is told of alarms; return what its clients need."""
    from kept.clients import keeping as clients
    from kept.last_mile import ladders
    from kept.last_mile.models import Rung
    from kept.last_mile.webhooks import keeping as webhooks
    from kept.people import charters, founding, logins, staff, tokens
    from kept.people.models import Role
    from kept.tenancy import scope

    login = logins.make(email="ada@northlight.example", password=PASSWORD)
    ada = founding.found(name="Northlight", zone="Europe/Lisbon", owner="Ada", login=login, now=now)
    with scope.acting_in(ada.organisation):
        people = {"ada": ada}
        for name, role in (("Ben", Role.LEAD), ("Dev", Role.MEMBER), ("Maya", Role.MEMBER)):
            address = f"{name.lower()}@northlight.example"
            people[name.lower()] = staff.add_member(
                name=name, email=address, role=role, by=ada, now=now
            )
        for each in people.values():
            charters.change(each, top_rung=True, by=each, now=now)
        ladders.change(
            [
                ladders.Step(Rung.Name(name), Rung.Hears(hears), 0, any_hour=True)
                for name, hears in LADDER
            ],
            by=ada,
            now=now,
        )
        webhooks.add(hook, ["alarm"], by=ada, now=now)
        client = clients.add_client(name="Harbour Clinic", by=ada, now=now)
        secrets = {
            name: tokens.make(each, ["read", "write"], by=each, now=now)[1]
            for name, each in people.items()
        }
        return {"client": client.pk, "tokens": secrets, "ben": people["ben"].pk, "ada": ada.pk}


def tell(now: datetime) -> dict[str, Any]:
    """Return everything that is counted afterwards."""
    from kept.custody import verifying
    from kept.last_mile.models import Alarm, Envelope, Notice
    from kept.last_mile.webhooks.models import WebhookDelivery
    from kept.ledger.models import Event
    from kept.outbox.models import Task
    from kept.promises.models import Promise
    from kept.quotes.models import Quote
    from kept.tenancy import scope
    from kept.tenancy.models import Organisation

    with scope.acting_in(Organisation.objects.get()):
        climbs = Event.objects.filter(kind=Event.Kind.ALARM_CLIMBED).order_by("number")
        notices = Notice.objects.filter(dropped_at__isnull=True)
        return {
            "promises": list(Promise.objects.values_list("pk", "job__title")),
            "voided": list(Promise.objects.filter(state="voided").values_list("pk", flat=True)),
            "quotes": dict(Quote.objects.values_list("pk", "state")),
            "held": list(Quote.objects.values_list("job__title", flat=True)),
            "alarms": list(Alarm.objects.values("pk", "kind", "state", "next_rung", "cause")),
            "climbs": [(event.about_id, event.facts["rung"]) for event in climbs],
            "acknowledged": list(
                Event.objects.filter(kind=Event.Kind.ALARM_ACKNOWLEDGED).values_list(
                    "about_id", flat=True
                )
            ),
            "notices": list(
                notices.values_list("alarm_id", "rung", "member_id", "letter__message_id")
            ),
            "digests": list(
                Envelope.objects.filter(digest_on__isnull=False, letter__isnull=False).values_list(
                    "letter__message_id", flat=True
                )
            ),
            "unsent": notices.filter(sent_at__isnull=True).count()
            + notices.filter(letter__sent_at__isnull=True).count(),
            "hooks": list(WebhookDelivery.objects.values_list("message_id", flat=True)),
            "untaken": WebhookDelivery.objects.filter(sent_at__isnull=True).count(),
            "waiting": is_waiting(now),
            "dead": Task.objects.filter(state=Task.State.DEAD).count(),
            "events": Event.objects.count(),
            "faults": [str(fault) for fault in verifying.verify().faults],
        }


def is_waiting(now: datetime) -> bool:
    """Say whether work, a rung or an untold event is left."""
    from kept.last_mile.models import Alarm
    from kept.last_mile.webhooks.models import Webhook
    from kept.ledger.models import Head
    from kept.outbox.models import Task

    head = Head.objects.get().number
    return (
        Task.objects.filter(state=Task.State.WAITING).exists()
        or Alarm.objects.filter(state=Alarm.State.RAISED, next_at__lte=now).exists()
        or Webhook.objects.filter(seen_number__lt=head).exists()
    )


def main(command: str, *rest: str) -> None:
    django.setup()
    from django.core.management import call_command

    from kept import clock
    from kept.tenancy import scope
    from kept.tenancy.models import Organisation

    match command:
        case "found":
            call_command("migrate", verbosity=0)
            said: Any = found(*rest, now=clock.now())
        case "tell":
            said = tell(clock.now())
        case _:
            with scope.acting_in(Organisation.objects.get()):
                said = is_waiting(clock.now())
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
