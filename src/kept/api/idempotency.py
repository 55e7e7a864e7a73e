"""The same POST sent again does nothing twice, and answers the same.

The key, the change it made and the answer are written in one transaction. What
has to be computed first is computed before it, so that nobody who writes waits
for a forecast. A request that changed nothing leaves no key behind, so it may
be corrected and sent again.
"""

import hashlib
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from kept.api.models import IdempotencyKey
from kept.api.problems import Refusal
from kept.people.models import Member

HEADER = "Idempotency-Key"
LONGEST = 200
KEPT_FOR = timedelta(days=7)
_SWEEP_EVERY = 256


def key_of(request: HttpRequest) -> str | None:
    """Return the key that a request carries.

    Raises:
        Refusal: it is empty, too long, or not plain characters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not key or len(key) > LONGEST or not all("!" <= sign <= "~" for sign in key):
        raise Refusal(
            422,
            _("A key is 1 to 200 plain characters without spaces. Nothing was changed."),
            field=HEADER,
        )
    return key


def claim(
    request: HttpRequest, key: str, *, member: Member, now: datetime
) -> tuple[IdempotencyKey, HttpResponse | None]:
    """Take a key inside the open transaction; return what it answered if it was used before.

    Whoever claims the same key at the same moment waits here until the first
    has committed or rolled back.

    Raises:
        Refusal: the key was used for another request.
    """
    digest = digest_of(request)
    try:
        with transaction.atomic():
            return (
                IdempotencyKey.objects.create(
                    member=member, key=key, request_digest=digest, used_at=now
                ),
                None,
            )
    except IntegrityError:
        used = IdempotencyKey.objects.get(member=member, key=key)
    return used, _again(used, digest)


def known(request: HttpRequest, key: str, *, member: Member) -> HttpResponse | None:
    """Return what a key answered before, without taking it; None if it is new.

    Raises:
        Refusal: the key was used for another request.
    """
    used = IdempotencyKey.objects.filter(member=member, key=key).first()
    return None if used is None else _again(used, digest_of(request))


def _again(used: IdempotencyKey, digest: str) -> HttpResponse:
    if used.request_digest != digest:
        raise Refusal(
            422,
            _("This key was used for another request. Nothing was changed."),
            field=HEADER,
        )
    answer = HttpResponse(
        used.body, status=used.status, content_type="application/json; charset=utf-8"
    )
    answer["Idempotent-Replayed"] = "true"
    return answer


def keep(used: IdempotencyKey, response: HttpResponse, *, now: datetime) -> None:
    """Write what the request answered beside its key; forget keys that are a week old."""
    used.status = response.status_code
    used.body = response.content.decode()
    used.save(update_fields=["status", "body"])
    if used.pk % _SWEEP_EVERY == 0:
        IdempotencyKey.objects.filter(used_at__lt=now - KEPT_FOR).delete()


def digest_of(request: HttpRequest) -> str:
    """Return the SHA-256 of what a request asks for; a form's boundary does not count."""
    content = hashlib.sha256()
    content.update(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            content.update(f"{name}={values}\n".encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                content.update(f"{name}:{file.name}\n".encode())
                for piece in file.chunks():
                    content.update(piece)
                file.seek(0)
    else:
        content.update(request.body)
    return content.hexdigest()
