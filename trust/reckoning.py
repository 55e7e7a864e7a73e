"""Web and worker are killed together, again and again, while clients write and alarms climb."""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.outbox.receiver import Receiver, receiving
from trust import glimpses, kills, writers

#: The receivers stand on this machine.
HOME = {"KEPT_REACHABLE": "127.0.0.1/32", "KEPT_FUTURES": "50", "KEPT_LOG_LEVEL": "ERROR"}


#: One kill in so many falls on processes that were started cold: a new Python each.
COLD = 50
#: Of twenty kills two fall while the processes start, five when something begins to be sent, and
#: the others at some moment after a write was acknowledged.
YOUNG, SENDING = 0.1, 0.25
#: What was being done when its doer was killed is done by another when its lease ends.
LEASE_MINUTES = 15.0


@dataclass
class Run:
    """What one run did, and what was found after it.

    Attributes:
        kills: of both processes together.
        cold: kills of processes that imported everything themselves.
        young: kills before the web process answered.
        wrote: kills before which, since the one before, a write was acknowledged.
        requests: kills while a client waited for an answer of a web process that had answered.
        transactions: kills while a transaction that writes was open.
        sendings: kills while a receiver took something.
        used: seconds of a processor that killed processes had used.
        faults: what must not be, in words; empty when everything held.
    """

    database: str
    kills: int = 0
    cold: int = 0
    young: int = 0
    wrote: int = 0
    requests: int = 0
    transactions: int = 0
    sendings: int = 0
    used: float = 0
    seconds: float = 0
    seconds_after: float = 0
    tried: int = 0
    tried_again: int = 0
    acknowledged: Counter[str] = field(default_factory=Counter)
    alarms: int = 0
    rungs: int = 0
    notices: int = 0
    letters_again: int = 0
    messages: int = 0
    messages_again: int = 0
    most_times: int = 0
    events: int = 0
    faults: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the run as a table of what was counted."""
        spent = f"{self.seconds / 60:.1f} + {self.seconds_after / 60:.1f} min"
        rows: dict[str, object] = {
            "kills of web and worker together": self.kills,
            "… of processes started cold": self.cold,
            "… while they started": self.young,
            "… after a write was acknowledged since the kill before": self.wrote,
            "… while a client waited for an answer": self.requests,
            "… inside a transaction that writes": self.transactions,
            "… while a receiver took a letter or message": self.sendings,
            "writes acknowledged": sum(self.acknowledged.values()),
            "requests sent again by clients": self.tried_again,
            "promises taken out again": self.acknowledged["voided"],
            "alarms, rungs climbed, notices": f"{self.alarms}, {self.rungs}, {self.notices}",
            "letters that came again": self.letters_again,
            "messages, and those that came again": f"{self.messages}, {self.messages_again}",
            "most times one came": self.most_times,
            "events in the chain": self.events,
            "what must not be": len(self.faults),
            "time: killing, and until nothing waited": spent,
            "seconds for a kill, and of a processor": (
                f"{self.seconds / max(1, self.kills):.2f}, {self.used / max(1, self.kills):.2f}"
            ),
        }
        return "\n".join(
            [f"| | {self.database} |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())]
        )


@dataclass
class Scene:
    """Everything a killed life takes place in."""

    nursery: kills.Nursery
    clients: writers.Writers
    mail: kills.Receiver
    look: Callable[[], glimpses.Glimpse]
    dice: random.Random


def killed(
    folder: Path,
    *,
    times: int,
    minutes: float,
    pause: float,
    lease_minutes: float = LEASE_MINUTES,
    cold: int = COLD,
) -> Run:
    """Kill web and worker together so often, let them come to rest, and look at everything.

    Args:
        minutes: no other kill begins after so long.
        pause: clients wait at most so many seconds between two requests.
        lease_minutes: how long is waited until all is done that killed processes had taken.
        cold: one kill in so many falls on processes that are started cold.
    """
    with (
        receiving() as hook,
        kills.Receiver() as mail,
        kills.place(folder, mail_port=mail.port, more=HOME) as at,
    ):
        run = Run(at.database.partition(":")[0] or "sqlite")
        house = json.loads(at.run("-m", "trust.chased", "found", hook.url))
        with kills.Nursery(at) as nursery:
            clients = writers.Writers(house, at.port, pause=pause)
            with glimpses.glimpsing(at, clients, mail, hook) as look:
                scene = Scene(nursery, clients, mail, look, random.Random(7))
                began = time.monotonic()
                while run.kills < times and time.monotonic() - began < minutes * 60:
                    _live_and_die(scene, run, cold=run.kills % cold == cold - 1)
                run.seconds = time.monotonic() - began
            last = _start(nursery, at)
            kills.answering(last[1])
            clients.finish(seconds=60)
            began = time.monotonic()
            while time.monotonic() - began < lease_minutes * 60 and json.loads(
                at.run("-m", "trust.chased", "waiting")
            ):
                time.sleep(5)
            for process in last:
                process.kill()
            run.seconds_after = time.monotonic() - began
        told = json.loads(at.run("-m", "trust.chased", "tell"))
    run.tried, run.tried_again = clients.said.tried, clients.said.again
    run.faults += [repr(fault) for fault in clients.faults] + clients.said.odd
    run.faults += [
        *_writes(run, clients.said, told),
        *_rungs(run, told),
        *_sent(run, mail, hook, told),
    ]
    return run


def _start(
    nursery: kills.Nursery, at: kills.Place, *, cold: bool = False
) -> tuple[kills.Child, kills.Child]:
    """Start worker and web."""
    return (
        nursery.start("worker", cold=cold),
        nursery.start("serve", "--port", str(at.port), cold=cold),
    )


def _live_and_die(scene: Scene, run: Run, *, cold: bool) -> None:
    """Start both, and kill both: while they start, while something is sent, or while they work."""
    dice, at, written = scene.dice, scene.nursery.at, len(scene.clients.said.rows)
    worker, web = _start(scene.nursery, at, cold=cold)
    fate = dice.random()
    if fate < YOUNG:
        time.sleep(dice.uniform(0, 2 if cold else 0.4))
    elif fate < YOUNG + SENDING:
        scene.mail.wait_for_one(seconds=10 if cold else 0.8)
        time.sleep(dice.uniform(0, 0.04))
    else:
        kills.answering(web)
        scene.clients.wait_for_more(written, seconds=3)
        time.sleep(dice.uniform(0, 0.3))
    for process in (worker, web):
        if process.ended:
            raise kills.DidNotStart((at.folder / "processes.log").read_text()[-2000:])
    seen = scene.look()
    for process in dice.sample((worker, web), 2):
        process.kill()
        run.used += process.used
    run.kills += 1
    run.cold += cold
    run.young += fate < YOUNG
    run.wrote += len(scene.clients.said.rows) > written
    run.requests += seen.request and fate >= YOUNG + SENDING
    run.transactions += seen.transaction
    run.sendings += seen.sending


def _writes(run: Run, said: writers.Acknowledged, told: dict[str, Any]) -> Iterator[str]:
    """What was acknowledged is there, once."""
    run.acknowledged = Counter(what for what, _key, _name in said.rows)
    there = {(key, name) for key, name in told["promises"]}
    for key, name in said.of("promise").items():
        if (key, name) not in there:
            yield f"promise {key} ({name}) is lost"
    for what, names in (
        ("promise", [name for _key, name in told["promises"]]),
        ("quote", told["held"]),
    ):
        yield from (f"{what} {name} is doubled" for name, n in Counter(names).items() if n > 1)
    voided = set(told["voided"])
    yield from (
        f"promise {key} was taken out and is not" for key in said.of("voided") if key not in voided
    )
    quotes = {int(key): state for key, state in told["quotes"].items()}
    for what, state in (("accepted", "accepted"), ("withdrawn", "withdrawn")):
        for key in said.of(what):
            if quotes.get(key) != state:
                yield f"quote {key} was {what} and is {quotes.get(key)}"
    yield from (f"quote {key} is lost" for key in said.of("quote") if key not in quotes)
    alarms = {alarm["pk"] for alarm in told["alarms"]}
    yield from (f"alarm {key} is lost" for key in said.of("alarm") if key not in alarms)
    known = Counter(told["acknowledged"])
    for key in said.of("knows"):
        if known[key] != 1:
            yield f"alarm {key} was acknowledged {known[key]} times"
    run.events = told["events"]
    yield from told["faults"]


def _rungs(run: Run, told: dict[str, Any]) -> Iterator[str]:
    """Each rung was climbed once, in order, up to the top unless somebody knew."""
    climbed: dict[int, list[int]] = defaultdict(list)
    for alarm, rung in told["climbs"]:
        climbed[alarm].append(rung)
    run.alarms, run.rungs = len(told["alarms"]), len(told["climbs"])
    for alarm in told["alarms"]:
        rungs = climbed[alarm["pk"]]
        if any(after != before + 1 for before, after in pairwise(rungs)):
            yield f"alarm {alarm['pk']} climbed {rungs}"
        if alarm["state"] == "raised" and (rungs[-1:] != [5] or alarm["next_rung"] is not None):
            yield f"alarm {alarm['pk']} stands at {rungs}, next {alarm['next_rung']}"
    causes = Counter(alarm["cause"] for alarm in told["alarms"])
    yield from (f"{cause} raised {n} alarms" for cause, n in causes.items() if n > 1)
    reached = Counter((alarm, rung, member) for alarm, rung, member, _id in told["notices"])
    yield from (f"{which} was written {n} times" for which, n in reached.items() if n > 1)
    run.notices = len(told["notices"])


def _sent(run: Run, mail: kills.Receiver, hook: Receiver, told: dict[str, Any]) -> Iterator[str]:
    """Every escalation was delivered, and what came again has the same id, seldom enough."""
    for name in ("unsent", "untaken", "dead"):
        if told[name]:
            yield f"{told[name]} {name}"
    if told["waiting"]:
        yield "something waits still"
    letters = {name for _alarm, _rung, _member, name in told["notices"]} | set(told["digests"])
    yield from (f"letter {name} never came" for name in letters - set(mail.came))
    yield from (f"letter {name} is of nothing" for name in set(mail.came) - letters if name)
    came = Counter(headers["webhook-id"] for headers, _body in hook.heard)
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for headers, body in hook.heard:
        bodies[headers["webhook-id"]].add(body)
    yield from (f"message {name} never came" for name in set(told["hooks"]) - set(came))
    for name, words in [*mail.bodies.items(), *bodies.items()]:
        if len(words) != 1:
            yield f"{name} came with different words"
    run.messages = len(came)
    run.letters_again = mail.came.total() - len(mail.came)
    run.messages_again = came.total() - len(came)
    run.most_times = max([*mail.came.values(), *came.values()], default=0)
    # A receiver has one lane in each process: of what goes to it one piece is under way.
    for what, again in (("letters", run.letters_again), ("messages", run.messages_again)):
        if again > 2 * (run.kills + 1):
            yield f"{again} {what} came again after {run.kills} kills of two processes"
