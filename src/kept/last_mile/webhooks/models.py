from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.people.models import Member
from kept.tenancy.models import Scoped


class Webhook(Scoped):
    """An address that is told of events. Its secrets stand in no row: nonces make them anew."""

    class Why(models.TextChoices):
        """Why nothing goes there at present."""

        FAILING = "failing", _("it failed for days")
        GONE = "gone", _("whoever answers there said that it is gone")

    #: It may carry a key of its own, so the ledger holds neither it nor what it is called.
    url = models.CharField(max_length=500)
    name = models.CharField(max_length=80, blank=True)
    #: Kinds of events, or groups of them, with spaces between; empty means all.
    events = models.CharField(max_length=600, blank=True)
    nonce = models.CharField(max_length=64)
    #: Signs beside the new one for a day after the secret was changed.
    nonce_before = models.CharField(max_length=64, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.CharField(max_length=7, choices=Why, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    #: Up to which event of the ledger it was told, and since when nothing was taken there.
    seen_number = models.PositiveBigIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)

    personal = ("url", "name")
    unrecorded = ("seen_number", "failing_since")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True, disabled_why="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_why="")),
                name="a_webhook_that_is_off_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class WebhookDelivery(Scoped):
    """One message to one webhook: the same id and the same words however often it is sent."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    #: The event it tells of, by its number in the ledger.
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    message_id = models.CharField(max_length=60, unique=True)
    body = models.TextField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    #: What the receiver answered last; nothing if nobody did.
    status = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["webhook", "made_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["webhook", "number", "kind"], name="a_webhook_is_told_once"
            ),
        ]

    def __str__(self) -> str:
        return self.message_id
