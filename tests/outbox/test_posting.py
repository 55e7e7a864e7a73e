"""What kept hears from receivers that answer in parts, by a dead address first, or over TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import override_settings
from tests.outbox.receiver import HOME_IS_ALLOWED, receiving

from kept.outbox import outward, posting
from kept.outbox.outward import Place
from kept.outbox.posting import BadAnswer


@contextmanager
def answering(parts: Sequence[bytes], *, under: ssl.SSLContext | None = None) -> Iterator[Place]:
    """Answer one caller with these parts, one after the other; this machine may be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            try:
                line, _address = server.accept()
            except TimeoutError:
                return  # nobody called
            # A caller that does not like what it is shown hangs up.
            with line, suppress(OSError):
                if under is None:
                    speak(line)
                else:
                    with under.wrap_socket(line, server_side=True) as covered:
                        speak(covered)

        def speak(line: socket.socket) -> None:
            line.recv(4096)
            for part in parts:
                line.sendall(part)
                heard.wait(0.02)

        server.settimeout(5)
        heard = threading.Event()
        thread = threading.Thread(target=answer)
        thread.start()
        scheme = "http" if under is None else "https"
        try:
            with override_settings(REACHABLE=HOME_IS_ALLOWED):
                yield Place(scheme, "127.0.0.1", server.getsockname()[1], "/")
        finally:
            heard.set()
            thread.join()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine's own, with its key, that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    moment = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "receiver.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"],
        [b"HTTP/1.1 103 Early Hints\r\nLink: <", b"/a>\r\n\r\n", b"HTTP/1.1 2", b"04 None\r\n"],
    ],
)
def test_what_only_says_go_on_is_no_answer_yet(parts: Sequence[bytes]) -> None:
    with answering(parts) as place:
        assert posting.post(place, b"{}", {}) == posting.Taken(204)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"HTTP/1.1 100 Continue\r\n\r\n"],
        [b"HTTP/1.1 twohundred OK\r\n"],
        [b"HTTP/1.1 200 OK without an end" + b"x" * posting.LONGEST_HEAD] * 2,
    ],
)
def test_an_answer_without_a_status_is_none(parts: Sequence[bytes]) -> None:
    with answering(parts) as place, pytest.raises(BadAnswer, match="does not speak HTTP"):
        posting.post(place, b"{}", {})


def test_who_has_no_time_left_hears_nothing() -> None:
    late = r"No answer came|timed out|cannot be found"  # whichever step the time ended in
    with answering([]) as place, pytest.raises(OSError, match=late):
        posting.post(place, b"{}", {}, in_all=0)


def test_where_one_address_of_a_name_is_dead_the_next_one_is_called() -> None:
    with receiving() as receiver, override_settings(REACHABLE=[ip_network("127.0.0.0/8")]):
        place = Place("http", "two.example", receiver.server_port, "/")
        both = ["127.0.0.2", "127.0.0.1"]
        with outward.connect(place, within=5, look_up=lambda _h, _p: both) as line:
            assert line.getpeername()[0] == "127.0.0.1"
        with pytest.raises(ConnectionRefusedError):
            outward.connect(place, within=5, look_up=lambda _h, _p: both[:1])


def test_over_tls_only_who_can_show_who_it_is_hears_anything(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    under.load_cert_chain(certificate)
    words = [b"HTTP/1.1 204 None\r\n\r\n"]
    with answering(words, under=under) as place, pytest.raises(ssl.SSLCertVerificationError):
        posting.post(place, b"{}", {})
    # As an operator makes a certificate of their own known to a machine.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with answering(words, under=under) as place:
        assert posting.post(place, b"{}", {}) == posting.Taken(204)


def test_who_is_reached_in_the_last_moment_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = outward.connect
    monkeypatch.setattr(outward, "connect", lambda place, **_within: connect(place, within=5))
    with (
        answering([b"HTTP/1.1 204 No Content\r\n"]) as place,
        pytest.raises(BadAnswer, match="No answer came within ten seconds"),
    ):
        posting.post(place, b"{}", {}, in_all=0)
