"""What a client gets to check, and what the script they check it with finds."""

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings
from tests import cast
from tests.api.conftest import Caller
from tests.web.visiting import Visitor
from typer.testing import CliRunner

from kept import clock
from kept.cli import commands
from kept.clients import keeping
from kept.clients.models import Client
from kept.custody import extract
from kept.jobs.lines import Effort
from kept.ledger import heads
from kept.ledger.models import Event
from kept.promises import occurring
from kept.promises import recording as promising
from kept.promises.models import Promise
from kept.tenancy import refusals

SCRIPT = Path(__file__).parents[2] / "docs" / "reference" / "check_extract.py"
DUE = datetime(2026, 12, 18, 18, tzinfo=UTC)


@pytest.fixture
def house(northlight: cast.House, now: datetime) -> cast.House:
    """Two clients with a promise each; the clinic's was voided."""
    for place, (name, client) in enumerate(northlight.clients.items()):
        promise = promising.loose(
            what=f"Menu cards for {name}",
            client=client,
            due_at=DUE,
            day_only=True,
            effort=Effort(low_hours=3, likely_hours=41, high_hours=97),
            by=northlight.ben,
            now=now + timedelta(minutes=place),
        )
    promising.void(
        promise=promise, reason="Meant another", by=northlight.ben, now=now + timedelta(hours=1)
    )
    return northlight


def clinic(house: cast.House) -> Client:
    return house.clients["Harbour Clinic"]


def extracted(house: cast.House, now: datetime) -> dict[str, Any]:
    return extract.of(clinic(house), by=house.ada, now=now)


def check(content: Any, folder: Path, *line: str) -> tuple[int, str]:
    """Run the documented script, as a client would: Python alone, nothing of kept."""
    file = folder / "extract.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file), *line],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def test_a_client_checks_an_extract_with_python_alone(
    house: cast.House, now: datetime, tmp_path: Path
) -> None:
    early = heads.line()
    status, said = check(extracted(house, now), tmp_path, early)
    promise = Promise.objects.get(client=clinic(house))
    count = Event.objects.count()
    assert status == 0
    made = "2026-12-02T15:10:00.000000+00:00"
    assert said.splitlines()[0] == f"Extract of Harbour Clinic by Northlight, {made}"
    assert f"promise:{promise.pk}: day_only True, due_at 2026-12-18T18:00:00.000000+00:00" in said
    assert "state voided" in said
    assert said.endswith(f"WHOLE: {count} events up to the signed head and the line you were sent.")


def test_an_extract_holds_nothing_but_what_its_client_may_read(
    house: cast.House, now: datetime
) -> None:
    content = extracted(house, now)
    clear = [event for event in content["events"] if isinstance(event, dict)]
    assert [event["header"]["kind"] for event in clear] == ["promise.recorded", "promise.voided"]
    assert set(content["titles"].values()) == {"Menu cards for Harbour Clinic"}
    told = json.dumps([clear, content["titles"], content["client"], content["house"]])
    for hidden in ("Pete", "Bakery", "Ben", "Ada", "Meant another", "chance", "hours", "effort"):
        assert hidden not in told
    facts = {name for event in clear for row in event["header"]["shown"].values() for name in row}
    assert facts == {
        "state", "due_at", "day_only", "zone", "given_at", "ended_at", "settled_at",
        "number", "kind", "agreed_at",
    }  # fmt: skip


def test_what_recurs_is_in_it_with_all_that_its_outcomes_are_judged_by(
    northlight: cast.House, now: datetime, tmp_path: Path
) -> None:
    """Every Monday by 10:00; the first came late, the second they let us off; then it ended."""
    doing = {"by": northlight.maya}
    client = clinic(northlight)
    sara, rui = (
        keeping.add_contact(client, name=name, now=now, **doing) for name in ("Sara", "Rui")
    )
    letters, _others = (
        occurring.make(
            client=client,
            what=what,
            rule="FREQ=WEEKLY;BYDAY=MO",
            due_time=time(10),
            contact=reader,
            now=now,
            **doing,
        )
        for what, reader in (("Patient letters", sara), ("Canary of Rui", rui))
    )
    first, second = letters.occurrences.all()[:2]
    late = first.due_at + timedelta(hours=2)
    occurring.done(first, short=True, word="Ben was away", now=late, **doing)
    occurring.release(second, now=late, **doing)
    occurring.name_reader(letters, rui, now=late, **doing)
    occurring.name_reader(letters, sara, now=late, **doing)
    occurring.end(letters, word="They pay late", now=late, **doing)
    content = extract.for_contact(sara, now=late)
    clear = [event["header"] for event in content["events"] if isinstance(event, dict)]
    assert [header["kind"] for header in clear] == [
        "standing.made",
        "occurrences.made",
        "occurrence.done",
        "occurrence.released",
        "standing.ended",
    ]
    assert content["recurring"] == {str(letters.pk): "Patient letters"}
    assert clear[0]["shown"] == {
        f"standingpromise:{letters.pk}": {
            "rule": "FREQ=WEEKLY;BYDAY=MO",
            "starts_on": "2026-12-02",
            "due_time": "10:00:00",
            "zone": "Europe/Lisbon",
            "in_a_gap": "refuse",
            "made_at": "2026-12-02T15:10:00.000000+00:00",
            "ended_at": None,
        }
    }
    assert len(clear[1]["shown"]) == 5
    due = {
        "standing_id": letters.pk,
        "due_on": "2026-12-07",
        "due_at": "2026-12-07T10:00:00.000000+00:00",
        "done_at": None,
        "short": False,
        "sub_standard": False,
        "released_at": None,
    }
    assert clear[1]["shown"][f"occurrence:{first.pk}"] == due
    done_at = "2026-12-07T12:00:00.000000+00:00"
    assert clear[2]["shown"] == {
        f"occurrence:{first.pk}": {**due, "done_at": done_at, "short": True}
    }
    assert clear[4]["shown"][f"standingpromise:{letters.pk}"]["ended_at"] == done_at
    for hidden in ("Canary", "Ben was away", "They pay late", "Sara", "Rui", "Maya", "owner"):
        assert hidden not in json.dumps([clear, content["recurring"], content["titles"]])
    status, said = check(content, tmp_path)
    assert (status, said.count("Patient letters")) == (0, 5)


