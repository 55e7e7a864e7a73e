"""What an inquiry says: dates with their chances, who pays, what limits, the ways out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kept import engine
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.plan.loading import Loaded
from kept.promises.models import Placement
from kept.quotes import gauges, ways
from kept.quotes.asking import Asked, Change
from kept.quotes.models import Answer
from kept.tenancy import refusals


class NotSizedYet(refusals.Refused):
    """Nothing says how much work it is."""


class WantedInThePast(refusals.Refused):
    """The wanted date has gone by."""


class NoSuchWay(refusals.NotFound):
    """The answer has no offer of that kind."""


@dataclass(frozen=True)
class DateAt:
    """A date, and the chance to keep it."""

    due_at: datetime
    chance: float
    placement: Placement


@dataclass(frozen=True)
class Level:
    """The first day that is at least this likely; None within a year if there is none."""

    level: float
    date: DateAt | None


@dataclass(frozen=True)
class Pays:
    """A promise or hold that loses (or gains) chance by a yes to one date."""

    job: int
    client: str
    what: str
    before: float
    after: float
    below_line: bool


@dataclass(frozen=True)
class Offer:
    """One way to say yes.

    Attributes:
        sentence: what it means, in words.
        change: how its stages differ from those asked for; an answer of its own is kept of it.
        overtime_hours: what the team would have to say yes to.
    """

    kind: ways.Kind
    date: DateAt
    sentence: str
    pays: Sequence[Pays]
    change: Change
    overtime_hours: float | None


@dataclass(frozen=True)
class Limits:
    """What limits the date at the asked confidence, lifted alone; signed working days."""

    kind: str
    sentence: str
    days: float
    about: dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """An answer, as every door shows it.

    Attributes:
        stages: name, skill and hours of what was asked for.
        advised: the date kept would give, at the asked confidence; None if there is none.
        without, in_place: the two answers: disturbing nobody, or ranked by its date.
        wanted: the wanted date with its chance.
        curve: the chance at the end of each working day, ascending.
        pays_wanted, pays_advised: who pays for a yes to the wanted and to the advised date.
        offers: what can be said now, at most four.
        overtime: hours outside the working week with which so large a share of futures keeps
            the wanted date; None where overtime does not. Empty where it needs none.
        overtime_hours: those at the asked confidence.
        reasons: whether limits, overtime and all offers were worked out, or only the dates.
        found: what the engine said, for whoever wants to know more.
        answer: the stored answer; None while typing.
    """

    what: str
    client: Client | None
    client_name: str
    service: Service | None
    zone: str
    confidence: float
    line: float
    stages: Sequence[StageSketch]
    wanted: DateAt | None
    advised: DateAt | None
    without: DateAt | None
    in_place: DateAt | None
    levels: Sequence[Level]
    curve: Sequence[tuple[datetime, float]]
    pays_wanted: Sequence[Pays]
    pays_advised: Sequence[Pays]
    limits: Sequence[Limits]
    gauges: Sequence[gauges.Gauge]
    offers: Sequence[Offer]
    overtime: Sequence[tuple[float, float | None]]
    overtime_hours: float | None
    reasons: bool
    expected_hours: float
    known_items: int
    promises_given: int
    futures: int
    seconds: float
    asked_at: datetime
    loaded: Loaded = field(repr=False)
    asked: Asked = field(repr=False)
    found: "engine.Dates" = field(repr=False)
    answer: Answer | None = None

    @property
    def load(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Hours of work with the ask at its advised date, by person, as the engine has them."""
        return self.found.load_with
