"""What a letter was to tell that could not be delivered: nobody was told, so no clock runs by it.

A notice that silence counts needs no round: `delivering` asks whether it was heard before silence
is taken for a yes.
"""

from datetime import datetime

from django.db import transaction

from kept.ledger import recording
from kept.ledger.models import Event
from kept.promises import states, telling
from kept.promises.models import Pause, Promise, Proposal, ToldHow


def call_off_pauses(*, now: datetime) -> int:
    """Call off every pause whose letter could not be delivered; return how many.

    Its clock stood for no time: nobody was told that it would.
    """
    called_off = 0
    running = Pause.objects.filter(ended_at__isnull=True, notice_how=ToldHow.LINK)
    for row in running.select_related("promise").order_by("pk"):
        if not telling.came_back(row, how=row.notice_how, written_at=row.notice_at):
            continue
        with transaction.atomic():
            promise = states.locked(row.promise)
            again = Pause.objects.filter(pk=row.pk, ended_at__isnull=True).first()
            if again is None:
                continue
            if promise.state == Promise.State.PAUSED:
                promise = states.move(promise, "resume")
            again.ended_at, again.working_minutes = again.started_at, 0
            again.save(update_fields=["ended_at", "working_minutes"])
            recording.record(
                Event.Kind.PAUSE_CALLED_OFF,
                about=promise,
                by=None,
                at=now,
                rows=[promise, again],
                promise=promise,
                facts={"pause": again.pk, "unheard": True},
            )
            called_off += 1
    return called_off


def withdraw_proposals(*, now: datetime) -> int:
    """Withdraw every proposal of which the letter could not be delivered; return how many.

    Nobody was told by it, so it warned nobody: it counts as not told.
    """
    withdrawn = 0
    told = Proposal.objects.filter(
        state=Proposal.State.TOLD, by_side=Proposal.From.HOUSE, told_how=ToldHow.LINK
    )
    for proposal in told.select_related("promise").order_by("pk"):
        at = proposal.told_at
        if at is None or not telling.came_back(proposal, how=proposal.told_how, written_at=at):
            continue
        try:
            with transaction.atomic():
                promise = states.locked(proposal.promise)
                row = states.move_proposal(
                    proposal, "withdraw", answered_at=now, told_at=None, told_how=""
                )
                recording.record(
                    Event.Kind.PROPOSAL_WITHDRAWN,
                    about=row,
                    by=None,
                    at=now,
                    rows=[row],
                    promise=promise,
                    facts={"number": row.number, "asked": False, "contact": None, "unheard": True},
                )
                withdrawn += 1
        except states.MoveNotAllowed:
            continue  # it was answered or withdrawn meanwhile
    return withdrawn
