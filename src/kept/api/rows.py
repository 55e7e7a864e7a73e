"""Rows that a request names."""

from typing import TypeVar

from django.utils.translation import gettext as _

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
