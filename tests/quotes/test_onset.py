"""The gate before an offer: every owner's yes, or a lead's signature; what follows from gaps."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.quotes.test_checking import certain, end_of
from tests.quotes.test_hold_and_yes import answered, held, kinds

from kept.clients.catalogue import StageSketch
from kept.jobs import owning
from kept.jobs.models import Responsibility, Stage
from kept.ledger import chain
from kept.ledger.models import Event
from kept.people.models import Member
from kept.plan import loading, standing
from kept.promises import carrying, recording
from kept.promises.models import Promise
from kept.quotes import accepting, checking, offering, onset
from kept.quotes.models import Quote
from kept.tenancy.refusals import NotAllowed

Gate = Promise.Gate


def build(quote: Quote) -> Stage:
    return quote.job.stages.get()


def asked(house: cast.House, quote: Quote, now: datetime) -> list[Responsibility]:
    """Ben asks Dev to build it and Maya to see it over the line."""
    owners = {build(quote): house.dev, None: house.maya}
    return onset.ask_owners(quote, owners, by=house.ben, now=now)


def say_yes(rows: list[Responsibility], now: datetime) -> None:
    for row in rows:
        carrying.accept(row, by=row.member, now=now)


def test_an_offer_with_gaps_is_refused_and_names_them(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    asked(one_builder, quote, now)
    with pytest.raises(onset.GapsLeft) as refused:
        offering.offer(quote=quote, by=one_builder.ben, now=now)
    assert refused.value.kind == "conflict"
    assert refused.value.sentence == (
        "Not everybody has said yes: Dev has not answered about “Build”; Maya has not answered "
        "about the last mile. Nothing was offered. Ask them, or have a lead sign it with a reason."
    )
    quote.refresh_from_db()
    assert (quote.state, quote.gate) == (Quote.State.HELD, Gate.NOT_ASKED)


def test_when_everybody_said_yes_it_goes_out_and_the_promise_starts_active(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    rows = asked(one_builder, quote, now)
    assert [(row.member, row.by_at) for row in rows] == [
        (one_builder.dev, quote.internal_due_at),
        (one_builder.maya, quote.internal_due_at),
    ]
    say_yes(rows, now)

    offering.offer(quote=quote, by=one_builder.ben, now=now)
    assert (quote.state, quote.gate) == (Quote.State.OFFERED, Gate.COMPLETE)

    promise = accepting.accept(quote=quote, by=one_builder.ben, now=now)
    assert (promise.state, promise.gate, promise.last_mile_owner) == (
        Promise.State.ACTIVE, Gate.COMPLETE, one_builder.maya,
    )  # fmt: skip
    assert list(chain.faults()) == []


def test_a_lead_signs_the_gaps_with_a_reason_and_they_stay_visible(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    asked(one_builder, quote, now)
    with pytest.raises(NotAllowed):
        offering.offer(quote=quote, gap_reason="He will.", by=one_builder.maya, now=now)
    assert quote.state == Quote.State.HELD

    offering.offer(quote=quote, gap_reason="Dev is on a train.", by=one_builder.ben, now=now)

    assert (quote.state, quote.gate, quote.gap_signed_by, quote.gap_reason) == (
        Quote.State.OFFERED, Gate.SIGNED, one_builder.ben, "Dev is on a train.",
    )  # fmt: skip
    signed = Event.objects.get(kind=Event.Kind.GAP_SIGNED)
    assert signed.facts["gaps"] == [
        {"stage": build(quote).pk, "member": one_builder.dev.pk, "state": "silent"},
        {"stage": None, "member": one_builder.maya.pk, "state": "silent"},
    ]
    assert [str(gap) for gap in onset.state_of(quote).gaps] == [
        "Dev has not answered about “Build”",
        "Maya has not answered about the last mile",
    ]


def test_gaps_leave_the_promise_pending_until_the_last_yes(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    to_dev, to_maya = asked(one_builder, quote, now)
    offering.offer(quote=quote, gap_reason="On a train.", by=one_builder.ben, now=now)
    promise = accepting.accept(quote=quote, by=one_builder.ben, now=now)
    assert (promise.state, promise.gate) == (Promise.State.PENDING, Gate.SIGNED)
    # Somebody sees it over the line at every moment: whoever gave it, until Maya says yes.
    assert promise.last_mile_owner == one_builder.ben

    later = now + timedelta(hours=3)
    carrying.accept(to_maya, by=one_builder.maya, now=later)
    promise.refresh_from_db()
    assert (promise.state, promise.last_mile_owner) == (Promise.State.PENDING, one_builder.maya)

    carrying.accept(to_dev, by=one_builder.dev, now=later)
    promise.refresh_from_db()
    assert (promise.state, promise.gate) == (Promise.State.ACTIVE, Gate.SIGNED)
    assert kinds()[-4:] == [
        "owner.accepted", "promise.changed", "owner.accepted", "promise.activated",
    ]  # fmt: skip
    assert onset.close_if_complete(promise, by=None, now=later) is False
    assert list(chain.faults()) == []


def test_a_pending_promise_counts_in_the_plan_and_on_the_first_page(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    promise = accepting.accept(quote=quote, by=one_builder.ben, now=now)
    assert (promise.state, promise.gate) == (Promise.State.PENDING, Gate.OPEN)
    assert [entry["kind"] for entry in loading.load(now=now).plan["promises"]] == ["promise"]
    assert [row.promise for row in standing.standings(now=now)] == [promise]


def test_the_client_s_yes_is_never_refused_though_nobody_was_asked(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    promise = accepting.accept(
        quote=quote, by=one_builder.ben, now=now, last_mile_owner=one_builder.maya
    )
    assert (promise.state, promise.gate) == (Promise.State.PENDING, Gate.OPEN)
    [to_maya] = Responsibility.objects.filter(member=one_builder.maya)
    assert (to_maya.stage, to_maya.state) == (None, "proposed")
    carrying.accept(to_maya, by=one_builder.maya, now=now)
    carrying.propose(build(quote), one_builder.dev, by=one_builder.dev, now=now)
    promise.refresh_from_db()
    assert (promise.state, promise.gate) == (Promise.State.ACTIVE, Gate.COMPLETE)


def test_giving_the_date_is_the_giver_s_yes_to_their_own_stage(
    northlight: cast.House, now: datetime
) -> None:
    stages = [*certain(8, owner=northlight.ben), StageSketch("Words", 2, owner=northlight.maya)]
    quote = offering.hold(
        answer=checked(northlight, stages, now), due_at=end_of(18), by=northlight.ben, now=now
    )
    # A question put to somebody else about it stays a question.
    assert [str(gap) for gap in onset.state_of(quote, giver=northlight.ben).gaps] == [
        "Maya was not asked about “Words”",
        "nobody is named for the last mile",
    ]
    words = quote.job.stages.get(name="Words")
    rows = onset.ask_owners(
        quote, {words: northlight.maya, None: northlight.dev}, by=northlight.ben, now=now
    )
    say_yes(rows, now)
    offering.offer(quote=quote, by=northlight.ben, now=now)
    assert quote.gate == Gate.COMPLETE
    assert set(
        Responsibility.objects.filter(state="accepted").values_list("stage__name", "member__name")
    ) == {("Build", "Ben"), ("Words", "Maya"), (None, "Dev")}


def test_where_giver_and_sole_owner_are_one_person_nobody_is_asked(
    northlight: cast.House, now: datetime
) -> None:
    quote = offering.hold(
        answer=checked(northlight, certain(8, owner=northlight.ben), now),
        due_at=end_of(18), by=northlight.ben, now=now,
    )  # fmt: skip
    offering.offer(quote=quote, by=northlight.ben, now=now)
    promise = accepting.accept(quote=quote, by=northlight.ben, now=now)
    assert (promise.state, promise.gate, promise.last_mile_owner) == (
        Promise.State.ACTIVE, Gate.SILENT, northlight.ben,
    )  # fmt: skip
    assert not Responsibility.objects.exists()


def test_solo_never_hears_of_it(northlight: cast.House, now: datetime) -> None:
    answer = checked(northlight, certain(8), now)
    Member.objects.exclude(pk=northlight.dev.pk).update(left_at=now)
    quote = offering.hold(answer=answer, due_at=end_of(18), by=northlight.dev, now=now)
    offering.offer(quote=quote, by=northlight.dev, now=now)
    promise = accepting.accept(quote=quote, by=northlight.dev, now=now)
    assert (promise.state, promise.gate) == (Promise.State.ACTIVE, Gate.SILENT)


def test_loose_promises_start_active_and_nobody_was_asked(
    northlight: cast.House, now: datetime
) -> None:
    promise = recording.loose(
        what="Menu cards", client=northlight.clients["Pete's Bakery"], due_at=end_of(18),
        day_only=True, by=northlight.ben, now=now,
    )  # fmt: skip
    assert (promise.state, promise.gate) == (Promise.State.ACTIVE, Gate.NOT_ASKED)


def test_who_was_asked_the_same_already_is_not_asked_again(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    first = asked(one_builder, quote, now)
    assert asked(one_builder, quote, now) == []
    owning.decline(first[0], by=one_builder.dev, now=now)
    assert [row.member for row in asked(one_builder, quote, now)] == [one_builder.dev]


def test_nothing_is_signed_where_nothing_is_missing_or_open(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    say_yes(asked(one_builder, quote, now), now)
    with pytest.raises(onset.NothingToSign, match="Nobody’s yes is missing"):
        onset.sign(quote, by=one_builder.ben, reason="In case.", now=now)
    other = held(one_builder, 8, end_of(18), now)
    offering.withdraw(quote=other, by=one_builder.ben, now=now)
    with pytest.raises(onset.NothingToSign, match="closed"):
        onset.sign(other, by=one_builder.ben, reason="In case.", now=now)


def test_an_offer_that_cannot_be_made_says_so_before_it_asks_for_owners(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(10), now)
    offering.withdraw(quote=quote, by=one_builder.ben, now=now)
    with pytest.raises(offering.states.MoveNotAllowed):
        offering.offer(quote=quote, by=one_builder.ben, now=now)


def checked(house: cast.House, stages: list[StageSketch], now: datetime) -> checking.Answer:
    found = checking.check(
        what="Landing page", client=house.clients["Harbour Clinic"], stages=stages,
        by=house.ben, now=now,
    ).answer  # fmt: skip
    assert found is not None
    return found


def test_another_answer_is_not_touched(one_builder: cast.House, now: datetime) -> None:
    quote, other = held(one_builder, 8, end_of(10), now), held(one_builder, 8, end_of(18), now)
    say_yes(asked(one_builder, quote, now), now)
    assert onset.state_of(quote).gate == Gate.COMPLETE
    assert onset.state_of(other).gate == Gate.OPEN
    assert answered(one_builder, 8, now).quotes.count() == 0
