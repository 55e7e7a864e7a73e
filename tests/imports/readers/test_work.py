"""Tables read as work: which column is which, what is used, what is not and why."""

from datetime import UTC, datetime

import pytest

from kept.imports.readers import columns, text, work
from kept.imports.readers.work import Status

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
LISBON = work.House(zone="Europe/Lisbon")


def read(csv: str, **said: str) -> work.Reading:
    return work.read(text.table(csv.encode()), house=LISBON, now=NOW, said=said)


def complaints(reading: work.Reading) -> list[tuple[int, str, str, str, bool]]:
    return [(p.row, p.column, p.value, p.why, p.row_left_out) for p in reading.problems]


def test_a_history_is_read_by_its_column_names_in_any_order() -> None:
    reading = read(
        "t_finished,status,estimate,unit,actual,person,client,row_id,t_due,extra\n"
        "2026-03-12,finished,2,days,12,Dev,Harbour Clinic,a-1,2026-03-10,x\n"
    )
    (row,) = reading.rows
    assert (row.row_id, row.person, row.client, row.status) == (
        "a-1", "Dev", "Harbour Clinic", Status.FINISHED,
    )  # fmt: skip
    assert (row.estimate_hours, row.actual_hours) == (16, 96)
    assert row.due_at == datetime(2026, 3, 10, 18, tzinfo=UTC)
    assert row.finished_at == datetime(2026, 3, 12, 12, tzinfo=UTC)
    assert row.day_only
    assert reading.problems == ()
    assert reading.notes == (
        "A day of work counts as 8 hours, a week as 5 such days.",
        "1 column is not read: “extra”.",
    )


def test_jira_s_own_headers_are_known_and_its_seconds_become_hours() -> None:
    reading = read(
        "Summary,Issue key,Issue Type,Status,Project name,Assignee,Sprint,Sprint,Created,"
        "Due Date,Resolved,Original Estimate,Time Spent\n"
        "Menu cards,MENU-1,Task,Done,Bakery,dev,S1,S2,01/Dec/25 9:00 AM,"
        "31/Dec/25 12:00 AM,02/Jan/26 4:30 PM,28800,36000\n"
    )
    (row,) = reading.rows
    assert reading.source == "jira"
    assert (row.row_id, row.title, row.kind, row.project, row.person) == (
        "MENU-1", "Menu cards", "Task", "Bakery", "dev",
    )  # fmt: skip
    assert (row.estimate_hours, row.actual_hours) == (8, 10)
    assert row.finished_at == datetime(2026, 1, 2, 16, 30, tzinfo=UTC)
    assert [column.name for column in reading.header][6:8] == ["Sprint", "Sprint#2"]
    assert reading.notes == (
        "Jira writes efforts in seconds; they were turned into hours.",
        "2 columns are not read: “Sprint”, “Sprint#2”.",
    )


def test_a_plain_list_with_german_signs_is_read() -> None:
    reading = read("Task;Client;Hours;Due;Done\nFlyer;Bakery;1.234,5;04.05.2026;05.05.2026\n")
    (row,) = reading.rows
    assert (row.title, row.client, row.actual_hours) == ("Flyer", "Bakery", 1234.5)
    assert row.due_at == datetime(2026, 5, 4, 17, tzinfo=UTC)  # 18:00 in Lisbon's summer
    assert row.finished_at == datetime(2026, 5, 5, 11, tzinfo=UTC)


def test_done_may_be_a_yes_and_hours_without_any_finish_are_an_estimate() -> None:
    assert columns_of("Task,Hours,Done\nFlyer,3,yes\nCards,4,no\n") == {
        "title": "Task", "actual": "Hours", "status": "Done",
    }  # fmt: skip
    assert columns_of("Task,Client,Hours,Due\nFlyer,Bakery,3,2026-12-31\n") == {
        "title": "Task", "client": "Client", "estimate": "Hours", "t_due": "Due",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("header", "hours"),
    [
        ("estimate_h", 12),
        ("Estimate [h]", 12),
        ("Planned hours", 12),
        ("original-estimate-days", 96),
        ("budget (d)", 96),
        ("Planned person days", 96),
        ("Estimated", 12),
    ],
)
def test_a_header_may_end_with_its_unit_however_it_is_written(header: str, hours: float) -> None:
    (row,) = read(f"Task Name;assigned_to;{header};due-date\nLogo;Dev;12;2026-12-11\n").rows
    assert (row.title, row.person, row.estimate_hours) == ("Logo", "Dev", hours)
    assert row.due_at == datetime(2026, 12, 11, 18, tzinfo=UTC)


def test_columns_that_nothing_is_read_from_are_named() -> None:
    csv = "Task,Due,Colour,Mood,,A,B,C,D,E\nLogo,2026-12-11,red,good,x,1,2,3,4,5\n"
    assert read(csv).notes == ("8 columns are not read: “Colour”, “Mood”, “#5”, “A”, “B”, “C” ….",)


def columns_of(csv: str) -> dict[str, str]:
    return {field: column.name for field, column in read(csv).layout.columns.items()}


def test_a_person_may_say_which_column_is_which() -> None:
    csv = "a,b,b,c\n2026-03-12,3,4,x\n"
    reading = read(csv, t_finished="a", actual="B#2", t_started="#1", title="c", unit="days")
    (row,) = reading.rows
    assert row.actual_hours == 32
    assert reading.layout.said() == {
        "t_finished": "a", "actual": "b#2", "t_started": "a", "title": "c", "unit": "days",
    }  # fmt: skip
    assert (
        "The header names “b” more than once; “What it took” is read from number 3 from the left."
        in reading.notes
    )


