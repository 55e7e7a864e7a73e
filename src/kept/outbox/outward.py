"""Addresses that somebody typed: kept goes out to the public internet, and nowhere near home.

A webhook's address could name a machine behind the same firewall, or the one
kept runs on. So a name is looked up, every address it stands for is judged,
and the connection is made to the very address that was judged: a name that
answers differently a moment later leads nowhere else. What the operator
allows by `KEPT_REACHABLE` is reached although it is at home.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from kept.tenancy.refusals import Refused

Address = IPv4Address | IPv6Address

#: Everything else of IPv6 is special, local, or several receivers at once.
_UNICAST = IPv6Network("2000::/3")
#: What some versions of Python call global, and what leads on to an address that nobody judged.
_NOWHERE = tuple(
    ip_network(one)
    for one in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.175.48.0/24",  # AS112
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

#: Returns the addresses that a name stands for; raises OSError if there are none.
LookUp = Callable[[str, int], list[str]]


class NotReached(OSError):
    """Nothing was sent: the address leads where kept does not go, or nowhere."""


class NotPublic(NotReached):
    """The address leads where kept does not go, today or tomorrow."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads: how it is talked to, with whom, and what is asked for there."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """The host as a request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORTS = {"http": 80, "https": 443}


def place_of(url: str, *, field: str = "url") -> Place:
    """Read an address.

    Raises:
        Refused: it is none, or one that kept does not use.
    """
    url = url.strip()
    if len(url) > 500 or any(ord(sign) < 33 or ord(sign) == 127 for sign in url):
        raise Refused(
            _("An address has no spaces, and at most 500 signs. Nothing was kept."), field=field
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
        parts = urlsplit("")
    if parts.scheme not in _PORTS or not host:
        raise Refused(
            _("Give the whole address, such as https://example.org/hook. Nothing was kept."),
            field=field,
        )
    if parts.username is not None or parts.password is not None:
        raise Refused(
            _("An address with a name or password before the @ is not used. Nothing was kept."),
            field=field,
        )
    try:
        host = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except UnicodeError:
        raise Refused(
            _("Write the address in plain letters; others as %E4 and so on. Nothing was kept."),
            field=field,
        ) from None
    if port == 0:
        raise Refused(_("There is no port 0. Nothing was kept."), field=field)
    return Place(parts.scheme, host, port or _PORTS[parts.scheme], path)


def check(url: str, *, field: str = "url", look_up: LookUp | None = None) -> Place:
    """Read an address that somebody types, and see that it leads where kept goes.

    Raises:
        Refused: it does not, or it cannot be found.
    """
    place = place_of(url, field=field)
    try:
        judged(place, within=5, look_up=look_up)
    except NotReached as error:
        raise Refused(f"{error} {_('Nothing was kept.')}", field=field) from None
    return place


def judged(place: Place, *, within: float, look_up: LookUp | None = None) -> list[str]:
    """Return the addresses behind a place: every one of them may be reached.

    Raises:
        NotReached: there is none, or one of them may not.
    """
    found = _looked_up(place.host, place.port, within=within, look_up=look_up or looked_up)
    for one in found:
        if not is_reachable(one):
            raise NotPublic(
                _(
                    "“%(host)s” leads to %(address)s, which is not on the public internet. kept "
                    "goes there only if its operator allows it with KEPT_REACHABLE."
                )
                % {"host": place.host, "address": one}
            )
    return found


def is_reachable(address: str) -> bool:
    """Say whether kept goes to an address: global and of one receiver, or allowed by the operator.

    An IPv4 address written as IPv6 is judged as what it is.
    """
    try:
        judged_one: Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(judged_one, IPv6Address):
        if judged_one.ipv4_mapped is not None:
            return is_reachable(str(judged_one.ipv4_mapped))
        if judged_one.scope_id is not None:
            return False
    allowed: list[IPv4Network | IPv6Network] = settings.REACHABLE
    if any(judged_one in network for network in allowed):
        return True
    if isinstance(judged_one, IPv6Address) and judged_one not in _UNICAST:
        return False
    if any(judged_one in network for network in _NOWHERE):
        return False
    return judged_one.is_global and not judged_one.is_multicast


def connect(
    place: Place, *, within: float, look_up: LookUp | None = None
) -> socket.socket | ssl.SSLSocket:
    """Connect to an address that was judged, with the name in the certificate where it is https.

    Args:
        within: seconds for all of it: looking up, connecting, agreeing on keys.

    Raises:
        NotReached: the place leads where kept does not go.
        OSError: nobody answers there.
    """
    ends = time.monotonic() + within
    fault: OSError = NotReached(_("“%(host)s” cannot be found.") % {"host": place.host})
    for address in judged(place, within=within, look_up=look_up):
        try:
            left = max(0.01, ends - time.monotonic())
            line = socket.create_connection((address, place.port), timeout=left)
        except OSError as error:
            fault = error
            continue
        try:
            # What it is connected to, and not what it was meant to be, has the last word.
            if not is_reachable(str(line.getpeername()[0])):
                raise NotPublic(_("The connection led elsewhere; nothing was sent."))
            line.settimeout(max(0.01, ends - time.monotonic()))
            if place.scheme == "https":
                return ssl.create_default_context().wrap_socket(line, server_hostname=place.host)
        except BaseException:
            line.close()
            raise
        return line
    raise fault


def looked_up(host: str, port: int) -> list[str]:
    """Return the addresses behind a name, as this machine looks it up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def _looked_up(host: str, port: int, *, within: float, look_up: LookUp) -> list[str]:
    """Look a name up, and wait no longer than that for an answer."""
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(look_up(host, port))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, name="look up", daemon=True).start()
    try:
        found = answers.get(timeout=within)
    except Empty:
        found = TimeoutError()
    if isinstance(found, Exception) or not found:
        raise NotReached(_("“%(host)s” cannot be found.") % {"host": host}) from None
    return found
