"""One promise, as far as the record needs it. Plain values: nothing here reads a table."""

from dataclasses import dataclass
from datetime import datetime

from kept.promises.outcomes import Outcome


@dataclass(slots=True)
class Row:
    """A promise, judged once against its first terms and once against its last.

    Attributes:
        origin: how it came about: an accepted offer, one line, an import.
        what: its title; repeated ones are told by it.
        given_at: when the client got the yes.
        said_at: the first date, as it was said.
        first_due_at, last_due_at: the moments it is judged by, after pauses.
        delivered_at: of the delivery that counts; None where there is none.
        ended_at: when it was released, revoked or voided.
        moved: terms that were agreed after the first ones.
        asked: of these, changes that the client asked for.
        chance, last_chance: shown when the first and the last date were given; None, none was.
        even_hours: from the yes to the date at even chances, as it stood then.
        paused_hours: how long its clock stood, as the clock on the wall goes.
        reason, controllable: why it moved or was missed, as said last; empty, nobody said.
        note: why it was voided, or the word that let us off.
        in_person: that silence counts was told in person, and not by letter.
    """

    promise: int
    client: int
    service: int | None
    origin: str
    what: str
    given_at: datetime
    said_at: datetime
    first_due_at: datetime
    last_due_at: datetime
    first: Outcome
    last: Outcome
    delivered_at: datetime | None = None
    ended_at: datetime | None = None
    moved: int = 0
    asked: int = 0
    chance: float | None = None
    last_chance: float | None = None
    even_hours: float | None = None
    paused_hours: float = 0.0
    reason: str = ""
    controllable: str = ""
    note: str = ""
    in_person: bool = False


@dataclass(slots=True)
class Slipped:
    """Somebody said a later date: working days as said, and as they came; None, not done yet."""

    promise: int
    said_days: int
    became_days: int | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is counted apart from promises of work.

    Attributes:
        unpromised: jobs for clients that were done in the window without any promise.
        replies: holding replies due in the window, and how many were answered by then.
        past_items: finished pieces of work that were imported; the page Past tells of them.
    """

    unpromised: int = 0
    replies: int = 0
    replies_kept: int = 0
    past_items: int = 0
