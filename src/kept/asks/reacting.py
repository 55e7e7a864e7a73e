"""How a client took what they got: asked once, by link, and never again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept.asks import wording
from kept.asks.models import Extra, Reaction
from kept.clients import links
from kept.clients.models import Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox import letters
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy import given, refusals


class AskedAlready(refusals.Conflict):
    """They were asked before: once is enough."""


class NotYet(refusals.Conflict):
    """It was not kept yet, so there is nothing to ask about."""


class AnsweredAlready(refusals.Conflict):
    """They said how it was."""


def ask(
    about: Promise | Extra, *, by: Member, now: datetime, contact: Contact | None = None
) -> Reaction:
    """Ask a contact how it was, by a letter with their link.

    Args:
        about: a promise that was settled, or an extra that was given.
        contact: whom; left out, whoever the promise or the ask names.

    Raises:
        NotYet: it is not done.
        AskedAlready: they were asked before.
        NoAddress: nobody at the client can be reached.
        Refused: the contact is another client's.
    """
    access.demand(by, Role.MEMBER)
    promise = about if isinstance(about, Promise) else about.promise
    extra = about if isinstance(about, Extra) else getattr(about, "extra", None)
    if promise is not None and promise.state != Promise.State.SETTLED:
        raise NotYet(_("Ask when it is done and they took it. Nothing was sent."))
    if extra is not None and extra.state != Extra.State.GIVEN:
        raise NotYet(_("It does not count as given. Nothing was sent."))
    _demand_theirs(contact, promise, extra)
    contact = contact or _whom(promise, extra)
    if contact is None:
        raise letters.NoAddress(
            _("Nobody at the client is named, so nobody can be asked. Say who."), field="contact"
        )
    what = promise.job.title if promise is not None else extra.title if extra is not None else ""
    already = AskedAlready(_("They were asked before. Once is enough; nothing was sent."))
    reaction = Reaction(
        client=contact.client,
        contact=contact,
        promise=promise,
        extra=extra,
        asked_at=now,
        asked_by=by,
    )
    with transaction.atomic():
        with given.constrained(already):
            reaction.save()
        draft = wording.draft(wording.For.REACTION, wording.Facts.to(contact, what, by=by, now=now))
        reaction.letter = letters.write(
            to=contact,
            subject=draft.subject,
            body=draft.body,
            about=reaction,
            link=links.live_for(contact, by=by, now=now),
            promise=promise,
            by=by,
            now=now,
        )
        reaction.save(update_fields=["letter"])
        recording.record(
            Event.Kind.REACTION_ASKED,
            about=reaction,
            by=by,
            at=now,
            rows=[reaction],
            promise=promise,
        )
    return reaction


def answer(
    reaction: Reaction, *, felt: str, contact: Contact, now: datetime, words: str = ""
) -> Reaction:
    """Write down how it was, as the contact says by link.

    Raises:
        AnsweredAlready: they said so before.
        Refused: none of the answers.
    """
    if felt not in Reaction.Felt.values:
        raise refusals.Refused(_("Choose how it was."), field="felt")
    words = given.paragraphs(words, called=_("Your words"), field="words", longest=5_000)
    with transaction.atomic():
        waiting = Reaction.objects.filter(pk=reaction.pk, contact=contact, felt="")
        changed = waiting.update(felt=felt, words=words, answered_at=now)
        reaction.refresh_from_db()
        if not changed:
            raise AnsweredAlready(_("You told us already. Thank you."))
        recording.record(
            Event.Kind.REACTION_GIVEN,
            about=reaction,
            by=None,
            at=now,
            rows=[reaction],
            promise=reaction.promise,
            facts={"contact": contact.pk},
        )
    return reaction


def _demand_theirs(contact: Contact | None, promise: Promise | None, extra: Extra | None) -> None:
    """Pass if whoever is to be asked is somebody at the client who got it."""
    client = promise.client if promise is not None else None if extra is None else extra.client
    if contact is not None and client is not None and contact.client_id != client.pk:
        raise refusals.Refused(
            _("%(name)s is not somebody at %(client)s. Nothing was sent.")
            % {"name": contact.name, "client": client.name},
            field="contact",
        )


def _whom(promise: Promise | None, extra: Extra | None) -> Contact | None:
    if promise is not None and promise.contact is not None:
        return promise.contact
    if extra is not None and extra.ask is not None:
        return extra.ask.contact
    return None
