"""How the house words its replies: each kind, in each language, with its merge fields."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock
from kept.asks import templates
from kept.asks.models import ReplyTemplate
from kept.clients import languages
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.tenancy import scope
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm, LongSelect


class WordingForm(KeptForm):
    """One reply in one language."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("The reply"), widget=forms.Textarea(attrs={"rows": 12})
    )
    once = forms.CharField(
        label=gettext_lazy("How “this once” is said: {once}"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("A reply that leaves it out does not go out."),
    )
    no_rule = forms.CharField(
        label=gettext_lazy("What is normal where no rule of the house is meant: {rule}"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("this is paid work"),
    )


class LanguageForm(KeptForm):
    """A language that the house writes."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=languages.known, widget=LongSelect()
    )


@allow(Policy.MEMBER)
def wordings(request: KeptRequest) -> HttpResponse:
    """List the replies, and the languages in which the house words each itself."""
    house = scope.current()
    written: dict[str, list[tuple[str, str]]] = {}
    for row in ReplyTemplate.objects.all():
        written.setdefault(row.reply_for, []).append((row.language, languages.name(row.language)))
    context = {
        "place": "desk",
        "rows": [(value, label, written.get(value, [])) for value, label in templates.For.choices],
        "language": house.language,
        "language_name": languages.name(house.language),
        "is_owner": request.member.may(Role.OWNER),
        "form": LanguageForm(initial={"language": house.language}),
    }
    return render(request, "kept/desk/wordings.html", context)


@require_POST
@allow(Policy.OWNER)
def written_in(request: KeptRequest) -> HttpResponse:
    """Say what the house writes in, where a client has no language of their own."""
    try:
        templates.write_in(request.POST.get("language", ""), by=request.member, now=clock.now())
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("wordings")


@allow(Policy.MEMBER)
def wording(request: KeptRequest) -> HttpResponse:
    """Show how a reply is worded in one language; a lead changes it, or takes it back."""
    reply_for = _asked(request, "reply") or templates.For.values[0]
    if reply_for not in templates.For.values:
        raise Http404
    try:
        language = languages.checked(_asked(request, "language")) or scope.current().language
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("wordings")
    row = ReplyTemplate.objects.filter(reply_for=reply_for, language=language).first()
    shown = row or templates.usual(reply_for)
    form = WordingForm(
        request.POST if request.method == "POST" else None,
        initial={
            "subject": shown.subject,
            "body": shown.body,
            "once": shown.once if row or language == templates.OWN else "",
            "no_rule": shown.no_rule if row or language == templates.OWN else "",
        },
    )
    if request.method == "POST":
        if not request.member.may(Role.LEAD):
            return render(request, "kept/403.html", {"needs": Role.LEAD}, status=403)
        if request.POST.get("action") == "remove":
            if row is not None:
                templates.remove(row, by=request.member, now=clock.now())
            return redirect("wordings")
        if form.is_valid():
            try:
                templates.keep(
                    reply_for,
                    language=language,
                    by=request.member,
                    now=clock.now(),
                    **form.cleaned_data,
                )
            except Refused as refused:
                form.refuse(refused)
            else:
                messages.info(request, _("Kept. The next draft is worded so."))
                return redirect(f"{reverse('wording')}?reply={reply_for}&language={language}")
    needed = templates.NEEDED[reply_for]
    context = {
        "place": "desk",
        "reply_for": reply_for,
        "title": templates.For(reply_for).label,
        "language": language,
        "language_name": languages.name(language),
        "row": row,
        "form": form,
        "fields": [
            (f"{{{name}}}", meaning, name in needed)
            for name, meaning in templates.fields().items()
            if name != "greeting" or language == templates.OWN
        ],
        "other": LanguageForm(auto_id="other_%s", initial={"language": language}),
        "may": request.member.may(Role.LEAD),
    }
    return render(request, "kept/desk/wording.html", context, status=form.status)


def _asked(request: KeptRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name) or ""
