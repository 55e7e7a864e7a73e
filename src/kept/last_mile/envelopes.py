"""What goes out to one person at once, by the first of their channels that takes it.

Whatever is due to somebody at the same moment is one message: what happened
overnight is read as one when their hours begin. An envelope is sealed before it
leaves; what comes later goes into another.

A channel that refuses for good is passed over at once, one that fails for ten
minutes after that, if there is another. Only when none is left did the message
not reach them.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kept.last_mile import channels, digests, reaching, wording
from kept.last_mile.channels import NotTaken, RefusedForGood
from kept.last_mile.models import Alarm, Envelope, Notice, Rung
from kept.outbox import tasks
from kept.outbox.models import Letter, Task
from kept.people import charters
from kept.people.charters import Reachable, Way
from kept.people.models import Member

log = logging.getLogger(__name__)

#: The outbox's word for this work.
WORK = "notice"
#: A channel that fails has so long, where there is another.
PATIENCE = timedelta(minutes=10)


def at(member: Member, moment: datetime, *, now: datetime) -> Envelope:
    """Return the envelope that leaves for somebody at that moment, a new one if need be.

    The caller holds the member's row, and puts in what it has in the same transaction.
    """
    found = Envelope.objects.filter(member=member, due_at=moment, sealed_at__isnull=True)
    envelope = found.filter(dropped_at__isnull=True).order_by("pk").first()
    if envelope is None:
        envelope = Envelope.objects.create(member=member, due_at=moment)
        _post(envelope, key=str(envelope.pk), now=now)
    return envelope


def _post(envelope: Envelope, *, key: str, now: datetime) -> None:
    tasks.add(
        WORK,
        key=f"envelope {key}",
        payload={"envelope": envelope.pk},
        lane=f"{WORK}:{envelope.member_id}",
        now=now,
        due_at=max(envelope.due_at, now),
    )


def _undeliverable(task: Task, *, now: datetime) -> None:
    envelope = _of(task, now=now)
    if envelope is not None:
        _fail(envelope, now=now)


def _fail(envelope: Envelope, *, now: datetime) -> None:
    """Say that no channel took it; the rounds tell somebody else."""
    Envelope.objects.filter(pk=envelope.pk).update(failed_at=now, sent_at=None)
    inside = Notice.objects.filter(envelope=envelope, dropped_at__isnull=True)
    inside.update(failed_at=now, sent_at=None)


@tasks.handler(WORK, given_up=_undeliverable)
def carry(task: Task, *, now: datetime) -> None:
    """Send what is in an envelope, unless somebody said meanwhile that they know.

    Raises:
        GiveUp: no channel reaches the person.
        NotTaken: the channel whose turn it is may take it later.
    """
    envelope = _of(task, now=now)
    if envelope is None or envelope.sent_at is not None or envelope.dropped_at is not None:
        return
    notices = _still_wanted(envelope, now=now)
    if not notices and envelope.digest_on is None:
        _drop(envelope, now=now)
        return
    who = charters.reachable(envelope.member)
    moment = reaching.first_moment(
        who, at=now, any_hour=any(_any_hour(notice) for notice in notices), but=envelope
    )
    if moment is None:
        raise tasks.GiveUp(_("They took back their consent to be chased."))
    if moment > now:  # it stood in line until quiet hours began, or the charter changed
        _wait(envelope, until=moment, now=now)
        return
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=envelope.member_id)
        Envelope.objects.filter(pk=envelope.pk, sealed_at__isnull=True).update(sealed_at=now)
    notices = _still_wanted(envelope, now=now)
    digest = None
    if envelope.digest_on is not None:
        digest = digests.compose(
            envelope.member,
            since=_yesterday(envelope),
            but=[notice.alarm_id for notice in notices],
            now=now,
        )
    if not notices and digest is None:
        _drop(envelope, now=now)
        return
    _go(envelope, who, wording.message(envelope, notices, digest, now=now), notices, now=now)


def _of(task: Task, *, now: datetime) -> Envelope | None:
    rows = Envelope.objects.select_related("member", "letter")
    if "envelope" in task.payload:
        return rows.get(pk=task.payload["envelope"])
    # It was written before there were envelopes.
    with transaction.atomic():
        notice = Notice.objects.select_for_update(no_key=True).get(pk=task.payload["notice"])
        if notice.envelope_id is None and notice.sent_at is None and notice.dropped_at is None:
            Member.objects.select_for_update(no_key=True).get(pk=notice.member_id)
            notice.envelope = at(notice.member, notice.due_at, now=now)
            notice.save(update_fields=["envelope"])
    return None


def _still_wanted(envelope: Envelope, *, now: datetime) -> list[Notice]:
    """Return what is inside and wanted still; what somebody knows by now is dropped."""
    inside = Notice.objects.filter(envelope=envelope, dropped_at__isnull=True)
    known = inside.exclude(alarm__state=Alarm.State.RAISED)
    Notice.objects.filter(pk__in=list(known.values_list("pk", flat=True))).update(dropped_at=now)
    rows = inside.select_related(
        "organisation", "member", "alarm__organisation", "alarm__asked", "alarm__raised_by",
        "alarm__promise__job", "alarm__promise__client", "alarm__promise__last_mile_owner",
        "alarm__job", "alarm__stage", "alarm__obligation", "alarm__hold", "alarm__letter",
        "alarm__follows",
    )  # fmt: skip
    return list(rows.order_by("pk"))


def _any_hour(notice: Notice) -> bool:
    return Rung.objects.filter(
        ladder_id=notice.alarm.ladder_id, position=notice.rung, any_hour=True
    ).exists()


def _drop(envelope: Envelope, *, now: datetime) -> None:
    Envelope.objects.filter(pk=envelope.pk).update(dropped_at=now)


def _wait(envelope: Envelope, *, until: datetime, now: datetime) -> None:
    """Put what is inside into the envelope of a later moment."""
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=envelope.member_id)
        _drop(envelope, now=now)
        digest_on = envelope.digest_on
        if digest_on is not None:
            Envelope.objects.filter(pk=envelope.pk).update(digest_on=None)
        later = at(envelope.member, until, now=now)
        if digest_on is not None and later.digest_on is None:
            Envelope.objects.filter(pk=later.pk).update(digest_on=digest_on)
        Notice.objects.filter(envelope=envelope, dropped_at__isnull=True).update(envelope=later)


def _yesterday(envelope: Envelope) -> datetime:
    """Return when the digest before this one left, so that each thing is told once."""
    before = Envelope.objects.filter(
        member_id=envelope.member_id, digest_on__lt=envelope.digest_on, sent_at__isnull=False
    )
    last = before.order_by("-digest_on").values_list("due_at", flat=True).first()
    return last or envelope.due_at - timedelta(days=1)


def _go(
    envelope: Envelope,
    who: Reachable,
    message: channels.Message,
    notices: Sequence[Notice],
    *,
    now: datetime,
) -> None:
    """Send a message by the first way that takes it, and say by which."""
    left = _ways_left(envelope, who)
    for place, (way, channel) in enumerate(left):
        last = place == len(left) - 1
        if channel.in_house:
            with transaction.atomic():
                mine = Envelope.objects.select_for_update(no_key=True).get(pk=envelope.pk)
                if mine.sent_at is None:
                    letter = channel.send(message, to=who.member, address=way.address, now=now)
                    _sent(envelope, notices, way, letter, now=now)
            return
        try:
            channel.send(message, to=who.member, address=way.address, now=now)
        except RefusedForGood as error:
            _pass(envelope, way, str(error), now=now)
        except NotTaken as error:
            since = envelope.failing_since or now
            if last or now - since < PATIENCE:
                Envelope.objects.filter(pk=envelope.pk).update(failing_since=since)
                raise
            _pass(envelope, way, str(error), now=now)
        else:
            with transaction.atomic():
                _sent(envelope, notices, way, None, now=now)
            return
    if envelope.letter is not None and envelope.letter.failed_at is None:
        return  # it went by mail before, whose server is tried still; `follow_letters` looks on
    raise tasks.GiveUp(_("There is no way left to reach them."))


def _ways_left(envelope: Envelope, who: Reachable) -> list[tuple[Way, channels.Channel]]:
    passed = {each["way"] for each in envelope.passed}
    return [
        (way, channel)
        for way in who.ways
        if way.key not in passed
        and (channel := channels.named(way.kind)) is not None
        and channel.reaches(who.member, way.address)
    ]


def _pass(envelope: Envelope, way: Way, why: str, *, now: datetime) -> None:
    said = {"way": way.key, "channel": way.kind, "why": why, "at": now.isoformat()}
    envelope.passed, envelope.failing_since = [*envelope.passed, said], None
    envelope.save(update_fields=["passed", "failing_since"])
    log.warning("envelope %s is not taken by %s, the next channel is tried", envelope.pk, way.kind)


def _sent(
    envelope: Envelope,
    notices: Sequence[Notice],
    way: Way,
    letter: Letter | None,
    *,
    now: datetime,
) -> None:
    how: dict[str, object] = {"sent_at": now, "failed_at": None, "channel": way.kind}
    if letter is not None:
        how["letter"] = letter
    Envelope.objects.filter(pk=envelope.pk, sent_at__isnull=True).update(failing_since=None, **how)
    inside = Notice.objects.filter(pk__in=[notice.pk for notice in notices], sent_at__isnull=True)
    inside.update(**how)


def follow_letters(*, now: datetime) -> list[Envelope]:
    """Take what mail refused, or does not get rid of, to the next channel; return those envelopes.

    A letter that still waits is tried further all the same.
    """
    rows = Envelope.objects.filter(
        Q(letter__failed_at__isnull=False) | Q(letter__written_at__lte=now - PATIENCE),
        letter__sent_at__isnull=True,
        failed_at__isnull=True,
    )
    # What waits for another channel has one; what another channel took is no matter of mail.
    rows = rows.filter(Q(sent_at__isnull=False, channel="mail") | Q(sent_at__isnull=True))
    moved = []
    for envelope in rows.select_related("member", "letter").order_by("pk"):
        with transaction.atomic():
            if _follow(envelope, now=now):
                moved.append(envelope)
    return moved


def _follow(envelope: Envelope, *, now: datetime) -> bool:
    letter = envelope.letter
    assert letter is not None  # the query asks for one
    if envelope.sent_at is None:
        waits = Task.objects.filter(
            kind=WORK, payload__envelope=envelope.pk, state=Task.State.WAITING
        )
        if letter.failed_at is not None and not waits.exists():
            _fail(envelope, now=now)
        return False
    left = _ways_left(envelope, charters.reachable(envelope.member))
    by_mail = next((way for way, channel in left if channel.in_house), None)
    others = [way for way, channel in left if not channel.in_house]
    if not others:
        if letter.failed_at is not None:  # somebody else hears of the letter
            Envelope.objects.filter(pk=envelope.pk).update(failed_at=now)
        return False
    if by_mail is not None:
        why = (
            _("The letter was not taken yet.")
            if letter.failed_at is None
            else _("The letter could not be delivered.")
        )
        _pass(envelope, by_mail, why, now=now)
    Envelope.objects.filter(pk=envelope.pk).update(sent_at=None)
    Notice.objects.filter(envelope=envelope, dropped_at__isnull=True).update(sent_at=None)
    _post(envelope, key=f"{envelope.pk} after letter {letter.pk}", now=now)
    return True


def beside(notice: Notice) -> list[Notice]:
    """Return what else went out with a notice and is open still."""
    if notice.envelope_id is None:
        return []
    rows = Notice.objects.filter(envelope=notice.envelope_id, alarm__state__in=Alarm.OPEN)
    return list(
        rows.exclude(pk=notice.pk)
        .exclude(alarm=notice.alarm_id)
        .select_related("alarm__promise__job", "alarm__promise__client", "alarm__job")
        .order_by("pk")
    )
