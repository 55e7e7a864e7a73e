"""The page of one contact: what waits for their word, what is owed, what is promised."""

import json
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kept.asks.models import Reaction, Story, StoryConsent
from kept.custody import extract
from kept.portal import saying
from kept.portal.door import Visit, by_link
from kept.quotes import for_client
from kept.tenancy.refusals import Refused

#: The same as docs/reference/check_extract.py, which a wheel does not carry.
CHECK, CHECK_NAME = Path(__file__).with_name("check_extract.txt"), "check_extract.py"
STATUS = {"conflict": 409, "not_found": 404, "not_allowed": 403, "bad_input": 422}


@by_link("GET", "HEAD")
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what is promised to whoever has the link."""
    return shown(request, visit)


@by_link("GET", "HEAD")
def record(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand over what the ledger holds of what this person was offered and promised, to check."""
    content = extract.for_contact(visit.contact, now=visit.now)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return _file(text, "application/json; charset=utf-8", "extract.json")


@by_link("GET", "HEAD")
def check(_request: HttpRequest, _visit: Visit) -> HttpResponse:
    """Hand over the script that checks an extract: plain Python, to be read in five minutes."""
    return _file(CHECK.read_text(encoding="utf-8"), "text/x-python; charset=utf-8", CHECK_NAME)


def _file(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def shown(
    request: HttpRequest, visit: Visit, *, refusal: Refused | None = None, at: str = ""
) -> HttpResponse:
    """Show the page, with why nothing was done where that is so.

    Args:
        at: the part of the page that the refusal is about.
    """
    found = for_client.read(visit.contact, now=visit.now)
    context = saying.page(found, client=visit.contact.client, contact=visit.contact, now=visit.now)
    wished = {
        "reactions": Reaction.objects.filter(contact=visit.contact, felt="").select_related(
            "promise__job", "extra"
        ),
        "consents": StoryConsent.objects.filter(
            contact=visit.contact,
            given_at__isnull=True,
            refused_at__isnull=True,
            overtaken_at__isnull=True,
        ).select_related("story"),
    }
    if not found.waits and not found.owed and any(rows.exists() for rows in wished.values()):
        context["lead"] = _("Nothing waits for you. Below is a question, if you like.")
    context |= wished | {
        "stories": Story.objects.filter(
            contact=visit.contact, state__in=[Story.State.CONSENTED, Story.State.PUBLISHED]
        ),
        "felt": Reaction.Felt.choices,
        "token": visit.token,
        "said": done(request.GET.get("done", "")) if refusal is None else "",
        "refusal": refusal,
        # What it was about may be gone from the page; then the reason stands at its top.
        "refused_at": at if at in places(found) else "",
        "typed": request.POST if refusal is not None else {},
    }
    status = 200 if refusal is None else STATUS[refusal.kind]
    return render(request, "portal/page.html", context, status=status)


def places(found: for_client.Page) -> set[str]:
    """Return the parts of a page at which something can be done."""
    return {
        *(f"offer-{one.key}" for one in found.offers),
        *(f"delivery-{one.key}" for one in found.delivered),
        *(f"promise-{one.key}" for one in found.running),
        *(f"proposal-{one.change.key}" for one in found.running if one.change is not None),
        *(f"owed-{row.key}" for row in found.owed),
    }


def done(word: str) -> str:
    """Return the sentence that confirms what was done."""
    match word:
        case "accepted":
            return _("Thank you. It is promised, and stands below.")
        case "proposed":
            return _("Thank you. We look at it and answer; until then our offer stands.")
        case "declined":
            return _("Thank you for telling us. The time we kept is free again.")
        case "taken":
            return _("Thank you. It is accepted.")
        case "taken_in_part":
            return _("Thank you. What you ticked is accepted, and what is missing is noted.")
        case "back":
            return _("Thank you for telling us. We look at it at once.")
        case "agreed":
            return _("Thank you. The new date stands below.")
        case "refused":
            return _("Thank you for telling us. What was promised stays as it is.")
        case "asked":
            return _("Thank you. We look at it and answer; until then what was promised stands.")
        case "released":
            return _("Thank you for telling us. We stop there.")
        case "reacted":
            return _("Thank you for telling us.")
        case "consented":
            return _("Thank you. Your word counts for exactly these words.")
        case "taken_back":
            return _("Thank you. We tell it nowhere any more.")
        case "sent":
            return _("Thank you. We look out for it.")
    return ""
