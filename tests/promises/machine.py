"""Drive kept through its API beside the model, and stop at the first difference."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests import cast
from tests.api.conftest import Caller
from tests.promises import model
from tests.promises.model import Life

from kept.custody import verifying
from kept.jobs import making
from kept.outbox.models import Letter
from kept.promises import delivering, pausing, states
from kept.promises.models import Promise, Terms
from kept.tenancy import scope

#: Monday 2 November 2026, 9:00 in Lisbon.
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
#: Nothing happens after it, so that the clocks stay on winter time.
LATEST = datetime(2027, 2, 20, tzinfo=UTC)
WORDS = ("kept", "late", "short", "sub_standard", "broken", "overdue", "provisional", "deemed",
         "warned")  # fmt: skip

hours = st.integers(1, 40)
days = st.integers(1, 30)
#: How many hours ago the client was told in person; None, a letter goes.
spoken = st.one_of(st.none(), st.integers(-2, 26))


class Driver:
    """The house in which machines run one after the other."""

    def __init__(self, house: cast.House) -> None:
        self.house = house
        with time_machine.travel(START, tick=False):
            self.caller = Caller(house.ada, ["read", "write", "admin"], START)

    def machine(self) -> "type[Machine]":
        """Return the machine bound to this house."""
        return type("LifeOfAPromise", (Machine,), {"driver": self})


class Machine(RuleBasedStateMachine):
    """One promise from the day it is given; every step is checked against the model."""

    driver: Driver
    #: How many were lived to their end, and in how many steps.
    lives: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    @initialize(lead=st.integers(2, 300), reads=st.booleans())
    def give(self, lead: int, reads: bool) -> None:
        self.now = START
        due = START + timedelta(hours=lead)
        made = self.send(
            "/promises",
            {"what": "Audio guide", "client": "Harbour Clinic", "due_at": due.isoformat()}
            | ({"contact": "Ana Prates <ana@clinic.example>"} if reads else {}),
            status=201,
        )
        self.path = f"/promises/{made['id']}"
        self.promise = Promise.objects.get(pk=made["id"])
        self.life = Life(self.now, due, reads)
        self.terms_seen: list[tuple[str, datetime]] = []
        self.delivery_ids: list[int] = []
        self.proposal_ids: list[int] = []

    def send(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        with time_machine.travel(self.now, tick=False):
            answer = self.driver.caller.post(path, body)
        assert answer.status_code == status, (path, body, answer.status_code, answer.content)
        return answer.json()

    def both(
        self, told: Callable[[], object], path: str, body: Any = None, *, status: int = 200
    ) -> Any:
        """Let the model and kept do the same; a refusal of one is a refusal of both."""
        before = self.life.state
        try:
            told()
        except model.Refused:
            with time_machine.travel(self.now, tick=False):
                answer = self.driver.caller.post(path, body)
            assert answer.status_code in {409, 422}, (path, body, answer.content)
            self.says_what_is_possible(answer, before)
            return None
        return self.send(path, body, status=status)

    def says_what_is_possible(self, answer: Any, state: str) -> None:
        """A refusal by state names the moves that the state allows."""
        detail = answer.json()["detail"]
        if "so you cannot" not in detail and "so its terms stay" not in detail:
            return
        if not detail.startswith("This promise is"):
            return
        possible = [str(states.VERBS[verb]) for verb in states.MOVES if verb in self.life.can()]
        assert state == self.life.state
        assert all(words in detail for words in possible), detail
        assert possible or "It is closed." in detail

    # ----- time

    @rule(by=hours)
    def an_hour_or_more_passes(self, by: int) -> None:
        self.pass_(timedelta(hours=by))

    @rule(by=days)
    def days_pass(self, by: int) -> None:
        self.pass_(timedelta(days=by))

    def pass_(self, by: timedelta) -> None:
        Letter.objects.filter(sent_at__isnull=True).update(sent_at=self.now)
        self.now = min(self.now + by, LATEST)
        pausing.begin_due(now=self.now)
        delivering.deem_due(now=self.now)
        self.life.begin(self.now)
        self.life.deem(self.now)

    # ----- pauses

    @precondition(lambda self: len(self.life.owed) < 4)
    @rule(by=st.integers(-20, 60))
    def the_client_comes_to_owe_something(self, by: int) -> None:
        due = self.now + timedelta(hours=by)
        try:
            row = making.record_obligation(
                self.promise.job, what="photos", due_at=due, by=self.driver.house.ada,
                now=self.now,
            )  # fmt: skip
        except making.JobIsClosed:
            return
        self.life.owed[row.pk] = due

    @precondition(lambda self: self.life.owed)
    @rule(data=st.data(), ago=spoken)
    def pause(self, data: st.DataObject, ago: int | None) -> None:
        owed = data.draw(st.sampled_from(sorted(self.life.owed)))
        body = {"obligation_id": owed, **self.telling(ago)}
        now = self.now
        self.both(lambda: self.life.pause(owed, ago, now), f"{self.path}/pauses", body, status=201)

    def telling(self, ago: int | None) -> dict[str, str]:
        """What is said of how the client was told: by letter, or in person so many hours ago."""
        if ago is None:
            return {"how": "link"}
        return {"how": "said", "told_at": (self.now - timedelta(hours=ago)).isoformat()}

    @rule()
    def the_notice_is_taken_back(self) -> None:
        self.both(lambda: self.life.call_off(self.now), f"{self.path}/pauses/call-off")

    @rule()
    def resume(self) -> None:
        self.both(lambda: self.life.resume(self.now), f"{self.path}/resume")

    @precondition(lambda self: self.life.owed)
    @rule(data=st.data())
    def it_comes(self, data: st.DataObject) -> None:
        owed = data.draw(st.sampled_from(sorted(self.life.owed)))
        self.both(lambda: self.life.receive(owed, self.now), f"/obligations/{owed}/meet")

    # ----- deliveries

    @rule()
    def deliver(self) -> None:
        made = self.both(
            lambda: self.life.deliver(self.now), f"{self.path}/deliveries", {}, status=201
        )
        if made is not None:
            self.delivery_ids.append(made["id"])

    @precondition(lambda self: self.life.deliveries)
    @rule(data=st.data(), verb=st.sampled_from(["notice", "accept", "send-back", "thanks"]),
          standard=st.sampled_from([None, True, False]), ago=spoken)  # fmt: skip
    def the_client_answers(
        self, data: st.DataObject, verb: str, standard: bool | None, ago: int | None
    ) -> None:
        which = data.draw(st.integers(0, len(self.life.deliveries) - 1))
        delivery, life = self.life.deliveries[which], self.life
        told: dict[str, tuple[Callable[[], object], Any]] = {
            "notice": (lambda: life.notice(delivery, ago, self.now), self.telling(ago)),
            "accept": (lambda: life.accept(delivery, standard), {"to_standard": standard}),
            "send-back": (lambda: life.send_back(delivery), {"reason": "It creaks."}),
            "thanks": (lambda: life.thank(delivery), None),
        }
        act, body = told[verb]
        self.both(act, f"/deliveries/{self.delivery_ids[which]}/{verb}", body)

    # ----- other terms

    @precondition(lambda self: len(self.life.proposals) < 8)
    @rule(by=st.integers(-10, 400), asked=st.booleans())
    def another_date_is_proposed(self, by: int, asked: bool) -> None:
        due = self.now + timedelta(hours=by)
        if asked:
            made = self.both(
                lambda: self.life.ask(due, self.now),
                f"{self.path}/wishes",
                {"wanted_at": due.isoformat()},
                status=201,
            )
        else:
            made = self.both(
                lambda: self.life.draft(due, self.now),
                f"{self.path}/proposals",
                {"options": [{"due_at": due.isoformat()}]},
                status=201,
            )
        if made is not None:
            self.proposal_ids.append(made["id"])

    @precondition(lambda self: self.life.proposals)
    @rule(data=st.data(), verb=st.sampled_from(["tell", "agree", "refuse", "withdraw"]))
    def a_proposal_goes_on(self, data: st.DataObject, verb: str) -> None:
        which = data.draw(st.integers(0, len(self.life.proposals) - 1))
        proposal, life = self.life.proposals[which], self.life
        told: dict[str, Callable[[], object]] = {
            "tell": lambda: life.tell(proposal, self.now),
            "agree": lambda: life.agree(proposal, self.now),
            "refuse": lambda: life.refuse(proposal),
            "withdraw": lambda: life.withdraw(proposal),
        }
        body = {"how": "said"} if verb == "tell" else None
        self.both(told[verb], f"/proposals/{self.proposal_ids[which]}/{verb}", body)

    # ----- endings

    @rule(verb=st.sampled_from(["release", "revoke", "void"]), really=st.integers(0, 5))
    def it_ends(self, verb: str, really: int) -> None:
        if really and verb in self.life.can():
            return  # else no life would be long
        body = {"reason": "twice"} if verb == "void" else {"word": "Never mind."}
        self.both(lambda: self.life.end(verb, self.now), f"{self.path}/{verb}", body)

    @rule(answer=st.sampled_from(["yes", "otherwise", "no"]))
    def look_back(self, answer: str) -> None:
        self.both(lambda: self.life.look_back(answer), f"{self.path}/again", {"again": answer})

    # ----- what must always hold

    @invariant()
    def kept_says_what_the_model_says(self) -> None:
        if not hasattr(self, "life"):
            return
        type(self).steps += 1
        with time_machine.travel(self.now, tick=False):
            shown = self.driver.caller.get(self.path).json()
        life = self.life
        assert (shown["state"], set(shown["can"])) == (life.state, life.can())
        assert _moment(shown["due_at"]) == life.due
        assert shown["again"] == life.again
        expected = [(one.kind, one.due) for one in life.terms]
        rows = Terms.objects.filter(promise=self.promise).order_by("number")
        assert list(rows.values_list("kind", "due_at")) == expected
        if expected != self.terms_seen:  # as REST says them, whenever they changed
            with time_machine.travel(self.now, tick=False):
                terms = self.driver.caller.get(f"{self.path}/terms").json()["items"]
            assert [(row["kind"], _moment(row["due_at"])) for row in terms] == expected
            self.terms_seen = expected
        for name, one in (("by_first_terms", life.terms[0]), ("by_last_terms", life.terms[-1])):
            said = {word for word in WORDS if shown[name].get(word)}
            if shown[name]["word"] in {"released", "voided"}:
                said = {shown[name]["word"]}
            assert said == life.judged(one, self.now), (name, self.now)

    def teardown(self) -> None:
        """Take the promise off the plan, so that the next one meets an empty house."""
        type(self).lives += 1
        if hasattr(self, "life") and self.life.state != "voided":
            self.send(f"{self.path}/void", {"reason": "the run is over"})


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)


@contextlib.contextmanager
def driven(house: cast.House) -> Iterator[type[Machine]]:
    """Give the machine in a house; at the end the ledger must be whole.

    The rows of the cast were written by no verb, and verify says so; nothing else is wrong.
    """
    with scope.acting_in(house.organisation):
        before = verifying.verify().faults
        yield Driver(house).machine()
        assert verifying.verify().faults == before
