"""How this house words its replies, in each language that it writes; kept's own words else.

Merge fields stand in braces; {What} begins a sentence. What stands in square
brackets is left out where a field in it is not known: "[You have it by
{day}.]". A field outside of brackets that nobody filled in stays, and keeps
the reply from going out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from kept import words
from kept.asks.models import Policy, ReplyTemplate
from kept.clients import languages
from kept.clients.models import Client, Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, refusals, scope
from kept.tenancy.models import Organisation

For = ReplyTemplate.For
#: The language in which kept has words of its own.
OWN = "en"

FIELD = re.compile(r"{([A-Za-z][a-z_]*)}")
BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def fields() -> Mapping[str, str]:
    """Return what a template may merge in, and what each stands for."""
    return {
        "greeting": _("Dear Sara Nunes,"),
        "name": _("who reads it"),
        "client": _("the client"),
        "what": _("what they asked for, or what was done"),
        "rule": _("the normal rule"),
        "once": _("that it is this once"),
        "day": _("by when they have it"),
        "nearest": _("when we could"),
        "price": _("what it costs"),
        "because": _("what stands in the way, as you write it"),
        "answer_by": _("by when they get an answer"),
        "count": _("how many were given"),
        "since": _("since when"),
        "worth": _("what that was worth"),
        "signed": _("your name and the house"),
        "link": _("their page"),
    }


#: What each reply has to say, by its fields; an exception the normal rule and the one time.
NEEDED: Mapping[str, frozenset[str]] = {
    For.DO_IT: frozenset({"what"}),
    For.YES_ONCE: frozenset({"what", "rule", "once"}),
    For.PAID_YES: frozenset({"what", "price"}),
    For.FAIR_NO: frozenset({"what"}),
    For.CANT_NOW: frozenset({"what", "nearest"}),
    For.CANT_EVER: frozenset({"what"}),
    For.HOLDING: frozenset({"what", "answer_by"}),
    For.PRICED: frozenset({"what", "price"}),
    For.RETIRED: frozenset({"what"}),
    For.REACTION: frozenset({"what", "link"}),
    For.STORY: frozenset({"what", "link"}),
}


class FieldUnknown(refusals.Refused):
    """A merge field that nobody knows what to put in for."""


class FieldMissing(refusals.Refused):
    """A template that leaves out what its reply has to say."""


@dataclass(frozen=True)
class Template:
    """The words of one kind of reply in one language, with merge fields.

    Attributes:
        once: how "this once" is said; no_rule: what is normal where no rule is meant.
        own: these are kept's own words; the house has written none.
        reader: the language that whoever reads it was written to have; empty, any.
    """

    reply_for: str
    language: str
    subject: str
    body: str
    once: str = ""
    no_rule: str = ""
    own: bool = False
    reader: str = ""


def chosen(
    reply_for: str, *, contact: Contact | None = None, client: Client | None = None
) -> Template:
    """Return the words for whoever reads them: in their language if the house wrote any in it.

    A contact's language goes before the client's, and that before the house's;
    where nothing is written in any of them, kept's own words stand.
    """
    spoken = [
        "" if contact is None else contact.language,
        "" if client is None else client.language,
        scope.current().language,
    ]
    reader = next(filter(None, spoken), "")
    codes = [code for one in spoken if one for code in dict.fromkeys((one, one.split("-")[0]))]
    rows = {
        row.language: row
        for row in ReplyTemplate.objects.filter(reply_for=reply_for, language__in=codes)
    }
    for code in codes:
        if code in rows:
            row = rows[code]
            return Template(
                reply_for, code, row.subject, row.body, row.once, row.no_rule, reader=reader
            )
        if code == OWN:
            break
    return replace(usual(reply_for), reader=reader)


def unwritten(template: Template) -> str:
    """Say that a reply is in another language than its reader's; empty where it is in theirs.

    A dialect is read by whoever reads its language.
    """
    if not template.reader or languages.tongue(template.reader) == languages.tongue(
        template.language
    ):
        return ""
    return _(
        "Nobody has written “%(reply)s” in %(language)s, so this is in %(other)s. Put it into "
        "%(language)s yourself, or write it once for all letters."
    ) % {
        "reply": For(template.reply_for).label,
        "language": languages.name(template.reader),
        "other": languages.name(template.language),
    }


def unwritten_to(contact: Contact, reply_for: str) -> str:
    """Say that a letter to somebody goes out in another language than theirs; empty where not."""
    return unwritten(chosen(reply_for, contact=contact, client=contact.client))


def usual(reply_for: str) -> Template:
    """Return how kept words a reply."""
    with override(OWN):
        subject, body = _usual()[For(reply_for)]
        text = "\n\n".join(["{greeting}", body, "{signed}"])
        return Template(
            reply_for, OWN, subject, text, _("this once"), _("this is paid work"), own=True
        )


def keep(
    reply_for: str,
    *,
    subject: str,
    body: str,
    once: str = "",
    no_rule: str = "",
    language: str = "",
    by: Member,
    now: datetime,
) -> ReplyTemplate:
    """Keep how this house words a reply in a language; left out, its own.

    Raises:
        Refused: no such reply or language, nothing said, or brackets that do not close.
        FieldUnknown: a merge field nobody knows.
        FieldMissing: the reply leaves out what it has to say; for an exception, the normal
            rule and that it is once.
    """
    access.demand(by, Role.LEAD)
    if reply_for not in For.values:
        raise refusals.Refused(_("There is no such reply."), field="reply_for")
    language = languages.checked(language) or scope.current().language
    said = Template(
        reply_for,
        language,
        given.one_line(subject, called=_("The subject"), field="subject", longest=200),
        given.paragraphs(body, called=_("The reply"), field="body", longest=10_000, needed=True),
        given.one_line(once, called=_("“This once”"), field="once", longest=80, needed=False),
        given.one_line(
            no_rule, called=_("What is normal"), field="no_rule", longest=200, needed=False
        ),
    )
    if language == OWN:
        own = usual(reply_for)
        said = Template(**{**vars(said), "once": said.once or own.once,
                           "no_rule": said.no_rule or own.no_rule})  # fmt: skip
    _refuse_what_cannot_be(said)
    with transaction.atomic():
        row = (
            ReplyTemplate.objects.select_for_update(no_key=True)
            .filter(reply_for=reply_for, language=language)
            .first()
        ) or ReplyTemplate(reply_for=reply_for, language=language)
        row.subject, row.body = said.subject, said.body
        row.once, row.no_rule = said.once, said.no_rule
        row.changed_at, row.changed_by = now, by
        row.save()
        recording.record(Event.Kind.TEMPLATE_CHANGED, about=row, by=by, at=now, rows=[row])
    return row


def remove(row: ReplyTemplate, *, by: Member, now: datetime) -> None:
    """Go back to kept's own words, or to those of the house's language."""
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        row = ReplyTemplate.objects.select_for_update(no_key=True).get(pk=row.pk)
        recording.record(
            Event.Kind.TEMPLATE_REMOVED,
            about=row,
            by=by,
            at=now,
            removed=[(recording.table_of(row), row.pk)],
            facts={"reply_for": str(row.reply_for), "language": row.language},
        )
        row.delete()


def write_in(language: str, *, by: Member, now: datetime) -> Organisation:
    """Say what this house writes to clients in, where they have no language of their own.

    Raises:
        Refused: there is no such language.
    """
    access.demand(by, Role.OWNER)
    language = languages.checked(language) or OWN
    with transaction.atomic():
        house = Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        if house.language != language:
            # Rules that do not say so are written in the language that the house had.
            rules = list(Policy.objects.select_for_update(no_key=True).filter(language=""))
            for rule in rules:
                rule.language = house.language
                rule.save(update_fields=["language"])
            house.language = language
            house.save()
            recording.record(
                Event.Kind.ORGANISATION_CHANGED, about=house, by=by, at=now, rows=[house, *rules]
            )
    for shown in (by.organisation, scope.current()):
        shown.language = language
    return house


def merge(text: str, said: Mapping[str, str]) -> str:
    """Fill in what is known; leave out brackets in which something is not."""

    def inside(found: re.Match[str]) -> str:
        return found[1] if all(said.get(name) for name in names_in(found[1])) else ""

    def value(found: re.Match[str]) -> str:
        known = said.get(found[1].lower()) or found[0]
        return words.capital(known) if found[1][0].isupper() else known

    return FIELD.sub(value, BRACKETS.sub(inside, text))


def names_in(text: str) -> set[str]:
    """Return the merge fields that stand in a text."""
    return {name.lower() for name in FIELD.findall(text)}


def _refuse_what_cannot_be(said: Template) -> None:
    text = f"{said.subject}\n{said.body}"
    used, known = names_in(text), fields()
    if unknown := sorted(used - known.keys()):
        raise FieldUnknown(
            _("Nobody knows what to put in for %(unknown)s. There are: %(known)s.")
            % {
                "unknown": words.listed(f"{{{name}}}" for name in unknown),
                "known": words.listed(f"{{{name}}}" for name in known),
            },
            field="body",
        )
    if set(BRACKETS.sub("", text)) & set("[]"):
        raise refusals.Refused(
            _("A square bracket is opened or closed alone. Nothing was saved."), field="body"
        )
    if "greeting" in used and said.language != OWN:
        raise FieldUnknown(
            _("kept greets in English only: write it yourself, with {name}. Nothing was saved."),
            field="body",
        )
    bare = names_in(BRACKETS.sub("", said.body))
    always = {"rule", "once"} & NEEDED[said.reply_for]
    missing = sorted((NEEDED[said.reply_for] - used) | (always - bare))
    if missing:
        raise FieldMissing(
            _("This reply has to say %(what)s: write %(fields)s into it. Nothing was saved.")
            % {
                "what": words.listed(known[name] for name in missing),
                "fields": words.listed(f"{{{name}}}" for name in missing),
            },
            field="body",
        )
    if said.reply_for == For.YES_ONCE and not said.once:
        raise refusals.Refused(
            _("Write how “this once” is said in that language. Nothing was saved."), field="once"
        )
    if "rule" in used and not said.no_rule:
        raise refusals.Refused(
            _("Write what is normal where no rule of the house is meant: “this is paid work”."),
            field="no_rule",
        )


def _usual() -> Mapping[For, tuple[str, str]]:
    what = "{what}"
    return {
        For.DO_IT: (
            what,
            _("yes, of course: {what}. It is part of what we agreed.[ You have it by {day}.]"),
        ),
        For.YES_ONCE: (
            what,
            _(
                "yes, gladly: {what}.[ You have it by {day}.]\n\nNormally: {rule}. {Once} we "
                "make an exception."
            ),
        ),
        For.PAID_YES: (
            what,
            _(
                "yes: {what}.[ You have it by {day}.]\n\nNormally: {rule}.[ The price is "
                "{price}.]\n\nSay yes here and we begin:\n{link}"
            ),
        ),
        For.FAIR_NO: (
            what,
            _(
                "thank you for asking about {what}. We have looked at it, and we will not do it "
                "this time.[ {because}]\n\n[We could by {nearest}.]"
            ),
        ),
        For.CANT_NOW: (
            what,
            _(
                "thank you for asking about {what}. We cannot do it by then.[ We could by "
                "{nearest}.]\n\n[{because}]"
            ),
        ),
        For.CANT_EVER: (
            what,
            _("thank you for asking about {what}. It is not something we can do.[ {because}]"),
        ),
        For.HOLDING: (
            what,
            _(
                "thank you for asking about {what}. We answer by {answer_by}, and you need not "
                "ask again."
            ),
        ),
        For.PRICED: (
            _("{what}: from now on"),
            _(
                "we have gladly given you “{what}” {count} times since {since}, worth {worth}. "
                "From now on it is {price}.[ You have the next by {day}.]\n\nSay yes here and "
                "we begin:\n{link}"
            ),
        ),
        For.RETIRED: (
            _("{what}: from now on"),
            _(
                "we have gladly given you “{what}” {count} times since {since}. From now on we go "
                "back to what we agreed[: {rule}]. If you would like it to go on, tell us and we "
                "make you an offer."
            ),
        ),
        For.REACTION: (
            _("{what}: how was it?"),
            _(
                "“{what}” is done. How was it for you? One tap is enough, and we ask only "
                "once:\n{link}"
            ),
        ),
        For.STORY: (
            _("May we tell it? {what}"),
            _(
                "we would like to tell others about “{what}”, only in the words you find on your "
                "page, and only if you agree. You can change your mind at any time:\n{link}"
            ),
        ),
    }
