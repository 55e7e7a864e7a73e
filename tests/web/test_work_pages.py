"""Clients, services and jobs."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests import cast
from tests.web.visiting import Visitor, text, typed

from kept.clients import catalogue, keeping
from kept.clients.models import Client, Contact, Service
from kept.jobs import making
from kept.jobs.making import StageSketch
from kept.jobs.models import Assumption, Condition, InboundPromise, Job, Obligation, Stage
from kept.people.models import Member


def at(name: str, *keys: int) -> str:
    return reverse(name, args=keys)


def rows(*stages: dict[str, str], **more: str) -> dict[str, Any]:
    """Stages as the page sends them."""
    sent: dict[str, Any] = {"form-TOTAL_FORMS": str(len(stages)), "form-INITIAL_FORMS": "0", **more}
    for place, stage in enumerate(stages):
        for name, value in stage.items():
            sent[f"form-{place}-{name}"] = value
    return sent


@pytest.fixture
def page(northlight: cast.House, now: datetime) -> Job:
    """Dev builds for the clinic, then somebody checks."""
    return making.make(
        title="Landing page",
        client=northlight.clients["Harbour Clinic"],
        stages=[
            StageSketch("Build", 16, skill="build", owner=northlight.dev),
            StageSketch("Check", 2, done_means="Every link works."),
        ],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )


# ----- Clients -----------------------------------------------------------------------------------


def test_a_client_is_added_by_name_alone(northlight: cast.House) -> None:
    dev = Visitor(northlight.dev)
    answer = dev.post(at("client_new"), {"name": "Oakfield School"})
    oakfield = Client.objects.get(name="Oakfield School")
    assert answer.headers["Location"] == at("client", oakfield.pk)
    refused = dev.post(at("client_new"), {"name": "oakfield school"})
    assert refused.status_code == 409
    assert "There is a client called “oakfield school” already." in text(refused)
    assert "oakfield school" in typed(refused)


def test_a_client_shows_its_jobs_and_people(northlight: cast.House, page: Job) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    dev = Visitor(northlight.dev)
    dev.post(at("contact_new", clinic.pk), {"name": "Ana Prates", "email": "ana@clinic.example"})
    shown = text(dev.get(at("client", clinic.pk)))
    assert "Ana Prates ana@clinic.example" in shown
    assert "Landing page 0 of 2 stages done" in shown

    refused = dev.post(at("contact_new", clinic.pk), {"name": "Rosa", "email": "rosa"})
    assert (refused.status_code, {"Rosa", "rosa"} <= typed(refused)) == (422, True)
    dev.post(at("contact_archive", Contact.objects.get().pk))
    assert Contact.objects.get().archived_at is not None


def test_a_client_s_details_are_changed_and_refused(northlight: cast.House) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    dev = Visitor(northlight.dev)
    said = {"name": "Harbour Clinic", "standing": "prospect", "zone": "Europe/Madrid", "note": "x"}
    assert dev.post(at("client", clinic.pk), said).status_code == 302
    clinic.refresh_from_db()
    assert (clinic.standing, clinic.zone, clinic.note) == ("prospect", "Europe/Madrid", "x")
    refused = dev.post(at("client", clinic.pk), {**said, "name": "Pete's Bakery"})
    assert (refused.status_code, "Pete's Bakery" in typed(refused)) == (409, True)
    dev.post(at("client_archive", clinic.pk))
    assert "Not offered any more: Harbour Clinic" in text(dev.get(at("clients")))


def test_more_clients_services_and_jobs_cost_no_more_queries(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    dev = Visitor(northlight.dev)
    clinic = northlight.clients["Harbour Clinic"]
    addresses = (at("clients"), at("client", clinic.pk), at("jobs"), at("job", page.pk))
    counts: list[list[int]] = []
    for number in range(3):
        catalogue.add_service(
            name=f"S{number}",
            stages=[StageSketch("a", 1), StageSketch("b", 2)],
            by=northlight.ada,
            now=now,
        )
        keeping.add_client(name=f"C{number}", by=northlight.ada, now=now)
        keeping.add_contact(clinic, name=f"P{number}", by=northlight.ada, now=now)
        making.make(
            title=f"J{number}",
            client=clinic,
            stages=[StageSketch("a", 1)],
            state=Job.State.OPEN,
            by=northlight.ada,
            now=now,
        )
        making.add_stage(
            page,
            StageSketch(f"Stage {number}", 1, people=(northlight.maya,)),
            by=northlight.ada,
            now=now,
        )
        making.add_condition(page, f"Line {number}", by=northlight.ada, now=now)
        making.record_obligation(
            page,
            what=f"O{number}",
            due_at=now,
            stage=page.stages.first(),
            by=northlight.ada,
            now=now,
        )
        counts.append([])
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert dev.get(address).status_code == 200
            counts[-1].append(len(queries))
    assert counts[0] == counts[2]


# ----- Services ----------------------------------------------------------------------------------


def test_a_service_is_typed_in_rows_and_empty_rows_are_no_stages(northlight: cast.House) -> None:
    ben = Visitor(northlight.ben)
    sent = rows(
        {"name": "Write", "effort": "8", "skill": "write"},
        {"name": "", "effort": "", "skill": ""},
        {"name": "Build", "effort": "12-16-40 h", "skill": "build", "after": "none"},
        {"name": "Check", "effort": "2h", "after": "1, 2", "finishing": "on"},
        name="Landing page",
        price="4800",
    )
    assert ben.post(at("service_new"), sent).headers["Location"] == at("clients")
    assert catalogue.sketches_of(Service.objects.get()) == [
        StageSketch("Write", 8, skill="write", after=()),
        StageSketch("Build", 16, low_hours=12, high_hours=40, skill="build", after=()),
        StageSketch("Check", 2, after=(1, 2), finishing=True),
    ]
    shown = ben.get(at("service", Service.objects.get().pk))
    assert {"Write", "12-16-40", "none", "1, 2", "4800.00"} <= typed(shown)
    assert "€ 4,800" in text(ben.get(at("clients"))).replace("\xa0", " ")


def test_a_service_shown_and_sent_back_unchanged_stays_as_it_is(
    northlight: cast.House, now: datetime
) -> None:
    service = catalogue.add_service(
        name="Film",
        stages=[
            StageSketch("Plan", 1, done_means="A list of shots."),
            StageSketch("Shoot", 2, hands=2, skill="build", after=()),
            StageSketch("Cut", 3, optional=True),
        ],
        by=northlight.ada,
        now=now,
    )
    before = catalogue.sketches_of(service)
    form = Visitor(northlight.ben).get(at("service", service.pk)).context["rows"]  # type: ignore[attr-defined]
    stages = [
        {
            name: "on" if row[name].value() is True else row[name].value() or ""
            for name in row.fields
            if row[name].value()
        }
        for row in form
    ]
    sent = rows(*stages, name="Film", price="")
    Visitor(northlight.ben).post(at("service", service.pk), sent)
    assert catalogue.sketches_of(service) == before


def test_more_rows_keep_what_was_typed_and_save_nothing(northlight: cast.House) -> None:
    sent = rows({"name": "Write", "effort": "8"}, name="Page", more="1")
    answer = Visitor(northlight.ben).post(at("service_new"), sent)
    assert answer.status_code == 200
    assert {"Page", "Write", "8", "4"} <= typed(answer)
    assert not Service.objects.exists()


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ({"name": "Weld", "effort": "8", "skill": "welding"}, "nobody who works here has it"),
        ({"name": "Weld", "effort": "much"}, "“much” is no effort."),
        ({"name": "Weld", "effort": "-4"}, "“-4” is no effort."),
        ({"name": "Weld", "effort": "0"}, "Hours of “Weld”: 0 cannot be."),
        ({"name": "Weld", "effort": "99999"}, "Hours of “Weld”: 99,999 cannot be."),
        ({"name": "Weld", "effort": "40-16-12"}, "“40-16-12” is no effort."),
        ({"name": "Weld", "effort": "8", "after": "2"}, "These stages wait for each other"),
        ({"name": "Weld", "effort": "8", "after": "7"}, "waits for stage 7, but there are 2"),
        ({"name": "Weld", "effort": "8", "after": "soon"}, "Write numbers of stages"),
        ({"name": "Weld", "effort": "8", "hands": "99"}, "99 cannot be."),
        ({"name": "", "effort": "8"}, "This field is required."),
        ({"name": "W" * 10_000, "effort": "8"}, "10,000 characters are too many."),
        ({"name": "We\x00ld", "effort": "8"}, "There is a character in it that cannot be kept."),
    ],
)
def test_a_stage_that_cannot_be_is_refused_in_its_row(
    northlight: cast.House, stage: dict[str, str], sentence: str
) -> None:
    sent = rows({"name": "Plan", "effort": "1"}, stage, name="Odd service")
    answer = Visitor(northlight.ben).post(at("service_new"), sent)
    assert answer.status_code == 422
    assert sentence in text(answer)
    sent_back = {value for value in stage.values() if value and "\x00" not in value}
    assert {"Odd service", "Plan"} | sent_back <= typed(answer)
    assert not Service.objects.exists()


def test_a_service_without_a_stage_is_refused(northlight: cast.House) -> None:
    answer = Visitor(northlight.ben).post(at("service_new"), rows(name="Odd"))
    assert answer.status_code == 422
    assert "Say at least one stage" in text(answer)


def test_a_member_reads_the_catalogue_and_a_lead_keeps_it(
    northlight: cast.House, now: datetime
) -> None:
    service = catalogue.add_service(
        name="Film", stages=[StageSketch("Plan", 1)], by=northlight.ada, now=now
    )
    dev = Visitor(northlight.dev)
    assert "Plan" in text(dev.get(at("service", service.pk)))
    sent = rows({"name": "Hack", "effort": "1"}, name="Mine")
    assert dev.post(at("service", service.pk), sent).status_code == 403
    assert dev.post(at("service_archive", service.pk)).status_code == 403
    Visitor(northlight.ben).post(at("service_archive", service.pk))
    assert "Not sold any more: Film" in text(dev.get(at("clients")))


# ----- Jobs --------------------------------------------------------------------------------------


def test_a_two_day_job_is_one_screen(northlight: cast.House) -> None:
    said = {
        "title": "Menu cards",
        "client": northlight.clients["Pete's Bakery"].pk,
        "effort": "2 days",
        "owner": northlight.dev.pk,
        "done_means": "Pete has the printed cards.",
        "state": "open",
    }
    answer = Visitor(northlight.dev).post(at("job_new"), said)
    job = Job.objects.get()
    assert answer.headers["Location"] == at("job", job.pk)
    stage = job.stages.get()
    assert (job.title, job.state, job.client.name) == ("Menu cards", "open", "Pete's Bakery")  # type: ignore[union-attr]
    assert (stage.name, stage.likely_hours, stage.owner) == ("Menu cards", 16, northlight.dev)
    assert stage.done_means == "Pete has the printed cards."


def test_a_job_is_made_of_one_line_and_brings_its_client(northlight: cast.House) -> None:
    answer = Visitor(northlight.dev).post(
        at("job_line"), {"line": "Audio guide for Tidewater Museum, 12-16-40h"}
    )
    job = Job.objects.get()
    assert answer.headers["Location"] == at("job", job.pk)
    assert (job.title, job.client.name, job.client.standing) == (  # type: ignore[union-attr]
        "Audio guide", "Tidewater Museum", "prospect",
    )  # fmt: skip
    assert making.sketches_of_job(job) == [
        StageSketch("Audio guide", 16, low_hours=12, high_hours=40, after=())
    ]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Audio guide for Tidewater Museum", "Audio guide"),
        ("Audio guide", "Audio guide"),
        ("", ""),
        ("x" * 900, "X" + "x" * 299),
    ],
)
def test_a_line_without_a_size_is_asked_on_the_form_and_adds_no_client(
    northlight: cast.House, line: str, kept: str
) -> None:
    answer = Visitor(northlight.dev).post(at("job_line"), {"line": line})
    assert answer.status_code == 422
    assert "Say how big it is" in text(answer)
    assert {kept} - {""} <= typed(answer)
    assert (Job.objects.count(), Client.objects.count()) == (0, 2)


def test_one_person_alone_owns_what_they_make(southbank: cast.House) -> None:
    cleo = Visitor(southbank.cleo)
    assert "Who does it" not in text(cleo.get(at("job_new")))
    cleo.post(at("job_new"), {"title": "Menu cards", "effort": "8", "state": "open"})
    assert Stage.everywhere.get().owner_id == southbank.cleo.pk


def test_a_job_from_the_catalogue_needs_no_size(northlight: cast.House, now: datetime) -> None:
    service = catalogue.add_service(
        name="Film",
        stages=[StageSketch("Plan", 1), StageSketch("Cut", 3)],
        by=northlight.ada,
        now=now,
    )
    said = {"title": "Spring film", "service": service.pk, "effort": "", "state": "draft"}
    Visitor(northlight.dev).post(at("job_new"), said)
    assert [stage.name for stage in Job.objects.get().stages.all()] == ["Plan", "Cut"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"effort": ""}, "Say how big it is, in hours or days."),
        ({"effort": "big"}, "“big” is no effort."),
        ({"effort": "0"}, "0 cannot be."),
        ({"title": ""}, "This field is required."),
        ({"title": "M" * 10_000}, "10,000 characters are too many."),
        ({"skill": "welding"}, "nobody who works here has it"),
        ({"client": "999999"}, "Select a valid choice."),
    ],
)
def test_a_job_that_cannot_be_is_refused_and_keeps_what_was_typed(
    northlight: cast.House, change: dict[str, str], sentence: str
) -> None:
    said = {"title": "Menu cards", "effort": "8", "skill": "", "state": "open", **change}
    answer = Visitor(northlight.dev).post(at("job_new"), said)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert {said["title"], said["effort"]} <= typed(answer) | {""}
    assert not Job.objects.exists()


def test_a_job_is_made_stage_by_stage(northlight: cast.House) -> None:
    sent = rows(
        {"name": "Write", "effort": "8", "owner": str(northlight.maya.pk)},
        {"name": "Build", "effort": "16", "skill": "build", "after": "none"},
        {"name": "Check", "effort": "2", "after": "1,2"},
        title="Landing page",
        client="",
        state="open",
    )
    Visitor(northlight.ben).post(at("job_in_stages"), sent)
    assert making.sketches_of_job(Job.objects.get()) == [
        StageSketch("Write", 8, after=(), owner=northlight.maya),
        StageSketch("Build", 16, skill="build", after=()),
        StageSketch("Check", 2, after=(1, 2)),
    ]
    circle = rows(
        {"name": "A", "effort": "1", "after": "2"},
        {"name": "B", "effort": "1"},
        title="x",
        state="open",
    )
    refused = Visitor(northlight.ben).post(at("job_in_stages"), circle)
    assert (refused.status_code, "“A” → “B” → “A”" in text(refused)) == (422, True)
    assert Job.objects.count() == 1


def test_work_goes_on_by_its_owner_s_hand(northlight: cast.House, page: Job) -> None:
    build, check = page.stages.all()
    dev, maya = Visitor(northlight.dev), Visitor(northlight.maya)
    assert maya.post(at("stage_begin", build.pk)).status_code == 403
    assert dev.post(at("stage_begin", build.pk)).status_code == 302
    assert dev.post(at("stage_hours", build.pk), {"hours": "3.5"}).status_code == 302
    refused = dev.post(at("stage_hours", build.pk), {"hours": "-1"})
    assert (refused.status_code, "Hours worked: -1 cannot be." in text(refused)) == (422, True)
    refused = dev.post(at("stage_hours", build.pk), {"hours": "many"})
    assert (refused.status_code, "Nothing was logged." in text(refused)) == (422, True)
    refused = dev.post(at("hand_over", check.pk))
    assert (refused.status_code, "“Check” waits for “Build”." in text(refused)) == (409, True)
    dev.post(at("hand_over", build.pk), {"hours": "14", "out_of_hours": "2"})
    build.refresh_from_db()
    check.refresh_from_db()
    # Nobody is named for the check, so that it is done at once.
    assert (build.state, build.spent_hours, build.out_of_hours, check.state) == (
        "done", 17.5, 2, "ready",
    )  # fmt: skip


def test_a_stage_is_changed_and_another_added(northlight: cast.House, page: Job) -> None:
    build, check = page.stages.all()
    ben = Visitor(northlight.ben)
    assert {"Check", "2", "1", "Every link works."} <= typed(ben.get(at("stage", check.pk)))
    said = {"name": "Check twice", "effort": "3", "after": "none", "owner": northlight.maya.pk}
    assert ben.post(at("stage", check.pk), said).status_code == 302
    check.refresh_from_db()
    assert (check.name, check.likely_hours, check.state, check.owner) == (
        "Check twice", 3, "ready", northlight.maya,
    )  # fmt: skip
    circle = ben.post(at("stage", build.pk), {"name": "Build", "effort": "16", "after": "1"})
    assert (circle.status_code, "These stages wait for each other" in text(circle)) == (422, True)
    assert ben.post(at("stage_new", page.pk), {"name": "Tell", "effort": "1"}).status_code == 302
    assert [stage.name for stage in page.stages.all()] == ["Build", "Check twice", "Tell"]


def test_what_a_job_counts_on_is_recorded_and_met(northlight: cast.House, page: Job) -> None:
    dev = Visitor(northlight.dev)
    build = page.stages.get(name="Build")
    dev.post(at("condition_new", page.pk), {"text": "Booking works on a phone."})
    dev.post(at("assumption_new", page.pk), {"text": "No shop is needed."})
    dev.post(
        at("obligation_new", page.pk), {"what": "Photos", "due_on": "2027-01-11", "stage": build.pk}
    )
    dev.post(
        at("inbound_new", page.pk),
        {"who": "Type house", "what": "Fonts", "due_on": "2027-01-12", "backed": "on"},
    )
    owed, fonts, shop = (
        Obligation.objects.get(),
        InboundPromise.objects.get(),
        Assumption.objects.get(),
    )
    assert (owed.stage, owed.due_at.isoformat()) == (build, "2027-01-11T18:00:00+00:00")
    assert fonts.backed
    dev.post(at("obligation_met", owed.pk))
    dev.post(at("inbound_met", fonts.pk))
    dev.post(at("assumption_broke", shop.pk))
    shown = text(dev.get(at("job", page.pk)))
    assert "Booking works on a phone." in shown
    assert "No shop is needed. did not hold" in shown
    assert shown.count("is here") == 2

    refused = dev.post(at("obligation_new", page.pk), {"what": "Texts", "due_on": "31/02/2027"})
    assert (refused.status_code, "Texts" in typed(refused)) == (422, True)
    refused = dev.post(at("condition_new", page.pk), {"text": "x" * 301})
    assert (refused.status_code, Condition.objects.count()) == (422, 1)


def test_a_guest_reads_the_jobs_that_name_them_and_nothing_else(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    gus = Visitor(northlight.gus)
    named = making.make(
        title="Audio guide",
        stages=[StageSketch("Record", 8, owner=northlight.gus)],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )
    assert gus.get("/").headers["Location"] == at("jobs")
    assert "Audio guide" in text(gus.get(at("jobs")))
    assert "Landing page" not in text(gus.get(at("jobs")))
    shown = text(gus.get(at("job", named.pk)))
    assert "Record" in shown
    assert "Log" not in shown.replace("Log out", "")
    assert gus.get(at("job", page.pk)).status_code == 404
    assert gus.post(at("stage_begin", named.stages.get().pk)).status_code == 403
    assert gus.get(at("clients")).status_code == 403


def test_another_house_s_jobs_and_clients_are_not_found(
    northlight: cast.House, southbank: cast.House, page: Job, now: datetime
) -> None:
    cleo = Visitor(southbank.cleo)
    clinic = northlight.clients["Harbour Clinic"]
    service = catalogue.add_service(
        name="Film", stages=[StageSketch("Plan", 1)], by=northlight.ada, now=now
    )
    stage = page.stages.get(name="Build")
    for name, key in (
        ("client", clinic.pk),
        ("service", service.pk),
        ("job", page.pk),
        ("stage", stage.pk),
    ):
        assert cleo.get(at(name, key)).status_code == 404
    for name, key in (
        ("client", clinic.pk), ("client_archive", clinic.pk), ("contact_new", clinic.pk),
        ("service_archive", service.pk), ("job_state", page.pk), ("stage_begin", stage.pk),
        ("stage_hours", stage.pk), ("condition_new", page.pk), ("obligation_new", page.pk),
    ):  # fmt: skip
        assert cleo.post(at(name, key), {"name": "x", "state": "closed"}).status_code == 404
    said = {"title": "x", "effort": "1", "state": "open", "client": clinic.pk}
    assert cleo.post(at("job_new"), said).status_code == 422
    said = {"title": "x", "effort": "1", "state": "open", "owner": northlight.dev.pk}
    assert cleo.post(at("job_new"), said).status_code == 302
    assert Member.everywhere.get(pk=Stage.everywhere.get(name="x").owner_id) == southbank.cleo
