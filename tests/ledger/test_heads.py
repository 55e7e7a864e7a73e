"""The signed head: what a line kept elsewhere proves."""

import base64
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from django.test import override_settings
from tests import cast, tampering

from kept.ledger import chain, heads, recording
from kept.ledger.models import Event, Head
from kept.tenancy import scope


def write(house: cast.House, count: int, now: datetime) -> None:
    """Let so many changes of a client happen."""
    with transaction.atomic():
        for _time in range(count):
            client = house.clients["Harbour Clinic"]
            recording.record(
                Event.Kind.CLIENT_CHANGED, about=client, by=house.ada, at=now, rows=[client]
            )


def faults(line: str) -> list[tuple[str, str]]:
    return [(fault.place, fault.what) for fault in heads.faults(heads.read(line))]


def test_a_head_stays_true_while_the_ledger_grows(northlight: cast.House, now: datetime) -> None:
    line = heads.line()
    write(northlight, 3, now)
    assert faults(line) == []
    assert faults(heads.line()) == []
    assert line.startswith("1 · ")
    assert heads.line().startswith("4 · ")


def test_a_line_that_a_letter_wrapped_and_quoted_is_still_read(northlight: cast.House) -> None:
    line = heads.line()
    wrapped = "> " + line[:30] + "\r\n> " + line[30:70] + "\n>> " + line[70:]
    assert heads.read(f"Best,\nAda\n-- \n{wrapped}\n") == heads.read(line)


@pytest.mark.parametrize("text", ["", "12", "4 · 0123456789abcdef", "hello · world · again"])
def test_what_is_no_head_is_refused_with_what_to_copy(text: str) -> None:
    with pytest.raises(heads.NoHead, match="Copy the whole line"):
        heads.read(text)


def test_a_cut_tail_shows_though_the_head_row_was_set_back(
    northlight: cast.House, now: datetime
) -> None:
    """The chain alone cannot tell: this is what a head kept elsewhere is for."""
    write(northlight, 4, now)
    line = heads.line()
    with tampering.unguarded():
        Event.objects.filter(number__gt=3).delete()
        last = Event.objects.get(number=3)
        Head.objects.update(number=3, digest=last.digest)
    assert list(chain.faults()) == []
    assert faults(line) == [
        (
            f"the head {line[:20]}",
            "says 5 events were written, the last one found is 3",
        )
    ]


def test_a_ledger_written_anew_is_found(northlight: cast.House, now: datetime) -> None:
    write(northlight, 2, now)
    line = heads.line()
    with tampering.unguarded():
        event = Event.objects.get(number=2)
        event.facts = {"other": "story"}
        event.digest = recording.digest_of(event)
        event.save()
        last = Event.objects.get(number=3)
        last.digest_before = event.digest
        last.digest = recording.digest_of(last)
        last.save()
        Head.objects.update(digest=last.digest)
    assert list(chain.faults()) == []
    assert faults(line) == [
        (f"the head {line[:20]}", "is of another ledger: event 3 is not the one it names")
    ]


def test_a_head_in_the_middle_of_what_was_cut_out_is_told(
    northlight: cast.House, now: datetime
) -> None:
    write(northlight, 1, now)
    line = heads.line()
    write(northlight, 1, now)
    with tampering.unguarded():
        Event.objects.filter(number=2).delete()
    assert faults(line) == [(f"the head {line[:20]}", "cannot be compared: event 2 is missing")]


def test_a_head_that_somebody_made_up_is_not_believed(northlight: cast.House) -> None:
    event = Event.objects.get()
    with override_settings(LEDGER_KEY=Ed25519PrivateKey.generate().private_bytes_raw().hex()):
        forged = heads.line()
    assert forged.startswith(f"1 · {event.digest[:16]} · ")
    assert faults(forged) == [
        (f"the head 1 · {event.digest[:16]}", "was not signed with this house’s key")
    ]


def test_a_head_of_another_house_is_not_this_one_s(
    northlight: cast.House, southbank: cast.House
) -> None:
    with scope.acting_in(southbank.organisation):
        theirs = heads.read(heads.line())
    [fault] = heads.faults(theirs)
    assert fault.what == "is of another ledger: event 1 is not the one it names"


def test_a_ledger_without_events_has_a_head_of_noughts(northlight: cast.House) -> None:
    with tampering.unguarded():
        Event.objects.all().delete()
        Head.objects.all().delete()
    assert heads.line().startswith("0 · 0000000000000000 · ")
    assert faults(heads.line()) == []


def test_anybody_can_check_the_signature_with_the_public_key(northlight: cast.House) -> None:
    head = Head.objects.get(organisation=northlight.organisation)
    signature = base64.urlsafe_b64decode(heads.read(heads.line()).signature + "==")
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(heads.public_key())).verify(
        signature,
        f"kept ledger head\n{northlight.organisation.pk}\n1\n{head.digest}\n".encode(),
    )
