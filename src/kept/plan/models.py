from typing import ClassVar

from django.db import models
from django.db.models import Q

from kept.jobs.models import Job
from kept.promises.models import Placement, Promise
from kept.tenancy.models import Scoped


class Hold(Scoped):
    """Capacity reserved for a job until a moment; a part of the plan like a promise."""

    job = models.OneToOneField(Job, models.PROTECT, related_name="hold")
    placement = models.CharField(max_length=7, choices=Placement)
    due_at = models.DateTimeField()
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["held_at", "pk"]

    def __str__(self) -> str:
        return f"hold {self.pk} until {self.expires_at}"


class Snapshot(Scoped):
    """The situation of an answer as a plan file (zlib), kept once under its fingerprint."""

    fingerprint = models.CharField(max_length=64)
    plan = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "fingerprint"], name="a_situation_is_kept_once"
            )
        ]

    def __str__(self) -> str:
        return self.fingerprint[:12]


class Outlook(Scoped):
    """A forecast of an open promise at a moment. Dates are null when they never come."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="outlooks")
    computed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    chance = models.FloatField()
    finish_50_at = models.DateTimeField(null=True, blank=True)
    finish_80_at = models.DateTimeField(null=True, blank=True)
    finish_90_at = models.DateTimeField(null=True, blank=True)
    finish_95_at = models.DateTimeField(null=True, blank=True)
    known_items = models.PositiveIntegerField()
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="outlooks")
    plan_fingerprint = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    futures = models.PositiveIntegerField()
    engine_version = models.CharField(max_length=20)
    profile_version = models.CharField(max_length=64)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["promise_id", "computed_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["promise", "-computed_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(chance__gt=0, chance__lt=1), name="outlook_chance_is_a_probability"
            )
        ]

    def __str__(self) -> str:
        return f"{self.chance:.2f} at {self.computed_at}"
