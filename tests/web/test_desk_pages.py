"""The ask desk's pages: the inbox, a decision, minute mode, house rules, the core."""

import contextvars
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests import cast
from tests.web.visiting import outside, text

from kept.asks import answering, extras, policies, receiving, templates
from kept.asks.answering import Saying
from kept.asks.models import Ask, AskKind, Challenge, Creep, Decision, Extra, Policy, Reaction
from kept.clients import core as cores
from kept.clients import keeping
from kept.clients.models import Contact
from kept.jobs.lines import Effort
from kept.people.models import Member
from kept.promises import delivering, occurring, recording
from kept.promises.models import Promise, StandingPromise
from kept.tenancy import scope
from kept.tenancy.models import Organisation

LogIn = Callable[[Member], Browser]


class Page:
    """Somebody's browser, outside of the test's own house."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def get(self, name: str, /, *keys: int, query: str = "") -> str:
        path = reverse(name, args=keys) + query
        answer = contextvars.copy_context().run(outside, self.browser.get, path)
        assert answer.status_code == 200
        return text(answer).replace("\xa0", " ")

    def post(self, name: str, /, *keys: int, **said: str) -> Any:
        path = reverse(name, args=keys)
        return contextvars.copy_context().run(outside, self.browser.post, path, said)


@pytest.fixture
def kitchen(northlight: cast.House, now: datetime) -> Policy:
    """Closes at 15:05 here, so that the fixed present, 15:10, is five minutes past."""
    return policies.make(
        name="Kitchen closes",
        rule="the kitchen closes at 15:05",
        purpose="The cooks rest",
        owner=northlight.ben,
        quantity="time_of_day",
        limit="15:05",
        tolerance="5",
        band_limit="15:30",
        band_role="lead",
        hard_limit="16:00",
        by=northlight.ada,
        now=now,
    )


def one_more_page(house: cast.House, now: datetime) -> Ask:
    clinic = house.clients["Harbour Clinic"]
    sara = keeping.add_contact(
        clinic, name="Sara Nunes", email="sara@harbour.example", by=house.ben, now=now
    )
    return receiving.receive(
        client=clinic,
        contact=sara,
        title="One more page",
        words="Could you add one more page?",
        sort="extra",
        kind="One more page",
        size=Effort(6, 6, 6),
        wanted_at=datetime(2026, 12, 4, 18, tzinfo=UTC),
        by=house.ben,
        now=now,
    )


def test_an_empty_desk_says_what_belongs_there(northlight: cast.House, login: LogIn) -> None:
    seen = Page(login(northlight.maya)).get("desk")
    assert "Nobody asks for more" in seen
    assert "Write down an ask" in seen


def test_an_ask_is_written_down_judged_challenged_and_answered(
    one_builder: cast.House, login: LogIn, now: datetime
) -> None:
    """A feasible can't is challenged on the page; nothing typed is lost; then a fair no."""
    house = one_builder
    ask = one_more_page(house, now)
    desk = Page(login(house.ben))
    seen = desk.get("desk")
    assert "“Could you add one more page?”" in seen
    assert "What would make this possible?" in seen
    assert "Over 99 % by Fri 4 Dec, 18:00." in seen
    desk.post("desk_possible", ask.pk, possible="Without photos")
    desk.post("desk_sincere", ask.pk, sincere="yes")
    refused = desk.post(
        "desk_answer", ask.pk, given="cant_now", true_reason="Tired", body="No.", action="said"
    )
    assert refused.status_code == 409
    assert "That is a won’t: say so, with its true kind?" in text(refused)
    assert "Tired" in text(refused)
    assert Challenge.objects.count() == 1
    done = desk.post(
        "desk_answer", ask.pk, given="fair_no", wont="priority", true_reason="Tired",
        body="Not this time.", action="said",
    )  # fmt: skip
    assert done.status_code == 302
    decision = Decision.objects.get()
    assert (decision.given, decision.wont, decision.sincere) == ("fair_no", "priority", "yes")
    assert Ask.objects.get().possible == "Without photos"
    seen = desk.get("desk_ask", ask.pk)
    assert "Fair no: priority" in seen
    assert "Tired" in seen
    assert "Tired" not in Page(login(house.dev)).get("desk_ask", ask.pk)


