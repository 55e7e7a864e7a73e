"""Erase the personal text of a person or a client, and leave the ledger whole.

Events hold no personal text, only keyed hashes of it. The text beside the
ledger is emptied and its key destroyed, so that nobody can tell any more what
the hash was of; the rows get a word in its place, and an event says what was
erased, when, and by whom. Chances, dates and hours stay: they are the house's.

What is erased: the person's or client's own fields, as they are and as they
ever were; names under which imports know them; and every mention of such a
name or address elsewhere in the house. A mention by first name alone cannot
be told from a word, and stays.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from kept.clients.models import Client, ClientLink, Contact
from kept.ledger import recording
from kept.ledger.models import ErasableText, Event
from kept.outbox import folder
from kept.outbox.models import Letter
from kept.past.models import SourceName
from kept.people import access
from kept.people.models import CharterChannel, Login, Member, Role
from kept.tenancy.models import Scoped
from kept.tenancy.refusals import Conflict, Refused

Subject = Member | Contact | Client

#: A shorter name is only erased in its own row: elsewhere it is a word like others.
SHORTEST = 3


class StillHere(Conflict):
    """Somebody who works in the house has a name."""


class AnotherName(Refused):
    """The name that was typed to be sure is not the one that would be erased."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What erasing would take: rows that would be rewritten, texts that would be emptied."""

    rows: int
    texts: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: so many rows were rewritten, so many texts emptied."""

    event: Event
    rows: int
    texts: int


def foresee(subject: Subject, *, by: Member) -> Loss:
    """Say what `erase` would take. Raises what it raises, but for `AnotherName`."""
    access.demand(by, Role.OWNER)
    own = _own(subject)
    pattern = _pattern(_words(own))
    mentions = sum(1 for _row in _mentions(pattern, {_name(row) for row in own}))
    return Loss(len(own) + mentions, len(_texts(own, pattern, _gone(subject))))


def erase(subject: Subject, *, confirmed: str, by: Member, now: datetime) -> Erased:
    """Erase the personal text of a member who left, of a contact, or of a client with its contacts.

    Args:
        confirmed: the name of whom it is about, said again: what is erased does not come back.

    Raises:
        AnotherName: `confirmed` is another name.
        StillHere: the member has not left.
        NotAllowed: only owners erase.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        row = type(subject)._default_manager.select_for_update(no_key=True).get(pk=subject.pk)
        own = _own(row)
        if " ".join(confirmed.split()).casefold() != row.name.casefold():
            raise AnotherName(
                _("Type “%(name)s” to be sure. Nothing was erased.") % {"name": row.name},
                field="name",
            )
        pattern = _pattern(_words(own))
        texts = _empty(_texts(own, pattern, _gone(row)), now)
        for each in own:
            _anonymise(each)
        mentions = list(_mentions(pattern, {_name(each) for each in own}))
        for each in mentions:
            each.save()
        ended = [link for each in own if isinstance(each, Contact) for link in _close(each, now)]
        rewritten = [*own, *mentions, *ended]
        for letter in (each for each in mentions if isinstance(each, Letter)):
            transaction.on_commit(partial(folder.remove, letter.message_id))
        if isinstance(row, Member):
            _close_login(row)
        event = recording.record(
            Event.Kind.TEXT_ERASED,
            about=row,
            by=by,
            at=now,
            rows=rewritten,
            facts={"texts": list(texts), "rows": len(rewritten)},
        )
        if connection.vendor == "sqlite":
            transaction.on_commit(_empty_log)
    subject.refresh_from_db()
    return Erased(event, len(rewritten), len(texts))


def _close(contact: Contact, now: datetime) -> list[ClientLink]:
    """End the link of a contact who is erased: nobody opens a page in their name."""
    live = list(ClientLink.objects.filter(contact=contact, revoked_at__isnull=True))
    for link in live:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
    return live


def _own(row: Subject) -> list[Any]:
    """Return the rows about nobody else: itself, contacts, names of imports, ways to reach it."""
    if isinstance(row, Member) and row.left_at is None:
        raise StillHere(
            _("%(name)s still works here. Note that they left first; nothing was erased.")
            % {"name": row.name}
        )
    contacts = row.contacts.all() if isinstance(row, Client) else ()
    return [row, *contacts, *_names_of_imports(row), *_ways_to(row)]


def _ways_to(row: Subject) -> models.QuerySet[CharterChannel]:
    """Return the addresses by which a member was reached."""
    if isinstance(row, Member):
        return CharterChannel.objects.filter(charter__member=row)
    return CharterChannel.objects.none()


def _gone(row: Subject) -> set[tuple[str, int]]:
    """Return rows about a member that are removed, whose texts stand beside the ledger still."""
    if not isinstance(row, Member):
        return set()
    table = recording.table_of(CharterChannel)
    events = Event.objects.filter(
        about_table=recording.table_of(row), about_id=row.pk, kind__startswith="charter."
    )
    names = {name for images in events.values_list("images", flat=True) for name in images}
    return {(table, int(name.partition(":")[2])) for name in names if name.startswith(f"{table}:")}


