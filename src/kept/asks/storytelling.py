"""Stories: told only in the exact words consented to, and never after consent was taken back.

A changed word is another story: it needs another consent. What was told before
a consent was withdrawn is history; nothing leaves the house after it.
"""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kept.asks import wording
from kept.asks.models import Extra, Story, StoryConsent
from kept.clients import links
from kept.clients.models import Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox import letters
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy import given, refusals

State = Story.State


class NoConsent(refusals.Conflict):
    """Nobody consented to these words."""


class ConsentWithdrawn(refusals.Conflict):
    """They took their consent back."""


class NothingAsked(refusals.Conflict):
    """Nothing waits for their word, or they gave it."""


def hash_of(words: str) -> str:
    """Return what stands for exact words: SHA-256 of them, in hexadecimal."""
    return hashlib.sha256(words.encode()).hexdigest()


def write(
    *,
    contact: Contact,
    title: str,
    words: str,
    by: Member,
    now: datetime,
    promise: Promise | None = None,
    extra: Extra | None = None,
) -> Story:
    """Write a story about a client; it stays in the house until they consent.

    Raises:
        Refused: a text that cannot be, or a promise of somebody else.
    """
    access.demand(by, Role.MEMBER)
    for about in (promise, extra):
        if about is not None and about.client_id != contact.client_id:
            raise refusals.Refused(
                _("That was given to somebody else. Nothing was saved."), field="promise"
            )
    words = _words(words)
    with transaction.atomic():
        story = Story.objects.create(
            client=contact.client,
            contact=contact,
            promise=promise,
            extra=extra,
            title=_title(title),
            words=words,
            words_hash=hash_of(words),
            written_at=now,
            written_by=by,
        )
        recording.record(Event.Kind.STORY_WRITTEN, about=story, by=by, at=now, rows=[story])
    return story


def change(story: Story, *, words: str, by: Member, now: datetime) -> Story:
    """Change the words: whatever was consented to does not hold for them any more."""
    access.demand(by, Role.MEMBER)
    words = _words(words)
    with transaction.atomic():
        story = _locked(story)
        if words == story.words:
            return story
        overtaken = _overtaken(story, now)
        story.words, story.words_hash = words, hash_of(words)
        story.state, story.consented_hash = State.DRAFT, ""
        story.save()
        recording.record(
            Event.Kind.STORY_CHANGED, about=story, by=by, at=now, rows=[story, *overtaken]
        )
    return story


