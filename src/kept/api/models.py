from typing import ClassVar

from django.db import models

from kept.people.models import Member
from kept.tenancy.models import Scoped


class IdempotencyKey(Scoped):
    """What a POST answered, so that the same request sent again does nothing twice."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    used_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "member", "key"], name="idempotency_keys_are_unique"
            )
        ]

    def __str__(self) -> str:
        return self.key
