"""A delivery, line by line, and the client’s word on it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Contact
from kept.jobs.models import Condition
from kept.people.models import Member
from kept.promises.models.given import Promise, ToldHow
from kept.tenancy.models import Scoped


class Delivery(Scoped):
    """We say it is done. The client accepts, sends back, or is silent after notice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the client’s word")
        ACCEPTED = "accepted", _("accepted")
        DEEMED = "deemed", _("accepted by silence after notice")
        SENT_BACK = "sent_back", _("sent back")

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="deliveries")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    delivered_at = models.DateTimeField()
    delivered_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    where = models.CharField(max_length=500, blank=True)
    #: When the client was told that silence counts as acceptance, and when it will.
    noticed_at = models.DateTimeField(null=True, blank=True)
    deemed_from = models.DateTimeField(null=True, blank=True)
    #: How they were told; empty where it was told before kept asked.
    noticed_how = models.CharField(max_length=4, choices=ToldHow, blank=True)
    #: Who at the client was, where that is known.
    noticed_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: A member who wrote down what the client said.
    answered_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    to_standard = models.BooleanField(null=True, blank=True)
    word = models.TextField(blank=True)
    thanked_at = models.DateTimeField(null=True, blank=True)

    personal = ("note", "where", "word")
    shown = (
        "number", "state", "delivered_at", "noticed_at", "noticed_how", "answered_at",
        "to_standard",
    )  # fmt: skip

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promise", "number"], name="deliveries_are_numbered"),
            models.UniqueConstraint(
                fields=["promise"],
                condition=Q(state="waiting"),
                name="one_delivery_waits_for_the_client",
            ),
            models.UniqueConstraint(
                fields=["promise"],
                condition=Q(state__in=["accepted", "deemed"]),
                name="a_promise_is_accepted_once",
            ),
            models.CheckConstraint(
                condition=(Q(state="waiting") & Q(answered_at__isnull=True))
                | (~Q(state="waiting") & Q(answered_at__isnull=False)),
                name="an_answered_delivery_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent_back") | ~Q(word=""),
                name="a_delivery_sent_back_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="deemed") | Q(noticed_at__isnull=False),
                name="acceptance_is_deemed_only_after_notice",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.number} of {self.promise_id}"


class DeliveredLine(Scoped):
    """One line of the last terms in a delivery: whether we say it is met, and whether they do."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="lines")
    condition = models.ForeignKey(Condition, models.PROTECT, related_name="+")
    met = models.BooleanField(default=True)
    accepted = models.BooleanField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["delivery_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["delivery", "condition"], name="a_line_is_delivered_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.condition_id} in {self.delivery_id}"
