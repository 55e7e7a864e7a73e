"""From a question to a promise, by command line."""

from datetime import datetime
from pathlib import Path

import pytest
from tests import cast
from tests.cli.conftest import Type
from tests.past.test_profiles import past

from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service, ServiceStage
from kept.imports.models import Import
from kept.jobs import making, owning
from kept.past import profiles
from kept.past.models import PastItem, SourceName
from kept.people import tokens
from kept.people.models import Absence, Member
from kept.promises.models import Promise
from kept.quotes.models import Quote
from kept.tenancy import scope

HISTORY = (
    "row_id,person,project,kind,estimate,actual,unit,t_estimated,t_due,t_finished,status\n"
    "a,Dev,Harbour Clinic,build,8,12,hours,2026-03-02,2026-03-06,2026-03-05,finished\n"
    "b,Dev,Harbour Clinic,build,8,10,hours,2026-03-09,2026-03-13,2026-03-16,finished\n"
    "c,Dev,Harbour Clinic,build,eight,10,hours,2026-03-09,2026-03-13,31/02/2026,finished\n"
)
MAYA = ("--as", "maya@northlight.example")


def test_a_question_becomes_a_promise(northlight: cast.House, typed: Type) -> None:
    asked = typed("check", "Landing page for Harbour Clinic by Fri 18 Dec, 8-8-8h", "--json", *MAYA)
    assert (asked.status, asked.err) == (0, "")
    answer = asked.document
    assert answer["client"] == "Harbour Clinic"
    assert answer["wanted"]["due_at"] == "2026-12-18T18:00:00+00:00"
    assert answer["vague"] == []

    held = typed("hold", str(answer["answer"]), "--date", "2026-12-18", "--json").document
    assert held["due_at"] == "2026-12-18T18:00:00+00:00"
    quote = str(held["id"])
    refused = typed("offer", quote)
    assert refused.status == 1
    assert "nobody is named for “Landing page”; nobody is named for the last mile" in (
        refused.err.replace("Nobody", "nobody").replace("\n", " ")
    )
    signed = typed("offer", quote, "--sign", "We talk tomorrow.")
    assert signed.out.startswith(f"quote {quote}: Landing page for Harbour Clinic")
    accepted = typed("accept", quote, "--word", "Yes, please.", "--json")
    assert accepted.status == 0
    promise = Promise.objects.get(pk=accepted.document["id"])
    assert (promise.job.title, promise.quote.word) == ("Landing page", "Yes, please.")

    [row] = typed("today", "--json").document["promises"]
    assert (row["id"], row["what"], row["promised_on"]) == (
        promise.pk,
        "Landing page",
        "2026-12-18",
    )
    assert 0 < row["chance"] < 1


def test_what_is_asked_may_be_said_in_options(typed: Type) -> None:
    asked = typed(
        "check", "Signs", "--for", "Somebody New", "--size", "8h", "--by", "2026-12-18", "--json"
    )
    assert asked.status == 0
    assert asked.document["client"] == "Somebody New"
    assert asked.document["wanted"]["due_at"] == "2026-12-18T18:00:00+00:00"


def test_one_asks_as_sure_as_one_likes_and_takes_an_offer(
    northlight: cast.House, typed: Type
) -> None:
    stages = ("--stage", "Page: 12-12-12h [write]", "--stage", "Form: 12-12-12h [write]")
    typed("add", "service", "Landing page", *stages)
    Service.objects.get().stages.filter(name="Form").update(optional=True)
    words = ("check", "Landing page for Harbour Clinic", "--by", "2026-12-07", "--sure", "80")

    told = typed(*words).out.replace("\u00a0", " ")
    assert "Promised anyway, it breaks nearly always." in told
    assert "  less      Mon 7 Dec, 18:00  98 %\n    Without “Form”. Who pays: nobody.\n" in told
    answer = typed(*words, "--json").document
    assert answer["confidence"] == 0.8
    assert [row["kind"] for row in answer["offers"]] == ["later", "less", "overtime"]

    less = typed(*words, "--offer", "less", "--json").document
    assert less["answer"] > answer["answer"]
    held = typed("hold", str(less["answer"]), "--date", "2026-12-07", "--json").document
    assert [stage.name for stage in Quote.objects.get(pk=held["id"]).job.stages.all()] == ["Page"]


