"""kept goes out to the public internet, and nowhere near home, however an address is written."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from tests.outbox.receiver import receiving

from kept.outbox import outward, posting
from kept.outbox.outward import NotReached, Place
from kept.outbox.posting import BadAnswer
from kept.tenancy.refusals import Refused

HOME = [
    IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip

at_home = st.sampled_from(HOME).flatmap(
    lambda net: st.integers(int(net[0]), int(net[-1])).map(IPv4Address)
)


def written(address: IPv4Address) -> list[str]:
    """Return the ways in which a machine reads one and the same IPv4 address."""
    number = int(address)
    a, b, c, d = address.packed
    return [
        str(address),
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a:#o}.{b}.{c}.{d}".replace("0o", "0"),
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a}.{b}.{c * 256 + d}",
        f"{a}.{b * 65536 + c * 256 + d}",
    ]


@given(at_home)
def test_an_address_at_home_is_refused_in_whatever_form_it_is_written(
    address: IPv4Address,
) -> None:
    for host in [*written(address), f"[::ffff:{address}]"]:
        with pytest.raises(Refused):
            outward.check(f"http://{host}/")


@given(at_home)
def test_an_address_at_home_is_refused_inside_every_ipv6_form(address: IPv4Address) -> None:
    number = int(address)
    forms = {
        "mapped": IPv6Address((0xFFFF << 32) | number),
        "compatible": IPv6Address(number),
        "nat64": IPv6Address((0x64FF9B << 96) | number),
        "nat64 local": IPv6Address((0x64FF9B0001 << 80) | number),
        "6to4": IPv6Address((0x2002 << 112) | (number << 80)),
        "teredo": IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    }
    assert {name for name, form in forms.items() if outward.is_reachable(str(form))} == set()


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_of_ipv6_only_global_unicast_is_reached(address: IPv6Address) -> None:
    if outward.is_reachable(str(address)):
        mapped = address.ipv4_mapped
        if mapped is None:
            assert address in ip_network("2000::/3")
        else:
            assert not any(mapped in net for net in HOME)


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "fe80::1", "fe80::1%lo", "fc00::1", "fd12::1", "ff02::1", "ff0e::1",
     "64:ff9b::7f00:1", "2001:db8::1", "100::1", "5f00::1", "localhost", ""],
)  # fmt: skip
def test_what_is_not_on_the_public_internet_is_not_reached(address: str) -> None:
    assert not outward.is_reachable(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
)
def test_the_public_internet_is_reached(address: str) -> None:
    assert outward.is_reachable(address)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost.", "LOCALHOST", "①②⑦.0.0.1", "127。0。0。1"]
)
def test_this_machine_by_any_name_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        outward.check(f"http://{host}:8000/")


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org",
     "http://", "https:///hook", "http://user:secret@example.org/", "http://user@example.org/",
     "http://example.org:0/", "http://example.org:99999/", "http://exa mple.org/",
     "http://example.org/\r\nX-Other: 1", "http://[::1", "http://example.org/ä",
     "http://example.org/" + "a" * 500],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        outward.place_of(url)


def test_an_address_is_read_into_its_parts() -> None:
    assert outward.place_of(" https://Hooks.Example.org/in?key=1 ") == Place(
        "https", "hooks.example.org", 443, "/in?key=1"
    )
    assert outward.place_of("http://[2606:4700::1]:8080").named == "[2606:4700::1]:8080"
    assert outward.place_of("https://bücher.example/").host == "xn--bcher-kva.example"


def test_a_name_with_one_address_at_home_among_others_is_refused() -> None:
    with pytest.raises(Refused, match="KEPT_REACHABLE"):
        outward.check("http://example.org/", look_up=lambda _h, _p: ["1.1.1.1", "10.0.0.7"])


def test_a_name_that_answers_differently_later_leads_nowhere_else() -> None:
    """It was at home on the public internet when it was typed, and is this machine when it is
    sent to.
    """
    answers = iter([["1.1.1.1"], ["127.0.0.1"]])

    def look_up(_host: str, _port: int) -> list[str]:
        return next(answers)

    place = outward.check("http://example.org/", look_up=look_up)
    with pytest.raises(NotReached):
        outward.connect(place, within=2, look_up=look_up)


def test_the_connection_goes_to_the_very_address_that_was_judged() -> None:
    """The name is looked up once; the machine that connects is not asked for it again."""
    asked = []
    with receiving() as receiver:

        def look_up(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        place = Place("http", "no-such-name.invalid", receiver.server_port, "/")
        with outward.connect(place, within=2, look_up=look_up) as line:
            assert line.getpeername()[0] == "127.0.0.1"
    assert asked == ["no-such-name.invalid"]


def test_where_the_socket_ended_up_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something between led the connection home, although the address was a public one."""
    with receiving() as receiver, override_settings(REACHABLE=[]):
        home = socket.create_connection
        monkeypatch.setattr(
            outward.socket,
            "create_connection",
            lambda _there, timeout: home(("127.0.0.1", receiver.server_port), timeout),
        )
        with pytest.raises(NotReached, match="elsewhere"):
            posting.post(
                outward.place_of("http://1.1.1.1/"), b"{}", {"Content-Type": "application/json"}
            )
    assert receiver.heard == []


def test_a_message_is_taken_and_its_answer_heard() -> None:
    with receiving() as receiver:
        assert posting.post(receiver.place, b'{"a":1}', {"webhook-id": "msg_1"}).well
    headers, body = receiver.heard[0]
    assert (headers["webhook-id"], headers["host"], body) == (
        "msg_1",
        f"127.0.0.1:{receiver.server_port}",
        b'{"a":1}',
    )


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.answers = 307
        taken = posting.post(receiver.place, b"{}", {})
    assert (taken.status, taken.well, len(receiver.heard)) == (307, False, 1)


@pytest.mark.parametrize("way", ["hang", "reset", "drip", "garbage"])
def test_who_does_not_answer_in_time_and_in_http_took_nothing(way: str) -> None:
    with receiving() as receiver:
        receiver.answers = way
        with pytest.raises((TimeoutError, ConnectionError, BadAnswer)):
            posting.post(receiver.place, b"{}", {}, in_all=0.5)


def test_a_name_that_nobody_answers_for_is_not_waited_for() -> None:
    from threading import Event

    never = Event()
    try:
        with pytest.raises(NotReached, match="cannot be found"):
            outward.judged(
                Place("http", "slow.example", 80, "/"),
                within=0.1,
                look_up=lambda _h, _p: [str(never.wait(30))],
            )
    finally:
        never.set()
