"""What clients want beyond, by command line."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests import cast
from tests.cli.conftest import Type

from kept.asks.models import Ask, Decision, Extra
from kept.clients import keeping
from kept.people import staff
from kept.promises import delivering, recording
from kept.quotes.models import Quote


def test_the_numbers_of_the_house_are_shown_and_set(northlight: cast.House, typed: Type) -> None:
    shown = typed("desk", "numbers").out.replace("\xa0", " ")
    assert shown == (
        "The last 20 tell how a core stands: hot from 85 %, warm from 70 %.\n"
        "Number 3 of one kind for one client in 90 days is not rare any more.\n"
        "A rule bent in more than 20 % of its asks of those days is questioned.\n"
    )
    changed = typed("desk", "numbers", "--warm", "60", "--days", "60", "--json").document
    assert changed == {
        "core_looks_back": 20,
        "core_hot": 0.85,
        "core_warm": 0.6,
        "repeated_from": 3,
        "beyond_days": 60,
        "questioned_above": 0.2,
    }
    refused = typed("desk", "numbers", "--warm", "90")
    assert (refused.status, "cannot be warm from higher up" in refused.err) == (2, True)


def test_a_reply_is_worded_from_a_file(northlight: cast.House, typed: Type, tmp_path: Path) -> None:
    assert "fair_no: in kept’s own words\n" in typed("desk", "words").out
    file = tmp_path / "no.txt"
    file.write_text("Não: {what}.", encoding="utf-8")
    kept = typed("desk", "words", "fair_no", "--language", "pt", "--body", str(file), "--json")
    assert (kept.document["language"], kept.document["body"]) == ("pt", "Não: {what}.")
    assert "fair_no: pt\n" in typed("desk", "words").out
    file.write_text("Não {tempo}.", encoding="utf-8")
    refused = typed("desk", "words", "fair_no", "--language", "pt", "--body", str(file))
    assert (refused.status, "Nobody knows what to put in" in refused.err) == (2, True)
    gone = typed("desk", "words", "fair_no", "--language", "pt", "--remove")
    assert gone.out.startswith("{what}\n\n{greeting}")
    assert typed("desk", "words", "perhaps").status == 2


def test_a_rule_is_put_into_another_language(northlight: cast.House, typed: Type) -> None:
    typed(
        "desk", "rule", "Kitchen", "--rule", "the kitchen closes at 14:30", "--purpose", "Rest",
        "--owner", "ben@northlight.example", "--quantity", "time_of_day", "--limit", "14:30",
    )  # fmt: skip
    kept = typed("desk", "rule-words", "Kitchen", "--language", "pt", "--rule", "fecha às 14:30")
    assert (kept.status, kept.out) == (0, "en: the kitchen closes at 14:30\npt: fecha às 14:30\n")
    assert typed("desk", "rule-words", "Kitchen", "--json").document["wordings"] == [
        {"language": "en", "rule": "the kitchen closes at 14:30", "old": False},
        {"language": "pt", "rule": "fecha às 14:30", "old": False},
    ]
    gone = typed("desk", "rule-words", "Kitchen", "--language", "pt", "--remove")
    assert gone.out == "en: the kitchen closes at 14:30\n"
    again = typed("desk", "rule-words", "Kitchen", "--language", "pt", "--remove")
    assert (again.status, "is not put into “pt”" in again.err) == (1, True)


def test_time_over_what_was_sold_is_found_and_a_retainer_recurs(
    northlight: cast.House, typed: Type, now: datetime
) -> None:
    """A form sold as 4 h took 10, without a word: the third page; then pages are paid."""
    house = northlight
    promise = recording.loose(
        what="Form", client=house.clients["Harbour Clinic"], due_at=now + timedelta(days=3),
        day_only=False, by=house.ben, now=now,
    )  # fmt: skip
    stage = promise.job.stages.get()
    stage.spent_hours = 10
    stage.save()
    delivering.deliver(promise, by=house.ben, now=now)
    job = str(promise.job_id)
    listed = typed("desk", "found").out.replace("\xa0", " ")
    assert listed == f"job {job}: Form: 6 h more than the 4 h sold\n"
    assert typed("desk", "found", "999999").status == 2
    for _again in range(2):
        typed("desk", "extra", "A page", "--for", "Harbour Clinic", "--money", "480",
              "--kind", "Page")  # fmt: skip
    assert typed("desk", "found", job, "--kind", "Page", "--hours", "2").out.endswith(": Form\n")
    assert typed("desk", "found", job, "--estimate").status == 1
    assert typed("desk", "found").out == "No work took more than was sold, but what was judged.\n"
    assert typed("desk", "creep").out == "Harbour Clinic, Page: repeated, 3 times lately\n"
    assert typed("desk", "retainer", "Harbour Clinic", "Page").status == 2
    typed("desk", "settle-creep", "Harbour Clinic", "Page", "priced", "--price", "600",
          "--by-month")  # fmt: skip
    refused = typed("desk", "retainer", "Harbour Clinic", "page")
    assert (refused.status, "has not said yes to the first month" in refused.err) == (1, True)


def test_who_reads_what_recurs_is_named_by_command(
    northlight: cast.House, typed: Type, now: datetime
) -> None:
    assert typed("desk", "reader").out == "Nothing recurs.\n"
    made = typed(
        "desk", "standing", "Letters", "--for", "Harbour Clinic", "--rule", "FREQ=WEEKLY;BYDAY=MO",
        "--at", "10:00", "--reader", "Sara Nunes <sara@clinic.example>", "--json",
    ).document  # fmt: skip
    key = str(made["id"])
    line = f"standing promise {key}: Letters, Harbour Clinic, every Monday by 10:00; "
    assert typed("desk", "reader").out == f"{line}Sara Nunes reads it\n"
    assert typed("desk", "reader", key, "--nobody").out == f"{line}nobody there reads it\n"
    assert typed("desk", "reader", key, "sara", "--json").document == {
        "standing_promises": [
            {
                "id": made["id"],
                "what": "Letters",
                "client": "Harbour Clinic",
                "rule": "FREQ=WEEKLY;BYDAY=MO",
                "due_time": "10:00",
                "reader": "Sara Nunes",
            }
        ]
    }
    unsaid = typed("desk", "reader", key)
    assert (unsaid.status, "Say who reads it, or --nobody." in unsaid.err) == (2, True)
    unknown = typed("desk", "reader", key, "Rui")
    assert (unknown.status, "Nobody at Harbour Clinic fits “Rui”." in unknown.err) == (2, True)
    absent = typed("desk", "reader", "999999", "sara")
    assert (absent.status, "There is no standing promise 999999 here." in absent.err) == (2, True)
    wrong = typed(
        "desk", "standing", "Lists", "--for", "Harbour Clinic", "--rule", "FREQ=HOURLY",
        "--at", "10:00", "--reader", "Rui Costa <rui@clinic.example>",
    )  # fmt: skip
    assert wrong.status == 2
    people = northlight.clients["Harbour Clinic"].contacts.values_list("name", flat=True)
    assert list(people) == ["Sara Nunes"], "nobody new is left behind"


def test_extras_are_written_down_budgeted_and_settled(northlight: cast.House, typed: Type) -> None:
    given = typed(
        "desk", "extra", "A page", "--for", "Harbour Clinic", "--hours", "2.5", "--money", "480"
    )
    assert given.out.endswith(": A page\n")
    budget = typed("desk", "budget", "Harbour Clinic", "--hours", "2")
    assert budget.out.endswith("Harbour Clinic, 2026-01-01 to 2026-12-31\n")
    assert "over their budget" in typed("desk", "extras").out
    assert typed("desk", "budget", "Harbour Clinic", "--hours", "2", "--to", "soon").status == 2
    assert "Too early to judge" in typed("desk", "pays").out
    assert typed("desk", "pays", "--json").document["difference"] is None
    assert typed("desk", "creep").out == "Nothing crept in: every extra is still a gift.\n"
    assert typed("desk", "wonts").out == "0 of 0 can'ts in 90 days were won'ts.\n"
    assert typed("desk", "balance").out == "Nobody asked for more in a year.\n"
    assert typed("desk", "balance", "--as", northlight.dev.email).status == 1
    assert typed("desk", "shine", "--json").document == {"clients": []}


def test_an_answer_says_its_cost_its_day_and_its_true_reason(
    one_builder: cast.House, typed: Type, now: datetime
) -> None:
    """A paid yes is offered before every owner said yes, with a lead's reason."""
    asked = ("desk", "ask", "A page", "--for", "Harbour Clinic", "--sort")
    gift = str(typed(*asked, "extra", "--json").document["id"])
    typed("desk", "decide", gift, "yes_once", "--sincere", "yes", "--because", "For once",
          "--hours", "2.5", "--worth", "480",
          "--true-reason", "They sent us the school")  # fmt: skip
    decision = Decision.objects.get()
    assert (decision.cost_hours, decision.cost_money) == (Decimal("2.5"), 480)
    assert decision.true_reason == "They sent us the school"
    paid = str(typed(*asked, "change", "--size", "3h", "--json").document["id"])
    day = (now + timedelta(days=9)).date()
    sold = ("desk", "decide", paid, "paid_yes", "--price", "480", "--due", str(day), "--say")
    refused = typed(*sold)
    assert (refused.status, "Not everybody has said yes" in refused.err) == (1, True)
    assert typed(*sold, "--gap-because", "Dev is told at lunch").status == 0
    assert Quote.objects.get().due_at.date() == day
    assert typed(*sold[:6], "--due", "soon").status == 2


