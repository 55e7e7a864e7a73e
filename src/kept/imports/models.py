from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.jobs.models import Job, Stage
from kept.past.models import PastItem, SourceName
from kept.people.models import Member
from kept.tenancy.models import Scoped


class Import(Scoped):
    """One accepted file: what it brought, and what it could not."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        UNDONE = "undone", _("undone")

    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    source = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=State, default=State.ACCEPTED)
    finished_rows = models.PositiveIntegerField(default=0)
    open_rows = models.PositiveIntegerField(default=0)
    promises = models.PositiveIntegerField(default=0)
    known_rows = models.PositiveIntegerField(default=0)
    problem_rows = models.PositiveIntegerField(default=0)
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    personal = ("file_name",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class ImportProblem(Scoped):
    """A row, or one value of it, that was not used, and why."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField(null=True, blank=True)
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=300)

    # The reason quotes the cell.
    personal = ("value", "why")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["row", "pk"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.why}"


class ImportedRow(Scoped):
    """A row that came in, and what it became: a past item, or a job with a stage of it.

    Each row comes in once; `digest` tells a row that has changed since from the same one.
    """

    imported = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField()
    external_id = models.CharField(max_length=120)
    digest = models.CharField(max_length=32)
    past_item = models.OneToOneField(
        PastItem, models.CASCADE, null=True, blank=True, related_name="imported_row"
    )
    job = models.ForeignKey(
        Job, models.CASCADE, null=True, blank=True, related_name="imported_rows"
    )
    stage = models.OneToOneField(
        Stage, models.CASCADE, null=True, blank=True, related_name="imported_row"
    )
    #: Whose open work it is by the file; once they are somebody here, the stage is theirs.
    person = models.ForeignKey(
        SourceName, models.PROTECT, null=True, blank=True, related_name="open_rows"
    )

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["imported_id", "row"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], name="rows_come_in_once"
            ),
            models.CheckConstraint(
                condition=Q(past_item__isnull=True) | Q(job__isnull=True, stage__isnull=True),
                name="a_row_became_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ColumnChoice(Scoped):
    """Which column of files with this header a field is read from; remembered from last time."""

    header_digest = models.CharField(max_length=64)
    field = models.CharField(max_length=30)
    column = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "header_digest", "field"],
                name="a_field_is_read_from_one_column",
            )
        ]

    def __str__(self) -> str:
        return f"{self.field} = {self.column}"
