"""Whoever guesses at secrets is slowed down: twenty bad ones a minute from one address.

Every request that carries a secret goes through here: invitations, clients' own links, the API's
tokens. Links and tokens are counted apart, so that a script with a token of yesterday closes no
link to the people beside it. Each visitor's address has a bucket of twenty tries that fills again
at twenty a minute; a bad secret takes one out, a good one none. An empty bucket is refused before
any secret is looked at, or the refusals would tell which one was right.

The buckets lie in the database, so that restarts and further processes know of them; addresses
are not kept, only a keyed hash.
"""

import ipaddress
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from kept.people.models import TryBucket
from kept.tenancy import refusals

TRIES = 20
WITHIN = timedelta(minutes=1)


class TooMany(Exception):
    """Too many bad secrets came from this address; none is looked at until `seconds` are past."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@contextmanager
def looking(address: str, *, now: datetime, kind: str = "link") -> Iterator[None]:
    """Look a secret up in the block; a NotFound from it counts as a bad one.

    Args:
        kind: what the secret is; each kind is counted by itself.

    Raises:
        TooMany: the block was not entered, or its bad secret was one too many.
    """
    name = _name(kind, address)
    bucket = TryBucket.objects.filter(address_hash=name).first()
    if bucket is not None and (seconds := _wait(_left(bucket, now))):
        raise TooMany(seconds)
    try:
        yield
    except refusals.NotFound:
        _take_one(name, now)
        raise


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from: what the nearest of our own proxies was told."""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies: int = settings.PROXIES
    if proxies and len(told) >= proxies and told[-proxies]:
        return told[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def _take_one(name: str, now: datetime) -> None:
    with transaction.atomic():
        # A bucket that is full again is as good as none.
        TryBucket.objects.filter(counted_at__lt=now - WITHIN).delete()
        TryBucket.objects.get_or_create(
            address_hash=name, defaults={"left": TRIES, "counted_at": now}
        )
        bucket = TryBucket.objects.select_for_update(no_key=True).get(address_hash=name)
        left = _left(bucket, now)
        if seconds := _wait(left):
            raise TooMany(seconds)
        bucket.left, bucket.counted_at = left - 1, max(now, bucket.counted_at)
        bucket.save()


def _left(bucket: TryBucket, now: datetime) -> float:
    since = max(timedelta(0), now - bucket.counted_at)
    # Rounded, so that three seconds are a whole try and not almost one.
    return min(float(TRIES), round(bucket.left + TRIES * (since / WITHIN), 6))


def _wait(left: float) -> int:
    """Return how many seconds pass until there is a whole try; 0 if there is one."""
    return math.ceil((1 - left) * WITHIN.total_seconds() / TRIES) if left < 1 else 0


def _name(kind: str, address: str) -> str:
    """Return what is kept of an address. A network of IPv6 counts as one: anybody has billions."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        pass
    else:
        if isinstance(known, ipaddress.IPv6Address):
            address = str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
    salt = "kept.people.throttle" if kind == "link" else f"kept.people.throttle.{kind}"
    return salted_hmac(salt, address, algorithm="sha256").hexdigest()