def test_an_ask_is_put_through_the_four_tests(
    one_builder: cast.House, typed: Type, now: datetime
) -> None:
    """Dev alone builds eight hours a day and is away for a week: sixteen by Friday cannot be."""
    staff.add_absence(
        one_builder.dev, date(2026, 12, 3), date(2026, 12, 9), by=one_builder.dev, now=now
    )
    asked = typed("desk", "ask", "A page", "--for", "Harbour Clinic", "--sort", "extra",
                  "--kind", "Page", "--size", "16h", "--by", "4 Dec", "--json")  # fmt: skip
    ask = str(asked.document["id"])
    told = typed("desk", "test", ask).out.replace("\xa0", " ")
    assert told.startswith(f"ask {ask}: A page\nCore hot? a walk-in\nCan we? not by then: ")
    assert "In the way: Dev away Thu 3 Dec – Wed 9 Dec, " in told
    assert "Sincere? nobody has said yet\nRare? rare, number 1 of its kind lately\n" in told
    assert "Against a free yes: Nobody has said yet whether it is sincere.\n" in told
    assert told.endswith("kept suggests: We can’t now. A person decides.\n")
    document = typed("desk", "test", ask, "--json").document
    assert (document["can"], document["gate"], document["suggested"]) == (
        "no", "shut", "cant_now",
    )  # fmt: skip
    assert document["stands"][0]["days"] >= 3
    assert typed("desk", "test", "9999").status == 2