def test_what_a_house_does_among_itself_is_not_on_the_list() -> None:
    """A kind that is new is hidden until somebody decides that clients may read it."""
    among_itself = {
        kind
        for kind in Event.Kind
        if kind.startswith(("owner.", "stage.", "slip.", "reason.", "outlook.", "answer.", "gap."))
    }
    assert len(among_itself) > 10
    assert among_itself.isdisjoint(extract.READ_BY_CLIENTS)
    assert Event.Kind.PROPOSAL_DRAFTED not in extract.READ_BY_CLIENTS


Change = Callable[[dict[str, Any], list[int]], None]


def _moved(content: dict[str, Any], theirs: list[int]) -> None:
    shown = content["events"][theirs[0]]["header"]["shown"]
    next(iter(shown.values()))["due_at"] = "2027-01-18T18:00:00.000000+00:00"


def _left_out(content: dict[str, Any], theirs: list[int]) -> None:
    del content["events"][theirs[1]]


def _cut_off(content: dict[str, Any], theirs: list[int]) -> None:
    del content["events"][theirs[1] :]


def _hidden(content: dict[str, Any], theirs: list[int]) -> None:
    content["events"][theirs[0]]["hidden"] = "0" * 64


def _swapped(content: dict[str, Any], theirs: list[int]) -> None:
    events = content["events"]
    events[theirs[0]], events[theirs[1]] = events[theirs[1]], events[theirs[0]]


def _signed_by_another(content: dict[str, Any], theirs: list[int]) -> None:
    content["public_key"] = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()


def _made_shorter(content: dict[str, Any], theirs: list[int]) -> None:
    content["head"]["number"] -= 1
    del content["events"][-1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_moved, "the chain misses its head"),
        (_left_out, "the chain misses its head"),
        (_cut_off, "the chain misses its head"),
        (_hidden, "the chain misses its head"),
        (_made_shorter, "the chain misses its head"),
        (_swapped, "stands in a place that is not its own"),
        (_signed_by_another, "was not signed with this key"),
    ],
)
def test_the_script_finds_what_was_altered(
    house: cast.House, now: datetime, tmp_path: Path, change: Change, why: str
) -> None:
    content = deepcopy(extracted(house, now))
    theirs = [place for place, e in enumerate(content["events"]) if isinstance(e, dict)]
    change(content, theirs)
    status, said = check(content, tmp_path)
    assert status == 1
    assert said.startswith("WRONG: ")
    assert why in said


def test_a_ledger_written_anew_does_not_fit_a_line_that_was_sent(
    house: cast.House, now: datetime, tmp_path: Path
) -> None:
    """Head and extract agree with each other; only the letter knows better."""
    sent = heads.line()
    number, _short, signature = sent.split(" · ")
    status, said = check(extracted(house, now), tmp_path, f"{number} · {'0' * 16} · {signature}")
    assert status == 1
    assert "is not the one that your letter names" in said

    with override_settings(LEDGER_KEY=Ed25519PrivateKey.generate().private_bytes_raw().hex()):
        forged = heads.line()
    status, said = check(extracted(house, now), tmp_path, forged)
    assert (status, "was not signed with this key" in said) == (1, True)

    later = f"{int(number) + 5} · {'0' * 16} · {signature}"
    status, said = check(extracted(house, now), tmp_path, later)
    assert (status, "the extract ends before" in said) == (1, True)


def test_only_owners_hand_out_extracts(house: cast.House, now: datetime) -> None:
    with pytest.raises(refusals.NotAllowed):
        extract.of(clinic(house), by=house.ben, now=now)
    path = f"/clients/{clinic(house).pk}/extract"
    assert Visitor(house.ben).get(path).status_code == 403
    answer = Visitor(house.ada).get(path)
    assert answer["Content-Disposition"] == 'attachment; filename="harbour-clinic.kept.json"'
    assert json.loads(answer.content)["client"] == "Harbour Clinic"


def test_command_and_api_give_the_same_extract(
    house: cast.House, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    file = tmp_path / "out.json"
    arguments = ["extract", "--client", "harbour clinic", str(file)]
    done = CliRunner().invoke(commands.app, arguments, prog_name="kept")
    bare = Event.objects.count() - 2
    assert done.exit_code == 0
    assert done.stdout == (
        f"{file}: 2 events of Harbour Clinic in the clear, {bare} as bare digests.\n"
    )
    written = json.loads(file.read_text())
    assert written == extracted(house, now)
    assert CliRunner().invoke(commands.app, arguments, prog_name="kept").exit_code == 2

    path = f"/clients/{clinic(house).pk}/extract"
    shown = Caller(house.ada, ["read"], now).get(path).json()
    theirs = [event for event in written["events"] if isinstance(event, dict)]
    assert shown["titles"] == written["titles"]
    assert [event for event in shown["events"] if isinstance(event, dict)] == theirs
    assert check(shown, tmp_path)[0] == 0
    assert Caller(house.ben, ["read"], now).get(path).status_code == 403
