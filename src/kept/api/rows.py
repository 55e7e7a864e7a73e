"""Rows that a request names."""

from typing import Protocol, TypeVar

from django.utils.translation import gettext as _

from kept.api.keys import ApiRequest
from kept.clients import keeping
from kept.clients.models import Client, Contact
from kept.tenancy import refusals
from kept.tenancy.models import Scoped

Row = TypeVar("Row", bound=Scoped)


def named(model: type[Row], key: int, field: str) -> Row:
    """Return the row of this house that an input names.

    Raises:
        Refused: there is none of that number here; another house's counts as none.
    """
    try:
        return model.objects.get(pk=key)
    except model.DoesNotExist:
        raise refusals.Refused(
            _("There is no %(what)s %(key)s here.")
            % {"what": model._meta.verbose_name, "key": key},
            field=field,
        ) from None


class NamesReader(Protocol):
    """An input that says who at a client reads something, by number or in words; or nobody."""

    contact_id: int | None
    contact: str | None


def reader_of(request: ApiRequest, client: Client, body: NamesReader) -> Contact | None:
    """Return the person at a client whom an input names; somebody new is added.

    Raises:
        Refused: both are said, or nobody is found.
    """
    if body.contact_id is not None and body.contact is not None:
        raise refusals.Refused(_("Say contact_id or contact, not both."), field="contact")
    if body.contact_id is not None:
        return named(Contact, body.contact_id, "contact_id")
    if body.contact is not None:
        return keeping.find_or_add_contact(client, body.contact, by=request.member, now=request.now)
    return None
