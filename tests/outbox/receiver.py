"""A real HTTP receiver for tests, on this machine, that can be told to fail in every usual way."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from django.test import override_settings

from kept.outbox.outward import Place

#: The tests' own machine may be reached: that is what an operator's allow-list is for.
HOME_IS_ALLOWED = [ip_network("127.0.0.1/32")]


class Receiver(ThreadingHTTPServer):
    """Takes messages, and answers as it is told: a status, or "hang", "reset", "drip", "endless",
    "garbage".
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: int | str = 204
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        #: How many messages are being taken now.
        self.busy = 0
        self.asked = threading.Event()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def place(self) -> Place:
        return Place("http", "127.0.0.1", self.server_port, "/hook")


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.busy += 1
        try:
            self._take()
        finally:
            self.server.busy -= 1

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.server.paths.append(self.path)
        self.server.asked.set()
        self.close_connection = True
        match self.server.answers:
            case "hang":
                self.server.ended.wait(60)
            case "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            case "drip":
                while not self.server.ended.wait(0.1):
                    try:
                        self.connection.sendall(b"H")
                    except OSError:
                        return
            case "endless":
                try:
                    self.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    while not self.server.ended.is_set():
                        self.connection.sendall(b"a" * 65_536)
                except OSError:
                    return
            case "garbage":
                self.connection.sendall(b"SSH-2.0-server\r\n")
            case int() as status:
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "http://127.0.0.1:1/inside")
                self.send_header("Content-Length", "0")
                self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Say nothing."""

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            return


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive until the block ends; this machine is on the allow-list meanwhile."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with override_settings(REACHABLE=HOME_IS_ALLOWED):
            yield receiver
    finally:
        receiver.ended.set()
        receiver.shutdown()
        thread.join()
        receiver.server_close()
