"""What reached nobody: letters and messages given up, and webhooks that take nothing any more.

Whatever chases somebody because of that, and reaches nobody either, raises nothing anew: its own
ladder goes on to others. A mail server that refuses everybody would else be told of for ever.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from kept.last_mile import reaching
from kept.last_mile.models import Alarm, Envelope, Kind, Notice
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.last_mile.webhooks.telling import called
from kept.outbox.models import Letter
from kept.people.models import Member, Role
from kept.promises.models import Promise

#: What the cause of an alarm about a webhook begins with.
OF_WEBHOOK = "undeliverable:webhook:"


def cases() -> Iterator[dict[str, Any]]:
    """Return with what an alarm is to be raised, for each thing that reached nobody."""
    told = set(Alarm.objects.filter(kind=Kind.UNDELIVERABLE).values_list("cause", flat=True))
    for case in (*_letters(told), *_notices(told), *_webhooks(told)):
        if case["asked"] is not None:
            yield case


def holds(alarm: Alarm) -> bool:
    """Say whether what raised an alarm about an undeliverable message is still so."""
    if alarm.letter is not None:
        return alarm.letter.sent_at is None
    still = {*map(_cause_of, _unheard()), *map(_cause_of, _failing())}
    return alarm.cause in still


def somebody_else(promise: Promise | None, but: Member | None) -> Member | None:
    """Return whom something is to worry: a last-mile owner, else a lead, else an owner."""
    first = [promise.last_mile_owner] if promise is not None else []
    for member in (*first, *reaching.leads(), *reaching.owners()):
        if member is not None and member.left_at is None and member != but:
            return member
    return None


def _letters(told: set[str]) -> Iterator[dict[str, Any]]:
    failed = Letter.objects.filter(failed_at__isnull=False, sent_at__isnull=True)
    failed = failed.exclude(notices__alarm__kind=Kind.UNDELIVERABLE)
    # Another channel has its turn, or none was left and the notices say so.
    elsewhere = Envelope.objects.filter(letter=OuterRef("pk"), failed_at__isnull=True)
    said = Notice.objects.filter(letter=OuterRef("pk"), failed_at__isnull=False)
    for letter in failed.exclude(Exists(elsewhere)).exclude(Exists(said)):
        if _cause_of(letter) in told:
            continue
        notice = (
            Notice.objects.filter(letter=letter)
            .select_related("alarm__promise__last_mile_owner", "alarm__promise__job", "member")
            .first()
        )
        promise = None if notice is None else notice.alarm.promise
        if letter.promise_id is not None:
            promise = Promise.objects.select_related("last_mile_owner", "job").get(
                pk=letter.promise_id
            )
        yield {
            "cause": _cause_of(letter),
            "asked": somebody_else(promise, None if notice is None else notice.member),
            "promise": promise,
            "job": None if promise is None else promise.job,
            "letter": letter,
        }


def _notices(told: set[str]) -> Iterator[dict[str, Any]]:
    for notice in _unheard():
        if _cause_of(notice) not in told:
            yield {
                "cause": _cause_of(notice),
                "asked": somebody_else(notice.alarm.promise, notice.member),
                "promise": notice.alarm.promise,
                "job": notice.alarm.job,
                "question": notice.member.name,
            }


def _webhooks(told: set[str]) -> Iterator[dict[str, Any]]:
    for webhook in _failing():
        if _cause_of(webhook) not in told:
            mends = [webhook.made_by] if webhook.made_by.may(Role.OWNER) else reaching.owners()
            yield {
                "cause": _cause_of(webhook),
                "asked": next((one for one in mends if one.left_at is None), None),
                "question": called(webhook),
            }


def _unheard() -> QuerySet[Notice]:
    """Return messages that no channel could carry, while nobody says that they know."""
    failed = Notice.objects.filter(
        failed_at__isnull=False, sent_at__isnull=True, alarm__state=Alarm.State.RAISED
    )
    return failed.exclude(alarm__kind=Kind.UNDELIVERABLE).select_related(
        "alarm__promise__last_mile_owner", "alarm__job", "member"
    )


def _failing() -> QuerySet[Webhook]:
    """Return the webhooks that took nothing for so long that a message was given up."""
    given_up = WebhookDelivery.objects.filter(failed_at__isnull=False, sent_at__isnull=True)
    return Webhook.objects.filter(
        removed_at__isnull=True,
        failing_since__isnull=False,
        pk__in=given_up.values("webhook_id"),
    ).select_related("made_by")


def _cause_of(row: Letter | Notice | Webhook) -> str:
    if isinstance(row, Letter):
        assert row.failed_at is not None
        return f"undeliverable:letter:{row.pk}:{row.failed_at.isoformat()}"
    if isinstance(row, Notice):
        return f"undeliverable:notice:{row.pk}"
    assert row.failing_since is not None
    return f"{OF_WEBHOOK}{row.pk}:{row.failing_since.isoformat()}"
