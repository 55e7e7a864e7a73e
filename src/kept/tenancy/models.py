import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.utils.encoding import force_str

from kept.tenancy import scope


class Organisation(models.Model):
    """The house that uses kept. Numbers are settings, with the defaults we advise."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    zone = models.CharField(max_length=60)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=10, default="en")
    currency = models.CharField(max_length=3, default="EUR")
    day_ends_at = models.TimeField()
    asked_confidence = models.FloatField(default=0.90)
    line = models.FloatField(default=0.80)
    usable_share = models.FloatField(default=0.70)
    quote_lasts_days = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    #: A finishing stretch on which nothing happened for so many working days is stuck.
    stuck_after_days = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    #: A client's core is judged by its last so many occurrences or promises, and is hot or warm
    #: from these lower bounds on.
    core_looks_back = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(5), MaxValueValidator(200)]
    )
    core_hot = models.FloatField(default=0.85)
    core_warm = models.FloatField(default=0.70)
    #: So many asks of one kind from one client in so many days are no longer rare.
    repeated_from = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(2), MaxValueValidator(50)]
    )
    beyond_days = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(7), MaxValueValidator(730)]
    )
    #: A rule that is bent in more than this share of asks is questioned.
    questioned_above = models.FloatField(default=0.20)
    created_at = models.DateTimeField()
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(asked_confidence__gt=0, asked_confidence__lt=1)
                & Q(line__gt=0, line__lt=1)
                & Q(asked_confidence__gte=F("line")),
                name="organisation_line_is_a_chance_below_the_asked_confidence",
            ),
            models.CheckConstraint(
                condition=Q(usable_share__gt=0, usable_share__lte=1),
                name="organisation_usable_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(core_warm__gt=0, core_hot__lt=1) & Q(core_hot__gte=F("core_warm")),
                name="organisation_core_is_hotter_than_warm",
            ),
            models.CheckConstraint(
                condition=Q(questioned_above__gte=0, questioned_above__lt=1),
                name="organisation_rules_are_questioned_above_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name


Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class ScopedManager(models.Manager[Row_co]):
    """Shows the current organisation's rows, and refuses when there is none."""

    def get_queryset(self) -> models.QuerySet[Row_co]:
        rows = super().get_queryset()
        key = scope.current_id()
        # Narrowing a query costs as much as building it, and is the same for each of a table.
        rows.query = _rows_of(rows.model, key).query.chain()
        return rows


@functools.lru_cache(maxsize=512)
def _rows_of(table: type[models.Model], organisation: int) -> models.QuerySet[Any]:
    return models.QuerySet(table).filter(organisation_id=organisation)


class EveryQuerySet(models.QuerySet[Row_co]):
    """Rows of all organisations, to read. Whoever writes enters the row's own organisation."""

    def _fetch_all(self) -> None:
        with scope.looking_everywhere():
            super()._fetch_all()

    def _iterator(self, *args: Any) -> Iterator[Any]:
        rows = super()._iterator(*args)  # type: ignore[misc]  # the stubs leave it out
        while True:
            # Never left on while the caller works with a row.
            with scope.looking_everywhere():
                row = next(rows, None)
            if row is None:
                return
            yield row

    def count(self) -> int:
        with scope.looking_everywhere():
            return super().count()

    def exists(self) -> bool:
        with scope.looking_everywhere():
            return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        with scope.looking_everywhere():
            return super().aggregate(*args, **kwargs)

    def _refuse(self, *_args: Any, **_kwargs: Any) -> Any:
        raise scope.OnlyReading

    create = bulk_create = update = bulk_update = delete = _refuse
    get_or_create = update_or_create = _raw_delete = _refuse


class EveryOrganisation(models.Manager[Row_co]):
    """All rows, for the few places that look across organisations (log-in, links, custody)."""

    def get_queryset(self) -> EveryQuerySet[Row_co]:
        return EveryQuerySet(self.model, using=self._db)


class _AtHand(ForwardManyToOneDescriptor):  # type: ignore[type-arg]  # only the stubs have one
    """A row's organisation: the one that work is done in is at hand, and is not read again."""

    def get_object(self, instance: models.Model) -> models.Model:
        # Any row of a house has this column; the stubs know it of no model in general.
        if scope.is_current(instance.organisation_id):  # type: ignore[attr-defined]
            return scope.current()
        found: models.Model = super().get_object(instance)
        return found


class OfCurrentOrganisation(models.ForeignKey[Organisation, Organisation]):
    """The organisation of a row: the current one, unless said otherwise.

    Migrations see a plain foreign key, since tables are made outside of any organisation.
    """

    forward_related_accessor_class = _AtHand

    def __init__(
        self, to: Any = Organisation, on_delete: Any = models.PROTECT, **options: Any
    ) -> None:
        options.setdefault("default", scope.current_id)
        options |= {"related_name": "+", "editable": False}
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        options.pop("default", None)
        return name, "django.db.models.ForeignKey", args, options


class Scoped(models.Model):
    """A row that belongs to one organisation.

    `objects` shows the current organisation's rows only; related rows are
    looked up in the same way. `everywhere` says at the call that it does not.
    """

    organisation = OfCurrentOrganisation()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()
    everywhere: ClassVar[EveryOrganisation[Self]] = EveryOrganisation()

    #: Fields that hold text about a person or a client: kept out of the
    #: ledger's events, which carry a keyed hash of them instead.
    personal: ClassVar[tuple[str, ...]] = ()

    #: Columns that whoever was promised may read: events of the promise show
    #: them in their header, which a client's extract holds in the clear.
    shown: ClassVar[tuple[str, ...]] = ()

    #: Columns that change without an event, and so are not rebuilt from events.
    unrecorded: ClassVar[tuple[str, ...]] = ()

    #: Rows that the database refuses to change or remove: those with these
    #: values; an empty mapping means all of them, None means none.
    frozen: ClassVar[Mapping[str, int] | None] = None

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def _get_FIELD_display(self, field: "models.Field[Any, Any]") -> Any:  # noqa: N802 - Django's
        """Return the label of a choice; what `get_state_display` and its like call.

        Django makes a table of all labels of the field at each call, a fifth of what a page with a
        long list costs. The table is kept here; its labels are still put into words when shown.
        """
        value = getattr(self, field.attname)
        return force_str(_labels_of(field).get(value, value), strings_only=True)


@functools.cache
def _labels_of(field: "models.Field[Any, Any]") -> dict[Any, Any]:
    return dict(field.flatchoices)
