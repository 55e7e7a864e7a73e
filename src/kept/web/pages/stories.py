"""What came of it: reactions, the stories clients let us tell, and whom they sent."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, zones
from kept.asks import reacting, referring, storytelling, templates
from kept.asks.models import Reaction, Referral, Story
from kept.clients.models import Client, Contact
from kept.people.access import Policy, allow
from kept.promises.models import Promise
from kept.tenancy import refusals
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm, LongSelect

#: So many of each are shown, newest first.
SHOWN = 20
#: And so many of what was kept last, to be asked about.
ASKABLE_SHOWN = 8


def _contacts() -> list[tuple[str, str]]:
    rows = Contact.objects.filter(archived_at__isnull=True).select_related("client")
    return [("", "—"), *((str(row.pk), f"{row.client.name} · {row.name}") for row in rows)]


def _clients() -> list[tuple[str, str]]:
    rows = Client.objects.filter(archived_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in rows)]


class StoryForm(KeptForm):
    """A story, in the words we would like to use."""

    contact = forms.ChoiceField(
        label=gettext_lazy("Who has to agree"), choices=_contacts, widget=LongSelect()
    )
    title = forms.CharField(label=gettext_lazy("What it is about"), max_length=200)
    words = forms.CharField(
        label=gettext_lazy("In exactly these words"), widget=forms.Textarea(attrs={"rows": 6})
    )


class ReferralForm(KeptForm):
    """Who sent us whom."""

    referrer = forms.ChoiceField(
        label=gettext_lazy("Who told them of us"), choices=_clients, widget=LongSelect()
    )
    client = forms.ChoiceField(
        label=gettext_lazy("Whom they sent"), choices=_clients, widget=LongSelect()
    )
    words = forms.CharField(label=gettext_lazy("What they said"), max_length=300, required=False)


@allow(Policy.MEMBER)
def stories(request: KeptRequest) -> HttpResponse:
    """List stories, reactions and referrals; write a story."""
    form = StoryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        contact = get_object_or_404(
            Contact.objects.select_related("client"), pk=_number(said["contact"])
        )
        try:
            made = storytelling.write(
                contact=contact,
                title=said["title"],
                words=said["words"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("story", made.pk)
    return _page(request, form=form)


@allow(Policy.MEMBER)
def story(request: KeptRequest, pk: int) -> HttpResponse:
    """Show a story; change its words, ask for consent, note that it was told, or take it back."""
    found = get_object_or_404(Story.objects.select_related("client", "contact__client"), pk=pk)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            _do(request, found)
        except Refused as refused:
            refusal = refused
        else:
            return redirect("story", pk)
    context = {
        "place": "desk",
        "story": found,
        "zone": found.client.zone,
        "consents": found.consents.all(),
        "refusal": refusal,
        "unwritten": templates.unwritten_to(found.contact, templates.For.STORY),
        "words": request.POST.get("words", found.words),
    }
    statuses = {"bad_input": 422, "conflict": 409, "not_found": 404, "not_allowed": 403}
    status = 200 if refusal is None else statuses[refusal.kind]
    return render(request, "kept/desk/story.html", context, status=status)


@require_POST
@allow(Policy.MEMBER)
def reaction_ask(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask a client once how a promise was."""
    promise = get_object_or_404(Promise.objects.select_related("contact", "job"), pk=pk)
    try:
        made = reacting.ask(promise, by=request.member, now=clock.now())
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        messages.info(
            request,
            _("%(name)s was asked how “%(what)s” was.")
            % {"name": made.contact.name, "what": promise.job.title},
        )
        if unwritten := templates.unwritten_to(made.contact, templates.For.REACTION):
            messages.warning(request, unwritten)
    return redirect("stories")


@require_POST
@allow(Policy.MEMBER)
def referral_new(request: KeptRequest) -> HttpResponse:
    """Write down who sent us a client."""
    form = ReferralForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            referring.record(
                referrer=get_object_or_404(Client.objects.all(), pk=_number(said["referrer"])),
                client=get_object_or_404(Client.objects.all(), pk=_number(said["client"])),
                words=said["words"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("stories")
    return _page(request, referral=form)


def _do(request: KeptRequest, found: Story) -> None:
    said = request.POST
    doing: dict[str, Any] = {"by": request.member, "now": clock.now()}
    verbs: dict[str, Any] = {
        "change": lambda: storytelling.change(found, words=said.get("words", ""), **doing),
        "ask": lambda: storytelling.ask(found, **doing),
        "publish": lambda: storytelling.publish(found, where=said.get("where", ""), **doing),
        "withdraw": lambda: storytelling.withdraw(found, **doing),
    }
    verb = verbs.get(said.get("action", ""))
    if verb is None:
        raise refusals.Refused(str(gettext_lazy("Choose what to do.")), field="action")
    verb()


def _page(
    request: KeptRequest,
    *,
    form: StoryForm | None = None,
    referral: ReferralForm | None = None,
) -> HttpResponse:
    now, house = clock.now(), request.member.organisation
    askable = (
        Promise.objects.filter(
            state=Promise.State.SETTLED, contact__isnull=False, reaction__isnull=True
        )
        .exclude(contact__email="")
        .select_related("job", "client")
        .order_by("-settled_at")
    )
    context = {
        "place": "desk",
        "today": zones.day_of(now, house.zone),
        "zone": house.zone,
        "stories": Story.objects.select_related("client")[:SHOWN],
        "reactions": Reaction.objects.select_related("client", "promise__job", "extra")[:SHOWN],
        "askable": askable[:ASKABLE_SHOWN],
        "referrals": Referral.objects.select_related("referrer", "client")[:SHOWN],
        "form": form or StoryForm(),
        "referral": referral or ReferralForm(auto_id="referral_%s"),
    }
    status = max([200, *(sent.status for sent in (form, referral) if sent is not None)])
    return render(request, "kept/desk/stories.html", context, status=status)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0