def ask(story: Story, *, by: Member, now: datetime) -> StoryConsent:
    """Ask the contact for consent to the words as they are, by a letter with their link.

    Raises:
        NoAddress: they cannot be reached.
        NothingAsked: they agreed to these words already.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        story = _locked(story)
        if story.state in (State.CONSENTED, State.PUBLISHED):
            raise NothingAsked(_("They agreed to these words already. Nothing was sent."))
        overtaken = _overtaken(story, now)
        consent = StoryConsent.objects.create(
            story=story,
            contact=story.contact,
            words=story.words,
            words_hash=story.words_hash,
            asked_at=now,
            asked_by=by,
        )
        draft = wording.draft(
            wording.For.STORY, wording.Facts.to(story.contact, story.title, by=by, now=now)
        )
        consent.letter = letters.write(
            to=story.contact,
            subject=draft.subject,
            body=draft.body,
            about=consent,
            link=links.live_for(story.contact, by=by, now=now),
            by=by,
            now=now,
        )
        consent.save(update_fields=["letter"])
        story.state, story.consented_hash = State.ASKED, ""
        story.save()
        recording.record(
            Event.Kind.STORY_ASKED, about=story, by=by, at=now, rows=[story, consent, *overtaken]
        )
    return consent


def consent(asked: StoryConsent, *, yes: bool, contact: Contact, now: datetime) -> Story:
    """Write down the contact's word on the exact words they read.

    Raises:
        NothingAsked: the words were changed meanwhile, or they answered.
    """
    with transaction.atomic():
        story = _locked(asked.story)
        waiting = StoryConsent.objects.filter(
            pk=asked.pk,
            contact=contact,
            given_at__isnull=True,
            refused_at__isnull=True,
            overtaken_at__isnull=True,
        )
        changed = waiting.update(**{"given_at" if yes else "refused_at": now})
        asked.refresh_from_db()
        if not changed or asked.words_hash != story.words_hash:
            raise NothingAsked(
                _("The words were changed meanwhile, or you answered. Look at your page again.")
            )
        story.state = State.CONSENTED if yes else State.REFUSED
        story.consented_hash = asked.words_hash if yes else ""
        story.save()
        recording.record(
            Event.Kind.STORY_CONSENTED if yes else Event.Kind.STORY_REFUSED,
            about=story,
            by=None,
            at=now,
            rows=[story, asked],
            facts={"contact": contact.pk, "words": asked.words_hash},
        )
    return story


def withdraw(
    story: Story, *, now: datetime, contact: Contact | None = None, by: Member | None = None
) -> Story:
    """Take the consent back, by link or as a member writes it down; nothing is told after it.

    Raises:
        NoConsent: there is none.
    """
    if by is not None:
        access.demand(by, Role.MEMBER)
    with transaction.atomic():
        story = _locked(story)
        if story.state not in (State.CONSENTED, State.PUBLISHED):
            raise NoConsent(_("There is no consent to take back. Nothing was changed."))
        given_ones = story.consents.filter(given_at__isnull=False, withdrawn_at__isnull=True)
        if contact is not None:
            given_ones = given_ones.filter(contact=contact)
        rows = list(given_ones)
        if not rows:
            raise NoConsent(_("There is no consent to take back. Nothing was changed."))
        for row in rows:
            row.withdrawn_at = now
            row.save(update_fields=["withdrawn_at"])
        story.state, story.consented_hash = State.WITHDRAWN, ""
        story.save()
        recording.record(
            Event.Kind.STORY_WITHDRAWN,
            about=story,
            by=by,
            at=now,
            rows=[story, *rows],
            facts={"contact": None if contact is None else contact.pk},
        )
    return story


def publish(story: Story, *, where: str, by: Member, now: datetime) -> Story:
    """Note that the story leaves the house, in the words consented to.

    Raises:
        ConsentWithdrawn: they took it back.
        NoConsent: they never gave it, or the words were changed since.
    """
    access.demand(by, Role.MEMBER)
    where = given.one_line(where, called=_("Where"), field="where", longest=300)
    with transaction.atomic():
        story = _locked(story)
        if story.state == State.WITHDRAWN:
            raise ConsentWithdrawn(
                _("They took their consent back: it is told nowhere any more. Nothing was changed.")
            )
        intact = story.consented_hash == story.words_hash == hash_of(story.words)
        if story.state not in (State.CONSENTED, State.PUBLISHED) or not intact:
            raise NoConsent(
                _("Nobody agreed to these exact words yet. Ask first; nothing was changed.")
            )
        story.state, story.published_at, story.published_where = State.PUBLISHED, now, where
        story.save()
        recording.record(Event.Kind.STORY_PUBLISHED, about=story, by=by, at=now, rows=[story])
    return story


def told() -> QuerySet[Story]:
    """Return the stories that may be shown outside now."""
    return Story.objects.filter(state=State.PUBLISHED)


def _overtaken(story: Story, now: datetime) -> list[StoryConsent]:
    """Close what waits for a word: the words it was about are not the story's any more."""
    rows = list(
        story.consents.filter(
            given_at__isnull=True, refused_at__isnull=True, overtaken_at__isnull=True
        )
    )
    for row in rows:
        row.overtaken_at = now
        row.save(update_fields=["overtaken_at"])
    return rows


def _locked(story: Story) -> Story:
    return (
        Story.objects.select_for_update(no_key=True, of=("self",))
        .select_related("contact__client")
        .get(pk=story.pk)
    )


def _title(title: str) -> str:
    return given.one_line(title, called=_("The title"), field="title", longest=200)


def _words(words: str) -> str:
    return given.paragraphs(
        words, called=_("The story"), field="words", longest=10_000, needed=True
    )
