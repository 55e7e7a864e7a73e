"""Said against done: both rates, and what they are never shown without."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Query
from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import Asked, Id, Shown
from kept.clients.models import Client
from kept.people.access import Policy
from kept.record import page, plain

door = Door("record", client_id=Client)

Ends = Annotated[list[float], Field(min_length=2, max_length=2)]


class RecordAsked(Asked):
    """Which record."""

    months: Literal["12", "24", "all"] = Field(
        "12", description="The window of first due moments, in months back from now."
    )
    client_id: Id | None = Field(None, description="Only this client's promises.")


class Kept(Shown):
    """So many kept of so many."""

    kept: int = Field(description="How many were kept.")
    of: int = Field(description="Of how many.")


class KeptRate(Kept):
    """A rate, with what it rests on."""

    settled: int = Field(description="How many have their last word.")
    provisional: int = Field(description="Delivered; the client's word is still to come.")
    overdue: int = Field(description="Due and still open: counted as not kept.")
    share: float | None = Field(description="The share, 0 to 1; null below twenty settled.")
    interval: Ends | None = Field(description="Wilson's, two-sided 95 %; null below twenty.")


class PartRate(KeptRate):
    """The first rate of one client, service or way of promising."""

    id: int | None = Field(description="The client's or service's number, if it has one.")
    name: str = Field(description="Its name; empty where there is none.")


class RecordMarks(Shown):
    """The promises one by one, each in one group."""

    kept: int = Field(description="As first promised.")
    moved: int = Field(description="Moved in time and agreed, then kept.")
    ahead: int = Field(description="Moved in time, and the later date is still to come.")
    late: int = Field(description="Late, or due and still open.")
    still_open: int = Field(description="Of the late ones, how many are still open.")
    short: int = Field(description="In time, but not in full or below standard.")
    broken: int = Field(description="Revoked, or delivered after the cut-off.")


class SharpnessShown(Shown):
    """How far out dates were promised."""

    of: int = Field(description="Promises whose odds were known when they were given.")
    times: float = Field(description="Promised lead over the lead at even chances, the median.")
    padding_days: float = Field(description="Calendar days between the two dates, the median.")


class ShareOf(Shown):
    """So much of so much."""

    part: float = Field(description="So much.")
    of: float = Field(description="Of so much.")
    share: float | None = Field(description="The share, 0 to 1; null of nothing.")


class SaidShown(Kept):
    """Dates given at about one chance."""

    level: float = Field(description="The chance they are gathered under.")
    said: float = Field(description="The chance that was shown, on average.")
    interval: Ends = Field(description="Within which the true share lies: Wilson, 95 %.")


class BrierShown(Shown):
    """How far chances were from what came."""

    of: int = Field(description="First dates that had a chance.")
    score: float = Field(description="The mean squared distance; less is better.")
    had_we_always_said: float = Field(description="The share of them that was kept.")
    score_then: float = Field(description="The score of always saying that share.")


class RecordQuarter(Shown):
    """Three months of promises, by their first due moment."""

    starts_at: datetime = Field(description="Its first moment.")
    ends_at: datetime = Field(description="The first moment after it.")
    first: Kept = Field(description="Against first terms.")
    last: Kept = Field(description="Against last terms.")
    limits: Ends | None = Field(description="What chance alone would draw; null without promises.")
    outside: bool = Field(description="Chance alone does not explain it.")


class ReasonCount(Shown):
    """Why first dates were missed."""

    category: str | None = Field(description="The category; null, nobody said why.")
    controllable: str | None = Field(description="Whose to change it mostly is.")
    count: int = Field(description="How many promises.")
    reached: int = Field(description="With all categories before.")


class OneMoreDayShown(Shown):
    """What “one more day” became."""

    days: list[int] = Field(description="Working days that each of them took.")
    average: float | None = Field(description="On average.")
    waiting: int = Field(description="Said, and not done yet.")
    longer: int = Field(description="How many slips were of more than a day.")
    longer_said: float | None = Field(description="Working days said for these, on average.")
    longer_became: float | None = Field(description="Working days that came, on average.")


class RepeatedShown(Shown):
    """The same words promised to the same client again and again."""

    kept: int = Field(description="How many of them were kept as first promised.")
    count: int = Field(description="How many there are.")
    largest: int = Field(description="How many times the most frequent one.")


class Record(Shown):
    """Said against done."""

    since: datetime | None = Field(description="The window's first moment; null, all there is.")
    until: datetime = Field(description="Now.")
    too_early: bool = Field(description="Fewer than twenty are settled: look at counts only.")
    first: KeptRate = Field(description="Against first terms.")
    last: KeptRate = Field(description="Against last terms.")
    marks: RecordMarks = Field(description="One group for each promise.")
    sharpness: SharpnessShown | None = Field(description="Null where no odds were known.")
    coverage: ShareOf = Field(description="Deliveries under a promise, of all to clients.")
    paused: ShareOf = Field(description="Hours the clock stood, of promised hours.")
    deemed: ShareOf = Field(description="Accepted by silence, of all that was accepted.")
    deemed_in_person: int = Field(
        description="Of these, after being told in person that silence counts."
    )
    painful: ShareOf = Field(description="Kept with much work out of hours, of all kept.")
    calibration: list[SaidShown] = Field(description="First dates, by the chance shown.")
    calibration_with_later_dates: list[SaidShown] = Field(
        description="The same with dates that were agreed later, each against its own terms."
    )
    brier: BrierShown | None = Field(description="Null where no date had a chance.")
    quarters: list[RecordQuarter] = Field(description="The last two years.")
    better_or_luck: str = Field(description="What the quarters allow to say.")
    reasons: list[ReasonCount] = Field(description="Most frequent first.")
    one_more_day: OneMoreDayShown = Field(description="Slips of one day, and longer ones.")
    by_client: list[PartRate] = Field(description="Most promises first.")
    by_service: list[PartRate] = Field(description="By service, most promises first.")
    by_origin: list[PartRate] = Field(description="By an offer, in one line, or imported.")
    repeated: RepeatedShown | None = Field(description="Null where nothing is.")
    changes_clients_asked_for: int = Field(description="Changes of terms; first dates still count.")
    imported: int = Field(description="Of all counted, how many came in with an import.")
    overdue: list[int] = Field(description="Promises due and still open.")
    ahead: list[int] = Field(description="Promises left out of the last rate: date ahead.")
    released: list[int] = Field(description="Promises that clients let us off; in no rate.")
    voided: list[int] = Field(description="Promises recorded by mistake; in no rate.")
    replies: Kept = Field(description="Answers promised by a date, and given by then; in no rate.")


class TrustAccount(Shown):
    """What was said to one client, and what became of it: counts, no score."""

    given: int = Field(description="All promises ever given to them.")
    kept: int = Field(description="Kept as first promised.")
    moved: int = Field(description="Moved in time and agreed, then kept.")
    missed: int = Field(description="Late, short, below standard, or due and open.")
    warned: int = Field(description="Of the missed, told of before they were due.")
    broken: int = Field(description="Revoked, or delivered after the cut-off.")
    released: int = Field(description="They let us off.")
    open: int = Field(description="Given, and not due yet.")
    voided: int = Field(description="Recorded by mistake.")


@door.read("/record", Policy.MEMBER, Record)
def show_record(request: ApiRequest, asked: Query[RecordAsked]) -> dict[str, Any]:
    """Show what was said against what was done."""
    months = None if asked.months == "all" else int(asked.months)
    client = None if asked.client_id is None else named(Client, asked.client_id, "client_id")
    return plain.of(page.read(months=months, now=request.now, client=client))


@door.read("/clients/{int:client_id}/account", Policy.MEMBER, TrustAccount)
def show_account(request: ApiRequest, client_id: int) -> dict[str, int]:
    """Show what was said to a client, and what became of it."""
    client = Client.objects.get(pk=client_id)
    return plain.account(page.account(client, now=request.now))