def test_an_ask_is_held_off_by_words_that_somebody_read(
    one_builder: cast.House, typed: Type
) -> None:
    asked = typed("desk", "ask", "A page", "--for", "Harbour Clinic", "--json").document
    ask = str(asked["id"])

    shown = typed("desk", "hold-off", ask, "--by", "2026-12-04")
    assert shown.out.startswith("Subject: A page\n\n")
    assert "We answer by Friday 4 December, 18:00" in shown.out
    assert shown.out.endswith(
        "Nothing was sent or noted. Add --send, or --said where you tell them yourself.\n"
    )
    assert Ask.objects.get(pk=ask).holding_reply is None

    nobody = typed("desk", "hold-off", ask, "--by", "2026-12-04", "--send")
    assert (nobody.status, Ask.objects.get(pk=ask).holding_reply) == (2, None)
    past = typed("desk", "hold-off", ask, "--by", "2026-11-04", "--said")
    assert (past.status, "has gone by. Say a later moment." in past.err) == (2, True)
    both = typed("desk", "hold-off", ask, "--by", "2026-12-04", "--said", "--send")
    assert (both.status, "not both" in both.err) == (2, True)

    said = typed("desk", "hold-off", ask, "--by", "2026-12-04", "--said", "--json").document
    assert (said["said"], said["sent"], said["due_at"]) == (
        True,
        False,
        "2026-12-04T18:00:00+00:00",
    )
    kept = Ask.objects.get(pk=ask)
    assert kept.holding_reply is not None
    assert (kept.state, kept.replies.get().body) == ("open", said["body"])


def test_what_is_not_in_the_language_of_its_reader_says_so_on_the_other_channel(
    northlight: cast.House, typed: Type, tmp_path: Path, now: datetime
) -> None:
    clinic = keeping.change_client(
        northlight.clients["Harbour Clinic"], language="pt", by=northlight.ben, now=now
    )
    keeping.add_contact(
        clinic, name="Sofia Luz", email="sofia@clinic.example", by=northlight.ben, now=now
    )
    asked = ("desk", "ask", "A page", "--for", "Harbour Clinic", "--sort", "extra", "--json")
    ask = str(typed(*asked).document["id"])
    no = typed("desk", "decide", ask, "fair_no", "--wont", "priority", "--say")
    said = (
        "Nobody has written “Fair no” in Português, so this is in English. Put it into Português "
        "yourself, or write it once for all letters."
    )
    assert (no.status, "we will not do it this time" in no.out, no.err.strip()) == (0, True, said)
    ask = str(typed(*asked).document["id"])
    told = typed("desk", "decide", ask, "fair_no", "--wont", "priority", "--say", "--json").document
    assert told["unwritten"] == said
    words = tmp_path / "story.txt"
    words.write_text("They wrote to every patient.", encoding="utf-8")
    told_story = typed(
        "desk", "story", "Letters", "--of", "Harbour Clinic", "--words", str(words), "--ask"
    )
    assert "Nobody has written “May we tell it?” in Português" in told_story.err
    for _again in range(3):
        ask = typed(*asked[:-1], "--kind", "One more page", "--json").document
        typed("desk", "decide", str(ask["id"]), "yes_once", "--sincere", "yes",
              "--because", "For once")  # fmt: skip
    ended = typed("desk", "settle-creep", "Harbour Clinic", "one more page", "retired")
    assert "Nobody has written “It ends kindly” in Português" in ended.err


