"""What a client reads: drafts of replies, and what each must say before it may go out.

A person sends it and changes what they like. Two things are looked at: that no
merge field was left standing, and that an exception names the normal rule and
the one time, since else it becomes expected and unpaid.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import override

from kept import words, zones
from kept.asks import measuring, rule_wordings, templates
from kept.asks.models import Ask, Policy, ReplyTemplate
from kept.asks.templates import Template
from kept.clients.models import Client, Contact
from kept.people.models import Member
from kept.quotes import writing
from kept.tenancy import refusals, scope

For = ReplyTemplate.For
#: Filled in when the letter goes out.
_LEFT_ALONE = {"link", "head"}


@dataclass(frozen=True)
class Draft:
    """A reply to be looked over by a person.

    Attributes:
        spoken: the same to be said to somebody's face, without greeting and signature.
        unworded: what to tell whoever sends it, where the rule has no words in its language
            and was left out.
        unwritten: what to tell them, where it is in another language than its reader's, for the
            house has no such reply in that.
        reader: the language that its reader was to have it in.
    """

    reply_for: str
    language: str
    subject: str
    body: str
    spoken: str
    unworded: str = ""
    unwritten: str = ""
    reader: str = ""


@dataclass(frozen=True)
class Facts:
    """What a draft can merge in; what is empty is not known.

    Attributes:
        day: the date of a yes.
        nearest: when we could, after a can't.
        price, worth: money, as it is written.
        count, since: how many were given of what became expected, and since when.
    """

    what: str
    zone: str
    by: Member
    now: datetime
    client: Client | None = None
    contact: Contact | None = None
    policy: Policy | None = None
    day: datetime | None = None
    nearest: datetime | None = None
    answer_by: datetime | None = None
    since: date | None = None
    price: str = ""
    worth: str = ""
    because: str = ""
    count: int = 0

    @classmethod
    def of(
        cls,
        ask: Ask,
        by: Member,
        now: datetime,
        *,
        day: datetime | None = None,
        nearest: datetime | None = None,
        answer_by: datetime | None = None,
        price: str = "",
        because: str = "",
    ) -> Self:
        """Return what is known of an ask, and what its answer adds."""
        return cls(
            what=ask.title,
            zone=ask.zone,
            by=by,
            now=now,
            client=ask.client,
            contact=ask.contact,
            policy=ask.policy,
            day=day,
            nearest=nearest,
            answer_by=answer_by,
            price=price,
            because=because,
        )

    @classmethod
    def to(cls, contact: Contact, what: str, *, by: Member, now: datetime) -> Self:
        """Return what is known where somebody is asked about something."""
        client = contact.client
        return cls(what=what, zone=client.zone, by=by, now=now, client=client, contact=contact)


class FieldLeft(refusals.Refused):
    """A merge field stands in a letter that was to go out."""


class RuleUnworded(FieldLeft):
    """The normal rule has no words in the language of the letter."""


class NotWordedAsOnce(refusals.Refused):
    """An exception that does not name the normal rule and the one time."""


def draft(reply_for: str, facts: Facts) -> Draft:
    """Return the reply in the language of whoever reads it, as this house words it or kept does.

    It is in one language: a rule that nobody put into it is left out, and the draft says so; and
    where nobody wrote such a reply in the reader's language, it says that it is in another one.
    """
    template = templates.chosen(reply_for, contact=facts.contact, client=facts.client)
    with override(template.language):
        said = _merged(template, facts)
    body = _tidy(templates.merge(template.body, said))
    parts = [part for part in body.split("\n\n") if part not in (said["greeting"], said["signed"])]
    return Draft(
        reply_for,
        template.language,
        templates.merge(template.subject, said)[:200],
        body,
        words.capital(" ".join(parts)),
        _unworded(template, facts.policy),
        templates.unwritten(template),
        template.reader,
    )


def check(ask: Ask, reply_for: str, body: str, subject: str = "") -> None:
    """Pass if a reply may go out.

    Raises:
        FieldLeft: a merge field stands in it.
        RuleUnworded: the rule stands in it as a field, for it has no words in its language.
        NotWordedAsOnce: an exception that does not name the normal rule and the one time.
    """
    if ask.policy is not None and "rule" in templates.names_in(f"{subject}\n{body}"):
        template = templates.chosen(reply_for, contact=ask.contact, client=ask.client)
        if why := rule_wordings.unworded(ask.policy, template.language):
            raise RuleUnworded(_("%(why)s Nothing was sent.") % {"why": why}, field="body")
    refuse_fields(f"{subject}\n{body}")
    if reply_for == For.YES_ONCE and (missing := unsaid(ask, body)):
        raise NotWordedAsOnce(
            _(
                "An exception is worded as one: this reply does not %(missing)s. Else it becomes "
                "expected. Nothing was sent."
            )
            % {"missing": words.listed(missing)},
            field="body",
        )


def refuse_fields(body: str) -> None:
    """Pass if no merge field was left standing; that of the reader's page is filled in later."""
    left = sorted(templates.names_in(body) - _LEFT_ALONE)
    if left:
        raise FieldLeft(
            _("%(fields)s was not filled in. Write what belongs there. Nothing was sent.")
            % {"fields": words.listed(f"{{{name}}}" for name in left)},
            field="body",
        )


