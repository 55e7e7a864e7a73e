"""Drawings of the past: where things stand, and the sentence that each carries."""

from xml.etree import ElementTree as ET

import pytest

from kept.web import past_drawing
from kept.web.past_drawing import Pieces, TimePart


def tree(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def classed(markup: str, name: str) -> list[ET.Element]:
    return [el for el in tree(markup).iter() if name in (el.get("class") or "").split()]


def place(element: ET.Element, name: str) -> float:
    return float(element.get(name, "").removesuffix("%"))


def said(markup: str) -> str:
    return tree(markup)[0].text or ""


def pieces(**changed: object) -> str:
    return past_drawing.pieces(
        Pieces(
            **{
                "hours": [(12.0, 1.0), (31.0, 0.25)],
                "estimate": 16.0,
                "estimate_label": "estimated",
                "sure": 27.0,
                "sure_label": "9 in 10 within",
                "hours_label": lambda hours: f"{hours:g} h",
                "sentence": "12–31 h <b>",
            }
            | changed  # type: ignore[arg-type]
        )
    )


def test_each_piece_of_work_is_a_ring_at_its_hours_and_larger_the_more_it_counts() -> None:
    markup = pieces()
    first, second = classed(markup, "ring")
    top = 1.08 * 31
    assert place(first, "cx") == pytest.approx(100 * 12 / top, abs=0.01)
    assert place(second, "cx") == pytest.approx(100 * 31 / top, abs=0.01)
    assert (first.get("r"), second.get("r")) == ("7", "5")
    assert said(markup) == "12–31 h <b>"
    words = [el.text for el in tree(markup).iter() if el.tag == "text"]
    assert words == ["estimated 16 h", "9 in 10 within 27 h"]


def test_labels_near_an_end_stay_inside() -> None:
    markup = pieces(estimate=1.0, sure=31.0)
    looks = [el.get("class") for el in tree(markup).iter() if el.tag == "text"]
    assert looks == ["strong halo", "wanted strong end halo"]


def test_work_beyond_its_estimate_is_dark_from_the_estimate_on() -> None:
    over = past_drawing.against_estimate(2.0, top=4.0, sentence="2 ×")
    [dark] = classed(over, "bar-ink")
    assert (place(dark, "x"), place(dark, "width")) == (25, 25)
    under = past_drawing.against_estimate(0.5, top=4.0, sentence="0.5 ×")
    assert classed(under, "bar-ink") == []
    assert place(classed(under, "bar")[0], "width") == 12.5
    assert said(under) == "0.5 ×"


def part(share: float) -> TimePart:
    return TimePart(share=share, low=0.8, high=1.0, label="Mar", sentence=f"{share}")


def test_a_part_outside_of_chance_is_marked_and_the_others_are_not() -> None:
    markup = past_drawing.along_time(
        [part(0.9), part(0.6)], said=0.9, said_label="said: 9 in 10", sentence="along time"
    )
    inside, outside = (el for el in tree(markup).iter() if el.tag == "circle")
    assert (inside.get("class"), outside.get("class")) == ("dot", "flag")
    assert outside.get("data-state") == "at-risk"
    assert float(outside.get("cy", "")) > float(inside.get("cy", ""))
    # The line of what was said runs where the part that was kept as said lies.
    assert classed(markup, "step-wanted")[0].get("y1") == inside.get("cy")
    assert [el[0].text for el in (inside, outside)] == ["0.9", "0.6"]


def test_without_parts_there_is_no_line() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        past_drawing.along_time([], said=0.9, said_label="", sentence="")
