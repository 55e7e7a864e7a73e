"""The ask desk in words: its inbox, the four tests, and the evidence beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.asks import bending, gates, measuring
from kept.asks.gates import Can, Core, Gate, Given, Rarity, Tests
from kept.asks.models import Ask, Decision, Extra
from kept.people.models import Member
from kept.tenancy import scope
from kept.web import desk_drawing
from kept.web.desk_drawing import Moment, MonthBar

#: So many closed asks stay in the inbox.
CLOSED_SHOWN = 8
#: So many earlier decisions are shown as precedents.
PRECEDENTS = 4


@dataclass(frozen=True)
class Line:
    """One ask in the inbox: when and who, what, and what it waits for."""

    ask: Ask
    who: str
    said: str
    waits: bool


@dataclass(frozen=True)
class Test:
    """One of the four tests: the question, its verdict, and the evidence."""

    question: str
    state: str
    verdict: str
    evidence: str
    drawing: SafeString | None = None


@dataclass(frozen=True)
class Choice:
    """One answer that can be given."""

    given: Given
    label: str
    facts: Sequence[str]
    warning: str = ""
    closed: bool = False


def inbox(*, now: datetime, member: Member) -> list[Line]:
    """Return the open asks, soonest owed first, then the ones closed last."""
    rows = Ask.objects.select_related("client", "decision", "policy", "holding_reply")
    waiting = sorted(rows.filter(state=Ask.State.OPEN), key=lambda ask: ask.due_at)
    closed = list(rows.exclude(state=Ask.State.OPEN).order_by("-ended_at")[:CLOSED_SHOWN])
    return [_line(ask, now=now, member=member) for ask in [*waiting, *closed]]


def _line(ask: Ask, *, now: datetime, member: Member) -> Line:
    today = zones.day_of(now, ask.zone)
    came = zones.local(ask.came_at, ask.zone)
    when = words.clock(came) if came.date() == today else words.day(came.date(), today=today)
    client = _("walk-in") if ask.client is None else ask.client.name
    if ask.client is not None and ask.client.standing == "prospect":
        client = _("%(client)s (prospect)") % {"client": client}
    waits = ask.state == Ask.State.OPEN and ask.decider_id == member.pk
    return Line(ask, f"{when} · {client}", _stands(ask, now=now, today=today), waits)


def _stands(ask: Ask, *, now: datetime, today: date) -> str:
    decision: Decision | None = getattr(ask, "decision", None)
    if decision is not None:
        said = str(decision.get_given_display()).lower()
        if decision.wont:
            said = f"{said}, {decision.get_wont_display()}"
        return said
    if ask.state == Ask.State.WITHDRAWN:
        return str(ask.get_state_display())
    judged = gates.judge(ask)
    if judged is not None and ask.policy is not None and judged.within == "tolerance":
        return f"{measuring.verdict(ask.policy, judged)} · {_('yes at once')}"
    owed = words.moment(ask.due_at, ask.zone, today=today)
    if ask.holding_reply_id is not None:
        return _("we answer by %(when)s") % {"when": owed}
    if ask.due_at < now:
        return _("answer overdue since %(when)s") % {"when": owed}
    return _("answer owed by %(when)s") % {"when": owed}


def tests(read: Tests, *, now: datetime) -> list[Test]:
    """Return the four tests in words."""
    return [_core(read), _can(read, now=now), _rare(read)]


def _core(read: Tests) -> Test:
    health = read.health
    question = _("Core hot?")
    if read.core is Core.WALK_IN or health is None:
        return Test(
            question,
            "on-track",
            _("a walk-in") if read.ask.client is None else _("no record"),
            _("Nothing was promised to them yet, so nothing stands against it."),
        )
    services = words.listed(health.services) if health.services else _("No core service is named")
    state = {
        Core.HOT: "on-track",
        Core.WARM: "at-risk",
        Core.COLD: "broken",
        Core.UNKNOWN: "unknown",
    }[read.core]
    if health.said is not None:
        evidence = _(
            "%(services)s. Too little fell due to tell; %(who)s says %(word)s. %(why)s"
        ) % {
            "services": services,
            "who": health.said.said_by.first_name,
            "word": health.said.get_health_display(),
            "why": health.said.why,
        }
    elif health.of and read.core is not Core.UNKNOWN:
        evidence = _(
            "%(services)s, which they hired us for: kept %(kept)s times in the last %(of)s, lower "
            "bound %(low)s."
        ) % {
            "services": services,
            "kept": health.kept,
            "of": health.of,
            "low": words.percent(health.low or 0.0),
        }
    else:
        evidence = _("%(services)s; %(of)s fell due so far. A person says how it stands.") % {
            "services": services,
            "of": health.of,
        }
    drawing = None
    if health.marks:
        drawing = desk_drawing.streak(
            [mark.word for mark in health.marks],
            sentence=_("The last %(of)s of the core, oldest first: %(kept)s kept.")
            % {"of": health.of, "kept": health.kept},
        )
    label = _("not known yet") if read.core is Core.UNKNOWN else str(Core(read.core).label)
    return Test(question, state, label, evidence.strip(), drawing)


def _can(read: Tests, *, now: datetime) -> Test:
    can, question = read.can, _("Can we?")
    if read.ask.state != Ask.State.OPEN and can.chance is None:
        return Test(question, "unknown", _("not worked out"), _("It is answered."))
    if can.can is Can.NOT_ASKED or can.chance is None or can.due_at is None:
        return Test(
            question,
            "unknown",
            _("not worked out"),
            _("Say how big it is, and kept works it out.")
            if read.ask.likely_hours is None
            else _("No date is in sight for it."),
        )
    zone, today = read.ask.zone, zones.day_of(now, read.ask.zone)
    evidence = _("%(chance)s by %(day)s.") % {
        "chance": words.capital(words.percent(can.chance)),
        "day": words.moment(can.due_at, zone, today=today),
    }
    if can.pushes:
        evidence += " " + _("It would push %(whom)s below the line.") % {
            "whom": words.listed(can.pushes)
        }
    elif not can.loses:
        evidence += " " + _("No given promise loses more than one point.")
    if can.can is Can.NO:
        nearest = (
            _("No date is in sight.")
            if can.nearest is None
            else _("The nearest we can: %(day)s, %(chance)s.")
            % {
                "day": words.moment(can.nearest, zone, today=today),
                "chance": words.percent(can.nearest_chance or 0.0),
            }
        )
        if can.stands:
            nearest += " " + _("What stands in the way: %(what)s.") % {
                "what": "; ".join(f"{one.said} ({words.days(one.days)})" for one in can.stands)
            }
        return Test(question, "at-risk", _("not by then"), f"{evidence} {nearest}")
    state = "broken" if can.pushes else "on-track"
    return Test(question, state, _("we can"), evidence)


def _rare(read: Tests) -> Test:
    rare, question = read.rare, _("Rare?")
    house = scope.current()
    if rare.rarity is Rarity.RARE:
        evidence = (
            _("Nothing of this kind in the last %(days)s days.")
            if rare.of_kind == 1
            else ngettext(
                "%(count)s of this kind was given in the last %(days)s days.",
                "%(count)s of this kind were given in the last %(days)s days.",
                rare.of_kind - 1,
            )
        ) % {"days": house.beyond_days, "count": rare.of_kind - 1}
        return Test(question, "on-track", _("rare"), evidence)
    if rare.settled is not None:
        return Test(
            question,
            "unknown",
            str(rare.settled.get_decided_display()),
            _("%(who)s decided so on %(day)s.")
            % {
                "who": rare.settled.decided_by.first_name,
                "day": words.day(zones.day_of(rare.settled.decided_at, read.ask.zone)),
            },
        )
    evidence = _("It would be number %(count)s of its kind in %(days)s days: %(word)s.") % {
        "count": rare.of_kind,
        "days": house.beyond_days,
        "word": rare.rarity.label,
    }
    return Test(question, "at-risk", _("not any more"), evidence)


def choices(read: Tests, member: Member) -> list[Choice]:
    """Return what can be answered, each with what it means and what stands against it."""
    ask, house = read.ask, scope.current()
    money = words.money(read.cost_money, house.currency) if read.cost_money else ""
    if gates.is_theirs(ask):
        told = _("It is theirs: part of what we agreed.")
        if ask.sort == Ask.Sort.EXCEPTION:
            told = _("It is inside the rule, so it is no exception.")
        yes = [Choice(Given.DO_IT, _("Just do it"), [told])]
    else:
        once = _("Free; counted as an extra.")
        if money or read.cost_hours:
            once = _("Free; counted as an extra of %(worth)s.") % {
                "worth": money or words.hours(float(read.cost_hours))
            }
        paid = [_("%(price)s.") % {"price": money}] if money else [_("Name the price below.")]
        if read.can.due_at is not None:
            paid.append(_("Held and offered; their yes makes it a promise."))
        yes = [
            _choice(read, member, Given.YES_ONCE, _("Yes, this once"), [once]),
            _choice(read, member, Given.PAID_YES, _("Paid yes"), paid),
        ]
    if read.can.can is Can.NO:
        no = Choice(
            Given.CANT_NOW, _("We can’t now"), [_("True: the plan says so. Name the nearest date.")]
        )
    elif read.can.can is Can.YES:
        no = Choice(
            Given.FAIR_NO,
            _("Fair no"),
            [_("We can, so a no is a won’t: price, priority, policy or principle.")],
        )
    else:
        no = Choice(Given.FAIR_NO, _("Fair no"), [_("A won’t: say which kind.")])
    return [*yes, no]


def _choice(read: Tests, member: Member, given: Given, label: str, facts: Sequence[str]) -> Choice:
    passage = gates.passage(read, given)
    if passage.never:
        return Choice(
            given, label, facts, _("Nobody may: %(why)s") % {"why": passage.reasons[0]}, True
        )
    if gates.may_pass(passage, member):
        return Choice(given, label, facts)
    reasons = " ".join(f"{words.capital(one).rstrip('.')}." for one in passage.reasons)
    tail = (
        _("For %(role)s to decide.") % {"role": passage.holder.label}
        if passage.gate is Gate.BAND
        else _("A lead’s word and a reason needed.")
    )
    return Choice(given, label, facts, f"{reasons} {tail}")


def evidence(read: Tests, *, now: datetime) -> dict[str, Any]:
    """Return what stands beside the decision: what was given, the kind, precedents, the rule."""
    ask = read.ask
    found: dict[str, Any] = {"precedents": precedents(ask)}
    if ask.client is not None:
        found |= _given_this_year(read, now=now)
    if ask.kind is not None and read.rare.before:
        found["kind_drawing"] = _timeline(read)
    if ask.policy is not None:
        bent = bending.bent([ask.policy], now=now)[ask.policy.pk]
        found["bent"] = bent
    return found


def precedents(ask: Ask) -> list[Decision]:
    """Return how we decided before: the same kind or the same rule, this client first."""
    alike = Q(pk__in=[])
    if ask.kind_id is not None:
        alike |= Q(ask__kind_id=ask.kind_id)
    if ask.policy_id is not None:
        alike |= Q(ask__policy_id=ask.policy_id)
    rows = (
        Decision.objects.filter(alike)
        .exclude(ask=ask)
        .select_related("ask__client", "ask__extra")
        .order_by("-decided_at")[: 4 * PRECEDENTS]
    )
    ours = sorted(rows, key=lambda row: row.ask.client_id != ask.client_id)
    return ours[:PRECEDENTS]


def _given_this_year(read: Tests, *, now: datetime) -> dict[str, Any]:
    ask, house = read.ask, scope.current()
    today = zones.day_of(now, ask.zone)
    rows = Extra.objects.filter(
        client=ask.client,
        state=Extra.State.GIVEN,
        given_on__gte=today.replace(month=1, day=1),
        given_on__lte=today,
    ).exclude(ask=ask)
    months = [0.0] * 12
    hours, money, count = Decimal(0), Decimal(0), 0
    for extra in rows:
        months[extra.given_on.month - 1] += float(extra.hours)
        hours, money, count = hours + extra.hours, money + extra.money, count + 1
    asked = float(read.cost_hours) if ask.state == Ask.State.OPEN else 0.0
    bars = [
        MonthBar(
            letter=words.month_letter(date(today.year, month + 1, 1)),
            hours=given,
            said=_short(given)
            if given
            else _short(asked)
            if month == today.month - 1 and asked
            else "",
            asked=asked if month == today.month - 1 else 0.0,
        )
        for month, given in enumerate(months)
    ]
    given_worth = [words.exact_hours(hours)] if hours or not money else []
    given_worth += [words.money(money, house.currency)] if money else []
    said = ngettext(
        "%(worth)s, given in %(count)s extra.",
        "%(worth)s, given in %(count)s extras.",
        count,
    ) % {"worth": ", ".join(given_worth), "count": words.spelled(count)}
    budget = read.room.budget
    if budget is not None and budget.hours is not None:
        over = read.room.hours + read.cost_hours - budget.hours
        said += " " + _("Budget: %(hours)s.") % {"hours": words.exact_hours(budget.hours)}
        if over > 0:
            said += " " + _("This one, dashed, would go %(over)s over.") % {
                "over": words.exact_hours(over)
            }
    drawing = (
        desk_drawing.given_by_month(
            bars,
            sentence=_("Hours given to %(client)s by month in %(year)s: %(said)s")
            % {
                "client": ask.client,
                "year": today.year,
                "said": said,
            },
        )
        if hours or asked
        else None
    )
    return {"given_drawing": drawing, "given_said": said, "given_count": count, "year": today.year}


def _timeline(read: Tests) -> SafeString:
    ask, house = read.ask, scope.current()
    dates = [row.came_at for row in read.rare.before] + [ask.came_at]
    window = timedelta(days=house.beyond_days)
    first = min(dates[0], ask.came_at - window - window / 2)
    span = (ask.came_at - first) / timedelta(days=1) or 1.0

    def place(at: datetime) -> float:
        return (at - first) / timedelta(days=1) / span

    moments = []
    last = -1.0
    for at in dates[:-1]:
        x = place(at)
        roomy = x - last > 0.12 and x < 0.76
        moments.append(Moment(x, words.short_day(zones.day_of(at, ask.zone)) if roomy else ""))
        last = x if roomy else last
    moments.append(Moment(1.0, _("now"), now=True))
    return desk_drawing.of_kind(
        moments,
        window_from=max(0.0, place(ask.came_at - window)),
        window_label=_("last %(days)s days") % {"days": house.beyond_days},
        sentence=_(
            "%(kind)s, asked %(count)s times so far; with this one %(now)s in %(days)s days."
        )
        % {
            "kind": ask.kind,
            "count": len(dates) - 1,
            "now": read.rare.of_kind,
            "days": house.beyond_days,
        },
    )


def _short(hours: float) -> str:
    return f"{hours:.1f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Step:
    """One step of the way from rare to settled."""

    word: str
    here: bool
    state: str


def steps(read: Tests) -> list[Step]:
    """Return rare → repeated → expected → settled, and where this kind stands."""
    here = read.rare.rarity
    return [
        Step(
            str(rarity.label),
            rarity is here,
            "at-risk" if rarity in (Rarity.REPEATED, Rarity.EXPECTED) else "on-track",
        )
        for rarity in (Rarity.RARE, Rarity.REPEATED, Rarity.EXPECTED, Rarity.SETTLED)
    ]


def inbox_said(lines: Sequence[Line]) -> str:
    """ "One needs you." """
    waiting = sum(1 for line in lines if line.waits)
    if not waiting:
        return _("None needs you.")
    said = ngettext("%(count)s needs you.", "%(count)s need you.", waiting)
    return words.capital(said % {"count": words.spelled(waiting)})