def unsaid(ask: Ask, body: str) -> list[str]:
    """Return what the wording of an exception leaves out: the normal rule, the one time.

    Each may be said as the template of the reader's language says it, or in kept's own words.
    """
    template = templates.chosen(For.YES_ONCE, contact=ask.contact, client=ask.client)
    text = _plain(body)
    policy = ask.policy
    if policy is None:
        rule = [template.no_rule, _("normally"), _("usually")]
    else:
        rule = [one.rule.rstrip(".") for one in rule_wordings.all_of(policy) if not one.old]
        rule.append(measuring.said(policy, policy.limit))
        if policy.price:
            rule.append(words.money(policy.price, scope.current().currency))
    missing = []
    if not any(_plain(one) in text for one in rule if one):
        missing.append(_("name the normal rule"))
    if not any(_plain(one) in text for one in [template.once, *once_words()] if one):
        missing.append(_("say that it is this once"))
    return missing


def once_words() -> list[str]:
    """Return the ways to say that something is an exception, in the current language."""
    return _(
        "this once|just this time|only this time|this one time|as an exception|an exception"
    ).split("|")


def _merged(template: Template, facts: Facts) -> dict[str, str]:
    contact, policy = facts.contact, facts.policy

    def at(moment: datetime | None) -> str:
        return "" if moment is None else _long(moment, facts.zone, facts.now)

    return {
        "greeting": writing.greeting(contact),
        "name": "" if contact is None else contact.name,
        "client": "" if facts.client is None else facts.client.name,
        "what": facts.what,
        "rule": template.no_rule
        if policy is None
        else rule_wordings.said_in(policy, template.language),
        "once": template.once,
        "day": at(facts.day),
        "nearest": at(facts.nearest),
        "answer_by": at(facts.answer_by),
        "since": "" if facts.since is None else words.day(facts.since),
        "price": facts.price,
        "worth": facts.worth,
        "because": facts.because,
        "count": str(facts.count or ""),
        "signed": writing.signed(facts.by),
    }


def _unworded(template: Template, policy: Policy | None) -> str:
    if policy is None or "rule" not in templates.names_in(f"{template.subject}\n{template.body}"):
        return ""
    return rule_wordings.unworded(policy, template.language)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _long(at: datetime, zone: str, now: datetime) -> str:
    local = zones.local(at, zone)
    day = words.long_day(local.date(), today=zones.day_of(now, zone))
    return f"{day}, {words.clock(local)}"


def _tidy(body: str) -> str:
    """Take out what nothing was merged into: blanks at line ends, and empty paragraphs."""
    lines = [re.sub(r" {2,}", " ", line).strip() for line in body.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
