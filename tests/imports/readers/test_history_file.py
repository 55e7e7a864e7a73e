import random

import pytest

from kept.engine.durations import PastItem
from kept.imports.readers import history, text

ONE = (
    "row_id,person,project,kind,subkind,estimate,actual,unit,t_estimated,t_finished,status\n"
    "7,Ada,Website,build,css,8,12,hours,2026-03-02 09:30,2026-03-05,finished\n"
)


def test_a_row_becomes_a_past_item():
    items, problems = history.read(ONE.encode())

    assert problems == []
    assert items == [
        PastItem(
            row_id="7",
            person="Ada",
            kind="build",
            subkind="css",
            project="Website",
            estimate=8.0,
            actual=12.0,
            estimated_on=text.day("2026-03-02 09:30"),
            finished_on=text.day("2026-03-05"),
            status="finished",
            unit="hours",
        )
    ]


def test_columns_stand_in_any_order_and_extra_ones_are_ignored():
    header, row = (line.split(",") for line in ONE.splitlines())
    places = list(range(len(header)))
    random.Random(3).shuffle(places)
    shuffled = "\n".join(
        ",".join(["mood", *(line[i] for i in places)]) for line in (["x", *header][1:], row)
    )

    assert history.read(shuffled.encode()) == history.read(ONE.encode())


def test_empty_means_unknown_and_a_client_stands_for_a_missing_project():
    items, problems = history.read(b"client,estimate,t_started,t_finished\nPete,,2026-01-02,\n")

    assert problems == []
    assert items == [
        PastItem(row_id="2", project="Pete", estimated_on=text.day("2026-01-02"), status="open")
    ]


def test_a_bad_cell_is_named_by_row_column_and_value_and_loses_nothing_else():
    data = (
        b"Estimate;actual;t_finished;status\n"
        b"8;nine;2026-02-31;finished\n"
        b"-1;2;2026-02-03;someday\n"
        b"4;5;2026-02-04;Done\n"
    )

    items, problems = history.read(data)

    assert [(p.row, p.column, p.value) for p in problems] == [
        (2, "t_finished", "2026-02-31"),
        (2, "actual", "nine"),
        (3, "Estimate", "-1"),
        (3, "status", "someday"),
    ]
    assert [(i.estimate, i.actual, i.status) for i in items] == [
        (8.0, None, "finished"),
        (None, 2.0, "finished"),
        (4.0, 5.0, "finished"),
    ]
    assert str(problems[0]) == (
        'Row 2, t_finished: "2026-02-31" is not a day. Days are written 2026-03-12.'
    )


def test_dates_out_of_order_and_a_repeated_row_id_are_told():
    data = (
        b"row_id,estimate,t_estimated,t_finished\n"
        b"a,1,2026-02-02,2026-02-01\n"
        b"a,1,2026-02-02,2026-02-03\n"
    )

    items, problems = history.read(data)

    assert len(items) == 2
    assert [(p.row, p.column) for p in problems] == [(2, "t_finished"), (3, "row_id")]


def test_a_finish_before_the_estimate_is_told_even_without_a_start():
    _, problems = history.read(b"estimate,t_estimated,t_finished\n1,2026-02-02,2026-02-01\n")

    assert [p.value for p in problems] == ["2026-02-01"]


def test_a_file_without_a_single_known_column_is_refused():
    with pytest.raises(text.NotATable, match="The header has: colour, shape"):
        history.read(b"colour,shape\nred,round\n")


def test_a_header_alone_is_an_empty_history():
    assert history.read(b"estimate,actual\n") == ([], [])
