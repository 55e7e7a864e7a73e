"""Chats: addresses are read, judged, sealed and tested; Apprise speaks, kept makes the requests."""

import ast
import importlib.util
import io
import json
import logging
import time
from datetime import datetime
from pathlib import Path

import pytest
import requests
from django.test import override_settings
from tests import cast
from tests.outbox import postman
from tests.outbox.receiver import HOME_IS_ALLOWED, Receiver, receiving

from kept.last_mile import channels, ways
from kept.last_mile.channels import NotTaken, RefusedForGood, guarded, sealing, services, speaking
from kept.last_mile.ways import Wanted
from kept.ledger.models import ErasableText, Event
from kept.outbox import running
from kept.people import charters
from kept.people.models import CharterChannel
from kept.tenancy.refusals import Refused

SLACK = "https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx"

TEAMS = (
    "https://prod-1.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64"
    "/triggers/manual/paths/invoke?api-version=2016-06-01&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)


def public(_host: str, _port: int) -> list[str]:
    return ["93.184.216.34"]


def at(receiver: Receiver, scheme: str, rest: str) -> str:
    return f"{scheme}://127.0.0.1:{receiver.server_port}/{rest}"


@pytest.mark.parametrize(
    ("typed", "name", "hint"),
    [
        (SLACK, "slack", "Slack, …uvwx"),
        (TEAMS, "teams", "Microsoft Teams, …z0eu"),
        (
            "tgram://123456789:ABCdefghij_klm-nopqrstuvwxyz012345/12345",
            "telegram",
            "Telegram, …2345",
        ),
        ("https://ntfy.sh/desk", "ntfy", "ntfy"),
        ("ntfys://ntfy.example.org/desk", "ntfy", "ntfy, ntfy.example.org"),
        (
            "mmosts://chat.example.org/3ccdd113474722377935511fc85d3dd4",
            "mattermost",
            "Mattermost, chat.example.org, …3dd4",
        ),
        ("https://discord.com/api/webhooks/123456789/abcdefghij", "discord", "Discord, …ghij"),
        (
            "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=abc&token=defg",
            "google_chat",
            "Google Chat, …defg",
        ),
        (
            "rockets://abcdefghijkl/mnopqrstuvwx@chat.example.org",
            "rocket_chat",
            "Rocket.Chat, chat.example.org, ….org",
        ),
        ("zulip://bot@org/aaaabbbbccccddddeeeeffffgggghhhh/x@y.org", "zulip", "Zulip, ….org"),
        ("gotifys://push.example.org:8443/token", "gotify", "Gotify, push.example.org:8443, …oken"),
        ("wxteams://" + "a" * 80, "webex", "Webex, …aaaa"),
        (
            "nctalks://user:password@cloud.example.org/room",
            "nextcloud_talk",
            "Nextcloud Talk, cloud.example.org, …room",
        ),
        (
            "signals://bridge.example.org/+351210000000/+351910000000",
            "signal",
            "Signal, bridge.example.org, …0000",
        ),
        ("pover://" + "u" * 30 + "@" + "t" * 30, "pushover", "Pushover, …tttt"),
        ("pbul://token", "pushbullet", "Pushbullet"),
        ("jsons://bot.example.org/hook", "json", "a program of yours, bot.example.org"),
    ],
)
def test_an_address_says_which_chat_it_is_and_little_of_it_is_shown(
    typed: str, name: str, hint: str
) -> None:
    read = services.read(typed, look_up=public)
    assert (read.service.name, read.hint, read.text) == (name, hint, typed)
    assert set(channels.known()) == {"mail", *(service.name for service in services.SERVICES)}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("https://example.org/hook", "kept knows no chat by this address. It knows: Slack,"),
        ("mailto://ada:secret@example.org", "kept knows no chat"),
        ("dbus://", "kept knows no chat"),
        ("syslog://", "kept knows no chat"),
        ("file:///etc/passwd", "kept knows no chat"),
        ("https://[", "kept knows no chat"),
        ("https://hooks.slack.com.evil.example/services/a/b/c", "kept knows no chat"),
        ("slack://x", "This is no whole address of Slack. One looks like"),
        ("rockets://chat.example.org", "This is no whole address of Rocket.Chat"),
        ("ntfys://a b", "no spaces"),
        ("ntfys://ntfy.example.org/" + "a" * 500, "at most 500"),
        ("ntfy://127.0.0.1/desk", "which is not on the public internet"),
        ("jsons://169.254.169.254/latest", "which is not on the public internet"),
        ("gotify://[::1]:8080/token", "which is not on the public internet"),
    ],
)
def test_what_is_no_address_or_leads_home_is_refused(typed: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence.replace(".", r"\.")):
        services.read(typed)


