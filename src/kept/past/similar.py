"""What past work like an estimate took, shown while it is typed.

Whose work it was is used, and shown, only where it is the asker's own: what an estimate of somebody
else usually becomes is that person's alone to see. For the same reason nothing is shown that rests
on the work of one or two others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from kept.engine.durations import Profile
from kept.engine.forecasts import Forecast
from kept.past import learning, profiles
from kept.past.models import PastItem
from kept.people.models import Member

#: So many pieces of past work are named, own ones first; with fewer own ones, down to three.
NAMED = 9
OWN = (9, 7, 5, 3)
#: No figure about fewer people than this.
FEWEST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of past work, and what it says about the estimate asked about.

    Attributes:
        name: what imported work was called in its file; empty for a stage of kept.
        stage: the key of the stage it was, if it was one.
        scaled_hours: the estimate asked about, times actual ÷ estimate of this piece.
        share: how much it counts, against the one that counts most.
    """

    name: str
    stage: int | None
    client: str
    kind: str
    part: str
    estimate_hours: float
    actual_hours: float
    finished_at: datetime | None
    scaled_hours: float
    share: float

    @property
    def ratio(self) -> float:
        """Actual ÷ estimate."""
        return self.actual_hours / self.estimate_hours


@dataclass(frozen=True, slots=True)
class Similar:
    """What past work like an estimate took; hours are for the estimate asked about.

    Attributes:
        own: every piece is the asker's own work.
        half_hours, nine_in_ten_hours: half of such work, and 9 in 10, took no more.
        known: how many equally weighted past items the forecast rests on.
        assumed: it rests more on what is assumed before anything is known than on past work.
        too_few_people: the pieces are those of one or two others, and so are not shown.
        pieces: those that count most, first the one that counts most.
    """

    estimate_hours: float
    own: bool
    half_hours: float
    nine_in_ten_hours: float
    known: int
    assumed: bool
    too_few_people: bool
    pieces: tuple[Piece, ...]

    @property
    def low_hours(self) -> float:
        """The least that any of the pieces would have taken."""
        return min((piece.scaled_hours for piece in self.pieces), default=self.half_hours)

    @property
    def high_hours(self) -> float:
        """The most that any of the pieces would have taken."""
        return max((piece.scaled_hours for piece in self.pieces), default=self.nine_in_ten_hours)


def similar(
    *,
    estimate_hours: float,
    asker: Member | None,
    own: bool,
    now: datetime,
    service: int | None = None,
    skill: int | None = None,
    client: int | None = None,
) -> Similar:
    """Return what past work most like this took.

    Args:
        estimate_hours: above zero.
        asker: who asks; only their own work is told apart. None: it cannot be known who reads.
        own: the asker is the one who will do it.
        service, skill, client: what and for whom, as keys.
    """
    profile = profiles.current(now)
    me = profiles.person_key(asker)
    ask = partial(
        profile.ratios,
        kind=profiles.kind_key(service),
        subkind=profiles.subkind_key(skill),
        project=profiles.project_key(client),
    )
    forecast = _forecast(ask, estimate_hours, me if own else None)
    rows = [int(row) for row in forecast.similar.rows]
    people = {profile.history.items[row].person for row in rows}
    others = people - {me, None}
    too_few = bool(others) and len(people - {None}) < FEWEST_PEOPLE
    return Similar(
        estimate_hours=estimate_hours,
        own=people == {me},
        half_hours=float(forecast.quantiles[49]) * estimate_hours,
        nine_in_ten_hours=float(forecast.quantiles[89]) * estimate_hours,
        known=round(forecast.effective_n),
        assumed=forecast.from_prior_share > 0.5,
        too_few_people=too_few,
        pieces=() if too_few else _pieces(profile, forecast, rows, estimate_hours),
    )


def _forecast(ask: Callable[..., Forecast], estimate: float, person: str | None) -> Forecast:
    """Forecast, naming as many own pieces as there are, else the house's."""
    if person is not None:
        for count in OWN:
            found = ask(person=person, estimate=estimate, most_similar=count)
            if found.similar.own:
                return found
    return ask(person=None, estimate=estimate, most_similar=NAMED)


def _pieces(
    profile: Profile, forecast: Forecast, rows: Sequence[int], estimate: float
) -> tuple[Piece, ...]:
    names = [profile.history.row_ids[row] for row in rows]
    known = {
        item.external_id: item
        for item in PastItem.objects.filter(external_id__in=names).select_related(
            "project__client", "kind__service", "subkind__skill"
        )
    }
    top = float(forecast.similar.weights[0]) if rows else 1.0
    return tuple(
        _piece(known[name], float(weight) / top, estimate)
        for name, weight in zip(names, forecast.similar.weights, strict=True)
        if name in known
    )


def _piece(item: PastItem, share: float, estimate: float) -> Piece:
    assert item.estimate_hours is not None
    assert item.actual_hours is not None
    stage = learning.stage_of(item.external_id)
    project, kind, subkind = item.project, item.kind, item.subkind
    return Piece(
        name="" if stage is not None else item.external_id,
        stage=stage,
        client="" if project is None else str(project.client or project.name),
        kind="" if kind is None else str(kind.service or kind.name),
        part="" if subkind is None else str(subkind.skill or subkind.name),
        estimate_hours=item.estimate_hours,
        actual_hours=item.actual_hours,
        finished_at=item.finished_at,
        scaled_hours=estimate * item.actual_hours / item.estimate_hours,
        share=share,
    )
