"""What `kept verify` finds: anything that was changed past the verbs."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.db import connection, transaction
from tests import cast, tampering
from tests.custody import story

from kept.cli import commands
from kept.clients.models import Client
from kept.custody import verifying
from kept.ledger import heads, recording
from kept.ledger.models import ErasableText, Event, Head
from kept.people.models import Member, Skill, WorkingTime
from kept.tenancy import scope
from kept.tenancy.models import Organisation


@pytest.fixture
def told(db: None, now: datetime) -> Iterator[story.Story]:
    told = story.begin(now)
    with scope.acting_in(told.house):
        yield told


def faults() -> list[tuple[str, str]]:
    return [(fault.place, fault.what) for fault in verifying.verify().faults]


@pytest.mark.slow
def test_rows_that_only_verbs_wrote_are_what_their_events_say(db: None, now: datetime) -> None:
    """A room that gets a table gets a line in the story: else its verbs are not checked."""
    told = story.tell(now)
    with scope.acting_in(told.house):
        report = verifying.verify()
        assert report.faults == []
        assert (report.events, report.texts) == (
            Event.objects.count(),
            ErasableText.objects.count(),
        )
        written = {name.partition(":")[0] for e in Event.objects.all() for name in e.images}
        assert written == {recording.table_of(model) for model in verifying.rebuilt()}


def test_tables_that_are_not_rebuilt_exist_and_say_why() -> None:
    from django.apps import apps

    tables = {recording.table_of(model) for model in apps.get_app_config("kept").get_models()}
    assert set(verifying.NOT_REBUILT) <= tables
    assert all(verifying.NOT_REBUILT.values())


def test_a_row_changed_past_its_verb_is_found(told: story.Story) -> None:
    Member.objects.filter(pk=told.zoe.pk).update(role="owner")
    assert faults() == [
        (
            f"member {told.zoe.pk}",
            f'has role "owner"; event {last("member", told.zoe.pk)} wrote "lead"',
        )
    ]


def last(table: str, key: int) -> int:
    """Return the number of the event that wrote a row last."""
    return max(e.number for e in Event.objects.all() if f"{table}:{key}" in e.images)


def test_a_changed_name_is_found_though_no_event_holds_it(told: story.Story) -> None:
    Client.objects.filter(pk=told.clinic.pk).update(name="Harbor Clinic")
    assert faults() == [
        (
            f"client {told.clinic.pk}",
            f"has another name than event {last('client', told.clinic.pk)} wrote",
        )
    ]


def test_a_changed_setting_of_the_house_is_found(told: story.Story) -> None:
    Organisation.objects.filter(pk=told.house.pk).update(line=0.5)
    assert faults() == [
        (
            f"organisation {told.house.pk}",
            f"has line 0.5; event {last('organisation', told.house.pk)} wrote 0.8",
        )
    ]


def test_a_removed_and_an_added_row_are_found(told: story.Story) -> None:
    gone = WorkingTime.objects.filter(member=told.zoe).latest("pk")
    key = gone.pk
    gone.delete()
    added = Skill.objects.create(name="juggle")
    assert faults() == [
        (f"skill {added.pk}", "was written by no event"),
        (f"workingtime {key}", f"is missing; event {last('workingtime', key)} wrote it last"),
    ]


def test_an_edited_event_is_found_with_what_it_hides(told: story.Story) -> None:
    number = last("member", told.zoe.pk)
    with tampering.unguarded():
        event = Event.objects.get(number=number)
        event.images[f"member:{told.zoe.pk}"]["role"] = "owner"
        event.save()
        Member.objects.filter(pk=told.zoe.pk).update(role="owner")
    assert faults() == [(f"event {number}", "was altered after it was written")]


@pytest.mark.parametrize("which", ["middle", "tail"])
def test_a_deleted_event_is_found(told: story.Story, which: str) -> None:
    count = Event.objects.count()
    number = 5 if which == "middle" else count
    with tampering.unguarded():
        Event.objects.filter(number=number).delete()
    found = faults()
    if which == "middle":
        assert found[0] == ("event 5", "is missing")
    else:
        assert found[0] == (
            "the head",
            f"says {count} events were written, the last one found is {count - 1}",
        )


def test_several_deleted_events_are_named_by_the_first_and_the_last(told: story.Story) -> None:
    with tampering.unguarded():
        Event.objects.filter(number__in=[4, 5, 6]).delete()
    assert faults()[0] == ("events 4–6", "are missing")


def test_an_event_written_anew_with_its_digest_breaks_the_chain_after_it(
    told: story.Story,
) -> None:
    with tampering.unguarded():
        event = Event.objects.get(number=4)
        event.facts = {"other": "story"}
        event.digest = recording.digest_of(event)
        event.save()
    assert faults() == [("event 5", "does not follow the event before it")]


def test_a_missing_head_is_found(told: story.Story) -> None:
    Head.objects.all().delete()
    assert faults() == [("the head", "is missing")]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: ErasableText.objects.filter(pk=text.pk).update(text="Zed"), "was altered"),
        (
            lambda text: ErasableText.objects.filter(pk=text.pk).update(text="", key=b""),
            "was erased by no event",
        ),
        (lambda text: text.delete(), "is missing"),
    ],
)
def test_personal_text_is_checked_by_its_keyed_hash(
    told: story.Story, change: Callable[[ErasableText], object], what: str
) -> None:
    text = ErasableText.objects.filter(about_table="contact", field="email").earliest("pk")
    place = f"text {text.pk}" + (
        "" if what == "is missing" else f" (contact {text.about_id} email)"
    )
    change(text)
    assert faults() == [(place, what)]


def test_a_text_that_no_event_knows_is_found(told: story.Story) -> None:
    text = ErasableText.objects.create(
        about_table="member", about_id=1, field="name", key=b"k", text="planted"
    )
    assert faults() == [(f"text {text.pk} (member 1 name)", "was written by no event")]


def rewritten(number: int, change: Callable[[Event], object]) -> None:
    """Change an event and all digests from it on, as somebody would who knows the chain."""
    with tampering.unguarded():
        before = ""
        for event in Event.objects.filter(number__gte=number).order_by("number"):
            if event.number == number:
                change(event)
            else:
                event.digest_before = before
            event.digest = before = recording.digest_of(event)
            event.save()
        Head.objects.update(digest=before)


def test_a_text_that_became_personal_later_is_compared_as_it_was_written(
    told: story.Story,
) -> None:
    number, name = last("client", told.clinic.pk), f"client:{told.clinic.pk}"

    def plain_as_of_old(event: Event) -> None:
        event.images[name]["name"] = told.clinic.name

    rewritten(number, plain_as_of_old)
    assert faults() == []
    Client.objects.filter(pk=told.clinic.pk).update(name="Harbor Clinic")
    assert faults() == [(f"client {told.clinic.pk}", f"has another name than event {number} wrote")]


def test_a_text_that_is_not_personal_any_more_is_compared_by_its_hash(
    told: story.Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "personal", ())
    assert faults() == []
    Client.objects.filter(pk=told.clinic.pk).update(name="Harbor Clinic")
    assert faults() == [
        (
            f"client {told.clinic.pk}",
            f"has another name than event {last('client', told.clinic.pk)} wrote",
        )
    ]


NONSENSE: list[object] = [
    None, True, 7, 0.5, "", "words", [], [["text", "mac"]], {}, {"text": 1}, {"mac": "0"},
    {"text": None, "mac": None}, {"text": [1], "mac": "0"}, {"text": "1", "mac": 1},
    {"text": True, "mac": "ü"}, {"text": 10**30, "mac": "ü"}, {"deep": [{"er": {}}]},
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_whatever_an_altered_event_holds_is_reported(told: story.Story, nonsense: object) -> None:
    """The chain fits together again, so that only what the events say can be wrong."""
    number, name = last("client", told.clinic.pk), f"client:{told.clinic.pk}"

    def column(event: Event) -> None:
        event.images[name]["name"] = nonsense

    def image(event: Event) -> None:
        event.images[name] = nonsense

    def images(event: Event) -> None:
        event.images = nonsense if nonsense is not None else []

    def facts(event: Event) -> None:
        event.kind, event.facts = Event.Kind.TEXT_ERASED, {"texts": nonsense}

    told_before = Event.objects.get(number=number)
    for change in (column, image, images, facts):
        with transaction.atomic():
            rewritten(number, change)
            found = faults()
            assert found or change is facts, change
            assert all(place and what for place, what in found)
            transaction.set_rollback(True)
    assert Event.objects.get(number=number).digest == told_before.digest
    assert faults() == []


def test_a_row_of_a_table_that_there_is_not_is_reported(told: story.Story) -> None:
    number = last("client", told.clinic.pk)

    def stranger(event: Event) -> None:
        event.images["giraffe:1"] = {"neck": "long"}

    rewritten(number, stranger)
    assert faults() == [
        ("giraffe 1", f"stands in event {number}, but there is no table called that")
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no word in a number")
@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("kept_event", "at", "'not a moment'", "event {number}"),
        ("kept_event", "images", "'{broken'", "event {number}"),
        ("kept_event", "images", """'{"half a letter": "\\ud800"}'""", "event {number}"),
        ("kept_event", "number", "'many'", "event many"),
        ("kept_event", "chance_then", "x'00ff'", "event {number}"),
        ("kept_client", "zone", "x'00ff'", "client {client}"),
        ("kept_erasabletext", "key", "'a word'", "text"),
    ],
)
def test_a_column_that_holds_something_of_another_kind_is_reported(
    told: story.Story, table: str, column: str, value: str, expected: str
) -> None:
    number = last("client", told.clinic.pk)
    event = Event.objects.get(number=number)
    key = {
        "kept_event": event.pk,
        "kept_client": told.clinic.pk,
        "kept_erasabletext": event.images[f"client:{told.clinic.pk}"]["name"]["text"],
    }[table]
    with tampering.unguarded(), connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(f'UPDATE "{table}" SET "{column}" = {value} WHERE id = {key}')
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
        found = faults()
    wanted = expected.format(number=number, client=told.clinic.pk)
    assert any(place.startswith(wanted) for place, _what in found), found


def test_another_house_is_not_looked_at(told: story.Story, southbank: cast.House) -> None:
    assert faults() == []
    with scope.acting_in(southbank.organisation):
        assert len(faults()) > 0  # its rows were put there without verbs


def test_the_command_says_whole_or_where_not(
    told: story.Story, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept("verify") == 0
    assert capsys.readouterr().out.startswith("northlight: whole (")

    Client.objects.filter(pk=told.clinic.pk).update(zone="Europe/Paris")
    assert kept("verify", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["whole"] is False
    assert found["organisations"][0]["faults"] == [
        {
            "place": f"client {told.clinic.pk}",
            "what": 'has zone "Europe/Paris"; '
            f'event {last("client", told.clinic.pk)} wrote "Europe/Lisbon"',
        }
    ]


def test_the_command_prints_where_the_ledger_ends_and_checks_a_line_given_back(
    told: story.Story, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept("verify") == 0
    said = capsys.readouterr().out.splitlines()
    line = heads.line()
    assert said[1:] == [f"  {line}", f"signed with the key {heads.public_key()}"]

    assert kept("verify", "--head", line, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["whole"], found["public_key"]) == (True, heads.public_key())
    assert found["organisations"][0]["head"] == line

    count = Event.objects.count()
    with tampering.unguarded():
        Event.objects.filter(number=count).delete()
        last = Event.objects.get(number=count - 1)
        Head.objects.update(number=last.number, digest=last.digest)
    assert kept("verify", "--head", line) == 1
    assert (
        f"the head {count} · {line.split(' · ')[1]} "
        f"says {count} events were written, the last one found is {count - 1}"
    ) in capsys.readouterr().out


def test_a_line_that_is_no_head_is_wrong_use(
    told: story.Story, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept("verify", "--head", "hello") == 2
    assert "Copy the whole line" in capsys.readouterr().err


def kept(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        commands.main(list(arguments), prog_name="kept")
    return int(str(end.value.code or 0))