@pytest.mark.parametrize(
    ("scheme", "rest", "path"),
    [
        ("ntfy", "desk", "/"),
        ("mmost", "3ccdd113474722377935511fc85d3dd4", "/hooks/3ccdd113474722377935511fc85d3dd4"),
        ("gotify", "token123", "/message"),
        ("json", "hook", "/hook"),
    ],
)
def test_each_chat_is_spoken_to_as_it_wants(scheme: str, rest: str, path: str) -> None:
    with receiving() as receiver:
        receiver.answers = 200
        read = services.read(at(receiver, scheme, rest))
        speaking.say(read.service, read.text, subject="Knock: Café", body="Dev,\n\n<b>1 & 2</b>")
        [(headers, body)] = receiver.heard
        said = json.dumps(json.loads(body), ensure_ascii=False)
        assert receiver.paths == [path]
        assert "Knock: Café" in said
        assert "<b>1 & 2</b>" in said
        assert headers["host"] == f"127.0.0.1:{receiver.server_port}"


@pytest.mark.parametrize(
    ("answers", "raised", "sentence"),
    [
        (404, RefusedForGood, "It answered 404."),
        (403, RefusedForGood, "It answered 403."),
        (302, RefusedForGood, "kept follows no redirect"),
        (503, NotTaken, "It answered 503."),
        (429, NotTaken, "It answered 429."),
        ("reset", NotTaken, "Nobody answered there in time."),
        ("garbage", NotTaken, "Nobody answered there in time."),
    ],
)
def test_what_is_not_taken_is_tried_again_or_never(
    answers: int | str, raised: type[Exception], sentence: str
) -> None:
    with receiving() as receiver:
        receiver.answers = answers
        # What the address asks for itself changes nothing.
        read = services.read(at(receiver, "json", "hook?redirect=yes&verify=no&rto=900&retry=5"))
        with pytest.raises(raised, match=sentence.replace(".", r"\.")):
            speaking.say(read.service, read.text, subject="Knock", body="Dev")
        assert len(receiver.heard) == 1


@pytest.mark.parametrize("answers", ["hang", "drip"])
def test_one_that_hangs_or_drips_is_let_go_in_time(answers: str) -> None:
    with receiving() as receiver:
        receiver.answers = answers
        read = services.read(at(receiver, "ntfy", "desk"))
        began = time.monotonic()
        with guarded.call(in_all=0.5) as call:
            plugin = speaking._plugin(read.service, read.text)
            assert plugin.notify(title="Knock", body="Dev") is False
        assert time.monotonic() - began < 2
        assert [type(each) for each in call.outcomes] == [TimeoutError]


def test_what_leads_home_when_it_is_sent_is_not_reached() -> None:
    with receiving() as receiver:
        read = services.read(at(receiver, "ntfy", "desk"))
        with override_settings(REACHABLE=[]), pytest.raises(RefusedForGood, match="public intern"):
            speaking.say(read.service, read.text, subject="Knock", body="Dev")
        assert receiver.heard == []


def test_an_answer_without_an_end_is_not_read_to_the_end() -> None:
    assert guarded.LONGEST_ANSWER < 1_000_000
    with pytest.raises(AttributeError):
        guarded.STAND_IN.Session  # noqa: B018
    with pytest.raises(LookupError):
        guarded.STAND_IN.get("https://example.org/")


