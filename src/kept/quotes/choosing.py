"""Let the client choose: other dates, other prices, fewer lines, beside the date that is held.

The hold is for the earliest date. A later one needs no more than that reserves,
but may stand behind other work, so each is computed in the plan without the
offer's own hold, and let in only if it stands. Whatever the client chooses
before the offer expires then counts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.jobs.models import Condition
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.plan import loading
from kept.quotes import countering, moments, offering, wording
from kept.quotes.models import LeftOutLine, Quote, QuoteOption
from kept.tenancy import given, refusals, scope
from kept.tenancy.models import Organisation

#: More than these nobody compares.
MOST = 3


class OfferedAlready(refusals.Conflict):
    """The client has the offer; what they may choose from stays."""


class EarlierThanHeld(refusals.Refused):
    """The capacity is held for a later date."""


def add(
    quote: Quote,
    *,
    due_at: datetime,
    by: Member,
    now: datetime,
    price: Decimal | None = None,
    left_out: Sequence[Condition] = (),
    words: str = "",
) -> QuoteOption:
    """Let the client choose another date, price or fewer lines, instead of what is held.

    Args:
        price: left out, the offer's own.
        left_out: lines that would not be promised.
        words: what the client reads of it.

    Raises:
        OfferedAlready: the client has the offer, or it is closed.
        EarlierThanHeld: the hold is for a later date. Hold the earliest one.
        AnswerIsStale, DateDoesNotStand: the date does not stand. Nothing was changed.
        Refused: it says nothing else than what is held, or is one too many.
    """
    access.demand(by, Role.MEMBER)
    words = given.one_line(words, called=_("What it is"), field="words", longest=300, needed=False)
    offering.lapse_if_expired(quote, now=now)
    if due_at < quote.due_at:
        raise EarlierThanHeld(
            _("%(held)s is held. Hold the earliest date first; later ones can be chosen from then.")
            % {"held": wording.moment(quote.due_at, quote.zone)},
            field="due_at",
        )
    moments.refuse_too_far(due_at, zone=quote.zone, now=now, field="due_at")
    if price is not None and not 0 <= price < 10**10:
        raise refusals.Refused(_("A price is 0 or more."), field="price")
    with transaction.atomic():
        house = Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        quote.refresh_from_db()
        _refuse_once_offered(quote)
        _refuse_the_same(quote, due_at, price, left_out)
        stand = offering.stand_of(
            quote.answer, due_at, countering.without(quote, loading.load(now=now))
        )
        offering.refuse_unless_it_stands(quote.answer, due_at, stand, house)
        last = QuoteOption.objects.filter(quote=quote).order_by("-position").first()
        option = QuoteOption.objects.create(
            quote=quote,
            position=1 if last is None else last.position + 1,
            due_at=due_at,
            chance=stand.chance,
            placement=stand.placement,
            even_chances_at=stand.even_at,
            price=quote.price if price is None else price,
            words=words,
        )
        lines = LeftOutLine.objects.bulk_create(
            LeftOutLine(option=option, condition=condition) for condition in left_out
        )
        recording.record(
            Event.Kind.CHOICE_ADDED,
            about=quote,
            by=by,
            at=now,
            rows=[option, *lines],
            chance=stand.chance,
            facts={"option": option.pk, "due_at": recording.plain(due_at)},
        )
    return option


def add_each(
    quote: Quote, moments: Iterable[datetime], *, by: Member, now: datetime
) -> list[tuple[datetime, refusals.Refused]]:
    """Let the client choose each of these dates too; return those refused, and why.

    The date that is held is no choice beside itself, and is passed over.
    """
    refused = []
    for due_at in sorted(set(moments) - {quote.due_at}):
        try:
            add(quote, due_at=due_at, by=by, now=now)
        except refusals.Refused as refusal:
            refused.append((due_at, refusal))
    return refused


def remove(option: QuoteOption, *, by: Member, now: datetime) -> None:
    """Take a choice away before the client has the offer.

    Raises:
        OfferedAlready: the client has it.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        quote = Quote.objects.get(pk=option.quote_id)
        _refuse_once_offered(quote)
        removed = countering.drop_choices(QuoteOption.objects.filter(pk=option.pk))
        recording.record(
            Event.Kind.CHOICE_REMOVED, about=quote, by=by, at=now, rows=[], removed=removed
        )


def of(quote: Quote) -> models.QuerySet[QuoteOption]:
    """Return what the client may choose instead of what is held, with what each leaves out."""
    rows = QuoteOption.objects.filter(quote=quote).order_by("position")
    return rows.prefetch_related("left_out__condition")


def _refuse_once_offered(quote: Quote) -> None:
    if quote.state != Quote.State.HELD:
        raise OfferedAlready(
            _("This offer is %(state)s, so what can be chosen stays. Nothing was changed.")
            % {"state": quote.get_state_display()}
        )


def _refuse_the_same(
    quote: Quote, due_at: datetime, price: Decimal | None, left_out: Sequence[Condition]
) -> None:
    if any(condition.job_id != quote.job_id for condition in left_out):
        raise refusals.Refused(_("A line belongs to other work."), field="left_out")
    if len(left_out) != len({condition.pk for condition in left_out}):
        raise refusals.Refused(_("A line is left out once."), field="left_out")
    if due_at == quote.due_at and not left_out and price in (None, quote.price):
        raise refusals.Refused(_("That is what is held already."), field="due_at")
    if QuoteOption.objects.filter(quote=quote).count() >= MOST:
        raise refusals.Refused(
            _("They can choose from %(most)s beside the one that is held.") % {"most": MOST}
        )
