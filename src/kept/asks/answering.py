"""A person answers an ask: a yes once, a paid yes, a fair no, or a can't that is one. Rules 7-10.

What the four tests said is kept with the answer. A yes that the gate does not
let pass needs a lead's reason. A "can't" that the engine says we can is
challenged: that is a won't, and may be said so. A free yes to work becomes a
promise like any other, through the same hold and the same acceptance.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words, zones
from kept.asks import extras, gates, receiving, telling, wording
from kept.asks.gates import Can, Gate, Given, Within
from kept.asks.models import Ask, Challenge, Decision, Extra
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.quotes import accepting, offering, replying
from kept.quotes.models import Quote
from kept.tenancy import given as texts
from kept.tenancy import refusals


class GateIsShut(refusals.Conflict):
    """The gate does not let this yes pass, and nobody overrode it."""


class NotTheirsToGive(refusals.NotAllowed):
    """Whoever holds the discretion band decides."""


class CanAfterAll(refusals.Conflict):
    """Somebody said "we can't", and we can: that is a won't."""


class NotSorted(refusals.Refused):
    """Nobody said what kind of ask it is."""


@dataclass(frozen=True)
class Saying:
    """What a person says in answer to an ask.

    Attributes:
        wont: for a fair no: price, priority, policy or principle.
        true_reason: for us only.
        constraint: for a can't: what stands in the way.
        due_at: for a yes: the date, else the wanted one where we can, else the nearest.
        price: for a paid yes, else what the rule or the service costs.
        hours, worth: for a free yes: what it costs us, else the size and the price.
        override_reason: a lead's word, where the gate does not let it pass.
        gap_reason: a lead's word, where owners of the work have not said yes.
        subject, body: the letter; how: "letter", "said", or "" for none.
    """

    given: str
    wont: str = ""
    true_reason: str = ""
    constraint: str = ""
    due_at: datetime | None = None
    price: Decimal | None = None
    hours: Decimal | None = None
    worth: Decimal | None = None
    override_reason: str = ""
    gap_reason: str = ""
    subject: str = ""
    body: str = ""
    how: str = ""


def answer(
    ask: Ask,
    said: Saying,
    *,
    by: Member,
    now: datetime,
    begin: Callable[[], None] | None = None,
) -> Decision:
    """Answer an ask, and tell the client if a reply was written.

    Args:
        begin: called when the tests are worked out and the answer may be given, before it is
            written: what is done in there is undone with it, a challenge is not.

    Raises:
        AskIsClosed: it was answered or withdrawn before.
        NotSorted: nobody said what it is.
        GateIsShut, NotTheirsToGive: the gate does not let this yes pass.
        CanAfterAll: a "can't now" that the engine says we can; the challenge is written down.
        Refused: a fair no without its kind, a reply that may not go out, and the like.
        AnswerIsStale, DateDoesNotStand, GapsLeft: from holding and offering the date.
    """
    access.demand(by, Role.MEMBER)
    ask = Ask.objects.select_related("client", "contact", "policy", "service", "kind").get(
        pk=ask.pk
    )
    _refuse_what_cannot_be(ask, said)
    said = _to_the_cent(said)
    tests = gates.read(ask, by=by, now=now)
    if said.given == Given.CANT_NOW:
        _challenge(ask, tests, by=by, now=now)
    passage = gates.passage(tests, said.given)
    overridden = _pass(passage, said, by=by)
    if said.body and said.how:
        wording.check(ask, said.given, said.body, said.subject)
    if begin is not None:
        begin()
    with ExitStack() as stack:
        quote = _hold(tests, said, overridden=overridden, stack=stack, by=by, now=now)
        stack.enter_context(transaction.atomic())
        ask = receiving.locked(ask)
        promise = None
        if quote is not None and said.given != Given.PAID_YES:
            promise = accepting.accept(quote=quote, by=by, now=now)
        decision = _decision(tests, said, passage, overridden, promise, by=by, now=now)
        rows: list[Decision | Ask | Extra | Quote] = [decision, ask]
        if quote is not None and said.given == Given.PAID_YES:
            quote.price = decision.price
            quote.save(update_fields=["price"])
            rows.append(quote)
        ask.state, ask.ended_at, ask.quote = Ask.State.ANSWERED, now, quote
        ask.save(update_fields=["state", "ended_at", "quote"])
        extra = _extra(tests, decision, by=by, now=now)
        recording.record(
            Event.Kind.ASK_DECIDED,
            about=decision,
            by=by,
            at=now,
            rows=rows,
            promise=promise,
            chance=decision.chance,
            facts={"ask": ask.pk, "given": str(decision.given)},
        )
        if extra is not None:
            recording.record(
                Event.Kind.EXTRA_GIVEN, about=extra, by=by, at=now, rows=[extra], promise=promise
            )
        words_said = telling.Words(said.subject, said.body, said.how)
        if quote is not None and said.given == Given.PAID_YES and said.how:
            telling.offer(ask, words_said, quote, gap_reason=said.gap_reason, by=by, now=now)
        else:
            telling.reply(ask, said.given, words_said, by=by, now=now)
        if ask.holding_reply is not None and ask.holding_reply.state == "open":
            replying.answer(ask.holding_reply, quote=quote, by=by, now=now)
    return decision


