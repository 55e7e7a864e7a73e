"""What goes in and out, each field with its meaning; the reference is made from it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

LARGEST_ID = 2**63 - 1


def _within_reach(value: date) -> date:
    if not 1970 <= value.year <= 2199:
        raise ValueError("Say a day from 1970 to 2199.")
    return value


def _moment_within_reach(value: datetime) -> datetime:
    _within_reach(value)
    return value.astimezone(UTC)


#: One line of text: no control characters, and something to read in it.
_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00]*$"

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Day = Annotated[date, AfterValidator(_within_reach)]
Moment = Annotated[AwareDatetime, AfterValidator(_moment_within_reach)]
Hours = Annotated[float, Field(gt=0, le=20_000, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Chance = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=_LINE)]
MaybeName = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
LongName = Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=_LINE)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_LINE)]
MaybeSentence = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
#: The code of a language; whether there is such a one is the room's to say.
Language = Annotated[str, StringConstraints(max_length=10, pattern=r"^[a-z-]*$")]
Prose = Annotated[str, StringConstraints(max_length=10_000, pattern=_PROSE)]
Zone = Annotated[
    str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+\-/]+$")
]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?$")]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]

Item = TypeVar("Item")


class Shown(Schema):
    """Something kept shows."""


class Asked(Schema):
    """Something sent to kept; a field nobody knows is refused instead of overlooked."""

    model_config = ConfigDict(extra="forbid")


def _nothing_by_default(schema: dict[str, Any]) -> None:
    """What is left out of a change has no value; null would be one."""
    for described in schema.get("properties", {}).values():
        described.pop("default", None)


class Changes(Asked):
    """What changes; whatever is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_nothing_by_default)

    def said(self) -> dict[str, Any]:
        """Return only what was sent."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


def unsaid(**described: Any) -> Any:
    """Return a field of a change, which may be left out."""
    return Field(None, **described)


class ProblemError(Shown):
    """One thing that is wrong."""

    field: str = Field(description="Where it stands in the request, such as stages.0.likely_hours.")
    detail: str = Field(description="What is wrong with it.")
    row: int | None = Field(description="The row of an imported file, counted from 1.")
    column: str | None = Field(description="The column of an imported file.")


class Problem(Shown):
    """Why nothing was done (RFC 9457)."""

    type: str = Field(description="The kind of problem, for programs to tell apart.")
    title: str = Field(description="The kind of problem, in words.")
    detail: str = Field(description="What happened, what is safe, what to do next.")
    errors: list[ProblemError] = Field(description="Each wrong input, where there are such.")


class Page(Shown, Generic[Item]):
    """Some of a list, in the order in which it was written."""

    model_config = ConfigDict(
        json_schema_extra={"description": "Some of a list, in the order in which it was written."}
    )

    items: list[Item] = Field(description="This page.")
    next: str | None = Field(description="Send it as `after` for the next page; null at the end.")


class PageAsked(Asked):
    """Which page."""

    after: str | None = Field(
        None, max_length=60, description="The `next` of the page before; left out, the first page."
    )
    limit: int = Field(50, ge=1, le=200, description="How many at most.")