def test_the_third_of_its_kind_is_priced_and_its_offer_drafted(
    northlight: cast.House, typed: Type
) -> None:
    for _again in range(3):
        ask = typed("desk", "ask", "A page", "--for", "Harbour Clinic", "--sort", "extra",
                    "--kind", "One more page", "--json").document  # fmt: skip
        typed("desk", "decide", str(ask["id"]), "yes_once", "--sincere", "yes",
              "--because", "For once")  # fmt: skip
    assert typed("desk", "creep").out == "Harbour Clinic, One more page: repeated, 3 times lately\n"
    told = ("desk", "settle-creep", "Harbour Clinic", "one more page", "priced")
    assert typed(*told).status == 2
    priced = typed(*told, "--price", "450", "--json").document
    assert (priced["decided"], priced["draft"] is not None) == ("priced", True)
    draft = typed("desk", "asks").out
    assert "One more page, from now on at a price, Harbour Clinic" in draft


def test_a_story_is_written_asked_about_and_told_only_with_consent(
    northlight: cast.House, typed: Type, tmp_path: Path, now: datetime
) -> None:
    keeping.add_contact(
        northlight.clients["Harbour Clinic"], name="Sara Nunes", email="sara@harbour.example",
        by=northlight.ben, now=now,
    )  # fmt: skip
    words = tmp_path / "story.txt"
    words.write_text("They wrote to every patient.", encoding="utf-8")
    story = typed("desk", "story", "Letters", "--of", "Harbour Clinic", "--words", str(words),
                  "--ask", "--json").document  # fmt: skip
    assert story["state"] == "asked"
    refused = typed("desk", "tell-story", str(story["id"]), "Our site")
    assert (refused.status, "Nobody agreed to these exact words" in refused.err) == (1, True)
    assert typed("desk", "stories").out == (
        f"story {story['id']}: Letters, Harbour Clinic, waits for their consent\n"
    )
    again = typed("desk", "ask-story", str(story["id"]), "--words", str(words), "--json")
    assert again.document["state"] == "asked"
    assert typed("desk", "untell-story", str(story["id"])).status == 1
    assert typed("desk", "reactions").out == "Nobody was asked how it was yet.\n"
    assert typed("desk", "ask-how", "--promise", "9").status == 2
    typed("desk", "extra", "A page", "--for", "Harbour Clinic", "--hours", "1")
    extra = str(Extra.objects.get().pk)
    nobody = typed("desk", "ask-how", "--extra", extra)
    assert (nobody.status, "Say who." in nobody.err) == (2, True)
    stranger = typed("desk", "ask-how", "--extra", extra, "--contact", "pete@bakery.example")
    assert (stranger.status, "0 contacts that fit" in stranger.err) == (2, True)
    asked = typed("desk", "ask-how", "--extra", extra, "--contact", "sara@harbour.example")
    assert asked.out.endswith(": asked Sara Nunes\n")
    again = typed("desk", "ask-how", "--extra", extra, "--contact", "sara@harbour.example")
    assert (again.status, "They were asked before." in again.err) == (1, True)


def test_who_sent_whom_and_nobody_themselves(northlight: cast.House, typed: Type) -> None:
    sent = typed("desk", "referral", "Pete's Bakery", "--by", "Harbour Clinic")
    assert sent.out.endswith("Harbour Clinic sent Pete's Bakery\n")
    assert typed("desk", "referrals").out.endswith(
        "Harbour Clinic sent Pete's Bakery, a client now\n"
    )
    selfish = typed("desk", "referral", "Harbour Clinic", "--by", "Harbour Clinic")
    assert (selfish.status, "Nobody refers themselves" in selfish.err) == (2, True)
