"""A file is looked at, accepted as one import, and undone as one."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast

from kept import models
from kept.clients.models import Client
from kept.custody import verifying
from kept.imports import intake, naming, undoing
from kept.imports.models import ColumnChoice, Import, ImportedRow, ImportProblem
from kept.imports.readers import columns
from kept.jobs import work
from kept.jobs.models import Job, Stage
from kept.ledger import chain
from kept.ledger.models import ErasableText, Event, Head
from kept.past.models import DurationProfile, PastItem, SourceName
from kept.people.models import Member, Role
from kept.promises.models import Promise, Terms
from kept.tenancy import refusals, scope
from kept.tenancy.models import Scoped

HISTORY = (
    b"row_id,person,client,kind,estimate,actual,unit,t_estimated,t_due,t_finished,status\n"
    b"A-1,Dev,Harbour Clinic,Poster,8,12,hours,2026-03-02,2026-03-10,2026-03-12,finished\n"
    b"A-2,dev@northlight.example,Tidewater,Poster,1,1,days,2026-04-01,,2026-04-08,finished\n"
    b"A-3,Zoe,Tidewater,Site,8,8,hours,2026-04-01,,31/02/2026,finished\n"
)
OPEN = (
    b"row_id,title,person,client,kind,subkind,promise,estimate,actual,t_estimated,t_due,status\n"
    b"B-1,Draw,Dev,Tidewater,Poster,build,Spring poster,8,2,2026-11-20,2026-12-18,open\n"
    b"B-2,Write,Maya,Tidewater,Poster,write,spring poster,4,,2026-11-20,2026-12-17,open\n"
    b"B-3,Menu cards,,Harbour Clinic,,,,,,2026-11-25,2026-12-11 12:00,open\n"
    b"B-4,Tidy the archive,Zoe,,,,,6,,2026-11-25,,open\n"
)


def counts() -> dict[str, int]:
    return {
        name: getattr(models, name).objects.count()
        for name in models.__all__
        if issubclass(getattr(models, name), Scoped)
    }


def test_looking_says_what_would_come_in_and_saves_nothing(
    northlight: cast.House, now: datetime
) -> None:
    before = counts()
    head = Head.objects.get(organisation=northlight.organisation).digest
    seen = intake.preview(HISTORY, "history.csv", by=northlight.ada, now=now)
    assert counts() == before
    assert Head.objects.get(organisation=northlight.organisation).digest == head
    assert (seen.total, seen.used, seen.finished, seen.known, seen.left_out) == (3, 2, 2, 0, 1)
    assert [(p.row, p.column, p.value, p.row_left_out) for p in seen.problems] == [
        (4, "t_finished", "31/02/2026", True)
    ]
    assert [(name.role, name.name, name.rows, name.means) for name in seen.names] == [
        ("kind", "Poster", 2, ""),
        ("project", "Tidewater", 1, ""),
        ("person", "Dev", 1, "Dev"),
        ("person", "dev@northlight.example", 1, "Dev"),
        ("project", "Harbour Clinic", 1, "Harbour Clinic"),
    ]
    assert (seen.first_dates, seen.same_file, seen.questions) == (False, None, {})


def test_accepting_brings_what_looking_said_and_learns_from_it(
    northlight: cast.House, now: datetime
) -> None:
    brought = intake.accept(HISTORY, "C:\\files\\history.csv", by=northlight.ben, now=now)
    assert (brought.file_name, brought.source, brought.state) == (
        "history.csv", "csv", Import.State.ACCEPTED,
    )  # fmt: skip
    assert (brought.finished_rows, brought.problem_rows, brought.open_rows) == (2, 1, 0)
    first, second = PastItem.objects.order_by("external_id").select_related("person", "project")
    assert (first.external_id, first.estimate_hours, first.actual_hours) == ("A-1", 8, 12)
    assert first.due_at == datetime(2026, 3, 10, 18, tzinfo=UTC)
    assert first.person.member == northlight.dev
    assert first.project.client == northlight.clients["Harbour Clinic"]
    assert (second.estimate_hours, second.actual_hours) == (8, 8)  # a day is eight hours here
    assert second.project.client is None
    profile = DurationProfile.objects.get()
    assert (profile.items, profile.made_at) == (2, now)
    assert list(chain.faults()) == []
    kinds = list(Event.objects.order_by("number").values_list("kind", flat=True))
    assert set(kinds[1:]) == {
        Event.Kind.IMPORT_ROWS, Event.Kind.IMPORT_ACCEPTED, Event.Kind.PROFILE_FITTED,
    }  # fmt: skip


def test_every_row_that_came_in_is_told_by_an_event(northlight: cast.House, now: datetime) -> None:
    intake.accept(HISTORY + OPEN[:0], "history.csv", by=northlight.ada, now=now)
    intake.accept(OPEN, "open.csv", by=northlight.ada, now=now)
    told = {name for event in Event.objects.all() for name in event.images}
    for table in (Import, ImportProblem, ImportedRow, ColumnChoice, PastItem, SourceName, Job,
                  Stage, Promise, Terms, DurationProfile):  # fmt: skip
        for row in table._default_manager.all():
            assert f"{row._meta.model_name}:{row.pk}" in told


def test_an_import_and_its_undoing_can_be_rebuilt_from_the_ledger(
    northlight: cast.House, now: datetime
) -> None:
    said = {"old": "bring"}
    cast_made = verifying.verify().faults  # the cast's own rows come without events
    intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    brought = intake.accept(OPEN, "open.csv", said, by=northlight.ada, now=now)
    assert verifying.verify().faults == cast_made
    undoing.undo(brought, by=northlight.ada, now=now)
    intake.accept(OPEN, "open.csv", {"old": "leave"}, by=northlight.ada, now=now)
    zoe = SourceName.objects.get(name="Zoe")
    naming.map_names({zoe: northlight.maya}, by=northlight.ada, now=now)
    assert verifying.verify().faults == cast_made


def test_a_name_is_mapped_to_its_own_kind_of_thing_by_a_lead(
    northlight: cast.House, now: datetime
) -> None:
    intake.accept(OPEN, "open.csv", by=northlight.ada, now=now)
    zoe = SourceName.objects.get(name="Zoe")
    with pytest.raises(refusals.Refused, match="“Zoe” cannot mean that"):
        naming.map_names({zoe: northlight.clients["Harbour Clinic"]}, by=northlight.ada, now=now)
    with pytest.raises(refusals.NotAllowed):
        naming.map_names({zoe: northlight.maya}, by=northlight.dev, now=now)
    profiles = DurationProfile.objects.count()
    assert naming.map_names({zoe: northlight.maya}, by=northlight.ben, now=now) == 1
    assert naming.map_names({zoe: northlight.maya}, by=northlight.ben, now=now) == 0
    assert DurationProfile.objects.count() == profiles + 1
    assert (
        intake.preview(OPEN.replace(b"B-", b"C-"), "more.csv", by=northlight.ada, now=now)
        .names[-1]
        .means
    )


def test_names_and_cells_stay_out_of_the_ledger_s_events(
    northlight: cast.House, now: datetime
) -> None:
    intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    events = str(list(Event.objects.values_list("images", "facts")))
    assert "Tidewater" not in events
    assert "31/02/2026" not in events
    assert {"Tidewater", "31/02/2026"} <= set(ErasableText.objects.values_list("text", flat=True))


def test_the_same_file_twice_adds_nothing(northlight: cast.House, now: datetime) -> None:
    for file, used in ((HISTORY, 2), (OPEN, 4)):
        intake.accept(file, "file.csv", by=northlight.ada, now=now)
        before = (PastItem.objects.count(), Job.objects.count(), Promise.objects.count())
        seen = intake.preview(file, "again.csv", by=northlight.ada, now=now)
        assert (seen.used, seen.known, seen.same_file) == (0, used, now)
        again = intake.accept(file, "again.csv", by=northlight.ada, now=now)
        assert (again.finished_rows, again.open_rows, again.known_rows) == (0, 0, used)
        assert (PastItem.objects.count(), Job.objects.count(), Promise.objects.count()) == before


def test_rows_without_an_id_are_known_by_what_they_say_and_twins_count_twice(
    northlight: cast.House, now: datetime
) -> None:
    file = b"task,hours,done\nFlyer,3,2026-03-02\nFlyer,3,2026-03-02\nCards,4,2026-03-02\n"
    assert intake.accept(file, "a.csv", by=northlight.ada, now=now).finished_rows == 3
    more = file + b"Flyer,3,2026-03-02\n"
    seen = intake.preview(more, "b.csv", by=northlight.ada, now=now)
    assert (seen.finished, seen.known) == (1, 3)


def test_a_row_that_says_other_things_under_its_old_id_is_named_and_left_as_it_was(
    northlight: cast.House, now: datetime
) -> None:
    intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    changed = HISTORY.replace(b"8,12,hours", b"8,20,hours")
    seen = intake.preview(changed, "newer.csv", by=northlight.ada, now=now)
    assert (seen.finished, seen.known, seen.left_out) == (0, 1, 2)
    problem = seen.problems[0]
    assert (problem.row, problem.column, problem.value) == (2, "row_id", "A-1")
    assert problem.why == (
        "Came in with “history.csv” and says other things now; it was left as it is. To bring it "
        "anew, undo that import first."
    )


def test_bare_numbers_of_two_tools_are_not_taken_for_the_same_row(
    northlight: cast.House, now: datetime
) -> None:
    intake.accept(b"id,hours,done\n1,3,2026-03-02\n", "a.csv", by=northlight.ada, now=now)
    other = intake.accept(
        b"ticket,actual,finished\n1,3,2026-03-02\n", "b.csv", by=northlight.ada, now=now
    )
    assert other.finished_rows == 1


def test_open_work_comes_in_as_jobs_and_promises_already_given(
    northlight: cast.House, now: datetime
) -> None:
    seen = intake.preview(OPEN, "open.csv", by=northlight.ada, now=now)
    assert (seen.open_work, seen.promises, seen.new_clients) == (4, 2, ("Tidewater",))
    (note,) = seen.notes
    assert note == (
        "1 promised row has no estimate; it counts as 1 to 16 hours, likely 4, until you say "
        "how big it is."
    )
    brought = intake.accept(OPEN, "open.csv", by=northlight.ada, now=now)
    assert (brought.open_rows, brought.promises) == (4, 2)
    menu, poster = Promise.objects.select_related("job", "client").order_by("due_at")
    assert (menu.job.title, menu.client, menu.origin, menu.state) == (
        "Menu cards", northlight.clients["Harbour Clinic"], "imported", "active",
    )  # fmt: skip
    assert (menu.due_at, menu.day_only) == (datetime(2026, 12, 11, 12, tzinfo=UTC), False)
    # Two rows of one promise: the later date, and no order among them that the file does not know.
    assert (poster.job.title, poster.client.name, poster.day_only) == (
        "Spring poster", "Tidewater", True,
    )  # fmt: skip
    assert poster.due_at == datetime(2026, 12, 18, 18, tzinfo=UTC)
    assert poster.given_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert [
        (stage.name, stage.likely_hours, stage.spent_hours, stage.state, str(stage.owner),
         str(stage.skill), stage.afters.count())
        for stage in poster.job.stages.order_by("position")
    ] == [
        ("Draw", 8, 2, "doing", "Dev", "build", 0),
        ("Write", 4, 0, "ready", "Maya", "write", 0),
    ]  # fmt: skip
    tidy = Job.objects.get(title="Tidy the archive")
    assert (tidy.state, tidy.client, Promise.objects.filter(job=tidy).exists()) == (
        Job.State.OPEN, None, False,
    )  # fmt: skip
    assert list(chain.faults()) == []


def test_first_due_dates_become_first_terms(northlight: cast.House, now: datetime) -> None:
    file = (
        b"title,client,estimate,t_due_first,t_due,status\n"
        b"Poster,Harbour Clinic,8,2026-12-07,2026-12-18,open\n"
    )
    intake.accept(file, "open.csv", by=northlight.ada, now=now)
    assert list(Terms.objects.values_list("number", "due_at")) == [
        (1, datetime(2026, 12, 7, 18, tzinfo=UTC)),
        (2, datetime(2026, 12, 18, 18, tzinfo=UTC)),
    ]


def test_undoing_takes_finished_work_back_and_the_file_can_come_again(
    northlight: cast.House, now: datetime
) -> None:
    brought = intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    undone = undoing.undo(brought, by=northlight.ada, now=now)
    assert (undone.state, undone.undone_at) == (Import.State.UNDONE, now)
    assert (PastItem.objects.count(), ImportedRow.objects.count()) == (0, 0)
    assert [profile.items for profile in DurationProfile.objects.all()] == [2, 0]
    assert list(chain.faults()) == []
    with pytest.raises(undoing.SomethingDepends, match="was undone on 2026-12-02"):
        undoing.undo(brought, by=northlight.ada, now=now)
    again = intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    assert again.finished_rows == 2


def test_undoing_takes_open_work_back_and_voids_its_promises(
    northlight: cast.House, now: datetime
) -> None:
    brought = intake.accept(OPEN, "open.csv", by=northlight.ada, now=now)
    undoing.undo(brought, by=northlight.ada, now=now)
    assert not Job.objects.filter(title="Tidy the archive").exists()
    assert [(p.state, p.void_reason, p.job.state) for p in Promise.objects.all()] == [
        ("voided", "The import “open.csv” was undone.", "closed"),
        ("voided", "The import “open.csv” was undone.", "closed"),
    ]
    assert Client.objects.filter(name="Tidewater").exists()
    assert list(chain.faults()) == []
    assert intake.accept(OPEN, "open.csv", by=northlight.ada, now=now).promises == 2


def test_what_was_worked_with_since_is_not_taken_back(
    northlight: cast.House, now: datetime
) -> None:
    brought = intake.accept(OPEN, "open.csv", by=northlight.ada, now=now)
    before = counts()
    work.begin(Stage.objects.get(name="Write"), by=northlight.maya, now=now)
    before["Event"] += 1
    with pytest.raises(undoing.SomethingDepends, match="“Spring poster” came with this file"):
        undoing.undo(brought, by=northlight.ada, now=now)
    assert counts() == before
    brought.refresh_from_db()
    assert brought.state == Import.State.ACCEPTED


def test_what_a_person_said_about_columns_is_remembered_for_files_with_that_header(
    northlight: cast.House, now: datetime
) -> None:
    file = b"a,b,when\nx,3,04/05/2026\n"
    said = {"title": "a", "actual": "b", "t_finished": "when", "dates": "month-first", "unit": "d"}
    with pytest.raises(intake.CannotRead, match="Say which column is which"):
        intake.preview(file, "odd.csv", by=northlight.ada, now=now)
    intake.accept(file, "odd.csv", said, by=northlight.ada, now=now)
    item = PastItem.objects.get()
    assert (item.actual_hours, item.finished_at) == (24, datetime(2026, 4, 5, 11, tzinfo=UTC))
    seen = intake.preview(b"A,B,When\ny,1,05/05/2026\n", "o.csv", by=northlight.ada, now=now)
    assert seen.remembered
    assert seen.layout.said() == {
        "title": "A", "actual": "B", "t_finished": "When", "dates": "month-first", "unit": "days",
    }  # fmt: skip


def test_days_that_can_be_two_days_must_be_decided_before_anything_is_saved(
    northlight: cast.House, now: datetime
) -> None:
    file = b"hours,done\n3,04/05/2026\n"
    before = counts()
    seen = intake.preview(file, "a.csv", by=northlight.ada, now=now)
    assert (list(seen.questions), seen.used) == (["dates"], 0)
    with pytest.raises(intake.Undecided, match="may put the day or the month first") as refused:
        intake.accept(file, "a.csv", by=northlight.ada, now=now)
    assert (refused.value.field, counts()) == ("dates", before)


def test_cells_that_start_like_formulas_stay_text(northlight: cast.House, now: datetime) -> None:
    file = (
        b"title,client,estimate,t_due,status\n"
        b'"=HYPERLINK(""http://x"")",+Harbour,8,2026-12-18,open\n'
    )
    intake.accept(file, "open.csv", by=northlight.ada, now=now)
    assert Job.objects.get().title == '=HYPERLINK("http://x")'
    assert Client.objects.filter(name="+Harbour").exists()


def test_only_leads_import_and_undo(northlight: cast.House, now: datetime) -> None:
    brought = intake.accept(HISTORY, "history.csv", by=northlight.ben, now=now)
    for act in (
        lambda: intake.preview(HISTORY, "h.csv", by=northlight.dev, now=now),
        lambda: intake.accept(HISTORY, "h.csv", by=northlight.dev, now=now),
        lambda: undoing.undo(brought, by=northlight.dev, now=now),
    ):
        with pytest.raises(refusals.NotAllowed):
            act()


def test_another_house_s_rows_are_neither_known_nor_matched(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    with scope.acting_in(southbank.organisation):
        seen = intake.preview(HISTORY, "history.csv", by=southbank.cleo, now=now)
        assert (seen.finished, seen.known, seen.same_file, seen.remembered) == (2, 0, None, False)
        assert {name.means for name in seen.names} == {"", "Harbour Clinic"}
        intake.accept(HISTORY, "history.csv", by=southbank.cleo, now=now)
        project = SourceName.objects.get(name="Harbour Clinic")
        assert project.client == southbank.clients["Harbour Clinic"]
    assert PastItem.objects.count() == 2


def test_too_large_a_file_is_refused_unread(northlight: cast.House, now: datetime) -> None:
    tight = intake.Limits(size_bytes=1024 * 1024, rows=2, apart=False)
    with pytest.raises(intake.CannotRead, match="larger than 1 MB"):
        intake.preview(b"x" * 1024 * 1024 + b"x", "a.csv", by=northlight.ada, now=now, limits=tight)
    with pytest.raises(intake.CannotRead, match="has 3 rows; at most 2"):
        intake.preview(HISTORY, "a.csv", by=northlight.ada, now=now, limits=tight)
    with pytest.raises(intake.CannotRead, match="has 2001 columns; at most 2000"):
        intake.preview(b"a," * 2000 + b"b\n1\n", "a.csv", by=northlight.ada, now=now)


def test_finished_rows_take_no_query_each(northlight: cast.House, now: datetime) -> None:
    def queries(rows: int, start: int) -> int:
        file = b"row_id,actual,t_finished\n" + b"".join(
            b"K-%d,3,2026-03-02\n" % number for number in range(start, start + rows)
        )
        with CaptureQueriesContext(
            connection,
        ) as seen:
            intake.accept(file, "a.csv", by=northlight.ada, now=now)
        return sum("SAVEPOINT" not in query["sql"] for query in seen)

    queries(1, 0)
    assert queries(1, 100) == queries(3, 200)


def test_a_wrong_column_is_refused_by_its_field(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(columns.NoSuchColumn) as refused:
        intake.preview(HISTORY, "a.csv", {"estimate": "guess"}, by=northlight.ada, now=now)
    assert refused.value.field == "estimate"


def test_who_has_open_work_in_the_file_and_is_not_here_is_named(
    northlight: cast.House, now: datetime
) -> None:
    assert intake.preview(OPEN, "plate.csv", by=northlight.ada, now=now).newcomers == ("Zoe",)
    # Finished work counts while it is recent: Zoe's of April is not.
    old = HISTORY.replace(b"31/02/2026", b"2026-04-02")
    assert intake.preview(old, "history.csv", by=northlight.ada, now=now).newcomers == ()


def test_newcomers_are_added_with_the_file_and_their_open_work_is_theirs(
    northlight: cast.House, now: datetime
) -> None:
    cast_made = verifying.verify().faults  # the cast's own rows come without events
    intake.accept(OPEN, "plate.csv", add_people=["Zoe", "Nobody"], by=northlight.ada, now=now)
    zoe = Member.objects.get(name="Zoe")
    assert (zoe.role, zoe.does_work, zoe.email) == (Role.MEMBER, True, "")
    assert Stage.objects.get(name="Tidy the archive").owner == zoe
    assert SourceName.objects.get(name="Zoe").member == zoe
    assert verifying.verify().faults == cast_made


def test_a_name_that_is_an_address_gives_the_person_their_address(
    northlight: cast.House, now: datetime
) -> None:
    file = OPEN.replace(b"Zoe", b"zoe.lima@northlight.example")
    intake.accept(
        file, "plate.csv", add_people=["zoe.lima@northlight.example"], by=northlight.ada, now=now
    )
    zoe = Member.objects.get(email="zoe.lima@northlight.example")
    assert zoe.name == "zoe lima"


def test_saying_later_who_a_name_is_gives_them_the_open_work_that_is_nobody_s(
    northlight: cast.House, now: datetime
) -> None:
    cast_made = verifying.verify().faults  # the cast's own rows come without events
    intake.accept(OPEN, "plate.csv", by=northlight.ada, now=now)
    stage = Stage.objects.get(name="Tidy the archive")
    assert stage.owner is None
    drawn = Stage.objects.get(name="Draw")
    dev, zoe = SourceName.objects.get(name="Dev"), SourceName.objects.get(name="Zoe")
    naming.map_names({zoe: northlight.maya, dev: northlight.ben}, by=northlight.ben, now=now)
    stage.refresh_from_db()
    drawn.refresh_from_db()
    # What Dev owns stays with Dev: only what was nobody's is given.
    assert (stage.owner, drawn.owner) == (northlight.maya, northlight.dev)
    assert verifying.verify().faults == cast_made


def test_a_lead_brings_files_in_but_adds_nobody(northlight: cast.House, now: datetime) -> None:
    before = counts()
    with pytest.raises(refusals.NotAllowed):
        intake.accept(OPEN, "plate.csv", add_people=["Zoe"], by=northlight.ben, now=now)
    assert counts() == before
