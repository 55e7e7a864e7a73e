"""What clients want beyond, by API."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from tests import cast

from kept import clock
from kept.asks.models import AskKind
from kept.clients import catalogue
from kept.clients import core as cores
from kept.clients.catalogue import StageSketch
from kept.promises import delivering, occurring, recording
from kept.promises.models import Promise
from kept.quotes.models import Answer


def test_the_numbers_of_the_house_are_read_by_members_and_set_by_owners(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ada, dev = calling(northlight.ada), calling(northlight.dev)
    kept = dev.get("/beyond").json()
    assert kept["core_looks_back"] == 20
    changed = ada.patch("/beyond", {"repeated_from": 2, "questioned_above": 0.1})
    assert changed.json() == {**kept, "repeated_from": 2, "questioned_above": 0.1}
    assert dev.patch("/beyond", {"repeated_from": 4}).status_code == 403
    refused = ada.patch("/beyond", {"core_hot": 0.5})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "core_warm"
    assert dev.get("/beyond").json() == changed.json()


def test_figures_of_the_desk_and_who_asks_and_pays_for_leads_only(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ben, dev = calling(northlight.ben), calling(northlight.dev)
    clinic = northlight.clients["Harbour Clinic"].pk
    for answer in (
        {"given": "fair_no", "wont": "price"},
        {"given": "cant_ever", "constraint": "A law"},
    ):
        ask = dev.post("/asks", {"title": "A page", "client_id": clinic, "sort": "extra"}).json()[
            "id"
        ]
        dev.post(f"/asks/{ask}/decide", answer)
    (balance,) = ben.get("/beyond/balances").json()["items"]
    assert (balance["client_id"], balance["asked"], balance["declined"]) == (clinic, 2, 2)
    assert dev.get("/beyond/balances").status_code == 403
    assert dev.get("/beyond/cants").json() == {"said": 1, "wonts": 0, "days": 90}
    assert dev.get("/beyond/room-to-shine").json() == {"client_ids": []}


def test_a_challenged_cant_is_counted_also_of_a_request_with_a_key(
    one_builder: cast.House, calling: Callable[..., Any]
) -> None:
    """The request is refused, and what it wrote is undone; that it was said stays said."""
    ben = calling(one_builder.ben)
    clinic = one_builder.clients["Harbour Clinic"].pk
    wanted = {"title": "A page", "sort": "extra", "likely_hours": 3, "client_id": clinic}
    ask = ben.post("/asks", wanted).json()["id"]
    refused = ben.post(f"/asks/{ask}/decide", {"given": "cant_now"}, Idempotency_Key="once")
    assert (refused.status_code, "That is a won’t" in refused.json()["detail"]) == (409, True)
    assert ben.get("/beyond/cants").json() == {"said": 1, "wonts": 1, "days": 90}
    no = {"given": "fair_no", "wont": "priority"}
    first = ben.post(f"/asks/{ask}/decide", no, Idempotency_Key="twice")
    again = ben.post(f"/asks/{ask}/decide", no, Idempotency_Key="twice")
    assert (first.status_code, again.json()) == (201, first.json())


def test_a_house_words_its_replies_by_api(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ben, dev = calling(northlight.ben), calling(northlight.dev)
    usual = dev.get("/reply-templates/usual").json()
    assert {one["reply_for"]: one["needed"] for one in usual["items"]}["yes_once"] == [
        "once", "rule", "what",
    ]  # fmt: skip
    said = {
        "reply_for": "yes_once", "language": "pt", "subject": "{what}", "once": "desta vez",
        "no_rule": "isto é pago", "body": "Sim: {what}. Normalmente {rule}; {once} não.",
    }  # fmt: skip
    assert dev.post("/reply-templates", said).status_code == 403
    kept = ben.post("/reply-templates", said)
    assert kept.status_code == 201
    again = ben.post("/reply-templates", {**said, "subject": "Sim: {what}"}).json()
    assert (again["id"], again["subject"]) == (kept.json()["id"], "Sim: {what}")
    refused = ben.post("/reply-templates", {**said, "body": "Sim: {what}."})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "body"
    assert [one["language"] for one in dev.get("/reply-templates").json()["items"]] == ["pt"]
    assert ben.delete(f"/reply-templates/{again['id']}").status_code == 204
    assert dev.get("/reply-templates").json()["items"] == []


def test_a_reply_is_drafted_in_the_language_of_whoever_reads_it(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ben = calling(northlight.ben)
    client = ben.post("/clients", {"name": "Quay Hotel", "language": "pt"}).json()
    assert client["language"] == "pt"
    ben.post("/reply-templates", {"reply_for": "fair_no", "language": "pt", "subject": "{what}",
                                  "body": "Obrigado: {what}.[ {because}]"})  # fmt: skip
    ask = ben.post("/asks", {"title": "Almoço", "client_id": client["id"], "sort": "extra"}).json()
    drafted = ben.post(f"/asks/{ask['id']}/draft", {"reply_for": "fair_no", "because": "Tarde."})
    assert drafted.json() == {
        "language": "pt", "subject": "Almoço", "body": "Obrigado: Almoço. Tarde.",
        "unworded": "", "unwritten": "",
    }  # fmt: skip
    other = ben.post(f"/asks/{ask['id']}/draft", {"reply_for": "cant_ever"}).json()
    assert (other["language"], other["unwritten"]) == (
        "en",
        (
            "Nobody has written “We can’t ever” in Português, so this is in English. Put it into "
            "Português yourself, or write it once for all letters."
        ),
    )
    bad = ben.post("/clients", {"name": "X", "language": "xx"})
    assert bad.status_code == 422
    assert "“xx” is no language that kept knows." in bad.json()["detail"]


def test_what_cannot_be_is_refused_clearly(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    """Each of them with a sentence at its field, and nothing written."""
    ada, ben = calling(northlight.ada), calling(northlight.ben)
    clinic = northlight.clients["Harbour Clinic"].pk
    rule = {"name": "Kitchen", "rule": "closes at 14:30", "purpose": "Rest",
            "owner_id": northlight.ben.pk, "quantity": "time_of_day", "limit": "14:30",
            "tolerance": "5"}  # fmt: skip
    standing = {"client_id": clinic, "what": "Report", "due_time": "10:00"}
    ask = ben.post("/asks", {"title": "A page", "client_id": clinic, "sort": "extra"}).json()["id"]
    ben.post(f"/clients/{clinic}/core/say", {"health": "cold"})
    contact = ben.post("/contacts", {"client_id": clinic, "name": "Sara",
                                     "email": "s@clinic.example"}).json()["id"]  # fmt: skip
    story = ben.post("/stories", {"contact_id": contact, "title": "A", "words": "B."}).json()["id"]
    refused = {
        "a hard limit inside the tolerance": ada.post("/policies", {**rule, "hard_limit": "14:33"}),
        "a rule without owner": ada.post("/policies", {**rule, "owner_id": None}),
        "every hour, for ever": ben.post("/standing-promises", {**standing, "rule": "FREQ=HOURLY"}),
        "in the hour that the clocks skip": ben.post(
            "/standing-promises", {**standing, "rule": "FREQ=DAILY", "due_time": "01:30"}
        ),
        "against the gate, without a reason": ben.post(
            f"/asks/{ask}/decide", {"given": "yes_once"}
        ),
        "told without consent": ben.post(f"/stories/{story}/publish", {"where": "Our site"}),
        "a referral of oneself": ben.post(
            "/referrals", {"referrer_id": clinic, "client_id": clinic}
        ),
    }
    assert {what: answer.status_code for what, answer in refused.items()} == {
        "a hard limit inside the tolerance": 422,
        "a rule without owner": 422,
        "every hour, for ever": 422,
        "in the hour that the clocks skip": 422,
        "against the gate, without a reason": 409,
        "told without consent": 409,
        "a referral of oneself": 422,
    }
    assert all(answer.json()["detail"].endswith(".") for answer in refused.values())


def test_who_reads_what_recurs_is_named_by_api(
    northlight: cast.House, southbank: cast.House, calling: Callable[..., Any]
) -> None:
    ben = calling(northlight.ben)
    clinic = northlight.clients["Harbour Clinic"].pk
    bakery = northlight.clients["Pete's Bakery"].pk
    standing = {"client_id": clinic, "what": "Report", "due_time": "10:00",
                "rule": "FREQ=WEEKLY;BYDAY=MO"}  # fmt: skip
    made = ben.post("/standing-promises", standing).json()
    assert made["contact_id"] is None
    second = ben.post("/standing-promises", {**standing, "contact": "Sara Nunes <s@c.example>"})
    sara = second.json()["contact_id"]
    assert ben.get(f"/contacts/{sara}").json()["name"] == "Sara Nunes"

    path = f"/standing-promises/{made['id']}/reader"
    for body, contact in (({"contact": "sara"}, sara), ({}, None), ({"contact_id": sara}, sara)):
        named = ben.post(path, body)
        assert (named.status_code, named.json()) == (200, {**made, "contact_id": contact})
    pete = ben.post("/contacts", {"client_id": bakery, "name": "Pete"}).json()["id"]
    refused = ben.post(path, {"contact_id": pete})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "contact_id")
    assert "Pete is not somebody at Harbour Clinic." in refused.json()["detail"]
    both = ben.post(path, {"contact_id": sara, "contact": "sara"})
    assert "Say contact_id or contact, not both." in both.json()["detail"]
    nobody = ben.post(path, {"contact": "Rui"})
    assert "Nobody at Harbour Clinic fits “Rui”." in nobody.json()["detail"]
    assert calling(southbank.cleo).post(path, {}).status_code == 404

    bad = {**standing, "rule": "FREQ=HOURLY", "contact": "Rui Costa <r@c.example>"}
    assert ben.post("/standing-promises", bad).status_code == 422
    people = ben.get("/contacts").json()["items"]
    assert "Rui Costa" not in {one["name"] for one in people}, "nobody new is left behind"


def test_a_rule_is_put_into_another_language_by_api(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ada, ben, dev = (calling(one) for one in (northlight.ada, northlight.ben, northlight.dev))
    rule = ada.post(
        "/policies",
        {
            "name": "Kitchen", "rule": "the kitchen closes at 14:30", "purpose": "Rest",
            "owner_id": northlight.ben.pk, "quantity": "time_of_day", "limit": "14:30",
        },
    ).json()  # fmt: skip
    assert rule["language"] == "en"
    said = {"language": "pt", "rule": "a cozinha fecha às 14:30"}
    assert dev.post(f"/policies/{rule['id']}/wordings", said).status_code == 403
    kept = ben.post(f"/policies/{rule['id']}/wordings", said)
    assert kept.status_code == 201
    (listed,) = dev.get(f"/policies/{rule['id']}/wordings").json()["items"]
    assert listed == kept.json()
    assert {name: listed[name] for name in (*said, "policy_id", "worded_from")} == {
        **said, "policy_id": rule["id"], "worded_from": "the kitchen closes at 14:30",
    }  # fmt: skip
    refused = ben.post(f"/policies/{rule['id']}/wordings", {**said, "language": "en"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "language"
    assert ben.delete(f"/rule-wordings/{listed['id']}").status_code == 204
    assert ben.get(f"/policies/{rule['id']}/wordings").json()["items"] == []


def over(house: cast.House, now: datetime, hours: float = 10) -> Promise:
    """A form for the clinic, sold as 4 h and delivered; it took more."""
    promise = recording.loose(
        what="Form", client=house.clients["Harbour Clinic"], due_at=now + timedelta(days=3),
        day_only=False, by=house.ben, now=now,
    )  # fmt: skip
    stage = promise.job.stages.get()
    stage.spent_hours = hours
    stage.save()
    delivering.deliver(promise, by=house.ben, now=now)
    return promise


def test_time_found_over_what_was_sold_is_judged_by_api(
    northlight: cast.House, calling: Callable[..., Any], now: datetime
) -> None:
    dev = calling(northlight.dev)
    job, other = over(northlight, now).job_id, over(northlight, now, 20).job_id
    assert dev.get("/extras/found").json()["items"] == [
        {
            "job_id": key, "client_id": northlight.clients["Harbour Clinic"].pk, "title": "Form",
            "estimated_hours": 4.0, "spent_hours": spent, "over_hours": spent - 4,
        }
        for key, spent in ((other, 20.0), (job, 10.0))
    ]  # fmt: skip
    made = dev.post(f"/extras/found/{job}", {"answer": "extra", "kind": "One more page"})
    assert made.status_code == 201
    extra = made.json()
    assert (extra["title"], extra["hours"], extra["state"]) == ("Form", "6.00", "given")
    assert AskKind.objects.get(pk=extra["kind_id"]).name == "One more page"
    assert dev.post(f"/extras/found/{job}", {"answer": "estimate"}).status_code == 409
    low = dev.post(f"/extras/found/{other}", {"answer": "estimate"})
    assert low.json()["state"] == "dismissed"
    assert dev.get("/extras/found").json()["items"] == []


def test_a_retainer_recurs_by_api(
    northlight: cast.House, calling: Callable[..., Any], now: datetime
) -> None:
    ben = calling(northlight.ben)
    clinic = northlight.clients["Harbour Clinic"]
    for _again in range(3):
        ben.post(
            "/extras",
            {"client_id": clinic.pk, "title": "A page", "kind": "Page", "money": "480"},
        )
    row = ben.post(
        "/creep",
        {
            "client_id": clinic.pk, "kind_id": AskKind.objects.get().pk, "decided": "priced",
            "price": "600", "by_month": True,
        },
    ).json()  # fmt: skip
    refused = ben.post(f"/creep/{row['id']}/recur", {})
    assert (refused.status_code, "has not said yes" in refused.json()["detail"]) == (409, True)
    paid = ben.post(f"/asks/{row['draft_id']}/decide", {"given": "paid_yes"})
    assert paid.status_code == 201
    made = ben.post(f"/creep/{row['id']}/recur", {})
    assert made.status_code == 201
    first = date.fromisoformat(made.json()["starts_on"]) - timedelta(days=1)
    day = first.day if first.day <= 28 else -1
    assert (made.json()["what"], made.json()["rule"]) == ("Page", f"FREQ=MONTHLY;BYMONTHDAY={day}")
    assert ben.post(f"/creep/{row['id']}/recur", {}).status_code == 409


def test_an_answered_ask_keeps_the_can_check_that_its_answer_rested_on(
    one_builder: cast.House, calling: Callable[..., Any]
) -> None:
    """Another plan afterwards changes nothing of it, nor is anything worked out in its name."""
    ben = calling(one_builder.ben)
    wanted = {
        "title": "A page",
        "sort": "extra",
        "likely_hours": 3,
        "client_id": one_builder.clients["Harbour Clinic"].pk,
    }
    ask = ben.post("/asks", wanted).json()["id"]
    before = ben.post(f"/asks/{ask}/test").json()
    no = ben.post(f"/asks/{ask}/decide", {"given": "fair_no", "wont": "priority"}).json()
    other = ben.post("/asks", {**wanted, "title": "Two pages", "likely_hours": 30}).json()["id"]
    ben.post(f"/asks/{other}/test")
    ben.post(f"/asks/{other}/decide", {"given": "paid_yes", "price": "900"})
    worked_out = Answer.objects.count()
    after = ben.post(f"/asks/{ask}/test").json()
    can = ("can", "chance", "due_at", "nearest_at", "pushes")
    assert {name: after[name] for name in can} == {name: before[name] for name in can}
    assert (after["can"], after["chance"]) == (no["can"], no["chance"])
    ben.post(f"/asks/{ask}/draft", {"reply_for": "fair_no"})
    assert Answer.objects.count() == worked_out


def test_a_word_about_a_core_that_is_counted_is_refused(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ben, clinic, now = calling(northlight.ben), northlight.clients["Harbour Clinic"], clock.now()
    service = catalogue.add_service(
        name="Letters", stages=[StageSketch("Write", 2)], by=northlight.ben, now=now
    )
    cores.name(clinic, service, by=northlight.ben, now=now)
    word = {"health": "warm", "why": "New"}
    assert ben.post(f"/clients/{clinic.pk}/core/say", word).json()["verdict"] == "warm"
    occurring.make(
        client=clinic, what="Letter", rule="FREQ=DAILY", due_time=time(10), service=service,
        by=northlight.ben, now=now - timedelta(days=9),
    )  # fmt: skip
    occurring.look_ahead(now=now)
    refused = ben.post(f"/clients/{clinic.pk}/core/say", word)
    assert refused.status_code == 409
    of = ben.get(f"/clients/{clinic.pk}/core").json()["of"]
    assert of >= 9
    (error,) = refused.json()["errors"]
    assert error["field"] == "health"
    assert error["detail"] == (
        f"0 of the last {of} were kept, so the core is cold: that is counted, and a word counts "
        "only while fewer than 5 fell due. Nothing was saved."
    )


def test_no_holding_letter_goes_out_that_nobody_read(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ada, client = calling(northlight.ada), northlight.clients["Harbour Clinic"].pk
    ask = ada.post("/asks", {"title": "A page", "client_id": client}).json()["id"]
    day = {"due_on": "2026-12-04"}

    unread = ada.post(f"/asks/{ask}/hold-off", {**day, "how": "letter"})
    assert (unread.status_code, unread.json()["errors"][0]["field"]) == (422, "body")
    assert ada.get(f"/asks/{ask}").json()["holding_reply_id"] is None

    said = ada.post(f"/asks/{ask}/hold-off", day)
    assert said.status_code == 200
    assert said.json()["holding_reply_id"] is not None
