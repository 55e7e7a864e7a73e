"""Every move from every state: those of the table are made, all others are refused by name."""

import itertools

import pytest
from django.db import models
from tests.promises.conftest import DUE, GIVEN

from kept.promises import states
from kept.promises.models import Delivery, Promise, Proposal
from kept.promises.states import MoveNotAllowed

State = Promise.State


def test_the_table_is_the_one_of_the_domain() -> None:
    """domain.md: pending → active ⇄ paused → delivered → settled, and the ways out."""
    steps = {(str(a), str(to)) for sources, to in states.MOVES.values() for a in sources}
    assert steps == {
        ("pending", "active"),
        ("active", "paused"),
        ("paused", "active"),
        ("active", "delivered"),
        ("paused", "delivered"),
        ("delivered", "active"),
        ("delivered", "settled"),
        *((state, end) for state in ("pending", "active", "paused") for end in ENDS),
        *((str(state), "voided") for state in State if state != State.VOIDED),
    }


ENDS = ("released", "revoked")


@pytest.mark.parametrize("moves", ["MOVES", "PROPOSAL_MOVES", "DELIVERY_MOVES"])
def test_every_verb_has_words(moves: str) -> None:
    assert list(getattr(states, moves)) == list(getattr(states, moves.replace("MOVES", "VERBS")))


NEEDED = {
    State.SETTLED: {"settled_at": DUE},
    State.VOIDED: {"void_reason": "twice"},
}


@pytest.mark.parametrize(("verb", "state"), [*itertools.product(states.MOVES, State)], ids=str)
def test_a_promise_makes_the_moves_of_the_table_and_no_other(
    promise: Promise, verb: str, state: Promise.State
) -> None:
    Promise.objects.filter(pk=promise.pk).update(state=state, **NEEDED.get(state, {}))
    sources, target = states.MOVES[verb]
    changes = NEEDED.get(State(target), {}) if state not in NEEDED else {
        "settled_at": None, **NEEDED.get(State(target), {}),
    }  # fmt: skip
    check(promise, verb, str(state), states.move, state in sources, target, changes, states.MOVES)


@pytest.mark.parametrize(
    ("verb", "state"), [*itertools.product(states.PROPOSAL_MOVES, Proposal.State)], ids=str
)
def test_a_proposal_makes_the_moves_of_the_table_and_no_other(
    promise: Promise, verb: str, state: Proposal.State
) -> None:
    row = Proposal.objects.create(
        promise=promise, number=1, by_side="house", state=state, due_before=DUE, made_at=GIVEN,
        told_at=GIVEN, agreed_at=GIVEN if state == Proposal.State.AGREED else None,
    )  # fmt: skip
    sources, target = states.PROPOSAL_MOVES[verb]
    changes = {"agreed_at": GIVEN} if target == Proposal.State.AGREED else {}
    moves = states.PROPOSAL_MOVES
    check(row, verb, str(state), states.move_proposal, state in sources, target, changes, moves)


@pytest.mark.parametrize(
    ("verb", "state"), [*itertools.product(states.DELIVERY_MOVES, Delivery.State)], ids=str
)
def test_a_delivery_makes_the_moves_of_the_table_and_no_other(
    promise: Promise, verb: str, state: Delivery.State
) -> None:
    row = Delivery.objects.create(
        promise=promise, number=1, state=state, delivered_at=DUE, noticed_at=DUE, word="no",
        answered_at=None if state == Delivery.State.WAITING else DUE,
    )  # fmt: skip
    sources, target = states.DELIVERY_MOVES[verb]
    moves = states.DELIVERY_MOVES
    changes = {"answered_at": DUE}
    check(row, verb, str(state), states.move_delivery, state in sources, target, changes, moves)


def check(
    row: models.Model,
    verb: str,
    state: str,
    move: object,
    fine: bool,
    target: str,
    changes: dict[str, object],
    moves: states.Moves,
) -> None:
    if fine:
        assert move(row, verb, **changes).state == target  # type: ignore[operator]
        return
    with pytest.raises(MoveNotAllowed) as refused:
        move(row, verb, **changes)  # type: ignore[operator]
    row.refresh_from_db()
    assert row.state == state  # type: ignore[attr-defined]
    assert "Nothing was changed." in refused.value.sentence
    words = next(
        verbs
        for table, verbs in (
            (states.MOVES, states.VERBS),
            (states.PROPOSAL_MOVES, states.PROPOSAL_VERBS),
            (states.DELIVERY_MOVES, states.DELIVERY_VERBS),
        )
        if table is moves
    )
    for possible in states.allowed(state, moves):
        assert str(words[possible]) in refused.value.sentence
    if not states.allowed(state, moves):
        assert "It is closed." in refused.value.sentence


def test_a_refusal_names_the_moves_that_are_possible(promise: Promise) -> None:
    Promise.objects.filter(pk=promise.pk).update(state=State.DELIVERED)
    with pytest.raises(MoveNotAllowed) as refused:
        states.move(promise, "pause")
    assert refused.value.sentence == (
        "This promise is delivered, so you cannot pause it. What you can do: record that it came "
        "back, record that it was accepted and void it. Nothing was changed."
    )
