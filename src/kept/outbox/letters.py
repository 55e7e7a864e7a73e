"""Letters: mail as people write it, in plain text, sent once each as far as a mail server can tell.

A letter is written in the transaction of its cause, with its Message-ID, and
sent afterwards. Two things are filled in on the way out, so that neither
stands anywhere at rest: the address of the client's page, which carries a
secret, and where the ledger ends at that moment.
"""

import hashlib
import logging
import smtplib
import uuid
from collections.abc import Callable
from datetime import datetime
from email.utils import formataddr, parseaddr
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.ledger import heads, recording
from kept.ledger.models import Event
from kept.outbox import dressing, tasks
from kept.outbox.models import Letter, Task
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, Refused

log = logging.getLogger(__name__)

#: What a body may hold, filled in on the way out.
LINK, HEAD = "{link}", "{head}"


class NoAddress(Refused):
    """The person has no e-mail address."""


class NotUndeliverable(Conflict):
    """The letter is not one that was given up."""


class Reachable(Protocol):
    """Somebody with a name and an e-mail address: a contact, a member."""

    pk: int
    name: str
    email: str


#: By table: who turns the number of a row into the address that a letter carries.
_ADDRESSES: dict[str, Callable[[int], str]] = {}


#: By table: the page on which whoever gets letters with such a link says how they want them.
_LEAVING: dict[str, str] = {}


def left_by(table: str, page: str) -> None:
    """Say on which page somebody sets whether letters that carry such a link reach them."""
    _LEAVING[table] = page


def addresses(table: str) -> Callable[[Callable[[int], str]], Callable[[int], str]]:
    """Register the function that knows the address behind a row that letters carry as a link."""

    def register(address_of: Callable[[int], str]) -> Callable[[int], str]:
        _ADDRESSES[table] = address_of
        return address_of

    return register


def write(
    *,
    to: Reachable,
    subject: str,
    body: str,
    about: models.Model,
    by: Reachable | None,
    now: datetime,
    promise: models.Model | None = None,
    link: models.Model | None = None,
    in_reply_to: str = "",
) -> Letter:
    """Write a letter and have it sent once the transaction of its cause is done.

    Every letter to a client ends with the line that says where the ledger ends.

    Args:
        body: plain text; `{link}` and `{head}` are filled in on the way out.
        by: the member in whose name it goes; answers by mail reach them.
        link: the row whose address stands for `{link}`.
        in_reply_to: the Message-ID of the letter that this one follows.

    Raises:
        NoAddress: the person has no e-mail address, or is archived; nothing was written.
        Refused: a subject or body that cannot be.
    """
    if not to.email:
        raise NoAddress(
            _("%(name)s has no e-mail address, so no letter can go there. Add the address first.")
            % {"name": to.name},
            field="contact",
        )
    if getattr(to, "archived_at", None) is not None:
        raise NoAddress(
            _("%(name)s is archived, so no letter can go there. Bring the contact back first.")
            % {"name": to.name},
            field="contact",
        )
    body = given.paragraphs(body, called=_("The letter"), field="body", longest=20_000, needed=True)
    if isinstance(to, models.Model) and recording.table_of(to) == "contact" and HEAD not in body:
        body = f"{body}\n\n{HEAD}"
    with transaction.atomic():
        letter = Letter.objects.create(
            to_name=to.name,
            to_address=to.email,
            reply_to="" if by is None else by.email,
            subject=given.one_line(subject, called=_("The subject"), field="subject", longest=200),
            body=body,
            message_id=f"<{uuid.uuid4().hex}@{_domain()}>",
            in_reply_to=in_reply_to,
            link_table="" if link is None else recording.table_of(link),
            link_id=None if link is None else link.pk,
            promise_id=None if promise is None else promise.pk,
            written_at=now,
        )
        recording.record(
            Event.Kind.LETTER_WRITTEN,
            about=about,
            by=by if isinstance(by, models.Model) else None,
            at=now,
            rows=[letter],
            promise=promise,
            facts={"letter": letter.pk},
        )
        tasks.add(
            "mail",
            key=str(letter.pk),
            payload={"letter": letter.pk},
            lane=lane_of(letter.to_address),
            now=now,
        )
    return letter


