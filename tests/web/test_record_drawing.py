"""The record's drawings: what is said, where it stands, and that no name becomes markup."""

import itertools
from xml.etree import ElementTree as ET

import pytest

from kept.web import record_drawing
from kept.web.record_drawing import Point, SaidPoint

WORDS = {
    "sentence": "Kept in each <quarter>.",
    "description": "Dots and rings.",
    "first_label": "first terms",
    "last_label": "last terms",
    "average_label": "average 75",
    "limits_label": "limits",
}


def quarter(first: float | None, *, outside: bool = False) -> Point:
    limits = None if first is None else (0.5, 1.0)
    return Point("Dec–Feb", "DJF", "3 of 4", "3/4", "", first, first, limits, outside)


def classed(markup: str, name: str) -> list[ET.Element]:
    tree = ET.fromstring(markup)
    return [el for el in tree.iter() if name in (el.get("class") or "").split()]


def texts(markup: str) -> list[str]:
    return [el.text or "" for el in ET.fromstring(markup).iter("text")]


def test_a_trend_draws_every_quarter_that_has_promises() -> None:
    markup = record_drawing.trend(
        [quarter(1.0), quarter(None), quarter(0.5, outside=True)], average=0.75, **WORDS
    )
    dots = classed(markup, "dot")
    assert [(dot.get("cx"), dot.get("cy")) for dot in dots] == [("18.17%", "12"), ("70.83%", "108")]
    assert len(classed(markup, "ring")) == 2
    assert len(classed(markup, "leader")) == 1  # around the one that chance does not explain
    assert ET.fromstring(markup).findtext("title") == "Kept in each <quarter>."
    for label in ("first terms", "last terms", "average 75", "limits", "first", "75"):
        assert label in texts(markup)


def test_limits_step_between_quarters_of_other_sizes() -> None:
    one = Point("", "", "", "", "", 0.7, None, (0.4, 1.0), False)
    other = Point("", "", "", "", "", 0.7, None, (0.6, 0.9), False)
    steps = classed(record_drawing.trend([one, other], average=0.7, **WORDS), "lead-line")
    # Two levels a side, and one upright where each side steps.
    assert len(steps) == 6
    assert sum(step.get("x1") == step.get("x2") for step in steps) == 2


def test_labels_at_the_right_never_lie_over_each_other() -> None:
    markup = record_drawing.trend([quarter(0.75), quarter(0.75)], average=0.75, **WORDS)
    ends = [el for el in ET.fromstring(markup).iter("text") if el.get("dx") == "6"]
    places = sorted({float(el.get("y") or 0) for el in ends})
    assert all(after - before >= 14 for before, after in itertools.pairwise(places))


def test_a_point_below_the_dotted_line_was_said_too_surely() -> None:
    markup = record_drawing.said_and_got(
        [SaidPoint(0.9, 0.8, 0.7, 0.9, "8/10", strong=True)],
        sentence="of 10 dates, 8", description="", up_label="", across_label="", as_said="as said",
    )  # fmt: skip
    [dot] = classed(markup, "dot")
    assert (dot.get("r"), dot.get("cy")) == ("5", "87.33")  # 0.4 at 210, 1 at 26
    assert "8/10" in texts(markup)
    assert "90" in texts(markup)


def test_axes_begin_lower_where_less_was_kept() -> None:
    low = record_drawing.said_and_got(
        [SaidPoint(0.5, 0.1, 0.02, 0.3, "1/10")],
        sentence="", description="", up_label="", across_label="", as_said="",
    )  # fmt: skip
    assert {"0", "20", "40", "60", "80", "100"} <= set(texts(low))


def test_each_time_one_more_day_was_said_is_a_dot() -> None:
    markup = record_drawing.became(
        [1, 1, 2, 30], average=8.5, sentence="4 times", description="",
        average_label="average 8.5 days", as_said="as said", axis_label="days",
    )  # fmt: skip
    assert len(classed(markup, "dot")) == 2  # as said
    assert len(classed(markup, "bar")) == 2
    assert "14+" in texts(markup)  # the last column is open-ended


def test_more_than_could_be_told_apart_are_columns_with_their_counts() -> None:
    markup = record_drawing.became(
        [1] * 30 + [2] * 41, average=1.6, sentence="71 times", description="",
        average_label="average 1.6 days", as_said="as said", axis_label="days",
    )  # fmt: skip
    columns = [column for look in ("dot", "bar") for column in classed(markup, look)]
    assert [column.get("height") for column in columns] == ["117.07", "160"]
    assert {"30", "41"} < set(texts(markup))


def test_early_ones_have_columns_of_their_own() -> None:
    markup = record_drawing.became(
        [-1, 3], average=1.0, sentence="", description="",
        average_label="", as_said="", axis_label="",
    )  # fmt: skip
    assert "-1" in texts(markup)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one quarter"):
        record_drawing.trend([], average=None, **WORDS)
    nothing = {"sentence": "", "description": "", "as_said": ""}
    with pytest.raises(ValueError, match="at least one point"):
        record_drawing.said_and_got([], up_label="", across_label="", **nothing)
    with pytest.raises(ValueError, match="at least one day"):
        record_drawing.became([], average=1, average_label="", axis_label="", **nothing)


def test_a_bar_of_a_pareto_ends_with_its_count() -> None:
    markup = record_drawing.counted_bar(3, 6, sentence="3 of 9")
    assert texts(markup) == ["3"]
    assert ET.fromstring(markup).find("rect").get("width") == "41%"  # type: ignore[union-attr]
