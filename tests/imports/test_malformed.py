"""Two hundred damaged files: each is read or refused with words, and none leaves a row behind."""

import random
from collections.abc import Callable
from datetime import datetime

import pytest
from tests import cast

from kept.imports import intake
from kept.imports.models import Import
from kept.imports.readers import apart, text
from kept.ledger.models import Event
from kept.tenancy import refusals

HEADER = "row_id,person,client,kind,estimate,actual,unit,t_estimated,t_due,t_finished,status"
GOOD = ["A-%d", "Dev", "Tidewater", "Poster", "8", "12", "hours", "2026-03-02", "2026-03-10",
        "2026-03-12", "finished"]  # fmt: skip
NASTY = (
    "31/02/2026", "=1+1", "+cmd|' /C calc'!A0", "-5", "@SUM(A1)", "1e999", "NaN", "９９", "\x00",
    "\u202e", "99999999999999999999", "0x1F", "--", "''", "2026-02-30", "12:99", "1,2,3", "½",
    "P9999999W", "5 points", "9" * 400, "tomorrow", "2026-03-29 01:30", "1/13/13", "Infinity h",
    "\ud7ff", "🐚", "01/01/0001", "9999999999", "NULL", "#REF!", "1\u00a0234,5", "١٢", "5e-324",
)  # fmt: skip

Damage = Callable[[random.Random, bytes], bytes]


def _bytes_swapped(luck: random.Random, data: bytes) -> bytes:
    hurt = bytearray(data)
    for _ in range(luck.randint(1, 30)):
        hurt[luck.randrange(len(hurt))] = luck.randrange(256)
    return bytes(hurt)


def _cut_short(luck: random.Random, data: bytes) -> bytes:
    return data[: luck.randrange(len(data))]


def _a_quote_never_closed(luck: random.Random, data: bytes) -> bytes:
    place = luck.randrange(len(data))
    return data[:place] + b'"' + data[place:]


def _zero_bytes(luck: random.Random, data: bytes) -> bytes:
    place = luck.randrange(len(data))
    return data[:place] + b"\x00" * luck.randint(1, 9) + data[place:]


def _ragged(luck: random.Random, data: bytes) -> bytes:
    lines = data.decode().splitlines()
    for _ in range(4):
        place = luck.randrange(1, len(lines))
        lines[place] = ",".join(lines[place].split(",")[: luck.randint(0, 20)] * luck.randint(1, 3))
    return "\n".join(lines).encode()


def _header_broken(luck: random.Random, data: bytes) -> bytes:
    names = HEADER.split(",")
    luck.shuffle(names)
    names[luck.randrange(len(names))] = luck.choice(["", "actual", "estimate", "x" * 5000, "ÿ"])
    return ",".join(names).encode() + data[len(HEADER) :]


def _wrong_encoding(luck: random.Random, data: bytes) -> bytes:
    how = luck.choice(["utf-16", "utf-16-be", "utf-32", "cp037", "utf-7"])
    return data.decode().encode(how)


def _nasty_cells(luck: random.Random, data: bytes) -> bytes:
    lines = [line.split(",") for line in data.decode().splitlines()]
    for _ in range(6):
        luck.choice(lines[1:])[luck.randrange(11)] = luck.choice(NASTY).replace(",", ";")
    return "\n".join(",".join(line) for line in lines).encode("utf-8", "replace")


def _not_text_at_all(luck: random.Random, data: bytes) -> bytes:
    return luck.choice([b"PK\x03\x04", b"\x89PNG\r\n", b"\x1f\x8b", b"%PDF-1.7"]) + luck.randbytes(
        luck.randint(0, 3000)
    )


DAMAGES: tuple[Damage, ...] = (
    _bytes_swapped, _cut_short, _a_quote_never_closed, _zero_bytes, _ragged, _header_broken,
    _wrong_encoding, _nasty_cells, _not_text_at_all, _nasty_cells,
)  # fmt: skip


def damaged(number: int) -> bytes:
    luck = random.Random(number)
    rows = [",".join(GOOD) % (number * 100 + row) for row in range(6)]
    whole = "\n".join([HEADER, *rows]).encode()
    return DAMAGES[number % len(DAMAGES)](luck, whole)


@pytest.mark.parametrize("block", range(10))
def test_a_damaged_file_is_read_or_refused_in_words_and_leaves_nothing_behind(
    northlight: cast.House, now: datetime, block: int
) -> None:
    before = Event.objects.count()
    inside = intake.Limits(size_bytes=1024 * 1024, rows=1000, apart=False)
    for number in range(20 * block, 20 * block + 20):
        data = damaged(number)
        seen, refused = None, None
        try:
            seen = intake.preview(data, f"{number}.csv", by=northlight.ada, now=now, limits=inside)
        except refusals.Refused as error:
            refused = error
        if refused is not None:
            assert (refused.kind, len(refused.sentence) > 20) == ("bad_input", True)
        elif seen is not None:
            accounted = seen.used + seen.known + seen.cancelled + seen.old + seen.left_out
            assert seen.questions or accounted == seen.total
            assert all(problem.row >= 1 and problem.why for problem in seen.problems)
        assert (Event.objects.count(), Import.objects.count()) == (before, 0)


def test_cells_are_split_in_a_process_of_its_own_as_they_are_here() -> None:
    for number in (3, 4, 6, 7):
        data = damaged(number)
        assert apart.table(data) == text.table(data)


def test_a_file_that_eats_memory_or_is_no_table_costs_only_that_process() -> None:
    with pytest.raises(text.NotATable, match="spreadsheet"):
        apart.table(b"PK\x03\x04")
    hungry = b"a,b\n" + b",\n" * 3_000_000
    with pytest.raises(apart.TooMuch):
        apart.table(b"a" + b",x" * 4_000_000 + b"\n" + hungry, memory_bytes=64 * 1024 * 1024)


def test_time_runs_out_for_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(apart.TooMuch):
        apart.table(b"a,b\n1,2\n", seconds=0.001)
