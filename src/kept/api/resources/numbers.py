"""The house's own numbers for asks beyond."""

from typing import Annotated, Any

from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Changes, Shown, unsaid
from kept.asks import numbers
from kept.people.access import Policy

door = Door("numbers")

LookBack = Annotated[int, Field(ge=5, le=200)]
Bound = Annotated[float, Field(ge=0.01, le=0.99, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=2, le=50)]
Days = Annotated[int, Field(ge=7, le=730)]
Above = Annotated[float, Field(ge=0, le=0.99, allow_inf_nan=False)]


class Numbers(Shown):
    """When a core is hot, a kind rare, and a rule questioned; shares from 0 to 1."""

    core_looks_back: int = Field(description="So many of the last ones tell how a core stands.")
    core_hot: float = Field(description="The lower bound from which on a core is hot.")
    core_warm: float = Field(description="The lower bound from which on it is warm.")
    repeated_from: int = Field(description="The how many-th of a kind is not rare any more.")
    beyond_days: int = Field(description="In so many days; rules are looked at over them, too.")
    questioned_above: float = Field(description="A rule bent in more of its asks is questioned.")


class NumberChanges(Changes):
    """What changes; decisions keep what they were shown."""

    core_looks_back: LookBack = unsaid(description="So many of the last ones tell.")
    core_hot: Bound = unsaid(description="Hot from.")
    core_warm: Bound = unsaid(description="Warm from; not above hot.")
    repeated_from: Count = unsaid(description="The how many-th is not rare any more.")
    beyond_days: Days = unsaid(description="In so many days.")
    questioned_above: Above = unsaid(description="Questioned above.")


@door.read("/beyond", Policy.MEMBER, Numbers)
def show_numbers(request: ApiRequest) -> Any:
    """Show the house's numbers for asks beyond."""
    return numbers.of(request.member.organisation)


@door.change("/beyond", Policy.OWNER, Numbers, admin=True)
def change_numbers(request: ApiRequest, body: NumberChanges) -> Any:
    """Change the house's numbers for asks beyond."""
    return numbers.change(by=request.member, now=request.now, **body.said())
