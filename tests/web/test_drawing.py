"""Drawings: what is said, where it stands, and that no text of a client becomes markup."""

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kept.web import drawing
from kept.web.drawing.fans import apart

WEEK = tuple(date(2026, 12, day) for day in (7, 9, 10, 11, 14))
"""Monday to the next Monday; Tuesday the 8th is a holiday."""

AXIS = drawing.Axis(
    days=WEEK,
    today=date(2026, 12, 9),
    passed=0.5,
    ticks=(drawing.Tick(date(2026, 12, 7), "7 Dec"), drawing.Tick(date(2026, 12, 14), "14")),
)


def _tree(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def _classed(markup: str, name: str) -> list[ET.Element]:
    return [el for el in _tree(markup).iter() if name in (el.get("class") or "").split()]


def test_working_days_are_equally_wide_and_other_days_have_no_width() -> None:
    monday, holiday, saturday = date(2026, 12, 7), date(2026, 12, 8), date(2026, 12, 12)

    assert (AXIS.before(monday), AXIS.after(monday)) == (0, 20)
    assert (AXIS.before(holiday), AXIS.after(holiday)) == (20, 20)
    assert (AXIS.before(saturday), AXIS.after(saturday)) == (80, 80)
    assert AXIS.now == 30


def test_days_outside_the_axis_lie_at_its_edges() -> None:
    assert AXIS.after(date(2026, 11, 1)) == 0
    assert AXIS.after(date(2027, 2, 1)) == 100
    assert not AXIS.reaches(date(2027, 2, 1))


def test_a_promise_line_shows_its_band_and_flag_and_says_its_sentence() -> None:
    markup = drawing.promise_line(
        AXIS,
        drawing.PromiseLine(
            sentence="90 % by Thu 10 Dec. Promised Fri 11 Dec. One working day to spare.",
            state="on-track",
            promised_on=date(2026, 12, 11),
            even_on=date(2026, 12, 10),
            sure_on=date(2026, 12, 10),
        ),
    )

    tree = _tree(markup)
    (band,) = _classed(markup, "band")
    (flag,) = [el for el in tree.findall("svg") if el.find("path") is not None]
    assert tree.get("role") == "img"
    assert tree.findtext("title") == (
        "90 % by Thu 10 Dec. Promised Fri 11 Dec. One working day to spare."
    )
    assert (band.get("x"), band.get("width")) == ("40%", "20%")
    assert flag.get("x") == "80%"
    assert _classed(markup, "band-unknown") == []


def test_a_promise_without_history_has_a_dashed_band_and_no_dates() -> None:
    markup = drawing.promise_line(
        AXIS,
        drawing.PromiseLine(
            sentence="Not enough history.", state="unknown", promised_on=date(2026, 12, 14)
        ),
    )

    assert _classed(markup, "band") == []
    assert len(_classed(markup, "band-unknown")) == 1


def test_a_band_never_begins_before_now() -> None:
    markup = drawing.promise_line(
        AXIS,
        drawing.PromiseLine(
            sentence="Late.",
            state="overdue",
            promised_on=date(2026, 12, 7),
            even_on=date(2026, 12, 7),
            sure_on=date(2026, 12, 9),
        ),
    )

    (band,) = _classed(markup, "band")
    assert (band.get("x"), band.get("width")) == ("30%", "10%")


def _stairs(**changes: object) -> drawing.Staircase:
    chances = (0.2, 0.55, 0.55, 0.83, 0.96)
    treads = tuple(
        drawing.Tread(day, chance, "Day", str(day.day), "D", gap)
        for day, chance, gap in zip(WEEK, chances, (0, 1, 0, 0, 2), strict=True)
    )
    values: dict[str, object] = {
        "sentence": "Chance by day.",
        "description": "One step a working day.",
        "axis_label": "Chance, %",
        "treads": treads,
        "dots": (drawing.Dot(WEEK[1], "55 %"), drawing.Dot(WEEK[4], "96 %", strong=True)),
        "levels": ((0.5, "50", False), (0.9, "90", True)),
    }
    return drawing.Staircase(**(values | changes))  # type: ignore[arg-type]


def test_a_staircase_has_one_step_a_working_day() -> None:
    markup = drawing.staircase(_stairs())

    (step,) = _classed(markup, "step")
    assert (step.get("d") or "").count("V") == 4
    assert len(_classed(markup, "dot")) == 2


def test_labels_of_a_staircase_do_not_stand_on_each_other() -> None:
    days = [date(2026, 12, 1) + timedelta(days=n) for n in range(24)]
    treads = tuple(
        drawing.Tread(day, chance, "Day", str(day.day), "D")
        for day, chance in zip(days, [0.5] * 20 + [0.85, 0.9, 0.93, 0.96], strict=True)
    )
    dots = (
        drawing.Dot(days[0], "50 %"),
        drawing.Dot(days[20], "85 %"),
        drawing.Dot(days[21], "90 %", strong=True),
        drawing.Dot(days[23], "96 %"),
    )

    markup = drawing.staircase(_stairs(treads=treads, dots=dots))

    assert len(_classed(markup, "dot")) == 4
    labels = {dot.label for dot in dots}
    said = [el.text for el in _tree(markup).iter("text") if el.text in labels]
    assert said == ["90 %", "50 %", "96 %"]


def test_a_staircase_is_as_high_as_its_lowest_label() -> None:
    apart = _tree(drawing.staircase(_stairs(advised_on=WEEK[4], advised_label="90 % date")))
    near = _stairs(
        advised_on=WEEK[3], advised_label="90 % date", wanted_on=WEEK[2], wanted_label="wanted",
        treads=tuple(
            drawing.Tread(date(2026, 12, 1) + timedelta(days=n), 0.5, "Day", str(n), "D")
            for n in range(24)
        ),
        dots=(),
    )  # fmt: skip
    crowded = _tree(drawing.staircase(near))

    assert float(crowded.get("height") or 0) == float(apart.get("height") or 0) + 15


def test_a_flat_part_of_a_staircase_carries_its_cause() -> None:
    markup = drawing.staircase(_stairs(flat_on=WEEK[2], flat_words=("Dev is away",)))

    assert "Dev is away" in markup


def test_a_wanted_day_gets_its_column_and_its_chance() -> None:
    markup = drawing.staircase(
        _stairs(wanted_on=WEEK[2], wanted_label="wanted", wanted_chance_label="55 %")
    )

    assert len(_classed(markup, "column")) == 1
    assert [el.text for el in _classed(markup, "wanted")] == ["55 %", "Day", "D", "10", "wanted"]


def test_a_wanted_day_stands_at_its_own_chance_where_that_is_not_the_curves() -> None:
    markup = drawing.staircase(
        _stairs(wanted_on=WEEK[2], wanted_chance_label="75 %", wanted_chance=0.75)
    )

    (column,) = _classed(markup, "column")
    assert (column.get("y"), column.get("height")) == ("83.5", "178.5")


def test_a_wanted_day_outside_the_curve_is_left_out() -> None:
    markup = drawing.staircase(_stairs(wanted_on=date(2027, 3, 1), wanted_label="wanted"))

    assert _classed(markup, "column") == []


def test_a_long_staircase_skips_labels_but_never_those_that_matter() -> None:
    days = [date.fromordinal(date(2026, 12, 7).toordinal() + n) for n in range(60)]
    treads = tuple(
        drawing.Tread(day, 0.01 + n / 70, "Day", f"n{n}", "D") for n, day in enumerate(days)
    )

    markup = drawing.staircase(
        _stairs(treads=treads, dots=(drawing.Dot(days[37], "53 %"),), wanted_on=days[41])
    )

    labels = re.findall(r">(n\d+)<", markup)
    assert "n37" in labels
    assert "n41" in labels
    assert len(labels) <= 18


def test_a_staircase_needs_a_tread() -> None:
    with pytest.raises(ValueError, match="at least one tread"):
        drawing.staircase(_stairs(treads=()))


@pytest.mark.parametrize(
    ("planned", "ask", "limit", "widths"),
    [
        (40, 20, 85, {"band": "40%", "bar-ink": "20%", "bar-over": "0%"}),
        (70, 25, 85, {"band": "70%", "bar-ink": "15%", "bar-over": "10%"}),
        (95, 5, 85, {"band": "85%", "bar-ink": "0%", "bar-over": "15%"}),
    ],
)
def test_a_gauge_turns_amber_only_beyond_its_limit(
    planned: float, ask: float, limit: float, widths: dict[str, str]
) -> None:
    markup = drawing.gauge(drawing.Gauge(planned, ask, limit, "Working time."))

    assert {name: _classed(markup, name)[0].get("width") for name in widths} == widths


def test_a_gauge_of_nothing_draws_nothing_and_does_not_fail() -> None:
    markup = drawing.gauge(drawing.Gauge(0, 0, 0, "Nobody."))

    assert _classed(markup, "bar-over")[0].get("width") == "0%"


def test_who_pays_is_amber_only_when_a_promise_falls_below_its_line() -> None:
    def state(before: float, after: float) -> str | None:
        pays = drawing.Pays(before, after, 0.8, "b", "a", "line", "s")
        return _tree(drawing.who_pays(pays)).get("data-state")

    assert state(0.94, 0.79) == "at-risk"
    assert state(0.95, 0.92) == "on-track"
    assert state(0.75, 0.70) == "on-track"


def test_the_shade_of_a_week_follows_what_is_taken() -> None:
    assert [drawing.heat(used) for used in (0, 0.2, 0.21, 0.5, 0.81, 1.0, 1.01)] == [
        "0",
        "0",
        "1",
        "2",
        "4",
        "4",
        "over",
    ]


def test_dots_show_every_case() -> None:
    columns = [drawing.Column("1", 3, strong=True), drawing.Column("2", 2)]

    markup = drawing.dots(columns, sentence="Five cases.", axis_label="days")

    assert len(_classed(markup, "dot")) == 3
    assert len(_classed(markup, "bar")) == 2


def test_every_state_has_a_sign_that_the_page_defines() -> None:
    page = Path(drawing.__file__).parents[1] / "templates/kept/_marks.html"
    defined = set(re.findall(r'id="mark-([\w-]+)"', page.read_text()))

    assert set(drawing.MARKS.values()) <= defined


def test_a_sign_is_silent_beside_its_word_and_speaks_alone() -> None:
    assert _tree(drawing.mark("kept")).get("aria-hidden") == "true"
    assert _tree(drawing.mark("kept", "kept")).findtext("title") == "kept"


def test_words_from_people_never_become_markup() -> None:
    nasty = '<script>alert("x")</script>&"'

    markups = [
        drawing.promise_line(AXIS, drawing.PromiseLine(nasty, nasty, WEEK[2], outside=nasty)),
        drawing.axis_head(AXIS, today_word=nasty),
        drawing.staircase(
            _stairs(sentence=nasty, axis_label=nasty, flat_on=WEEK[2], flat_words=(nasty,))
        ),
        drawing.histogram(
            [drawing.Column(nasty, 1)], sentence=nasty, axis_label=nasty, markers=[(0.5, nasty)]
        ),
        drawing.dots([drawing.Column(nasty, 1)], sentence=nasty, axis_label=nasty),
        drawing.numbers(summary=nasty, caption=nasty, head=[nasty], rows=[[nasty, nasty]]),
        drawing.tally([("kept", 1, nasty)]),
        drawing.interval(0.1, 0.2, 0.3, sentence=nasty),
    ]

    for markup in markups:
        assert "<script" not in markup
        _tree(f"<div>{markup}</div>")


def test_a_drawing_is_the_same_text_every_time() -> None:
    assert drawing.staircase(_stairs()) == drawing.staircase(_stairs())


def test_places_that_are_too_near_move_apart_in_their_order() -> None:
    assert apart([10, 40, 12], 14, 262) == [10, 40, 24]
    assert apart([250, 251, 260], 14, 262) == [234, 248, 262]
    assert apart([], 14, 262) == []


def _fan(promised: date) -> drawing.Fan:
    return drawing.Fan(
        sentence="The outlook moved.",
        forecasts=(drawing.Forecast(date(2026, 12, 7), date(2026, 12, 11), date(2026, 12, 14)),),
        promised=((date(2026, 12, 1), promised),),
        today=date(2026, 12, 7),
        ticks_across=(drawing.Tick(date(2026, 12, 1), "1 Dec"),),
        ticks_up=(),
        even_label="50 %",
        sure_label="90 %",
        promised_label="promised",
        today_label="today",
    )


@pytest.mark.parametrize("day", range(1, 28))
def test_no_two_labels_of_a_fan_stand_on_each_other(day: int) -> None:
    texts = [el for el in _tree(drawing.fan(_fan(date(2026, 12, day)))).iter() if el.text]
    heights = sorted(
        float(el.get("y") or "nan") for el in texts if el.text in {"50 %", "90 %", "promised"}
    )

    assert len(heights) == 3
    assert all(below - above >= 13 for above, below in pairwise(heights))
