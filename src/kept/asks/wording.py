"""What a client reads: drafts of replies, and what each must say before it may go out.

A person sends it and changes what they like. Two things are looked at: that no
merge field was left standing, and that an exception names the normal rule and
the one time, since else it becomes expected and unpaid.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from kept import words, zones
from kept.asks import policies
from kept.asks.models import Ask, Policy, ReplyTemplate
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.quotes import writing
from kept.tenancy import given, refusals, scope

For = ReplyTemplate.For

#: What a template may merge in, and what each stands for.
FIELDS = ("greeting", "what", "rule", "day", "nearest", "price", "because", "answer_by", "signed")
_FIELD = re.compile(r"{([a-z_]+)}")
_LEFT_ALONE = {"link", "head"}


@dataclass(frozen=True)
class Draft:
    """A reply to be looked over by a person."""

    reply_for: str
    subject: str
    body: str


@dataclass(frozen=True)
class Facts:
    """What a draft can merge in; what is empty is not said.

    Attributes:
        day: the date of a yes.
        nearest: when we could, after a can't.
    """

    ask: Ask
    by: Member
    now: datetime
    day: datetime | None = None
    nearest: datetime | None = None
    price: str = ""
    because: str = ""
    answer_by: datetime | None = None


class FieldLeft(refusals.Refused):
    """A merge field stands in a letter that was to go out."""


class NotWordedAsOnce(refusals.Refused):
    """An exception that does not name the normal rule and the one time."""


def draft(reply_for: str, facts: Facts) -> Draft:
    """Return the reply as this house words it, or as kept does."""
    house = scope.current()
    kept = ReplyTemplate.objects.filter(reply_for=reply_for, language=house.language).first()
    with override(house.language):
        subject, body = usual(reply_for) if kept is None else (kept.subject, kept.body)
        said = _merged(facts)
    return Draft(reply_for, merge(subject, said)[:200], _tidy(merge(body, said)))


def usual(reply_for: str) -> tuple[str, str]:
    """Return how kept words a reply: its subject, and its text with merge fields."""
    bodies: Mapping[str, str] = {
        For.DO_IT: _("yes, of course: {what}. It is part of what we agreed. {day}"),
        For.YES_ONCE: _(
            "yes, gladly: {what}. {day}\n\nNormally: {rule}. This once we make an exception."
        ),
        For.PAID_YES: _(
            "yes: {what}. {day}\n\nNormally: {rule}. {price}\n\nSay yes here and we begin:\n{link}"
        ),
        For.FAIR_NO: _(
            "thank you for asking about {what}. We have looked at it, and we will not do it this "
            "time. {because}\n\n{nearest}"
        ),
        For.CANT_NOW: _(
            "thank you for asking about {what}. We cannot do it by then. {nearest}\n\n{because}"
        ),
        For.CANT_EVER: _(
            "thank you for asking about {what}. It is not something we can do. {because}"
        ),
        For.HOLDING: _(
            "thank you for asking about {what}. We answer by {answer_by}, and you need not ask "
            "again."
        ),
        For.RETIRED: _(
            "we have gladly given you {what} several times. From now on we go back to what we "
            "agreed: {rule}. If you would like it to go on, tell us and we make you an offer."
        ),
        For.REACTION: _(
            "{what} is done. How was it for you? One tap is enough, and we ask only once:\n{link}"
        ),
        For.STORY: _(
            "we would like to tell others about {what}, only in the words you find here, and only "
            "if you agree. You can change your mind at any time:\n{link}"
        ),
    }
    return "{what}", "\n\n".join(["{greeting}", bodies[reply_for], "{signed}"])


def keep(
    reply_for: str, *, subject: str, body: str, by: Member, now: datetime, language: str = ""
) -> ReplyTemplate:
    """Keep how this house words a reply in a language; left out, its own.

    Raises:
        Refused: a merge field nobody knows, or nothing said.
    """
    access.demand(by, Role.LEAD)
    if reply_for not in For.values:
        raise refusals.Refused(_("There is no such reply."), field="reply_for")
    language = language or scope.current().language
    subject = given.one_line(subject, called=_("The subject"), field="subject", longest=200)
    body = given.paragraphs(body, called=_("The reply"), field="body", longest=10_000, needed=True)
    unknown = {*_FIELD.findall(subject), *_FIELD.findall(body)} - {*FIELDS, *_LEFT_ALONE}
    if unknown:
        raise refusals.Refused(
            _("Nobody knows what to put in for %(unknown)s. There are: %(known)s.")
            % {
                "unknown": words.listed(f"{{{name}}}" for name in sorted(unknown)),
                "known": words.listed(f"{{{name}}}" for name in FIELDS),
            },
            field="body",
        )
    with transaction.atomic():
        template = (
            ReplyTemplate.objects.select_for_update(no_key=True)
            .filter(reply_for=reply_for, language=language)
            .first()
        ) or ReplyTemplate(reply_for=reply_for, language=language)
        template.subject, template.body = subject, body
        template.changed_at, template.changed_by = now, by
        template.save()
        recording.record(
            Event.Kind.TEMPLATE_CHANGED, about=template, by=by, at=now, rows=[template]
        )
    return template


def check(ask: Ask, reply_for: str, body: str) -> None:
    """Pass if a reply may go out.

    Raises:
        FieldLeft: a merge field stands in it.
        NotWordedAsOnce: an exception that does not name the normal rule and the one time.
    """
    left = sorted(set(_FIELD.findall(body)) - _LEFT_ALONE)
    if left:
        raise FieldLeft(
            _("%(fields)s was not filled in. Write what belongs there. Nothing was sent.")
            % {"fields": words.listed(f"{{{name}}}" for name in left)},
            field="body",
        )
    if reply_for == For.YES_ONCE and (missing := unsaid(ask, body)):
        raise NotWordedAsOnce(
            _(
                "An exception is worded as one: this reply does not %(missing)s. Else it becomes "
                "expected. Nothing was sent."
            )
            % {"missing": words.listed(missing)},
            field="body",
        )


def unsaid(ask: Ask, body: str) -> list[str]:
    """Return what the wording of an exception leaves out: the normal rule, the one time."""
    text = " ".join(body.casefold().split())
    house = scope.current()
    rule = [_("normally"), _("usually")]
    policy: Policy | None = ask.policy
    if policy is not None:
        rule = [policy.rule, policies.said(policy, policy.limit)]
        if policy.price:
            rule.append(words.money(policy.price, house.currency))
    missing = []
    if not any(" ".join(one.casefold().split()) in text for one in rule if one):
        missing.append(_("name the normal rule"))
    if not any(one.strip().casefold() in text for one in once_words()):
        missing.append(_("say that it is this once"))
    return missing


def once_words() -> list[str]:
    """Return the ways to say that something is an exception, in the current language."""
    return _(
        "this once|just this time|only this time|this one time|as an exception|an exception"
    ).split("|")


def marks(facts: Facts) -> list[str]:
    """Return the pieces of a draft that are worth highlighting: the date and the rule."""
    said = _merged(facts)
    return [said[name] for name in ("day", "rule", "nearest", "answer_by") if said[name]]


def merge(text: str, said: Mapping[str, str]) -> str:
    """Fill in what is known; what is not stays, and is refused before it goes out."""
    return _FIELD.sub(lambda found: said.get(found[1], found[0]), text)


def _merged(facts: Facts) -> dict[str, str]:
    ask = facts.ask
    policy = ask.policy
    return {
        "greeting": writing.greeting(ask.contact),
        "what": ask.title,
        "rule": _("this is paid work") if policy is None else policy.rule.rstrip("."),
        "day": ""
        if facts.day is None
        else _("You have it by %(when)s.") % {"when": _long(facts.day, ask.zone, facts.now)},
        "nearest": ""
        if facts.nearest is None
        else _("We could by %(when)s.") % {"when": _long(facts.nearest, ask.zone, facts.now)},
        "price": facts.price and _("The price is %(price)s.") % {"price": facts.price},
        "because": facts.because,
        "answer_by": "" if facts.answer_by is None else _long(facts.answer_by, ask.zone, facts.now),
        "signed": writing.signed(facts.by),
    }


def _long(at: datetime, zone: str, now: datetime) -> str:
    local = zones.local(at, zone)
    day = words.long_day(local.date(), today=zones.day_of(now, zone))
    return f"{day}, {words.clock(local)}"


def _tidy(body: str) -> str:
    """Take out what nothing was merged into: blanks at line ends, and empty paragraphs."""
    lines = [re.sub(r" {2,}", " ", line).strip() for line in body.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
