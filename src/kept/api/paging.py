"""Pages of a list, by cursor: what is added meanwhile neither repeats nor hides a row."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from kept.api.problems import Refusal
from kept.api.shapes import LARGEST_ID, PageAsked

Row = TypeVar("Row", bound=models.Model)


def page(
    rows: models.QuerySet[Row], asked: PageAsked, shown: Callable[[Row], Any]
) -> dict[str, Any]:
    """Return one page of `rows`, ordered by key, each as `shown` shows it."""
    if asked.after is not None:
        rows = rows.filter(pk__gt=_key_in(asked.after))
    found = list(rows.order_by("pk")[: asked.limit + 1])
    here = found[: asked.limit]
    more = len(found) > len(here)
    return {
        "items": [shown(row) for row in here],
        "next": _cursor_at(here[-1].pk) if more else None,
    }


def _cursor_at(key: int) -> str:
    return base64.urlsafe_b64encode(f"after {key}".encode()).decode().rstrip("=")


def _key_in(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        word, _space, number = text.decode("ascii").partition(" ")
        if word != "after" or not number.isdecimal() or int(number) > LARGEST_ID:
            raise ValueError(cursor)
        return int(number)
    except (binascii.Error, ValueError) as error:
        raise Refusal(
            422, _("This is not the `next` of a page. Start without it."), field="after"
        ) from error
