"""How the pages look to one person: colours, height of rows, single keys."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kept.people.access import Policy, allow
from kept.people.models import Login


class LookForm(forms.Form):
    """The colours alone, or rows and keys together; what is not sent stays."""

    theme = forms.ChoiceField(required=False, choices=[("system", ""), ("light", ""), ("dark", "")])
    rows = forms.CharField(required=False)
    compact_rows = forms.BooleanField(required=False)
    single_keys = forms.BooleanField(required=False)
    next = forms.CharField(required=False)


@require_POST
@allow(Policy.LOGGED_IN)
def look(request: HttpRequest) -> HttpResponse:
    """Keep how the person wants to see kept, and go back to where they were."""
    form = LookForm(request.POST)
    assert isinstance(request.user, Login)
    if form.is_valid():
        chosen = form.cleaned_data
        changed = []
        if chosen["theme"]:
            request.user.theme = chosen["theme"]
            changed.append("theme")
        if chosen["rows"]:
            request.user.compact_rows = chosen["compact_rows"]
            request.user.single_keys = chosen["single_keys"]
            changed += ["compact_rows", "single_keys"]
        request.user.save(update_fields=changed)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    back = form.data.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    return redirect(back)
