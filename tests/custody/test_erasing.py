"""A person's text is erased: nothing of it is left, and the ledger stays whole."""

import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests import cast
from tests.custody import story

from kept.clients import links
from kept.clients.models import Client, Contact
from kept.custody import erasing, verifying
from kept.jobs import work
from kept.jobs.models import Job
from kept.ledger import recording
from kept.ledger.models import ErasableText, Event
from kept.outbox import letters, running
from kept.people.models import Login, Member
from kept.plan.models import Snapshot
from kept.tenancy import refusals, scope
from kept.tenancy.models import Organisation


def places(*words: str) -> list[str]:
    """Return every column of every table, libraries' too, that holds one of the words."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    text = bytes(value) if isinstance(value, bytes | memoryview) else str(value)
                    seen = text.decode("latin-1") if isinstance(text, bytes) else text
                    if any(word.lower() in seen.lower() for word in words):
                        found.append(f"{table}.{column}")
    found += [
        f"snapshot {snapshot.pk}"
        for snapshot in Snapshot.objects.all()
        if any(word.encode() in zlib.decompress(bytes(snapshot.plan)) for word in words)
    ]
    return sorted(set(found))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_anybody_who_was_erased(now: datetime) -> None:
    told = story.tell(now)
    later = now + timedelta(days=400)
    with scope.acting_in(told.house):
        people = ("Wilma Umbrage", "umbrage.example", "Zoe Quartz", "quartz.example")
        assert len(places(*people)) > 10

        erased = erasing.erase(told.contact, confirmed=told.contact.name, by=told.ada, now=later)
        assert (erased.event.kind, erased.event.about_table) == ("text.erased", "contact")
        work.leave(told.zoe, by=told.ada, now=later)
        erasing.erase(told.zoe, confirmed=told.zoe.name, by=told.ada, now=later)

        assert places(*people) == []
        assert verifying.verify().faults == []
        assert Contact.objects.get(pk=told.contact.pk).name == f"erased {told.contact.pk}"
        assert Job.objects.filter(title="Menu cards for […]").count() == 1
        assert not ErasableText.objects.filter(erased_at__isnull=False).exclude(key=b"").exists()
    if connection.vendor == "sqlite":
        file = Path(str(connection.settings_dict["NAME"]))
        for path in (file, file.with_name(file.name + "-wal")):
            raw = path.read_bytes() if path.exists() else b""
            for word in people:
                assert word.encode() not in raw, (path.name, word)


@pytest.fixture
def told(db: None, now: datetime) -> story.Story:
    return story.begin(now)


@pytest.mark.django_db(transaction=True)
def test_a_contact_who_is_erased_leaves_no_link_and_no_letter_in_the_folder(
    now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "kept.outbox.folder.Folder", tmp_path
    told = story.begin(now)
    with scope.acting_in(told.house):
        link = links.live_for(told.contact, by=told.ada, now=now)
        token = links.token_of(link)
        letters.write(
            to=told.contact, subject="x", body="{link}", about=told.contact, by=None, now=now,
            link=link,
        )  # fmt: skip
        running.run_due(now=now + timedelta(days=1))
        assert len(list(tmp_path.iterdir())) == 1

        erasing.erase(told.contact, confirmed=told.contact.name, by=told.ada, now=now)

        assert list(tmp_path.iterdir()) == []
        assert links.find(token, now=now) is None
        assert verifying.verify().faults == []


def test_a_client_goes_with_its_contacts_and_its_work_stays(
    told: story.Story, now: datetime
) -> None:
    with scope.acting_in(told.house):
        erasing.erase(told.clinic, confirmed=told.clinic.name, by=told.ada, now=now)
        client = Client.objects.get(pk=told.clinic.pk)
        assert (client.name, client.note) == (f"erased {client.pk}", "")
        assert [(c.name, c.email) for c in client.contacts.all()] == [
            (f"erased {told.contact.pk}", "")
        ]
        assert places("Harbour Clinic", "Umbrage") == []
        assert verifying.verify().faults == []


def test_who_left_cannot_log_in_any_more(told: story.Story, now: datetime) -> None:
    with scope.acting_in(told.house):
        login = told.zoe.login
        assert login is not None
        work.leave(told.zoe, by=told.ada, now=now)
        erasing.erase(told.zoe, confirmed=told.zoe.name, by=told.ada, now=now)
        assert Member.objects.get(pk=told.zoe.pk).login is None
    gone = Login.objects.get(pk=login.pk)
    assert (gone.email, gone.is_active, gone.has_usable_password()) == (
        f"erased-{login.pk}@erased.invalid",
        False,
        False,
    )


def test_a_login_of_another_house_stays(
    told: story.Story, southbank: cast.House, now: datetime
) -> None:
    login = told.zoe.login
    assert login is not None
    with scope.acting_in(southbank.organisation):
        Member.objects.create(name="Zoe", email=login.email, login=login, zone=cast.ZONE)
    with scope.acting_in(told.house):
        work.leave(told.zoe, by=told.ada, now=now)
        erasing.erase(told.zoe, confirmed=told.zoe.name, by=told.ada, now=now)
    assert Login.objects.get(pk=login.pk).email == "zoe@quartz.example"
    with scope.acting_in(southbank.organisation):
        assert Member.objects.get(login=login).name == "Zoe"


def test_somebody_who_works_here_keeps_their_name(told: story.Story, now: datetime) -> None:
    with scope.acting_in(told.house):
        events = Event.objects.count()
        with pytest.raises(erasing.StillHere):
            erasing.erase(told.zoe, confirmed=told.zoe.name, by=told.ada, now=now)
        with pytest.raises(refusals.NotAllowed):
            erasing.erase(told.contact, confirmed=told.contact.name, by=told.zoe, now=now)
        assert Event.objects.count() == events
        assert Member.objects.get(pk=told.zoe.pk).name == "Zoe Quartz"


#: Texts that events keep in the clear, and why that may be.
THE_HOUSES_OWN_WORDS = {
    "askkind.name": "what this house calls a kind of ask",
    "policy.name": "a rule of the house",
    "policy.rule": "a rule of the house",
    "policy.language": "one of our own words",
    "policy.purpose": "what a rule is for",
    "policy.unit": "what a rule counts",
    "policy.hard_reason": "the law or the danger behind a rule",
    "rulewording.language": "one of our own words",
    "rulewording.rule": "a rule of the house",
    "rulewording.worded_from": "a rule of the house",
    "replytemplate.language": "one of our own words",
    "replytemplate.subject": "how this house words its replies; people are merged in later",
    "replytemplate.once": "how this house says that it is once",
    "replytemplate.no_rule": "what this house calls normal",
    "client.language": "one of our own words",
    "contact.language": "one of our own words",
    "replytemplate.body": "how this house words its replies; people are merged in later",
    "standingpromise.rule": "a recurrence rule, such as FREQ=WEEKLY",
    "service.name": "the catalogue",
    "servicestage.name": "the catalogue",
    "servicestage.done_means": "the catalogue",
    "skill.name": "what people of this house can do",
    "apitoken.scopes": "one of our own words",
    "alarm.cause": "one of our own words, numbers of rows and moments",
    "charterchannel.kind": "one of our own words",
    "notice.channel": "one of our own words",
    "notice.nonce": "drawn at random",
    "webhook.events": "names of events, from our own list",
    "webhook.nonce": "drawn at random",
    "webhook.nonce_before": "drawn at random",
    "clientlink.nonce": "drawn at random",
    "columnchoice.column": "a header of a file",
    "columnchoice.field": "one of our own words",
    "import.source": "one of our own words",
    "importproblem.column": "a header of a file",
    "importedrow.external_id": "a number in another tool",
    "letter.in_reply_to": "a number we gave",
    "letter.link_table": "one of our own words",
    "letter.message_id": "a number we gave",
    "durationprofile.open_work": "numbers of rows, hours and days",
    "pastitem.external_id": "a number in another tool",
}


def test_a_free_text_is_declared_personal_or_known_to_be_the_houses_own() -> None:
    """Whatever is not declared stands in events for ever."""
    clear = {
        f"{model._meta.model_name}.{field.name}"
        for model in verifying.rebuilt()
        for field in model._meta.concrete_fields
        if erasing._may_hold_text(field)
        and field.name not in recording.personal_of(model)
        and not field.name.endswith(("digest", "hash", "version"))
        and field.name not in {"zone", "country", "region"}
        and model is not Organisation
    }
    assert clear == set(THE_HOUSES_OWN_WORDS)
