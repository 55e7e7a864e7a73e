"""What a request is told that asks for what cannot be: the field, and words for people."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.conftest import Caller

from kept.imports.models import Import
from kept.jobs.models import Job
from kept.past.models import PastItem
from kept.people.models import Absence
from kept.quotes.models import Answer

HOURS = {"low_hours": 8, "likely_hours": 8, "high_hours": 8}


def stages(*afters: list[int]) -> list[dict[str, Any]]:
    return [
        {"name": name, "likely_hours": 4, "after": after}
        for name, after in zip("ABC", afters, strict=False)
    ]


@pytest.mark.parametrize(
    ("path", "body", "field", "said"),
    [
        ("/check", {"what": "Logo", "effort": HOURS, "wanted_on": "2020-01-01"}, "wanted",
         "Wed 1 Jan 2020, 18:00 has gone by. Ask for a later date."),
        ("/check", {"what": "Logo", "effort": HOURS, "wanted_on": "2027-02-31"}, "wanted_on",
         "This is no day, or no moment. Write it like 2026-12-18."),
        ("/check", {"what": "Logo", "effort": HOURS, "wanted_at": "2027-03-28T01:30"}, "wanted_at",
         "Say the offset of its clock as well, as in 2026-12-18T18:00+00:00."),
        ("/check", {"what": "Logo", "effort": {"likely_hours": -8}}, "effort.likely_hours",
         "It must be above 0."),
        ("/check", {"what": "Logo", "effort": {"likely_hours": 1e300}}, "effort.likely_hours",
         "It must be 20000 or less."),
        ("/check", {"what": "Lo\x00go", "effort": HOURS}, "what",
         "It is empty, or has a character in it that cannot be kept. Type it anew."),
        ("/check", {"what": "Logo", "effort": HOURS, "colour": "red"}, "colour",
         "There is no field of this name here."),
        ("/check", {"effort": HOURS}, "what", "It is missing."),
        ("/check", {"what": "", "effort": HOURS}, "what", "It is empty."),
        ("/check", {"what": "Logo"}, "effort",
         "Say how big it is: effort, stages, a service or an earlier promise."),
        ("/jobs", {"title": "Ring", "stages": stages([2], [1])}, "stages.1.after",
         "These stages wait for each other, so that none could start: “A” → “B” → “A”."),
        ("/services", {"name": "Ring", "stages": stages([2], [1])}, "stages.1.after",
         "These stages wait for each other, so that none could start: “A” → “B” → “A”."),
        ("/jobs",
         {"title": "Show", "stages": [{"name": "Act", "likely_hours": 4, "skill": "juggling"}]},
         "stages.1.skill",
         ("“Act” needs the skill “juggling”, and nobody who works here has it. Give it to somebody "
          "under People first, or leave it out.")),
        ("/absences", {"person_id": 0, "from_on": "2026-12-10", "to_on": "9999-12-31"}, "to_on",
         "Say a day from 1970 to 2199."),
        ("/absences", {"person_id": 0, "from_on": "2026-12-10", "to_on": "2026-12-01"}, "to_on",
         "The last day away lies before the first one. Nothing was saved."),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_its_field_and_nothing_is_kept(
    path: str, body: dict[str, Any], field: str, said: str, ada: Caller, northlight: Any
) -> None:
    if "person_id" in body:
        body = body | {"person_id": northlight.dev.pk}

    answer = ada.post(path, body)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["detail"].replace("\u00a0", " ")) == (field, said)
    assert [table.objects.count() for table in (Answer, Job, Absence)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        (b"row_id,estimate,actual,unit,t_finished\na,8,9,hours,31/02/2026\n", (2, "t_finished")),
        (b"row_id,estimate,actual,unit,t_finished\n", (None, None)),
    ],
)
def test_a_file_of_which_nothing_can_come_in_is_no_import(
    sent: bytes, place: tuple[int | None, str | None], ada: Caller
) -> None:
    file = SimpleUploadedFile("past.csv", sent, "text/csv")

    answer = ada.http.post("/api/v1/imports", {"file": file})

    assert answer.status_code == 422, json.dumps(answer.json())
    [error] = answer.json()["errors"]
    assert (error["row"], error["column"]) == place
    assert error["detail"].startswith("Nothing in the file could come in, and nothing was saved.")
    assert (Import.objects.count(), PastItem.objects.count()) == (0, 0)
