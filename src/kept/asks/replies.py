"""Drafts of replies to an ask, from what its four tests say now; a person sends them."""

from datetime import datetime
from decimal import Decimal

from kept import words
from kept.asks import creep, wording
from kept.asks.gates import Can, Given, Tests
from kept.asks.models import Decision
from kept.people.models import Member
from kept.tenancy import scope


def draft(
    tests: Tests,
    reply_for: str,
    *,
    by: Member,
    now: datetime,
    price: Decimal | None = None,
    because: str = "",
    answer_by: datetime | None = None,
) -> wording.Draft:
    """Draft one reply: a yes with its date, a can't with the nearest one, a price with its history.

    Args:
        price: for a paid yes; left out, what the ask would cost.
        because: for a no: what stands in the way, as the client may read it.
        answer_by: for a holding reply.
    """
    ask, can, yes = tests.ask, tests.can, reply_for in Decision.YES
    day = (can.due_at if can.can is Can.YES else can.nearest) if yes else None
    row = getattr(ask, "prices", None)
    if row is not None and reply_for == Given.PAID_YES:
        return creep.offer(row, price=price, by=by, now=now, day=day)
    money = tests.cost_money if price is None else price
    return wording.draft(
        reply_for,
        wording.Facts.of(
            ask,
            by,
            now,
            day=day,
            nearest=can.nearest if reply_for == Given.CANT_NOW else None,
            answer_by=answer_by,
            price=words.money(money, scope.current().currency) if money else "",
            because="" if yes else because,
        ),
    )