def lane_of(address: str) -> str:
    """Return the lane of letters to one mail domain, which names nobody.

    A mail server that asks the receiver's own, and waits for it, hangs for that domain alone.
    """
    domain = address.rpartition("@")[2].casefold()
    return f"mail:{hashlib.sha256(domain.encode()).hexdigest()[:12]}"


def filled(letter: Letter) -> str:
    """Return a letter's text as it leaves now.

    Raises:
        GiveUp: the link it carries was ended.
    """
    text = letter.body
    if LINK in text and letter.link_id is not None:
        text = text.replace(LINK, _ADDRESSES[letter.link_table](letter.link_id))
    return text.replace(HEAD, head_line()) if HEAD in text else text


def head_line() -> str:
    """Return the end of a letter: where the ledger ends, signed, to be checked later."""
    return _(
        "--\nWith this line anybody can check later that nothing %(house)s recorded until now was "
        "altered:\n%(head)s"
    ) % {"house": scope.current().name, "head": heads.line()}


def message_of(letter: Letter) -> EmailMultiAlternatives:
    """Return a letter as it goes to a mail server: its text, and the same words as HTML.

    Letters about one promise name it, so that mail programs show them as one conversation; those
    that chase a member say where to have it otherwise.
    """
    headers = {
        "Message-ID": letter.message_id,
        # No “out of office” in return, and no loop of machines answering machines.
        "Auto-Submitted": "auto-generated",
    }
    before = [] if letter.promise_id is None else [thread_of(letter.promise_id)]
    if letter.in_reply_to:
        headers["In-Reply-To"] = letter.in_reply_to
        before.append(letter.in_reply_to)
    if before:
        headers["References"] = " ".join(before)
    if letter.link_table in _LEAVING and settings.PUBLIC_URL:
        headers["List-Unsubscribe"] = f"<{settings.PUBLIC_URL}{_LEAVING[letter.link_table]}>"
    text = filled(letter)
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=f"{text}\n",  # the last line ends too, before the page begins
        from_email=formataddr((scope.current().name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[formataddr((letter.to_name, letter.to_address))],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    message.attach_alternative(dressing.html_of(text), "text/html")
    return message


def send_again(letter: Letter, *, by: Reachable, now: datetime) -> Letter:
    """Have a letter sent that could not be: with the same id, to the same address.

    Raises:
        NotUndeliverable: it was sent, or still waits.
    """
    with transaction.atomic():
        again = Task.objects.filter(kind="mail", key=str(letter.pk), state=Task.State.DEAD)
        if not again.update(state=Task.State.WAITING, due_at=now, ended_at=None, attempts=0):
            raise NotUndeliverable(
                _("This letter was sent, or will be. Nothing was changed."), field="letter"
            )
        Letter.objects.filter(pk=letter.pk).update(failed_at=None)
        log.info("letter %s is sent again for member %s", letter.pk, by.pk)
    letter.refresh_from_db()
    return letter


def _undeliverable(task: Task, *, now: datetime) -> None:
    Letter.objects.filter(pk=task.payload["letter"]).update(failed_at=now)


@tasks.handler("mail", given_up=_undeliverable)
def send(task: Task, *, now: datetime) -> None:
    """Send one letter. Killed between sending and saying so, it is sent again with the same id.

    Raises:
        GiveUp: there is no such address, or the server will never take it.
    """
    letter = Letter.objects.get(pk=task.payload["letter"])
    if letter.sent_at is not None:
        return
    try:
        validate_email(letter.to_address)
    except ValidationError:
        raise tasks.GiveUp(_("There is no address any more.")) from None
    try:
        message_of(letter).send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _said = next(iter(error.recipients.values()))
        if code >= 500:
            raise tasks.GiveUp(_("The mail server refused the address.")) from error
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= 500:
            raise tasks.GiveUp(_("The mail server refused the letter.")) from error
        raise
    Letter.objects.filter(pk=letter.pk).update(sent_at=now)


def thread_of(promise_id: int) -> str:
    """Return the name of all letters about one promise; no letter has it for its own."""
    return f"<promise-{promise_id}.{scope.current().slug}@{_domain()}>"


def _domain() -> str:
    """Return the right side of a Message-ID: a name that is ours."""
    host = urlsplit(settings.PUBLIC_URL).hostname
    if host is None:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"[IPv6:{host}]" if ":" in host else host  # as mail writes such an address