def hold_off(
    ask: Ask,
    *,
    due_at: datetime,
    by: Member,
    now: datetime,
    subject: str = "",
    body: str = "",
    how: str = "said",
) -> Ask:
    """Say by when they get an answer: the ask stays open, with that clock.

    Raises:
        AskIsClosed: it was answered or withdrawn.
        Refused: a walk-in, whom no letter can reach; a moment that has gone by; a reply
            with a merge field in it.
    """
    access.demand(by, Role.MEMBER)
    if due_at <= now:
        raise refusals.Refused(
            _("%(moment)s has gone by. Say a later moment.")
            % {"moment": words.moment(due_at, ask.zone, today=zones.day_of(now, ask.zone))},
            field="due",
        )
    if body:
        wording.check(ask, wording.For.HOLDING, body, subject)
    with transaction.atomic():
        ask = receiving.locked(ask)
        if ask.client is None:
            raise refusals.Refused(
                _("Say first who asks: a walk-in cannot be answered later."), field="client"
            )
        if ask.holding_reply is None or ask.holding_reply.state != "open":
            ask.holding_reply = replying.give(
                client=ask.client,
                what=ask.title,
                due_at=due_at,
                contact=ask.contact,
                owner=ask.decider,
                send=False,
                by=by,
                now=now,
            )
        ask.due_at = due_at
        ask.save(update_fields=["holding_reply", "due_at"])
        recording.record(Event.Kind.ASK_CHANGED, about=ask, by=by, at=now, rows=[ask])
        telling.reply(ask, wording.For.HOLDING, telling.Words(subject, body, how), by=by, now=now)
    return ask


def _refuse_what_cannot_be(ask: Ask, said: Saying) -> None:
    if said.given not in Given.values:
        raise refusals.Refused(_("Say how it is answered."), field="given")
    if not ask.sort:
        raise NotSorted(
            _("Say first what it is: core, in scope, a change, an extra or an exception."),
            field="sort",
        )
    theirs = gates.is_theirs(ask)
    if said.given == Given.DO_IT and not theirs:
        raise refusals.Refused(
            _("This goes beyond what was agreed: a yes is once, or paid."), field="given"
        )
    if said.given == Given.YES_ONCE and theirs and ask.sort == Ask.Sort.EXCEPTION:
        raise refusals.Refused(
            _("It is inside the rule, so it is no exception: just do it."), field="given"
        )
    if said.given == Given.YES_ONCE and theirs:
        raise refusals.Refused(
            _("This is theirs anyway: just do it. A gift is not made of what was promised."),
            field="given",
        )
    if said.given == Given.FAIR_NO and said.wont not in Decision.Wont.values:
        raise refusals.Refused(
            _("A no that could be a yes is a won’t: price, priority, policy or principle."),
            field="wont",
        )
    if said.given == Given.CANT_EVER and not said.constraint.strip():
        raise refusals.Refused(
            _("Say what stands in the way for ever: a law, or a skill that nobody sells."),
            field="constraint",
        )


def _to_the_cent(said: Saying) -> Saying:
    """Return it with its price and its cost as the ledger can hold them."""
    return replace(
        said,
        price=None if said.price is None else extras.amount(said.price, "price"),
        hours=None if said.hours is None else extras.amount(said.hours, "hours"),
        worth=None if said.worth is None else extras.amount(said.worth, "worth"),
    )


def _challenge(ask: Ask, tests: gates.Tests, *, by: Member, now: datetime) -> None:
    """Refuse a "can't now" that is none, and write down that it was said."""
    can = tests.can
    if can.can is not Can.YES or can.pushes or can.chance is None or can.due_at is None:
        return
    with transaction.atomic():
        challenge = Challenge.objects.create(
            ask=receiving.locked(ask),
            answer=can.answer,
            due_at=can.due_at,
            chance=can.chance,
            said_at=now,
            said_by=by,
        )
        recording.record(
            Event.Kind.ASK_CHALLENGED,
            about=challenge,
            by=by,
            at=now,
            rows=[challenge],
            chance=can.chance,
        )
    raise CanAfterAll(
        _(
            "We can: %(chance)s by %(day)s. That is a won’t: say so, with its true kind? Nothing "
            "was decided."
        )
        % {
            "chance": words.percent(can.chance),
            "day": words.moment(can.due_at, ask.zone, today=zones.day_of(now, ask.zone)),
        },
        field="given",
    )