def test_apprises_modules_reach_outside_by_requests_alone() -> None:
    """Whoever adds a chat, or takes a newer Apprise, sees it here if that ends."""
    harmless = {
        "base64", "binascii", "contextlib", "copy", "datetime", "enum", "hashlib", "hmac", "html",
        "io", "itertools", "json", "json.decoder", "logging", "os", "os.path", "re", "requests",
        "secrets", "string", "time", "typing", "urllib.parse", "uuid", "gzip", "__future__",
        "cryptography.hazmat.primitives", "cryptography.hazmat.primitives.ciphers", "collections",
        "collections.abc",
    }  # fmt: skip
    calls = {"get", "post", "request", "codes", "RequestException"}
    for service in services.SERVICES:
        spec = importlib.util.find_spec(f"apprise.plugins.{service.module}")
        assert spec is not None
        assert spec.origin is not None
        tree = ast.parse(Path(spec.origin).read_text())
        outside = {
            name
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
        }
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "requests"
        }
        assert (service.name, outside - harmless, used - calls) == (service.name, set(), set())
        module = speaking._module(service)
        assert module.requests is guarded.STAND_IN  # type: ignore[attr-defined]


def test_an_address_is_sealed_and_stands_nowhere_else(
    northlight: cast.House, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("apprise").disabled = False  # as setting up logging again leaves it
    dev = northlight.dev
    with receiving() as receiver:
        receiver.answers = 200
        typed = at(receiver, "json", "a-very-secret-hook")
        ways.add(dev, typed, by=dev, now=now)
        [mail, chat] = charters.reachable(dev).ways
        assert (mail.kind, chat.kind) == ("mail", "json")
        assert sealing.opened(chat.address) == typed
        ways.test(dev, chat.key, by=dev, now=now)
        assert b"kept reaches you here" in receiver.heard[0][1]
    rows = [
        *CharterChannel.objects.values_list("address", "hint"),
        *Event.objects.values_list("facts", "images"),
        *ErasableText.objects.values_list("text", flat=True),
    ]
    assert "very-secret" not in f"{rows} {caplog.text}"
    with override_settings(SECRET_KEY="another"), pytest.raises(RefusedForGood, match="secret key"):
        channels.known()["json"].send(
            channels.Message("Knock", "Dev", dev), to=dev, address=chat.address, now=now
        )


def test_ways_are_ordered_taken_off_and_theirs_alone(northlight: cast.House, now: datetime) -> None:
    dev, doing = northlight.dev, {"by": northlight.dev, "now": now}
    with override_settings(REACHABLE=HOME_IS_ALLOWED):
        ways.add(dev, "ntfy://127.0.0.1/desk", **doing)
        ways.add(dev, SLACK, **doing)
        mail, ntfy, slack = charters.reachable(dev).ways
        ways.move(dev, slack.key, to=1, **doing)
        assert [way.key for way in charters.reachable(dev).ways] == [slack.key, mail.key, ntfy.key]
        ways.move(dev, slack.key, to=9, **doing)
        assert [way.key for way in charters.reachable(dev).ways] == [mail.key, ntfy.key, slack.key]
        ways.remove(dev, mail.key, **doing)
        assert [ways.named(way) for way in charters.reachable(dev).ways] == [
            "ntfy, 127.0.0.1", "Slack, …uvwx",
        ]  # fmt: skip
        ways.add(dev, "mail", **doing)
        assert [way.kind for way in charters.reachable(dev).ways] == ["ntfy", "slack", "mail"]
        with pytest.raises(charters.NotTheirs):
            ways.add(dev, SLACK, by=northlight.ada, now=now)
        with pytest.raises(ways.NoSuchWay):
            ways.remove(dev, 999, **doing)
        ways.is_theirs(dev, slack.key, by=dev)
        with pytest.raises(ways.NoSuchWay):
            ways.is_theirs(dev, 999, by=dev)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted("pigeon"), "“pigeon” is no channel. There are: mail, slack, teams,"),
        (Wanted("mail", "eve@example.org"), "Mail goes to your own address"),
        (Wanted("teams", SLACK), "This is an address of Slack"),
        (Wanted("slack"), "kept knows no chat"),
        (Wanted(key=999), "You are not reached by that"),
    ],
)
def test_a_way_that_is_none_is_refused(
    northlight: cast.House, now: datetime, wanted: Wanted, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        ways.arrange(northlight.dev, [wanted], by=northlight.dev, now=now)
    assert charters.in_force(northlight.dev) is None


def test_a_test_that_does_not_arrive_says_why(northlight: cast.House, now: datetime) -> None:
    dev = northlight.dev
    with receiving() as receiver:
        receiver.answers = 404
        ways.add(dev, at(receiver, "ntfy", "desk"), by=dev, now=now)
        with pytest.raises(ways.NotThere, match=r"did not arrive\. It answered 404"):
            ways.test(dev, charters.reachable(dev).ways[1].key, by=dev, now=now)
    CharterChannel.objects.filter(kind="ntfy").update(address="", hint="")  # as if it were erased
    with pytest.raises(ways.NotThere, match="leads to nobody any more"):
        ways.test(dev, charters.reachable(dev).ways[1].key, by=dev, now=now)


def test_an_address_that_a_newer_apprise_finds_wanting_is_refused_for_good() -> None:
    slack = services.read(SLACK).service
    for text in ("slack://x", "https://["):
        with pytest.raises(RefusedForGood, match=r"Its address is not whole\."):
            speaking.say(slack, text, subject="Knock", body="Dev")


def test_what_is_answered_well_but_not_as_the_chat_does_was_not_taken() -> None:
    with receiving() as receiver:
        receiver.answers = 204
        read = services.read(at(receiver, "gotify", "token123"))
        with pytest.raises(RefusedForGood, match=r"It did not take it\."):
            speaking.say(read.service, read.text, subject="Knock", body="Dev")
        assert len(receiver.heard) == 1


def test_an_answer_that_is_too_long_is_not_read_to_the_end() -> None:
    with receiving() as receiver:
        receiver.answers = "endless"
        read = services.read(at(receiver, "json", "hook"))
        with guarded.call() as call:
            assert speaking._plugin(read.service, read.text).notify(body="Dev") is False
        assert [str(each) for each in call.outcomes] == ["The answer is too long."]


def test_no_request_is_begun_once_the_time_of_a_message_is_over() -> None:
    with receiving() as receiver, guarded.call(in_all=0) as call:
        with pytest.raises(requests.ConnectionError):
            guarded.STAND_IN.get(receiver.url)
        assert ([type(each) for each in call.outcomes], receiver.heard) == ([TimeoutError], [])


def test_no_file_leaves_by_a_chat() -> None:
    with receiving() as receiver, guarded.call() as call:
        with pytest.raises(requests.ConnectionError):
            guarded.STAND_IN.post(receiver.url, data=io.BytesIO(b"a file of this machine"))
        assert [str(each) for each in call.outcomes] == ["A message holds no file."]
        assert receiver.heard == []


def test_mail_is_tried_by_a_letter_to_ones_own_address(
    northlight: cast.House, now: datetime
) -> None:
    dev = northlight.dev
    with postman.at_work() as mail:
        ways.arrange(dev, [Wanted("mail")], by=dev, now=now)
        ways.test(dev, charters.reachable(dev).ways[0].key, by=dev, now=now)
        running.run_due(now=now)
    [letter] = mail.letters
    assert (letter["To"], letter["Subject"]) == ("Dev <dev@northlight.example>", "A test from kept")
    assert postman.text_of(letter).replace("\r\n", "\n") == (
        "Hello Dev,\n\nkept reaches you here. Nothing is wanted of you.\n"
        "https://kept.northlight.example\n"
    )
