"""Every figure of the record: pure functions of rows (rule 13; docs/method/record.md).

Counts come first. A rate has an interval only from twenty settled promises on,
and is never handed out without sharpness and coverage: they are parts of the
same `Record`.
"""

from kept.record.figures.chances import (
    EDGES,
    LEVELS,
    Brier,
    Date,
    Said,
    Sharpness,
    brier,
    first_dates,
    last_dates,
    said_and_got,
    sharpness,
)
from kept.record.figures.quarters import Quarter, Trend, trend
from kept.record.figures.rates import ENOUGH, Marks, Part, Rate, Share, counts, marks, parts, rate
from kept.record.figures.trust_accounts import OFTEN, Account, Repeated, accounts, repeated
from kept.record.figures.why import OneMoreDay, Why, one_more_day, reasons
from kept.record.figures.window import Record, record

__all__ = [
    "EDGES",
    "ENOUGH",
    "LEVELS",
    "OFTEN",
    "Account",
    "Brier",
    "Date",
    "Marks",
    "OneMoreDay",
    "Part",
    "Quarter",
    "Rate",
    "Record",
    "Repeated",
    "Said",
    "Share",
    "Sharpness",
    "Trend",
    "Why",
    "accounts",
    "brier",
    "counts",
    "first_dates",
    "last_dates",
    "marks",
    "one_more_day",
    "parts",
    "rate",
    "reasons",
    "record",
    "repeated",
    "said_and_got",
    "sharpness",
    "trend",
]
