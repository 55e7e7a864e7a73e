from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.tenancy.models import Scoped


class Task(Scoped):
    """A piece of work to be done after the transaction that caused it.

    Whoever claims it takes a lease longer than the work may last, and a new
    fence; only the holder of the newest fence may say how it went.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        DEAD = "dead", _("given up")

    #: What to do, by the name under which a room registered it.
    kind = models.CharField(max_length=40)
    #: The same work is written once, however often its cause is repeated.
    key = models.CharField(max_length=160)
    #: Work of one lane is done piece after piece; what hangs in one holds up no other.
    lane = models.CharField(max_length=60, default="")
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=500, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["due_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "key"], name="work_is_written_once"
            ),
            models.CheckConstraint(
                condition=(Q(state="waiting") & Q(ended_at__isnull=True))
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="ended_work_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Letter(Scoped):
    """A mail as it will be sent. Links stand in it as placeholders, filled in on the way out."""

    to_name = models.CharField(max_length=160, blank=True)
    to_address = models.EmailField()
    #: Whom an answer by mail reaches.
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    #: Fixed when it is written, so that a letter sent twice is seen to be one.
    message_id = models.CharField(max_length=200, unique=True)
    in_reply_to = models.CharField(max_length=200, blank=True)
    #: The row whose link the letter carries: (table, key); empty for none.
    link_table = models.CharField(max_length=40, blank=True)
    link_id = models.BigIntegerField(null=True, blank=True)
    promise_id = models.BigIntegerField(null=True, blank=True)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    personal = ("to_name", "to_address", "reply_to", "subject", "body")
    unrecorded = ("sent_at", "failed_at")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["written_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "promise_id", "written_at"])]

    def __str__(self) -> str:
        return self.message_id