def test_a_wrong_word_about_columns_is_refused_by_name() -> None:
    csv = "a,b\n2026-03-12,3\n"
    with pytest.raises(
        columns.NoSuchColumn, match=r"no column “z” for “actual”\. The file has: a, b"
    ):
        read(csv, actual="z")
    with pytest.raises(columns.NoSuchField, match="no field “colour”"):
        read(csv, colour="a")
    with pytest.raises(columns.NoSuchChoice, match="no way to read “dates”"):
        read(csv, t_finished="a", dates="sideways")
    with pytest.raises(columns.NoSuchChoice, match="not a unit of working time"):
        read(csv, actual="b", unit="points")
    with pytest.raises(text.NotATable, match=r"which column is which\. The header has: a, b"):
        read(csv)


def test_days_that_can_be_two_days_are_asked_about() -> None:
    csv = "actual,finished\n3,04/05/2026\n"
    asked = read(csv)
    assert asked.rows == ()
    assert asked.questions == {
        "dates": "Days such as “04/05/2026” may put the day or the month first, and no row of "
        "this file decides it. Which is it?"
    }
    (row,) = read(csv, dates="month-first").rows
    assert row.finished_at == datetime(2026, 4, 5, 11, tzinfo=UTC)


def test_each_bad_cell_is_named_and_costs_no_more_than_it_must() -> None:
    reading = read(
        "row_id,client,estimate,actual,unit,t_started,t_due,t_finished,status\n"
        "1,A,8,eight,hours,2026-01-01,,2026-01-09,finished\n"
        "2,A,8,9,hours,,,31/02/2026,finished\n"
        "3,A,8,9,points,2026-01-01,,2026-01-09,finished\n"
        "4,A,8,9,hours,2026-01-10,,2026-01-09,finished\n"
        "5,A,-8,9,hours,,,2026-01-09,finished\n"
        "6,A,8,90000,hours,2026-01-01,,2026-01-09,finished\n"
        "7,A,8,,hours,,2026-13-01,,open\n"
        "8,A,=1+1,9,hours,,,2026-01-09,finished\n"
        "9,A,8,9,hours,,,2030-01-09,finished\n"
        "10,A,,,hours,,,2026-01-09,finished\n"
        "11,,,,hours,2026-11-01,,,open\n"
    )
    assert complaints(reading) == [
        (2, "actual", "eight", "“eight” is not a number.", False),
        (3, "t_finished", "31/02/2026", "“31/02/2026” is not a day.", True),
        (4, "unit", "points",
         "“points” is not a unit of working time; hours and days are. Its efforts were left out.",
         False),
        (5, "t_finished", "2026-01-09", "Finished before it was started (2026-01-10).", True),
        (6, "estimate", "-8", "Effort below zero.", False),
        (7, "actual", "90000",
         "90\u202f000 hours for one piece of work cannot be meant. Is it the unit?", False),
        (8, "t_due", "2026-13-01", "“2026-13-01” is not a day.", True),
        (9, "estimate", "=1+1",
         "“=1+1” is a formula; kept computes none. Save the file with its values.", False),
        (10, "t_finished", "2030-01-09", "A finish that lies ahead.", True),
        (11, "", "",
         "Neither what it took nor how long it lay is known: nothing to learn from.", True),
        (12, "estimate", "",
         ("Open work without an estimate and without a date promised to a client: "
          "nothing says how big it is."), True),
    ]  # fmt: skip
    assert [(row.number, row.estimate_hours, row.actual_hours) for row in reading.rows] == [
        (2, 8, None), (4, None, None), (6, None, 9), (7, 8, None), (9, None, 9),
    ]  # fmt: skip


def test_called_off_work_and_open_work_long_without_a_date_are_left_aside_and_counted() -> None:
    csv = (
        "row_id,client,estimate,t_estimated,t_due,status\n"
        "1,A,8,2026-11-01,2026-11-20,cancelled\n"
        "2,A,8,2024-11-01,2024-11-20,open\n"
        "3,A,8,2026-11-01,2026-12-20,open\n"
        "4,A,8,2024-11-01,2026-12-20,open\n"
    )
    reading = read(csv)
    assert (reading.cancelled, reading.old, reading.problems) == (1, 1, ())
    assert [row.number for row in reading.rows] == [4, 5]
    assert [row.number for row in read(csv, old="bring").rows] == [3, 4, 5]


def test_lengths_on_the_calendar_are_not_taken_for_work() -> None:
    reading = read(
        "estimate,actual,unit,t_started,t_due,t_finished\n"
        "182,273,calendar_days,2000-03-03,2000-09-01,2000-12-01\n"
    )
    (row,) = reading.rows
    assert (row.estimate_hours, row.actual_hours) == (None, None)
    assert reading.notes == (
        "1 row gives lengths on the calendar, which are not work: only its dates are used.",
    )


def test_a_row_with_more_cells_than_the_header_is_used_and_said() -> None:
    reading = read("actual,t_finished\n3,2026-01-09,stray\n4,2026-01-10\n")
    assert [row.actual_hours for row in reading.rows] == [3, 4]
    assert complaints(reading) == [
        (2, "", "stray",
         "This row has more cells than the header; those beyond it were not read.", False),
    ]  # fmt: skip


def test_an_unknown_status_goes_by_the_dates_and_is_said() -> None:
    reading = read("actual,estimate,t_finished,status\n3,2,2026-01-09,Ausgeliefert\n4,5,,Parked\n")
    assert [row.status for row in reading.rows] == [Status.FINISHED, Status.OPEN]
    assert reading.notes == (
        "Status “Ausgeliefert” is read as finished in 1 row, going by its dates.",
        "Status “Parked” is read as open in 1 row, going by its dates.",
    )
