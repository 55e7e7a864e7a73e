"""The checklist of a finishing stretch: what has to be true before it is handed over."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept.jobs.models import CheckItem, Job, Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given
from kept.tenancy.refusals import Conflict

MOST_LINES = 60


class NoMoreLines(Conflict):
    """What is over gets no more lines, and no list is longer than people read."""


def add(stage: Stage, text: str, *, by: Member, now: datetime) -> CheckItem:
    """Add a line that can be checked.

    Raises:
        Refused: a text that cannot be.
        NoMoreLines: the stage is over, or has as many lines as anybody reads.
    """
    access.demand(by, Role.MEMBER)
    text = given.one_line(text, called=_("The line"), field="text", longest=300)
    with transaction.atomic():
        stage = _locked(stage)
        lines = list(CheckItem.objects.filter(stage=stage).values_list("position", flat=True))
        if len(lines) >= MOST_LINES:
            raise NoMoreLines(
                _("A checklist has at most %(most)s lines. Nothing was added.")
                % {"most": MOST_LINES}
            )
        item = CheckItem.objects.create(stage=stage, position=max(lines, default=0) + 1, text=text)
        _record(Event.Kind.CHECK_ITEM_ADDED, item, by=by, now=now)
    return item


def done(item: CheckItem, *, by: Member, now: datetime) -> CheckItem:
    """Note that a line is true. Noted before, it stays as it was.

    Raises:
        NoMoreLines: the stage is over.
    """
    return _note(item, Event.Kind.CHECK_ITEM_DONE, by=by, now=now)


def reopen(item: CheckItem, *, by: Member, now: datetime) -> CheckItem:
    """Note that a line is not true after all.

    Raises:
        NoMoreLines: the stage is over.
    """
    return _note(item, Event.Kind.CHECK_ITEM_REOPENED, by=by, now=now)


def _note(item: CheckItem, kind: Event.Kind, *, by: Member, now: datetime) -> CheckItem:
    access.demand(by, Role.MEMBER)
    is_done = kind is Event.Kind.CHECK_ITEM_DONE
    with transaction.atomic():
        _locked(item.stage)
        item = CheckItem.objects.select_related("stage").get(pk=item.pk)
        if (item.done_at is not None) == is_done:
            return item
        item.done_at, item.done_by = (now, by) if is_done else (None, None)
        item.save(update_fields=["done_at", "done_by"])
        _record(kind, item, by=by, now=now)
    return item


def _locked(stage: Stage) -> Stage:
    """Lock a stage's job, so that no line changes while it is handed over."""
    job = Job.objects.select_for_update(no_key=True).get(pk=stage.job_id)
    stage = Stage.objects.get(pk=stage.pk)
    if stage.state in (Stage.State.HANDED_OVER, Stage.State.DONE) or job.state == Job.State.CLOSED:
        raise NoMoreLines(
            _("“%(stage)s” is over: its checklist stays as it is.") % {"stage": stage.name}
        )
    return stage


def _record(kind: Event.Kind, item: CheckItem, *, by: Member, now: datetime) -> None:
    """Write the event about the stage, whose story it belongs to."""
    recording.record(
        kind, about=item.stage, by=by, at=now, rows=[item], facts={"check_item": item.pk}
    )
