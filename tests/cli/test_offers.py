"""Offers by letter, what the client proposes instead, and answers by a day: by command line."""

from tests import cast
from tests.cli.conftest import Type

from kept.clients import keeping
from kept.clients.models import Contact
from kept.outbox.models import Letter
from kept.quotes.models import HoldingReply, Quote


def contact(house: cast.House, now: object) -> Contact:
    return keeping.add_contact(
        house.clients["Harbour Clinic"],
        name="Sara Nunes",
        email="sara@clinic.example",
        by=house.ada,
        now=now,  # type: ignore[arg-type]
    )


def test_an_offer_is_sent_countered_and_offered_anew(
    northlight: cast.House, typed: Type, now: object
) -> None:
    contact(northlight, now)
    asked = typed("check", "Landing page for Harbour Clinic by Fri 18 Dec, 8-8-8h", "--json")
    held = typed("hold", str(asked.document["answer"]), "--date", "2026-12-18", "--json").document
    quote = str(held["id"])
    nobody = typed("offer", quote, "--to", "rui@clinic.example", "--sign", "Now.")
    assert nobody.status == 2
    assert "Nobody at Harbour Clinic has the address" in nobody.err

    assert typed("offer", quote, "--to", "sara@clinic.example", "--sign", "Now.").status == 0
    assert Letter.objects.get().to_address == "sara@clinic.example"
    assert typed("counter", quote).status == 2
    said = typed("counter", quote, "--date", "2026-12-21", "--word", "Later is fine.", "--json")
    assert said.document["state"] == "countered"
    assert typed("counter", quote, "--take", "--keep").status == 2
    taken = typed("counter", quote, "--take", "--json").document
    assert (taken["state"], taken["due_at"]) == ("offered", "2026-12-21T18:00:00+00:00")
    assert typed("counter", quote, "--keep").status == 1
    assert Quote.objects.get().counters.get().word == "Later is fine."


def test_an_answer_is_promised_listed_and_given(
    northlight: cast.House, typed: Type, now: object
) -> None:
    contact(northlight, now)
    vague = typed("ask", "A new site for Harbour Clinic")
    assert (vague.status, "Nothing was saved." in vague.err) == (2, True)
    made = typed(
        "ask", "A new site for Harbour Clinic by Fri 4 Dec", "--to", "sara@clinic.example", "--json"
    ).document
    assert (made["what"], made["due_at"]) == ("A new site", "2026-12-04T18:00:00+00:00")
    reply = str(made["id"])
    assert Letter.objects.count() == 1
    assert typed("ask").out == (
        f"reply {reply}: A new site for Harbour Clinic, by "
        "Fri\N{NO-BREAK SPACE}4\N{NO-BREAK SPACE}Dec, 18:00, no answer given yet\n"
    )
    assert typed("ask", "--answered", reply, "--word", "We called.").status == 0
    assert HoldingReply.objects.get().word == "We called."
    assert typed("ask", "--withdrawn", reply).status == 1
    assert typed("ask", "--answered", "99").status == 2
    assert typed("ask", "--json").document == {"holding_replies": []}
