"""The page of one contact: what waits for their word, what is owed, what is promised."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kept.portal import saying
from kept.portal.door import Visit, by_link
from kept.quotes import for_client
from kept.tenancy.refusals import Refused

STATUS = {"conflict": 409, "not_found": 404, "not_allowed": 403, "bad_input": 422}


@by_link("GET", "HEAD")
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what is promised to whoever has the link."""
    return shown(request, visit)


def shown(
    request: HttpRequest, visit: Visit, *, refusal: Refused | None = None, at: str = ""
) -> HttpResponse:
    """Show the page, with why nothing was done where that is so.

    Args:
        at: the part of the page that the refusal is about.
    """
    found = for_client.read(visit.contact, now=visit.now)
    context = saying.page(found, client=visit.contact.client, contact=visit.contact, now=visit.now)
    context |= {
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
        case "sent":
            return _("Thank you. We look out for it.")
    return ""
