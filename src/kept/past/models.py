from typing import ClassVar

from django.db import models
from django.db.models import F, Q
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
    #: The newest past item there was: what came later waits for the next version.
    newest_item = models.BigIntegerField(null=True, blank=True)
    #: What open work said then (`past.open_work`): evidence, so that the version can be made again.
    open_work = models.JSONField(default=list, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["made_at", "pk"]

    def __str__(self) -> str:
        return self.version


class Backtest(Scoped):
    """What kept would have said of the work that a profile learned from, and how it came.

    Each piece was forecast from what was finished before it was estimated. All but the factor
    are counts; `within_90` took no more than was said at 90 %.
    """

    profile = models.OneToOneField(DurationProfile, models.CASCADE, related_name="backtest")
    scored = models.PositiveIntegerField()
    undated = models.PositiveIntegerField()
    within_50 = models.PositiveIntegerField()
    within_80 = models.PositiveIntegerField()
    within_90 = models.PositiveIntegerField()
    within_95 = models.PositiveIntegerField()
    as_estimated = models.PositiveIntegerField()
    half_more = models.PositiveIntegerField()
    exact = models.PositiveIntegerField()
    informative = models.BooleanField()
    typical_factor = models.FloatField(null=True, blank=True)
    #: Runs of ten consecutive pieces of a client, added up; none below twenty.
    sums = models.PositiveIntegerField(default=0)
    sums_within_90 = models.PositiveIntegerField(default=0)
    #: By how much plans shift all luck since: above zero, sums took more than was said.
    lean = models.FloatField(default=0)

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sums_within_90__lte=F("sums"), lean__gte=-1, lean__lte=1),
                name="backtest_sums_are_parts",
            ),
            models.CheckConstraint(
                condition=Q(
                    within_50__lte=F("within_80"),
                    within_80__lte=F("within_90"),
                    within_90__lte=F("within_95"),
                    within_95__lte=F("scored"),
                    as_estimated__lte=F("half_more"),
                    half_more__lte=F("scored"),
                    exact__lte=F("as_estimated"),
                ),
                name="backtest_counts_are_parts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.within_90} of {self.scored}"


class BacktestStretch(Scoped):
    """A part of a backtest along time, by the days of the first and the last estimate in it."""

    backtest = models.ForeignKey(Backtest, models.CASCADE, related_name="stretches")
    position = models.PositiveSmallIntegerField()
    from_on = models.DateField()
    to_on = models.DateField()
    scored = models.PositiveIntegerField()
    within_90 = models.PositiveIntegerField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["backtest_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["backtest", "position"], name="backtest_stretches_are_unique"
            ),
            models.CheckConstraint(
                condition=Q(within_90__lte=F("scored"), from_on__lte=F("to_on")),
                name="backtest_stretch_is_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.within_90} of {self.scored}, {self.from_on} – {self.to_on}"
