"""Letters to the client about a promise: in the client's zone, and without the house's inside.

No chance, no hours, no name of a stage stands in them. Where nobody at the
client can be written to, nothing is written, and whoever acts tells them.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _

from kept import words, zones
from kept.clients import links
from kept.clients.models import Contact
from kept.ledger.models import Event
from kept.outbox import letters
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.promises.models import Delivery, Pause, Promise, Proposal
from kept.tenancy import refusals


def reachable(promise: Promise) -> Contact | None:
    """Return the contact that letters about a promise go to; None if there is none with mail."""
    contact = promise.contact
    if contact is None or not contact.email or contact.archived_at is not None:
        return None
    return contact


def delivered(delivery: Delivery, *, by: Member, now: datetime) -> Letter | None:
    """Tell the client that it is done, and where they say so."""
    promise = delivery.promise
    parts = [
        _("%(what)s is done.") % {"what": promise.job.title},
        *([delivery.note] if delivery.note else []),
        *([_("You find it here: %(where)s") % {"where": delivery.where}] if delivery.where else []),
        _("Please say here whether you take it, or what is missing:") + "\n{link}",
    ]
    subject = _("%(what)s is done") % {"what": promise.job.title}
    return _write(promise, delivery, subject, parts, by=by, now=now)


def noticed(delivery: Delivery, *, by: Member, now: datetime) -> Letter | None:
    """Tell the client that silence counts as acceptance, and from when on."""
    promise = delivery.promise
    assert delivery.deemed_from is not None
    parts = [
        _("we handed over %(what)s on %(delivered)s and have not heard from you.")
        % {
            "what": promise.job.title,
            "delivered": _long(delivery.delivered_at, promise.zone, now),
        },
        _("If you say nothing until %(until)s, that counts as your yes.")
        % {"until": _long(delivery.deemed_from, promise.zone, now)},
        _("Please say here whether you take it, or what is missing:") + "\n{link}",
    ]
    subject = _("%(what)s: your word by %(day)s") % {
        "what": promise.job.title,
        "day": words.day(zones.day_of(delivery.deemed_from, promise.zone)),
    }
    return _write(promise, delivery, subject, parts, by=by, now=now)


def thanked(delivery: Delivery, text: str, *, by: Member, now: datetime) -> Letter | None:
    """Thank the client."""
    promise = delivery.promise
    subject = _("%(what)s: thank you") % {"what": promise.job.title}
    return _write(promise, delivery, subject, [text], by=by, now=now)


def paused(pause: Pause, *, by: Member, now: datetime) -> Letter | None:
    """Tell the client from when on the clock stands, and what ends it."""
    promise, owed = pause.promise, pause.obligation
    said = {
        "owed": owed.what,
        "what": promise.job.title,
        "due": _long(owed.due_at, promise.zone, now),
        "now": _long(now, promise.zone, now),
    }
    if pause.started_at > now:
        return _announced(pause, said, by=by, now=now)
    parts = [
        _("We wait for this, which was due on %(due)s: %(owed)s.") % said,
        _(
            "The clock of %(what)s stands from now, %(now)s, until it comes. The date we promised "
            "moves by the working time that it stands."
        )
        % said,
        _("You see how it stands here:") + "\n{link}",
    ]
    subject = _("%(what)s: the clock stands") % {"what": promise.job.title}
    return _write(promise, pause, subject, parts, by=by, now=now)


def _announced(
    pause: Pause, said: Mapping[str, str], *, by: Member, now: datetime
) -> Letter | None:
    promise = pause.promise
    parts = [
        _("We count on this by %(due)s: %(owed)s.") % said,
        _(
            "If it has not come by then, the clock of %(what)s stands from that moment until it "
            "comes, and the date we promised moves by the working time that it stands."
        )
        % said,
        _("You see how it stands here:") + "\n{link}",
    ]
    day = words.day(zones.day_of(pause.started_at, promise.zone))
    subject = _("%(what)s: what we need by %(day)s") % {"what": promise.job.title, "day": day}
    return _write(promise, pause, subject, parts, by=by, now=now)


def runs_on(pause: Pause, *, came: bool, by: Member, now: datetime) -> Letter | None:
    """Tell whoever was written to of a pause that the clock runs, and what stands now.

    Args:
        came: what they owed came; else the house goes on without it.
    """
    told = Event.objects.filter(
        kind=Event.Kind.LETTER_WRITTEN, about_table="pause", about_id=pause.pk
    )
    if not told.exists():
        return None
    promise = pause.promise
    said = {
        "owed": pause.obligation.what,
        "what": promise.job.title,
        "due": _long(promise.due_at, promise.zone, now),
    }
    if came:
        opening = _("%(owed)s came, thank you.") % said
    else:
        opening = _("we wait no longer for this: %(owed)s.") % said
    if pause.never_began:
        stands = _("The clock of %(what)s runs on, and what we promised stands: %(due)s.") % said
    else:
        stands = (
            _(
                "The clock of %(what)s runs again. What we promised is due %(due)s: moved by the "
                "working time that it stood."
            )
            % said
        )
    parts = [opening, stands, _("You see how it stands here:") + "\n{link}"]
    subject = _("%(what)s: the clock runs") % said
    return _write(promise, pause, subject, parts, by=by, now=now)


def proposed(proposal: Proposal, *, by: Member, now: datetime) -> Letter:
    """Send the letter of a proposal, as it was written, with the link to answer it.

    Raises:
        Refused: nobody is named to whom it goes, or there is no letter yet.
        NoAddress: whoever it goes to has no e-mail address.
    """
    contact = proposal.contact
    if contact is None:
        raise refusals.Refused(
            _("Say first who at the client is told. Nothing was sent."), field="contact_id"
        )
    if not proposal.body or not proposal.subject:
        raise refusals.Refused(
            _("Write the letter and its subject first. Nothing was sent."), field="body"
        )
    body = proposal.body
    if letters.LINK not in body:
        body = f"{body}\n\n{letters.LINK}"
    return letters.write(
        to=contact,
        subject=proposal.subject,
        body=body,
        about=proposal,
        by=by,
        now=now,
        promise=proposal.promise,
        link=links.live_for(contact, by=by, now=now),
    )


def greeting(contact: Contact | None) -> str:
    """ "Dear Helena Matos,": kept does not know who is on first-name terms."""
    return _("Dear %(name)s,") % {"name": contact.name} if contact is not None else _("Hello,")


def signed(by: Member) -> str:
    """ "Maya, Northlight"."""
    return f"{by.name}, {by.organisation.name}"


def _long(at: datetime, zone: str, now: datetime) -> str:
    local = zones.local(at, zone)
    today = zones.day_of(now, zone)
    return _("%(day)s, %(time)s") % {
        "day": words.long_day(local.date(), today=today),
        "time": words.clock(local),
    }


def _write(
    promise: Promise,
    about: models.Model,
    subject: str,
    parts: list[str],
    *,
    by: Member,
    now: datetime,
) -> Letter | None:
    contact = reachable(promise)
    if contact is None:
        return None
    return letters.write(
        to=contact,
        subject=subject,
        body="\n\n".join([greeting(contact), *parts, signed(by)]),
        about=about,
        by=by,
        now=now,
        promise=promise,
        link=links.live_for(contact, by=by, now=now),
    )
