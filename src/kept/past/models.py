from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.clients.models import Client, Service
from kept.people.models import Member, Skill
from kept.tenancy.models import Scoped


class SourceName(Scoped):
    """A name as other tools write it, and who or what it is here; mapped once, remembered."""

    class Role(models.TextChoices):
        PERSON = "person", _("person")
        PROJECT = "project", _("client or project")
        KIND = "kind", _("kind of work")
        SUBKIND = "subkind", _("part of the work")

    role = models.CharField(max_length=8, choices=Role)
    name = models.CharField(max_length=200)
    member = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="source_names"
    )
    client = models.ForeignKey(
        Client, models.SET_NULL, null=True, blank=True, related_name="source_names"
    )
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, blank=True, related_name="source_names"
    )
    skill = models.ForeignKey(
        Skill, models.SET_NULL, null=True, blank=True, related_name="source_names"
    )

    personal = ("name",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["role", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "role", "name"], name="source_names_are_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PastItem(Scoped):
    """One piece of finished work: what was estimated, what it took, in hours, and when."""

    external_id = models.CharField(max_length=120)
    person = models.ForeignKey(SourceName, models.PROTECT, null=True, related_name="+")
    project = models.ForeignKey(SourceName, models.PROTECT, null=True, related_name="+")
    kind = models.ForeignKey(SourceName, models.PROTECT, null=True, related_name="+")
    subkind = models.ForeignKey(SourceName, models.PROTECT, null=True, related_name="+")
    estimate_hours = models.FloatField(null=True, blank=True)
    actual_hours = models.FloatField(null=True, blank=True)
    estimated_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    first_due_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    day_only = models.BooleanField(default=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["finished_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "finished_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], name="past_items_come_in_once"
            ),
            models.CheckConstraint(
                condition=Q(estimate_hours__isnull=True) | Q(estimate_hours__gt=0),
                name="past_estimate_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(actual_hours__isnull=True) | Q(actual_hours__gte=0),
                name="past_actual_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class DurationProfile(Scoped):
    """A version of what the past teaches; answers name the one they used."""

    version = models.CharField(max_length=64)
    items = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    learned_until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["made_at", "pk"]

    def __str__(self) -> str:
        return self.version[:12]