def test_a_paid_yes_is_held_until_its_owners_said_yes(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    """Nobody is told yet: the offer goes out from its own page, when nobody is missing."""
    ask, ben = one_more_page(northlight, now), Page(login(northlight.ben))
    assert "hold it, and ask its owners first" in ben.get("desk_ask", ask.pk)
    said = {"price": "480", "body": "Yes, for € 480: {link}", "action": "later"}
    no = ben.post("desk_answer", ask.pk, **said, given="fair_no", wont="price")
    assert (no.status_code, Decision.objects.exists()) == (422, False)
    assert ben.post("desk_answer", ask.pk, **said, given="paid_yes").status_code == 302
    ask.refresh_from_db()
    assert ask.quote is not None
    assert (ask.quote.state, ask.quote.price, ask.replies.count()) == ("held", Decimal(480), 0)
    assert "The offer" in ben.get("desk_ask", ask.pk)


def test_a_cold_core_refuses_one_more_page_and_a_lead_overrides_it(
    one_builder: cast.House, login: LogIn, now: datetime
) -> None:
    house = one_builder
    ask = one_more_page(house, now)
    cores.say(house.clients["Harbour Clinic"], "cold", by=house.ben, now=now)
    desk = Page(login(house.ben))
    desk.post("desk_sincere", ask.pk, sincere="yes")
    assert "The core is cold" in desk.get("desk_ask", ask.pk)
    draft = desk.get("desk_ask", ask.pk, query="?given=yes_once")
    assert "This once we make an exception." in draft
    said = {
        "given": "yes_once",
        "subject": "One more page",
        "body": "Yes. Normally this is paid; this once we make an exception.",
        "action": "send",
    }
    refused = desk.post("desk_answer", ask.pk, **said)
    assert refused.status_code == 409
    assert not Promise.objects.exists()
    desk.post("desk_answer", ask.pk, **said, override_reason="We owe them for October")
    assert Decision.objects.get().overridden
    assert Extra.objects.get().promise == Promise.objects.get()


def test_what_is_no_size_is_refused_beside_it_and_nothing_typed_is_lost(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    ask = one_more_page(northlight, now)
    said = {"title": "Two more pages", "came": "mail", "size": "a lot"}
    refused = Page(login(northlight.ben)).post("desk_change", ask.pk, **said)
    assert refused.status_code == 422
    assert "“a lot” is not a size. 6h or 4-6-12h is one." in text(refused)
    assert 'value="Two more pages"' in refused.content.decode()
    ask.refresh_from_db()
    assert (ask.title, ask.likely_hours) == ("One more page", 6)


def test_minute_mode_decides_in_two_taps(
    northlight: cast.House, kitchen: Policy, login: LogIn
) -> None:
    """First the rule, then yes: the ask, the decision, the extra and the words are all there."""
    dev = Page(login(northlight.dev))
    assert "Kitchen closes" in dev.get("desk_minute")
    seen = dev.get("desk_minute", query=f"?policy={kitchen.pk}")
    assert "5 minutes past 15:05; tolerance 5 minutes" in seen
    assert "Yes, at once" in seen
    assert dev.post("desk_minute", policy=str(kitchen.pk), given="yes").status_code == 302
    decision = Decision.objects.select_related("ask").get()
    assert (decision.given, decision.within, decision.core, decision.beyond_by) == (
        "yes_once",
        "tolerance",
        "walk_in",
        5,
    )
    assert "this once" in decision.ask.replies.get().body.casefold()
    assert Extra.objects.count() == 1


def test_a_counted_rule_takes_its_number_with_the_first_tap(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    """Nine for a rule of eight: the number beside the rule, then yes or no."""
    parties = policies.make(
        name="Large parties", rule="the long table seats 8", purpose="Nobody stands",
        owner=northlight.ben, quantity="number", unit="guest/guests", limit="8", tolerance="1",
        by=northlight.ada, now=now,
    )  # fmt: skip
    dev = Page(login(northlight.dev))
    first = contextvars.copy_context().run(outside, dev.browser.get, reverse("desk_minute"))
    assert f'name="policy" value="{parties.pk}"' in first.content.decode()
    assert 'placeholder="guests"' in first.content.decode()
    assert "No ask was written down today." in text(first)
    seen = dev.get("desk_minute", query=f"?policy={parties.pk}&measured=9")
    assert "1 over 8 guests; tolerance 1 guest" in seen
    assert "sincere" not in seen
    assert "How much is it?" in dev.get("desk_minute", query=f"?policy={parties.pk}&measured=")
    dev.post("desk_minute", policy=str(parties.pk), measured="9", given="yes")
    decision = Decision.objects.get()
    assert (decision.given, decision.within, decision.sincere) == ("yes_once", "tolerance", "yes")


def test_a_counted_rule_says_beside_its_number_what_is_counted(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    said: dict[str, Any] = {"rule": "as it is", "purpose": "Peace", "owner": northlight.ben,
                            "by": northlight.ada, "now": now}  # fmt: skip
    for quantity, direction in (
        ("notice", "at_least"), ("rounds", "at_most"), ("money", "at_most"), ("hours", "at_most"),
    ):  # fmt: skip
        policies.make(name=quantity, quantity=quantity, direction=direction, limit="2", **said)
    dev = Page(login(northlight.dev))
    seen = contextvars.copy_context().run(outside, dev.browser.get, reverse("desk_minute"))
    shown = re.findall(r'placeholder="(\w*)"><button class="button">(\w+)<', seen.content.decode())
    assert sorted((rule, counted) for counted, rule in shown) == [
        ("hours", "hours"),
        ("money", "EUR"),
        ("notice", "hours"),
        ("rounds", "rounds"),
    ]


def test_minute_mode_leaves_the_band_to_whoever_holds_it(
    northlight: cast.House, kitchen: Policy, login: LogIn, now: datetime
) -> None:
    policies.change(kitchen, tolerance="2", by=northlight.ada, now=now)
    dev, ben = Page(login(northlight.dev)), Page(login(northlight.ben))
    seen = dev.get("desk_minute", query=f"?policy={kitchen.pk}")
    assert "Yes, this once" not in seen
    refused = dev.post("desk_minute", policy=str(kitchen.pk), given="yes")
    assert refused.status_code == 403
    assert not Ask.objects.exists()
    assert dev.post("desk_minute", policy=str(kitchen.pk), given="no").status_code == 302
    assert ben.post("desk_minute", policy=str(kitchen.pk), given="yes").status_code == 302
    assert [row.given for row in Decision.objects.all()] == ["fair_no", "yes_once"]


def test_a_rule_with_a_hard_limit_inside_its_tolerance_is_refused_beside_the_field(
    northlight: cast.House, kitchen: Policy, login: LogIn
) -> None:
    said = {
        "name": "Late tables",
        "rule": "tables close at 22:00",
        "purpose": "Sleep",
        "owner": str(northlight.ben.pk),
        "quantity": "time_of_day",
        "direction": "at_most",
        "limit": "22:00",
        "tolerance": "15",
        "hard_limit": "22:10",
    }
    ada = Page(login(northlight.ada))
    refused = ada.post("policies", **said)
    assert refused.status_code == 422
    assert "lies inside the tolerance" in text(refused)
    assert ada.post("policies", **{**said, "hard_limit": "23:00"}).status_code == 302
    assert Page(login(northlight.dev)).post("policies", **said).status_code == 403
    assert Policy.objects.count() == 2
    assert "Late tables" in ada.get("policies")


def test_something_that_recurs_is_promised_and_ticked_on_the_clients_page(
    northlight: cast.House, login: LogIn
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    maya = Page(login(northlight.maya))
    said = {"what": "Daily call", "rule": "FREQ=DAILY", "due_time": "15:30"}
    assert maya.post("client_core", clinic.pk, **said).status_code == 302
    seen = maya.get("client_core", clinic.pk)
    assert "Every day by 15:30" in seen
    row = StandingPromise.objects.get().occurrences.earliest("due_at")
    assert row.due_on == date(2026, 12, 2)
    assert maya.post("occurrence", row.pk, answer="done").status_code == 302
    again = maya.post("occurrence", row.pk, answer="done")
    assert again.status_code == 409
    ticked = maya.get("client_core", clinic.pk)
    assert "1 of 1 kept in the last year." in ticked
    assert "Next: Wed 2 Dec" not in ticked, "what is done already is not to come"
    bad = maya.post("client_core", clinic.pk, **{**said, "rule": "", "other_rule": "FREQ=HOURLY"})
    assert bad.status_code == 422


def test_who_reads_what_recurs_is_named_on_its_page(
    northlight: cast.House, southbank: cast.House, login: LogIn, now: datetime
) -> None:
    clinic, bakery = (northlight.clients[name] for name in ("Harbour Clinic", "Pete's Bakery"))
    pete = keeping.add_contact(bakery, name="Pete", by=northlight.maya, now=now)
    maya = Page(login(northlight.maya))
    said = {"what": "Patient letters", "rule": "FREQ=WEEKLY;BYDAY=MO", "due_time": "10:00"}
    assert maya.post("client_core", clinic.pk, **said).status_code == 302
    row = StandingPromise.objects.get()
    assert "Nobody there reads it. Name somebody" in maya.get("client_core", clinic.pk)
    assert "every Monday by 10:00 · nobody there reads it" in maya.get("client", clinic.pk)

    assert "Patient letters, every Monday by 10:00." in maya.get("standing_reader", row.pk)
    assert maya.post("standing_reader", row.pk, contact_id=str(pete.pk)).status_code == 422
    new = {"name": "Sara Nunes", "email": "not an address"}
    wrong = maya.post("standing_reader", row.pk, **new)
    assert (wrong.status_code, "Sara Nunes" in wrong.content.decode()) == (422, True)
    assert not clinic.contacts.exists(), "a refusal leaves nobody new behind"

    named = maya.post("standing_reader", row.pk, **{**new, "email": "sara@clinic.example"})
    assert named.url == reverse("client_core", args=[clinic.pk])
    seen = maya.get("client_core", clinic.pk)
    assert "Sara Nunes reads it by link. The next letter brings the link." in seen
    assert "Sara Nunes reads it by link. Change" in seen
    assert "View as client" in seen
    row.refresh_from_db()
    sara = clinic.contacts.get()
    assert row.contact == sara

    again = maya.post("client_core", clinic.pk, **said, contact_id=str(sara.pk))
    assert again.status_code == 302
    assert StandingPromise.objects.latest("pk").contact == sara

    cleo = login(southbank.cleo)
    path = reverse("standing_reader", args=[row.pk])
    for ask in (cleo.get, cleo.post):
        assert contextvars.copy_context().run(outside, ask, path).status_code == 404
    assert maya.post("standing_reader", row.pk, contact_id="").status_code == 302
    assert StandingPromise.objects.get(pk=row.pk).contact is None
    occurring.end(row, by=northlight.maya, now=now)
    over = maya.post("standing_reader", row.pk, contact_id=str(sara.pk))
    assert (over.status_code, "so nobody reads it any more" in text(over)) == (409, True)


@pytest.mark.parametrize("name", ["client", "client_core"])
def test_a_client_for_whom_three_things_recur_takes_as_many_queries_as_for_whom_one_does(
    northlight: cast.House, login: LogIn, now: datetime, name: str
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    page = Page(login(northlight.maya))

    def more(number: int) -> None:
        with scope.acting_in(northlight.organisation):
            for _one in range(number):
                count = StandingPromise.objects.count()
                doing = {"by": northlight.maya, "now": now}
                occurring.make(
                    client=clinic, what=f"Letter {count}", rule="FREQ=DAILY", due_time=time(10),
                    contact=keeping.add_contact(clinic, name=f"Reader {count}", **doing), **doing,
                )  # fmt: skip

    more(1)
    page.get(name, clinic.pk)
    with CaptureQueriesContext(connection) as one:
        page.get(name, clinic.pk)
    more(2)
    with CaptureQueriesContext(connection) as three:
        seen = page.get(name, clinic.pk)
    assert "Reader 2 reads it by link" in seen
    assert len(three) == len(one), "\n".join(row["sql"][:200] for row in three.captured_queries)


@pytest.mark.parametrize("name", ["desk", "policies", "extras", "creep"])
def test_a_list_of_three_takes_as_many_queries_as_one(
    northlight: cast.House, kitchen: Policy, login: LogIn, now: datetime, name: str
) -> None:
    page = Page(login(northlight.ada))

    def more(number: int) -> None:
        with scope.acting_in(northlight.organisation):
            for _one in range(number):
                count = Ask.objects.count()
                client = keeping.add_client(name=f"Client {count}", by=northlight.ada, now=now)
                receiving.receive(
                    client=client, title=f"Ask {count}", kind=f"Kind {count}", sort="extra",
                    policy=kitchen, by=northlight.ada, now=now,
                )  # fmt: skip
                policies.make(
                    name=f"Rule {count}", rule="r", purpose="p", owner=northlight.ben,
                    quantity="number", limit="1", by=northlight.ada, now=now,
                )  # fmt: skip

    def queries() -> int:
        page.get(name)
        with CaptureQueriesContext(connection) as seen:
            page.get(name)
        return len(seen)

    more(1)
    one = queries()
    more(2)
    assert queries() == one


def test_the_ledger_adds_up_as_it_is_read_to_the_hundredth_of_an_hour(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    """2.25 three times, and 18 at once: nobody can reconcile 2.2 + 2.2 + 2.2 + 18 with 25."""
    clinic, bakery = northlight.clients["Harbour Clinic"], northlight.clients["Pete's Bakery"]
    for client, hours in ((clinic, "2.25"), (clinic, "2.25"), (clinic, "2.25"), (bakery, "18")):
        extras.record(
            client=client, title="A poster", hours=Decimal(hours), money=Decimal("33.33"),
            by=northlight.ben, now=now,
        )  # fmt: skip
    seen = Page(login(northlight.ben)).get("extras")
    assert "4 extras in 2026: 24.75 h, € 133.32." in seen
    assert [seen.count(one) for one in ("· 2.25 h · € 33.33", "· 18 h · € 33.33")] == [3, 1]
    assert "6.75 h" in seen


def test_the_ledger_page_shows_hours_and_money(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    from kept.asks import extras

    clinic = northlight.clients["Harbour Clinic"]
    extras.record(
        client=clinic, title="A page", hours=Decimal("4.5"), money=Decimal("480.50"),
        by=northlight.ben, now=now,
    )  # fmt: skip
    seen = Page(login(northlight.ben)).get("extras")
    assert "1 extra in 2026: 4.5 h, € 480.50." in seen
    assert "Who asks, who pays" not in Page(login(northlight.dev)).get("extras")


def test_the_owner_sets_the_numbers_of_asks_beyond(northlight: cast.House, login: LogIn) -> None:
    ada = Page(login(northlight.ada))
    said = {
        "core_looks_back": "12",
        "hot_percent": "80",
        "warm_percent": "55",
        "repeated_from": "4",
        "beyond_days": "60",
        "questioned_percent": "25",
    }
    assert ada.post("beyond_numbers", **said).status_code == 302
    house = Organisation.objects.get()
    assert (house.core_looks_back, house.core_hot, house.core_warm) == (12, 0.8, 0.55)
    assert (house.repeated_from, house.beyond_days, house.questioned_above) == (4, 60, 0.25)
    refused = ada.post("beyond_numbers", **{**said, "warm_percent": "90"})
    assert refused.status_code == 422
    assert "A core cannot be warm from higher up than it is hot." in text(refused)
    assert Page(login(northlight.ben)).post("beyond_numbers", **said).status_code == 403


def test_a_lead_words_a_reply_in_another_language_and_takes_it_back(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    ben = Page(login(northlight.ben))
    wording = reverse("wording")
    assert "in kept’s own words" in ben.get("wordings")
    seen = text(outside_get(ben, f"{wording}?reply=yes_once&language=pt"))
    assert "Português, not written yet" in seen
    assert "{once}" in seen
    said = {
        "reply": "yes_once", "language": "pt", "subject": "{what}", "once": "desta vez",
        "no_rule": "isto é pago", "body": "Sim: {what}. Normalmente {rule}; {once} não.",
    }  # fmt: skip
    refused = outside_post(ben, wording, {**said, "body": "Sim: {what}."})
    assert refused.status_code == 422
    assert "This reply has to say" in text(refused)
    assert outside_post(ben, wording, said).status_code == 302
    assert "Português" in ben.get("wordings")
    assert outside_post(Page(login(northlight.dev)), wording, said).status_code == 403
    assert (
        outside_post(
            ben, wording, {"reply": "yes_once", "language": "pt", "action": "remove"}
        ).status_code
        == 302
    )
    assert "in kept’s own words" in ben.get("wordings")


@pytest.fixture
def sofia(northlight: cast.House, now: datetime) -> Contact:
    """Of Harbour Clinic, who reads Portuguese, to whom an exception is worded in it."""
    templates.keep(
        "yes_once", subject="{what}", body="Sim: {what}. Normalmente {rule}; {once} não.",
        once="desta vez", no_rule="isto é pago", language="pt", by=northlight.ben, now=now,
    )  # fmt: skip
    clinic = keeping.change_client(
        northlight.clients["Harbour Clinic"], language="pt", by=northlight.ben, now=now
    )
    return keeping.add_contact(
        clinic, name="Sofia Luz", email="sofia@clinic.example", by=northlight.ben, now=now
    )


def test_a_letter_says_which_rule_has_no_words_in_its_language_and_a_lead_gives_it_some(
    northlight: cast.House, kitchen: Policy, sofia: Contact, login: LogIn, now: datetime
) -> None:
    ask = receiving.receive(
        client=sofia.client, contact=sofia, title="Almoço", sort="exception", sincere="yes",
        policy=kitchen, measured="15:07", by=northlight.ben, now=now,
    )  # fmt: skip
    ben = Page(login(northlight.ben))
    unworded = "Nobody has put the rule “Kitchen closes” into Português"
    assert unworded in ben.get("desk_ask", ask.pk, query="?given=yes_once")
    refused = ben.post(
        "desk_answer", ask.pk, action="said", given="yes_once", body="{rule}, desta vez"
    )
    assert refused.status_code == 422
    assert unworded in text(refused)
    said = {"language": "pt", "rule": "a cozinha fecha às 15:05"}
    assert Page(login(northlight.dev)).post("policy_wording", kitchen.pk, **said).status_code == 403
    wrong = ben.post("policy_wording", kitchen.pk, **{**said, "language": "en"})
    assert (wrong.status_code, "The rule itself is written in English" in text(wrong)) == (
        422,
        True,
    )
    assert ben.post("policy_wording", kitchen.pk, **said).status_code == 302
    assert "A cozinha fecha às 15:05." in ben.get("policy", kitchen.pk)
    seen = ben.get("desk_ask", ask.pk, query="?given=yes_once")
    assert "Normalmente a cozinha fecha às 15:05; desta vez não." in seen
    assert unworded not in seen
    assert ben.post("policy_wording", kitchen.pk, language="pt", action="remove").status_code == 302
    assert "A cozinha fecha às 15:05." not in ben.get("policy", kitchen.pk)


def test_a_draft_in_another_language_than_its_readers_says_so_beside_it(
    northlight: cast.House, kitchen: Policy, sofia: Contact, login: LogIn, now: datetime
) -> None:
    ask = receiving.receive(
        client=sofia.client, contact=sofia, title="Almoço", sort="exception", sincere="yes",
        policy=kitchen, measured="15:07", by=northlight.ben, now=now,
    )  # fmt: skip
    ben = Page(login(northlight.ben))
    said = "Nobody has written “Fair no” in Português, so this is in English."
    shown = ben.get("desk_ask", ask.pk, query="?given=fair_no")
    assert said in shown
    assert "Nobody has written" not in ben.get("desk_ask", ask.pk, query="?given=yes_once")
    anew = ben.post("desk_answer", ask.pk, action="draft", given="fair_no")
    assert said in text(anew)
    assert f"{reverse('wording')}?reply=fair_no&amp;language=pt" in anew.content.decode()
    held = ben.post("desk_answer", ask.pk, action="hold_draft", answer_on="2026-12-04")
    assert "Nobody has written “We answer by” in Português" in text(held)
    assert f"{reverse('wording')}?reply=holding&amp;language=pt" in held.content.decode()


def test_a_holding_reply_is_looked_over_before_it_goes(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    """By whatever button: nothing leaves that was not on the screen, for that very day."""
    ask = one_more_page(northlight, now)
    before = (ask.due_at, 0)

    def stands() -> tuple[datetime, int]:
        ask.refresh_from_db()
        return ask.due_at, ask.replies.count()

    ben = Page(login(northlight.ben))
    written = {"given": "fair_no", "wont": "price", "body": "Half a letter"}
    undated = ben.post("desk_answer", ask.pk, action="hold_draft", **written)
    assert (undated.status_code, "Say by when they get an answer." in text(undated)) == (422, True)
    gone = ben.post("desk_answer", ask.pk, action="hold_draft", answer_on="2026-12-01")
    assert (gone.status_code, "That day has gone by." in text(gone)) == (422, True)
    for action in ("hold_draft", "hold_off", "hold_said"):
        shown = ben.post("desk_answer", ask.pk, action=action, answer_on="2026-12-04", **written)
        assert (shown.status_code, "nothing has gone out" in text(shown)) == (200, True)
        assert "by Friday 4 December, 18:00" in text(shown)
        assert "Half a letter" in text(shown)
        assert stands() == before

    letter = {"hold_subject": "Your page", "drafted_for": "2026-12-04"}
    field = {**letter, "answer_on": "2026-12-04", "hold_body": "We answer {answer_by}."}
    left = ben.post("desk_answer", ask.pk, action="hold_off", **field)
    assert (left.status_code, "{answer_by} was not filled in." in text(left)) == (422, True)
    mine = "You hear from us on Friday."
    moved = {**letter, "answer_on": "2026-12-07", "hold_body": mine}
    anew = ben.post("desk_answer", ask.pk, action="hold_off", **moved)
    assert "by Monday 7 December, 18:00" in text(anew)
    assert stands() == before

    said = {**letter, "answer_on": "2026-12-04", "hold_body": mine}
    sent = ben.post("desk_answer", ask.pk, action="hold_off", **said)
    assert sent.status_code == 302
    assert stands() == (datetime(2026, 12, 4, 18, tzinfo=UTC), 1)
    (reply,) = ask.replies.all()
    assert (reply.how, reply.subject, reply.body) == ("letter", "Your page", mine)
    assert reply.letter is not None
    assert reply.letter.to_address == "sara@harbour.example"
    assert mine in ben.get("desk_ask", ask.pk), "what they read stands with the open ask"


def test_an_ask_that_nobody_sorted_yet_can_be_held_off(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    """Too little is known to sort it: that is what a holding reply is for."""
    ask = receiving.receive(
        client=northlight.clients["Harbour Clinic"], title="Something", by=northlight.ben, now=now
    )
    ben = Page(login(northlight.ben))
    assert "Write the holding reply" in ben.get("desk_ask", ask.pk)
    shown = ben.post("desk_answer", ask.pk, action="hold_draft", answer_on="2026-12-04")
    assert "I say so myself" in text(shown)
    said = {"answer_on": "2026-12-04", "drafted_for": "2026-12-04", "hold_body": "On Friday."}
    assert ben.post("desk_answer", ask.pk, action="hold_said", **said).status_code == 302
    assert [reply.how for reply in ask.replies.all()] == ["said"]


def test_a_walk_in_is_not_offered_an_answer_later(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    ask = receiving.receive(client=None, title="A table", sort="extra", by=northlight.ben, now=now)
    assert "Holding reply" not in Page(login(northlight.ben)).get("desk_ask", ask.pk)


def test_a_minute_waits_for_no_translation(
    northlight: cast.House, kitchen: Policy, sofia: Contact, login: LogIn
) -> None:
    """Said in the house's language, where the rule has no words in theirs."""
    ben = Page(login(northlight.ben))
    ben.post("desk_minute", policy=str(kitchen.pk), given="yes", client=str(sofia.client_id))
    (reply,) = Ask.objects.get().replies.all()
    assert "Normally: the kitchen closes at 15:05. This once we make an exception." in reply.body


def test_what_is_inside_its_rule_is_noted_in_a_minute_without_words_that_nobody_said(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    early = policies.make(
        name="Last orders", rule="last orders at 18:00", purpose="The cooks rest",
        owner=northlight.ben, quantity="time_of_day", limit="18:00",
        by=northlight.ada, now=now,
    )  # fmt: skip
    ben = Page(login(northlight.ben))
    ben.post("desk_minute", policy=str(early.pk), given="yes")
    decision = Decision.objects.get()
    assert (decision.given, decision.ask.sort) == ("do_it", "in_scope")
    assert not decision.ask.replies.exists()
    assert "Noted: inside the rule, no exception." in ben.get("desk_minute")


def test_time_found_gets_its_kind_and_what_is_paid_by_the_month_recurs(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    """A form sold as 4 h took 10: with two pages given before it is the third, then priced."""
    house, clinic = northlight, northlight.clients["Harbour Clinic"]
    for _again in range(2):
        extras.record(
            client=clinic, title="A page", hours=Decimal(0), money=Decimal(480), kind="Page",
            by=house.ben, now=now,
        )  # fmt: skip
    promise = recording.loose(
        what="Form", client=clinic, due_at=now + timedelta(days=3), day_only=False,
        by=house.ben, now=now,
    )  # fmt: skip
    stage = promise.job.stages.get()
    stage.spent_hours = 10
    stage.save()
    delivering.deliver(promise, by=house.ben, now=now)
    ben = Page(login(house.ben))
    assert "6 h more than the 4 h sold." in ben.get("extras")
    said = {"answer": "extra", "kind": "page", "hours": "0", "money": "480"}
    assert ben.post("extra_found", promise.job_id, **said).status_code == 302
    assert "3 times lately" in ben.get("creep")
    kind = AskKind.objects.get()
    ben.post(
        "creep", client=str(clinic.pk), kind=str(kind.pk), decided="priced", price="600",
        per="month",
    )  # fmt: skip
    row = Creep.objects.get()
    assert "Promise every month" not in ben.get("creep")
    assert ben.post("creep_recur", row.pk).status_code == 302
    assert "has not said yes to the first month" in ben.get("creep")
    assert row.draft is not None
    answering.answer(row.draft, Saying("paid_yes"), by=house.ben, now=now)
    assert "Then “Page” recurs every month on day 2 by 15:10." in ben.get("creep")
    recurs = ben.post("creep_recur", row.pk)
    assert recurs.url == reverse("client_core", args=[clinic.pk])
    assert "Every month on day 2 by 15:10" in ben.get("client_core", clinic.pk)
    assert "Promise every month" not in ben.get("creep")


def test_an_owner_says_what_the_house_writes_in(northlight: cast.House, login: LogIn) -> None:
    ada = Page(login(northlight.ada))
    assert ada.post("written_in", language="pt").status_code == 302
    assert Organisation.objects.get().language == "pt"
    assert "We write in Português" in ada.get("wordings")
    assert Page(login(northlight.ben)).post("written_in", language="de").status_code == 403
    ada.post("written_in", language="xx")
    assert Organisation.objects.get().language == "pt"


def outside_get(page: Page, path: str) -> Any:
    return contextvars.copy_context().run(outside, page.browser.get, path)


def outside_post(page: Page, path: str, said: dict[str, str]) -> Any:
    return contextvars.copy_context().run(outside, page.browser.post, path, said)


def test_an_extra_is_written_down_and_taken_out_and_the_page_says_whether_extras_pay(
    northlight: cast.House, login: LogIn
) -> None:
    dev, ben = Page(login(northlight.dev)), Page(login(northlight.ben))
    clinic = northlight.clients["Harbour Clinic"]
    said = {"client": str(clinic.pk), "title": "A sign", "hours": "1.5", "kind": "Sign"}
    assert dev.post("extra_new", **said).status_code == 302
    seen = ben.get("extras")
    assert "1 extra in 2026: 1.5 h" in seen
    assert "Too early to judge: it takes 20 clients of each." in seen
    refused = dev.post("extra_new", **{**said, "hours": ""})
    assert refused.status_code == 422
    assert "Say what it cost" in text(refused)
    extra = Extra.objects.get()
    assert dev.post("extra_void", extra.pk, reason="Twice").status_code == 403
    assert ben.post("extra_void", extra.pk, reason="Written down twice").status_code == 302
    assert "Nothing was given yet this year." in ben.get("extras")


def test_how_an_extra_without_a_promise_was_is_asked_once_from_its_row(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    clinic, bakery = (northlight.clients[name] for name in ("Harbour Clinic", "Pete's Bakery"))
    nobody = keeping.add_contact(clinic, name="No Address", by=northlight.ben, now=now)
    sara, pete = (
        keeping.add_contact(client, name=name, email=email, by=northlight.ben, now=now)
        for client, name, email in (
            (clinic, "Sara Nunes", "sara@harbour.example"),
            (bakery, "Pete Hill", "pete@bakery.example"),
        )
    )
    extra = extras.record(
        client=clinic, title="A sign", hours=Decimal(2), by=northlight.ben, now=now
    )  # fmt: skip
    extras.record(client=None, title="A glass", hours=Decimal(1), by=northlight.ben, now=now)
    dev = Page(login(northlight.dev))
    seen = dev.get("extras")
    assert seen.count("Ask once, by link") == 1
    assert ("Sara Nunes" in seen, "No Address" in seen, "Pete Hill" in seen) == (True, False, False)
    for wrong in (nobody, pete):
        dev.post("extra_ask", extra.pk, contact=str(wrong.pk))
        assert not Reaction.objects.exists()
    assert "Nobody at the client is named, so nobody can be asked." in dev.get("extras")

    dev.post("extra_ask", extra.pk, contact=str(sara.pk))
    reaction = Reaction.objects.get()
    assert (reaction.extra, reaction.contact, reaction.asked_by) == (extra, sara, northlight.dev)
    assert reaction.letter is not None
    asked = dev.get("extras")
    assert "Sara Nunes was asked how “A sign” was." in asked
    assert "asked how it was Wed 2 Dec" in asked
    assert "Ask once, by link" not in asked
    dev.post("extra_ask", extra.pk, contact=str(sara.pk))
    assert "They were asked before. Once is enough; nothing was sent." in dev.get("extras")
    assert Reaction.objects.count() == 1


def test_what_became_expected_is_priced_and_its_draft_leads_to_the_offer(
    northlight: cast.House, login: LogIn, now: datetime
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    for weeks in (9, 5, 1):
        then = now - timedelta(weeks=weeks)
        ask = receiving.receive(
            client=clinic, title="A page", kind="One more page", sort="extra",
            by=northlight.ben, now=then,
        )  # fmt: skip
        receiving.judge(ask, sincere="yes", by=northlight.ben, now=then)
        answering.answer(
            ask, Saying("yes_once", hours=Decimal(3), worth=Decimal(480), override_reason="Once"),
            by=northlight.ben, now=then,
        )  # fmt: skip
    ben, kind = Page(login(northlight.ben)), AskKind.objects.get()
    said = {"client": str(clinic.pk), "kind": str(kind.pk), "decided": "priced"}
    assert ben.post("creep", **said, price="much").status_code == 422
    priced = ben.post("creep", **said, price="450")
    draft = Ask.objects.get(prices__isnull=False)
    assert (priced.status_code, priced.url) == (302, reverse("desk_ask", args=[draft.pk]))
    seen = ben.get("desk_ask", draft.pk)
    assert "One more page: € 450 each. Given free 3 times since 30 Sep, worth € 1,440." in seen
    assert "kept suggests: paid yes." in seen
    assert "From now on it is € 450 each." in seen
    assert "Offer it: the draft is on the desk" in ben.get("creep")


def test_a_rule_bent_too_often_is_told_to_its_owner_with_the_evidence(
    northlight: cast.House, kitchen: Policy, login: LogIn, now: datetime
) -> None:
    """Three of three: Ben is told on Today, nobody else is, and the page lists each of them."""
    waiter = Page(login(northlight.dev))
    for name in ("Two for lunch", "The Nunes family", "A table of six"):
        waiter.post("desk_minute", policy=str(kitchen.pk), title=name, given="yes")
    told = "Your rule “Kitchen closes” is bent too often: does it still say what we do?"
    assert told in Page(login(northlight.ben)).get("today")
    assert told not in waiter.get("today")
    seen = Page(login(northlight.ben)).get("policy", kitchen.pk)
    assert "Asked about 3 times in 90 days, bent each time." in seen
    assert all(name in seen for name in ("Two for lunch", "The Nunes family", "A table of six"))