def _names_of_imports(row: Subject) -> models.QuerySet[SourceName]:
    if isinstance(row, Member):
        return SourceName.objects.filter(member=row)
    if isinstance(row, Client):
        return SourceName.objects.filter(client=row)
    return SourceName.objects.none()


def _words(rows: Iterable[Scoped]) -> set[str]:
    """Return names and addresses of rows, as they are and as they were."""
    words: set[str] = set()
    for row in rows:
        fields = [name for name in row.personal if name in {"name", "email"}]
        words.update(str(getattr(row, name)) for name in fields)
        words.update(
            ErasableText.objects.filter(
                about_table=recording.table_of(row), about_id=row.pk, field__in=fields
            ).values_list("text", flat=True)
        )
        if isinstance(row, Member) and row.login is not None:
            words.add(row.login.email)
    return words


def _pattern(words: set[str]) -> re.Pattern[str] | None:
    told = {word.strip() for word in words if len(word.strip()) >= SHORTEST}
    # Inside stored JSON a letter outside ASCII may be written as an escape.
    told |= {json.dumps(word)[1:-1] for word in told}
    if not told:
        return None
    longest_first = sorted(told, key=len, reverse=True)
    return re.compile(
        r"(?<!\w)(?:" + "|".join(re.escape(word) for word in longest_first) + r")(?!\w)",
        re.IGNORECASE,
    )


def _texts(
    own: list[Any], pattern: re.Pattern[str] | None, gone: set[tuple[str, int]]
) -> list[int]:
    """Return the keys of the texts of these rows, and of all texts that mention them."""
    ours = {(recording.table_of(row), row.pk) for row in own} | gone
    return [
        text.pk
        for text in ErasableText.objects.exclude(text="").order_by("pk")
        if (text.about_table, text.about_id) in ours or (pattern and pattern.search(text.text))
    ]


def _empty(texts: list[int], now: datetime) -> list[int]:
    """Empty texts, and destroy their keys."""
    for start in range(0, len(texts), 500):
        ErasableText.objects.filter(pk__in=texts[start : start + 500]).update(
            text="", key=b"", erased_at=now
        )
    return texts


def _anonymise(row: Any) -> None:
    for name in row.personal:
        setattr(row, name, _("erased %(number)s") % {"number": row.pk} if name == "name" else "")
    row.save()


def _mentions(pattern: re.Pattern[str] | None, own: set[str]) -> Iterator[models.Model]:
    """Yield every other row of the house that holds a name, with the name taken out, not saved."""
    if pattern is None:
        return
    for model in apps.get_app_config("kept").get_models():
        if not issubclass(model, Scoped) or model in (Event, ErasableText):
            continue
        fields = [f for f in model._meta.concrete_fields if _may_hold_text(f)]
        if not fields:
            continue
        unique = _unique_fields(model)
        for row in model._default_manager.order_by("pk"):
            if _name(row) in own:
                continue
            hit = False
            for field in fields:
                word = f"[{row.pk}]" if field.name in unique else "[…]"
                before = getattr(row, field.attname)
                after = _without(before, pattern, word)
                if after != before:
                    limit = getattr(field, "max_length", None)
                    setattr(row, field.attname, after[:limit] if limit else after)
                    hit = True
            if hit:
                yield row


def _may_hold_text(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField) and not (
        field.choices
    )


def _unique_fields(model: type[models.Model]) -> set[str]:
    found = {field.name for field in model._meta.concrete_fields if field.unique}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            found.update(constraint.fields)
            for expression in constraint.expressions:
                if isinstance(expression, Lower):
                    found.update(part.name for part in expression.get_source_expressions())
    return found


def _without(value: Any, pattern: re.Pattern[str], word: str) -> Any:
    match value:
        case str():
            return pattern.sub(lambda _found: word, value)
        case list():
            return [_without(item, pattern, word) for item in value]
        case dict():
            return {
                _without(key, pattern, word): _without(item, pattern, word)
                for key, item in value.items()
            }
    return value


def _close_login(member: Member) -> None:
    """Take the log-in from a member; erase it where it belongs to no other house."""
    login = member.login
    if login is None:
        return
    elsewhere = Member.everywhere.filter(login=login).exclude(pk=member.pk).exists()
    member.login = None
    member.save(update_fields=["login"])
    if elsewhere:
        return
    EmailAddress.objects.filter(user=login).delete()
    for log in (AccessAttempt, AccessFailureLog, AccessLog):
        log.objects.filter(username__iexact=login.email).delete()
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(login.pk):
            session.delete()
    Login.objects.filter(pk=login.pk).update(
        email=f"erased-{login.pk}@erased.invalid",
        password=make_password(None),
        is_active=False,
    )


def _empty_log() -> None:
    """Write SQLite's log into the file and cut it: until then it holds the pages of before."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _name(row: models.Model) -> str:
    return f"{recording.table_of(row)}:{row.pk}"
