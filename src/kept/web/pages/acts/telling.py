"""How the client was told, on the acts with which a clock of theirs begins; and who reads."""

from datetime import datetime

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import zones
from kept.clients import keeping
from kept.clients.models import Client, Contact
from kept.people.access import Policy, allow
from kept.promises import readers, telling
from kept.promises.models import Promise, ToldHow
from kept.promises.telling import InPerson
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts.acting import Act, ActForm, choose_from, date_field, page


class TellForm(ActForm):
    """By a letter that goes now, or in person; then when, and whom."""

    how = forms.ChoiceField(label=gettext_lazy("How they are told"), widget=forms.RadioSelect)
    told_on = date_field(gettext_lazy("In person: on which day"), required=False)
    told_time = forms.TimeField(
        label=gettext_lazy("at what time, by their clock"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=gettext_lazy("Left out, now. It is written down within a day."),
    )
    contact_id = forms.ChoiceField(label=gettext_lazy("Whom you told"), required=False)
    fields_of_rooms = {"told_at": "told_on", "on": "told_on"}  # noqa: RUF012 - Django's forms copy it

    def prepare(self) -> None:
        promise = self.promise
        why = telling.no_letter_because(promise)
        ways = [(str(ToldHow.SAID), _("I told them in person"))]
        if not why and promise.contact is not None:
            letter = _("By a letter to %(name)s, %(email)s") % {
                "name": promise.contact.name,
                "email": promise.contact.email,
            }
            ways.insert(0, (str(ToldHow.LINK), letter))
        choose_from(self, "how", ways)
        if why:  # nothing is ticked: that they were told in person is theirs to say
            self.fields["how"].help_text = format_html(
                '{} <a href="{}">{}</a>',
                why,
                reverse("promise_reader", args=[promise.pk]),
                _("Name somebody who reads it"),
            )
            self.fields["how"].error_messages["required"] = _(
                "%(why)s Name somebody with an address as its reader, or tell them in person and "
                "say when. Nothing was changed."
            ) % {"why": why}
        else:
            self.fields["how"].initial = str(ToldHow.LINK)
        self.fields["told_on"].initial = zones.day_of(self.now, promise.zone)
        choose_from(self, "contact_id", [("", "—"), *people_there(promise.client)])
        if promise.contact is not None:
            self.fields["contact_id"].initial = promise.contact.pk

    def in_person(self) -> InPerson | None:
        """What was said of it; None where a letter goes."""
        said = self.cleaned_data
        if said["how"] != ToldHow.SAID:
            return None
        at: datetime | None = None
        if said["told_time"] is not None:
            day = said["told_on"] or zones.day_of(self.now, self.promise.zone)
            at = self.moment(day, said["told_time"])
        elif said["told_on"] not in (None, zones.day_of(self.now, self.promise.zone)):
            raise Refused(_("Say at what time they were told."), field="told_time")
        return InPerson(at, contact_of(self.promise.client, said["contact_id"]))


class ReaderForm(ActForm):
    """Who at the client reads a promise: somebody known, somebody new, or nobody."""

    contact_id = forms.ChoiceField(label=gettext_lazy("Who reads it by link"), required=False)
    name = forms.CharField(
        label=gettext_lazy("or somebody new: their name"), required=False, max_length=120
    )
    email = forms.EmailField(label=gettext_lazy("and address"), required=False)

    def prepare(self) -> None:
        choose_from(self, "contact_id", [("", _("nobody yet")), *people_there(self.promise.client)])
        if self.promise.contact is not None:
            self.fields["contact_id"].initial = self.promise.contact.pk


def people_there(client: Client) -> list[tuple[int, str]]:
    """Return the people at a client, as a choice."""
    people = client.contacts.filter(archived_at__isnull=True).order_by("name", "pk")
    return [(one.pk, f"{one.name}, {one.email}" if one.email else one.name) for one in people]


def contact_of(client: Client, key: str) -> Contact | None:
    """Return the person that was chosen."""
    return client.contacts.get(pk=key) if key else None


def _reader(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    said, by = form.cleaned_data, request.member
    contact = contact_of(promise.client, said["contact_id"])
    if said["name"] or said["email"]:
        contact = keeping.add_contact(
            promise.client, name=said["name"], email=said["email"], by=by, now=now
        )
    readers.name(promise, contact, by=by, now=now)
    if contact is None:
        return _("Nobody there reads it by link.")
    return _("%(name)s reads it by link. The next letter brings the link.") % {"name": contact.name}


READER = Act(
    gettext_lazy("Who reads it there"),
    gettext_lazy(
        "They read how it stands by link, and get what is written about it: a delivery, a notice, "
        "a pause. Whoever read it before does no more."
    ),
    gettext_lazy("Name them"),
    ReaderForm,
    _reader,
)


@allow(Policy.MEMBER)
def reader(request: KeptRequest, pk: int) -> HttpResponse:
    """Name who at the client reads a promise by link."""
    return page(request, pk, READER)