@pytest.mark.parametrize("columns", ["40", "60", "80"])
def test_today_names_every_promise_however_narrow_the_terminal(
    columns: str, northlight: cast.House, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    typed("promise", "Menu cards for Pete's Bakery by Fri 18 Dec")

    told = typed("today").out.replace("\u00a0", " ")

    assert max(len(line.rstrip()) for line in told.splitlines()) <= int(columns)
    for word in ("Menu", "cards", "Pete's", "Bakery", "Fri 18 Dec", "+"):
        assert word in told


def test_a_yes_for_a_quote_that_is_not_there_is_bad_input(typed: Type) -> None:
    answer = typed("accept", "77", "--json")
    assert (answer.status, answer.document) == (
        2,
        {"error": {"detail": "There is no quote 77 here.", "field": "QUOTE"}},
    )
    assert answer.err == "field QUOTE: There is no quote 77 here.\n"


def test_a_second_yes_is_answered_with_no(typed: Type) -> None:
    asked = typed("check", "Page for Harbour Clinic, 8-8-8h", "--json").document
    quote = typed("hold", str(asked["answer"]), "--date", "2026-12-18", "--json").document["id"]
    assert typed("accept", str(quote)).status == 0
    again = typed("accept", str(quote))
    assert again.status == 1
    assert again.out == ""
    assert "Nothing was changed." in again.err
    assert Quote.objects.get().state == Quote.State.ACCEPTED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "Signs for Harbour Clinic"), "Say how big it is"),
        (("check", "Signs", "--size", "large"), "“large” is not a size"),
        (("check", "Signs, 8h", "--by", "31/02/2027"), "“31/02/2027” is not a day"),
        (("check", "Signs, 8h", "--by", "2026-11-30"), "has gone by"),
        (("check", "Signs, 8h", "--like", "nothing known"), "neither a service nor"),
        (("check", "Signs, 8h", "--sure", "100"), "As sure as 50"),
        (("promise", "Menu cards for the bakery"), "Say by when"),
        (("promise", "Menu cards by Friday"), "Say for whom"),
        (("add", "person", "Zoe", "--role", "queen"), "“queen” is no role"),
        (("add", "absence", "nobody", "tomorrow"), "Nobody here is called “nobody”"),
        (("add", "service", "Signs", "--stage", "Draw 8h"), "is not a stage"),
        (("import", "/no/such/file.csv"), "It cannot be opened"),
        (("import", "--undo", "9"), "There is no import 9 here"),
        (("token", "--member", "cleo@southbank.example"), "Nobody of Northlight has the address"),
        (("today", "--organisation", "eastgate"), "There is no house called “eastgate” here."),
        (("today", "--as", "cleo@southbank.example"), "Nobody of Northlight has the address"),
    ],
)
def test_bad_input_is_named_and_nothing_is_changed(
    words: tuple[str, ...], said: str, northlight: cast.House, typed: Type
) -> None:
    before = list(Client.objects.values_list("name", flat=True))
    answer = typed(*words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert list(Client.objects.values_list("name", flat=True)) == before
    assert not Promise.objects.exists()


def test_a_loose_promise_is_one_line(northlight: cast.House, typed: Type) -> None:
    made = typed("promise", "Menu cards for the bakery by Friday", *MAYA)
    promise = Promise.objects.get()
    said = made.out.replace("\u00a0", " ")
    assert said == f"promise {promise.pk}: Menu cards for Pete's Bakery, Fri 4 Dec, 18:00\n"
    assert promise.client == northlight.clients["Pete's Bakery"]
    assert promise.given_by == northlight.maya


def test_things_are_added_and_each_prints_its_number(northlight: cast.House, typed: Type) -> None:
    client = typed("add", "client", "Corner Café", "--prospect", "--json").document
    assert Client.objects.get(pk=client["id"]).standing == Client.Standing.PROSPECT
    person = typed("add", "person", "Zoe", "--skill", "build", "--skill", "draw", "--json").document
    zoe = Member.objects.get(pk=person["id"])
    assert sorted(row.skill.name for row in zoe.member_skills.all()) == ["build", "draw"]
    service = typed(
        "add", "service", "Sign", "--stage", "Draw: 4-8-16h [draw]", "--stage", "Hand over: 1h",
        "--price", "1200.50", "--json",
    ).document  # fmt: skip
    stages = ServiceStage.objects.filter(service_id=service["id"]).order_by("position")
    assert [(row.name, row.likely_hours, row.finishing) for row in stages] == [
        ("Draw", 8, False),
        ("Hand over", 1, True),
    ]
    assert str(Service.objects.get(pk=service["id"]).price) == "1200.50"
    absence = typed("add", "absence", "dev", "2026-12-24", "2026-12-31", "--json").document
    row = Absence.objects.get(pk=absence["id"])
    assert (row.member, str(row.from_on), str(row.to_on)) == (
        northlight.dev,
        "2026-12-24",
        "2026-12-31",
    )


def test_a_file_is_looked_at_brought_in_and_taken_back(typed: Type, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text(HISTORY, encoding="utf-8")
    seen = typed("import", str(file), "--dry-run", "--json")
    assert seen.status == 0
    assert (seen.document["import"], seen.document["finished"], seen.document["left_out"]) == (
        None,
        2,
        1,
    )
    assert {(row["row"], row["column"]) for row in seen.document["problems"]} >= {(4, "t_finished")}
    assert not Import.objects.exists()

    made = typed("import", str(file), "--json").document
    assert PastItem.objects.count() == 2
    said = typed("past", "--json").document
    assert (said["items"], said["dates"]["kept"]["part"], said["dates"]["kept"]["of"]) == (2, 1, 2)
    assert "2 pieces of work" in typed("past").out
    assert typed("import", "--undo", str(made["import"])).status == 0
    assert not PastItem.objects.exists()


def test_a_token_is_printed_once_and_works(northlight: cast.House, typed: Type) -> None:
    made = typed("token", "--member", "dev@northlight.example", "--scopes", "read")
    assert "shown this once" in made.err
    token = tokens.find(made.out.strip(), now=northlight.organisation.created_at)
    assert token is not None
    with scope.acting_in(northlight.organisation):
        assert token.member == northlight.dev
    assert tokens.scopes_of(token) == {"read"}


def test_with_two_houses_one_must_be_named_and_neither_sees_the_other(
    northlight: cast.House, southbank: cast.House, typed: Type
) -> None:
    unclear = typed("today")
    assert (unclear.status, unclear.out) == (2, "")
    assert "northlight, southbank" in unclear.err
    typed("promise", "Cards for Harbour Clinic by Friday", "--organisation", "northlight")
    theirs = typed("today", "--organisation", "southbank", "--json").document
    assert theirs == {"promises": [], "asked": [], "occurrences": []}
    refused = typed("accept", "1", "--organisation", "southbank")
    assert refused.status == 2


def test_an_estimate_is_compared_with_past_work(
    northlight: cast.House, now: datetime, typed: Type
) -> None:
    assert "9 in 10 within 26 h" in typed("past", "--estimate", "10h").out
    past(30, ratio=1.5, now=now)
    profiles.refit(by=northlight.ada, now=now)
    said = typed("past", "--estimate", "2 days", "--skill", "build", "--for", "Harbour Clinic")
    assert said.out.startswith("For 16 h estimated: half within 24 h, 9 in 10 within 24 h.\n")
    found = typed("past", "--estimate", "16h", "--json").document
    assert (found["nine_in_ten_hours"], len(found["pieces"])) == (24.0, 9)
    assert typed("past", "--json").document["hindsight"]["half_more"] == 30
    assert "One and a half times the estimate: 30 of 30 (over 99\u00a0%)." in typed("past").out
    for words in (("0h",), ("soon",), ("8h", "--skill", "juggling"), ("8h", "--like", "Nothing")):
        refused = typed("past", "--estimate", *words)
        assert (refused.status, refused.out) == (2, "")


def test_nobodys_own_bias_is_printed(northlight: cast.House, now: datetime, typed: Type) -> None:
    name = SourceName.objects.create(role="person", name="Maya", member=northlight.maya)
    past(30, ratio=3.0, now=now, person=name)
    profiles.refit(by=northlight.ada, now=now)
    said = typed("past", "--estimate", "8h", *MAYA)
    assert said.out == (
        "Such work was done by one or two people here; what it took is theirs to see.\n"
    )
    found = typed("past", "--estimate", "8h", "--json").document
    assert (found["pieces"], found["nine_in_ten_hours"], found["half_hours"]) == ([], None, None)


def test_today_names_what_one_was_asked(northlight: cast.House, typed: Type, now: datetime) -> None:
    job = making.make(title="Signs", stages=[StageSketch("Paint", 2)], by=northlight.ben, now=now)
    asked = owning.propose(job.stages.get(), northlight.maya, by=northlight.ben, now=now)
    assert f"You were asked ({asked.pk}): Paint of Signs" in typed("today", *MAYA).out
    [told] = typed("today", "--json", *MAYA).document["asked"]
    assert (told["id"], told["what"], told["job"], told["hours"]) == (asked.pk, "Paint", "Signs", 2)
    assert typed("today", "--json").document["asked"] == []
