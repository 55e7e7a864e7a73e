"""Drawings as SVG: geometry from numbers, every word from the caller.

All functions are pure. They take plain values and give markup that is safe to print. Horizontal
places are percentages of the drawing's own width and vertical ones are pixels, so a drawing fits
any column while its letters keep their size. Colours come from classes in ``drawings.css``; there
is no inline style, as the content security policy forbids it. Each drawing carries its sentence as
``<title>``, which is its accessible name.
"""

from kept.web.drawing.counts import Column, dots, histogram
from kept.web.drawing.fans import Fan, Forecast, fan
from kept.web.drawing.lines import (
    Axis,
    PromiseLine,
    PromiseStory,
    Span,
    Tick,
    axis_head,
    promise_line,
    promise_story,
)
from kept.web.drawing.marks import MARKS, mark, numbers, tally
from kept.web.drawing.measures import Gauge, Pays, bar, gauge, heat, interval, spread, who_pays
from kept.web.drawing.stairs import Dot, Staircase, Tread, staircase

__all__ = [
    "MARKS",
    "Axis",
    "Column",
    "Dot",
    "Fan",
    "Forecast",
    "Gauge",
    "Pays",
    "PromiseLine",
    "PromiseStory",
    "Span",
    "Staircase",
    "Tick",
    "Tread",
    "axis_head",
    "bar",
    "dots",
    "fan",
    "gauge",
    "heat",
    "histogram",
    "interval",
    "mark",
    "numbers",
    "promise_line",
    "promise_story",
    "spread",
    "staircase",
    "tally",
    "who_pays",
]