def _pass(passage: gates.Passage, said: Saying, *, by: Member) -> bool:
    """Say whether the answer overrides the gate; refuse if it does not pass."""
    if passage.never:
        raise GateIsShut(
            _("%(why)s. Nothing was decided.") % {"why": words.capital(passage.reasons[0])},
            field="given",
        )
    if gates.may_pass(passage, by):
        return False
    reason = said.override_reason.strip()
    if reason and by.may(Role.LEAD):
        return True
    why = " ".join(f"{words.capital(one).rstrip('.')}." for one in passage.reasons)
    if reason:
        raise NotTheirsToGive(
            _("%(why)s Only a lead may decide otherwise. Nothing was decided.") % {"why": why},
            field="override_reason",
        )
    if passage.gate is Gate.BAND:
        raise NotTheirsToGive(
            _("%(why)s That is for somebody with the role “%(role)s”. Nothing was decided.")
            % {"why": why, "role": passage.holder.label},
            field="given",
        )
    raise GateIsShut(
        _("%(why)s A lead may decide otherwise, with a reason. Nothing was decided.")
        % {"why": why},
        field="override_reason",
    )


def _hold(
    tests: gates.Tests,
    said: Saying,
    *,
    overridden: bool,
    stack: ExitStack,
    by: Member,
    now: datetime,
) -> Quote | None:
    """Hold the capacity that a yes to work needs; None where there is no work to hold."""
    can, ask = tests.can, tests.ask
    if said.given not in Decision.YES or can.answer is None or ask.client is None:
        return None
    due_at = said.due_at
    if due_at is None:
        due_at = can.due_at if can.can is Can.YES else can.nearest
    if due_at is None:
        raise refusals.Refused(_("Say by when they have it."), field="due")
    return offering.hold(
        answer=can.answer,
        due_at=due_at,
        by=by,
        now=now,
        risk_reason=said.override_reason if overridden else "",
        begin=lambda: stack.enter_context(transaction.atomic()),
    )


def _decision(
    tests: gates.Tests,
    said: Saying,
    passage: gates.Passage,
    overridden: bool,
    promise: Promise | None,
    *,
    by: Member,
    now: datetime,
) -> Decision:
    health, can, free = tests.health, tests.can, said.given == Given.YES_ONCE
    price = said.price
    if said.given == Given.PAID_YES and price is None:
        price = tests.cost_money or None
    constraint = said.constraint
    if said.given == Given.CANT_NOW and can.nearest is None and not constraint.strip():
        raise refusals.Refused(
            _("Say what stands in the way: kept has not worked out when we could."),
            field="constraint",
        )
    return Decision.objects.create(
        ask=tests.ask,
        given=said.given,
        suggested=gates.suggested(tests) or "",
        wont=said.wont if said.given == Given.FAIR_NO else "",
        true_reason=texts.paragraphs(
            said.true_reason, called=_("The true reason"), field="true_reason", longest=5_000
        ),
        constraint=texts.one_line(
            constraint,
            called=_("What stands in the way"),
            field="constraint",
            longest=300,
            needed=False,
        ),
        nearest_at=can.nearest if said.given == Given.CANT_NOW else None,
        core=tests.core,
        core_kept=0 if health is None else health.kept,
        core_of=0 if health is None else health.of,
        core_low=None if health is None else health.low,
        can=can.can,
        chance=can.chance,
        pushes_below_line=bool(can.pushes),
        sincere=tests.ask.sincere,
        rarity=tests.rare.rarity,
        of_kind=tests.rare.of_kind,
        within=tests.within,
        beyond_by=None if tests.judged is None else tests.judged.beyond_by,
        gate=passage.gate,
        overridden=overridden,
        override_reason=texts.one_line(
            said.override_reason,
            called=_("The reason"),
            field="override_reason",
            longest=500,
            needed=overridden,
        )
        if overridden
        else "",
        price=price if said.given == Given.PAID_YES else None,
        cost_hours=(tests.cost_hours if said.hours is None else said.hours) if free else None,
        cost_money=(tests.cost_money if said.worth is None else said.worth) if free else None,
        promise=promise,
        decided_at=now,
        decided_by=by,
    )


def _extra(tests: gates.Tests, decision: Decision, *, by: Member, now: datetime) -> Extra | None:
    """Enter a free yes into the extras ledger; also one that took no time: rarity counts it."""
    ask = tests.ask
    if decision.given != Given.YES_ONCE or tests.within is Within.RULE:
        return None
    return Extra.objects.create(
        client=ask.client,
        ask=ask,
        kind=ask.kind,
        title=ask.title,
        hours=decision.cost_hours or Decimal(0),
        money=decision.cost_money or Decimal(0),
        promise=decision.promise,
        given_on=zones.day_of(now, ask.zone),
        recorded_at=now,
        recorded_by=by,
    )
