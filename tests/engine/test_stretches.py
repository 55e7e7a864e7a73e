"""When people are busy, as it is kept for the next ask."""

from datetime import datetime, timedelta

from kept.engine import Ask, Situation, laying, simulate
from kept.engine.futures import base_futures

START = datetime.fromisoformat("2026-01-05T00:00+00:00")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = {day: [["00:00", "24:00"]] for day in DAYS}
WORD = 65_535
"""Minutes that a word has room for; longer ones take several."""


def ana_works(*stretches):
    """Ana, then Ben, there day and night: she has work of so many minutes from so many on."""
    named = [(f"p{number}", *stretch) for number, stretch in enumerate(stretches)]
    return Situation.from_document(
        {
            "start": START.isoformat(),
            "people": [{"id": "ana", "week": ALWAYS}, {"id": "ben", "week": ALWAYS}],
            "promises": [
                {"id": name, "release": (START + timedelta(minutes=begin)).isoformat()}
                for name, begin, _ in named
            ],
            "stages": [
                {"id": name, "promise": name, "people": ["ana"], "effort": minutes / 60}
                for name, _, minutes in named
            ],
        }
    )


LONG_ONES = ((WORD - 1, 1), (2 * WORD, WORD), (6 * WORD, 3 * WORD + 7), (2_000_000, 60))


def test_stretches_far_apart_and_long_ones_are_kept_to_the_minute():
    futures = simulate(ana_works(*LONG_ONES), futures=60, busy=True)

    counts, begins, ends = futures.stretches(0)

    assert counts.tolist() == [4] * 60
    assert begins.tolist() == [begin for begin, _ in LONG_ONES] * 60
    assert ends.tolist() == [begin + minutes for begin, minutes in LONG_ONES] * 60
    assert [part.tolist() for part in futures.stretches(1)] == [[0] * 60, [], []]


def test_an_ask_is_laid_between_stretches_far_apart():
    """Five words and a day of work fit before, between and after the long stretches."""
    situation = ana_works(*LONG_ONES)
    work = 5 * WORD + 1440
    ask = Ask({"id": "ask"}, [{"id": "a", "people": ["ana"], "effort": work / 60}])

    base = base_futures(situation, futures=3, seed=1)
    yielding = situation.with_ask(ask, due=None, placement="yields")
    laid = laying.lay(base, yielding, threads=1, executor=None)

    # Free: all but a minute before 2 words, then 3 words up to the sixth, then after 9 words.
    assert laid.stage_start.tolist() == [[0] * 3]
    assert laid.finish.tolist() == [9 * WORD + 7 + work - (2 * WORD - 1) - 3 * WORD] * 3
