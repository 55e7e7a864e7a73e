"""Letters: what was written to whom, whether it was sent, and what each one said."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kept import clock
from kept.outbox import folder, letters
from kept.outbox.models import Letter, Task
from kept.people.access import Policy, allow
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest

#: So many are shown, newest first.
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter, what it said, and why it did not go out."""

    letter: Letter
    text: str
    fault: str


@require_safe
@allow(Policy.LEAD)
def written(request: KeptRequest) -> HttpResponse:
    """Show the letters of this house, newest first."""
    return _page(request)


@require_POST
@allow(Policy.LEAD)
def again(request: KeptRequest, pk: int) -> HttpResponse:
    """Send a letter again that could not be sent."""
    letter = get_object_or_404(Letter.objects.all(), pk=pk)
    try:
        letters.send_again(letter, by=request.member, now=clock.now())
    except Refused as refusal:
        return _page(request, refusal=refusal, status=409)
    return redirect("letters")


def _page(
    request: KeptRequest, *, refusal: Refused | None = None, status: int = 200
) -> HttpResponse:
    rows = list(Letter.objects.order_by("-written_at", "-pk")[:SHOWN])
    tasks = Task.objects.filter(kind="mail", key__in=[str(row.pk) for row in rows])
    faults = dict(tasks.values_list("key", "fault"))
    context = {
        "letters": [Shown(row, _text_of(row), faults.get(str(row.pk), "")) for row in rows],
        "in_folder": folder.is_used(),
        "refusal": refusal,
    }
    return render(request, "kept/letters.html", context, status=status)


def _text_of(letter: Letter) -> str:
    """Return what a letter said: as it left, where it left into the folder, else as it was written.

    Only who runs kept without a mail server sees the client's link here: passing it on is then
    their way to send it.
    """
    file = folder.place_of(letter.message_id)
    if folder.is_used() and file.exists():
        read = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default)
        text = read.get_body(("plain",))
        return "" if text is None else str(text.get_content()).strip()
    return letter.body.replace(letters.LINK, _("(the client’s link)")).replace(letters.HEAD, "")
