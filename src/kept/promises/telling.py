"""That the client was told something a clock begins with: by letter, or in person.

A clock of the client's, such as silence that counts or a pause, never begins
with a letter that nobody gets. Where none can go, whoever told them in person
says so, with the moment; it is written down within a day, so that nobody can
add it afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext as _

from kept.clients.models import Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox.models import Letter
from kept.promises import writing
from kept.promises.models import Promise, ToldHow
from kept.tenancy import refusals

#: A spoken word may be written down so much later than it was said, and no more.
WRITTEN_DOWN_WITHIN = timedelta(hours=24)


class NobodyToWriteTo(refusals.Refused):
    """No letter can go to the client about this, and nobody said they were told in person."""


@dataclass(frozen=True, slots=True)
class InPerson:
    """A member's word that they told the client themselves.

    Attributes:
        at: when; None, now.
        contact: whom, where they say so.
    """

    at: datetime | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """When, how and whom the client was told."""

    at: datetime
    how: ToldHow
    contact: Contact | None

    def facts(self) -> dict[str, recording.Json]:
        """Return what the event says of it."""
        return {
            "how": str(self.how),
            "told_at": recording.plain(self.at),
            "contact": None if self.contact is None else self.contact.pk,
        }


def told(promise: Promise, in_person: InPerson | None, *, since: datetime, now: datetime) -> Told:
    """Return how the client is told: by a letter that goes now, or as somebody said.

    Args:
        in_person: None, where a letter is to tell them.
        since: before it there was nothing to tell.

    Raises:
        NobodyToWriteTo: it is to be a letter, and none can go.
        Refused: it was said in the future, before there was anything to say, or too long ago to
            be written down now; or to somebody at another client.
    """
    if in_person is None:
        return Told(now, ToldHow.LINK, _reader(promise))
    contact = in_person.contact
    if contact is not None and contact.client_id != promise.client_id:
        raise refusals.Refused(
            _("%(name)s is not somebody at %(client)s. Nothing was changed.")
            % {"name": contact.name, "client": promise.client.name},
            field="contact_id",
        )
    at = said_at(in_person.at, now=now)
    if at < since:
        raise refusals.Refused(
            _("That was before there was anything to tell. Say when they were told."),
            field="told_at",
        )
    return Told(at, ToldHow.SAID, contact)


def said_at(at: datetime | None, *, now: datetime) -> datetime:
    """Return when something was said that is written down now.

    Raises:
        Refused: in the future, or too long ago.
    """
    if at is None:
        return now
    if at > now:
        raise refusals.Refused(
            _("That lies in the future. Note that they were told when they have been."),
            field="told_at",
        )
    if now - at > WRITTEN_DOWN_WITHIN:
        raise refusals.Refused(
            _(
                "A spoken word is written down within a day, so that nobody can add one "
                "afterwards. Tell them now."
            ),
            field="told_at",
        )
    return at


def letter_of(about: models.Model, *, written_at: datetime) -> Letter | None:
    """Return the last letter about a row that was written at a moment."""
    written = Event.objects.filter(
        kind=Event.Kind.LETTER_WRITTEN,
        about_table=recording.table_of(about),
        about_id=about.pk,
        at=written_at,
    ).order_by("number")
    event = written.last()
    return None if event is None else Letter.objects.filter(pk=event.facts["letter"]).first()


def came_back(about: models.Model, *, how: str, written_at: datetime) -> bool:
    """Say whether what was to tell them never reached anybody: there is no letter, or it could
    not be delivered.
    """
    if how == ToldHow.SAID:
        return False
    letter = letter_of(about, written_at=written_at)
    return letter is None or (letter.sent_at is None and letter.failed_at is not None)


def no_letter_because(promise: Promise) -> str:
    """Return why no letter about a promise can go to the client; empty where one can."""
    contact = promise.contact
    if writing.reachable(promise) is not None:
        return ""
    if contact is None:
        why = _("Nobody at %(client)s is named who reads this promise, so no letter can go there.")
    elif contact.archived_at is not None:
        why = _("%(name)s is archived, so no letter can go there.")
    else:
        why = _("%(name)s has no e-mail address, so no letter can go there.")
    return why % {
        "client": promise.client.name,
        "name": "" if contact is None else contact.name,
    }


def _reader(promise: Promise) -> Contact:
    why = no_letter_because(promise)
    if not why and promise.contact is not None:
        return promise.contact
    raise NobodyToWriteTo(
        why
        + " "
        + _(
            "Name somebody with an address as its reader, or tell them in person and say when. "
            "Nothing was changed."
        ),
        field="how",
    )
