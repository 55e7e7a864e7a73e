"""What every form of the pages shares: refusals of rooms become errors of fields."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kept.tenancy.refusals import Refused

STATUS: Mapping[str, int] = {
    "bad_input": 422,
    "conflict": 409,
    "not_found": 404,
    "not_allowed": 403,
}


class KeptForm(forms.Form):
    """A form that says a room's refusal beside the field it is about."""

    #: The field of the form for a field of a room, where they are called differently.
    fields_of_rooms: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)
        self.status = 200
        for field in self.fields.values():
            field.error_messages["null_characters_not_allowed"] = _(
                "There is a character in it that cannot be kept. Type it anew."
            )
            if isinstance(field, forms.DateField):
                field.error_messages["invalid"] = _("This is no day. Write it like 2026-12-18.")
            if type(field) is forms.ChoiceField:
                # Asked for once: Django asks anew to check, to write and to mark as required.
                field.choices = list(cast("Iterable[Any]", field.choices))

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if self.is_bound and not valid:
            self.status = 422
        return valid

    def refuse(self, refused: Refused) -> None:
        """Show what a room refused: at its field, or above the form; nothing typed is lost."""
        field = self.fields_of_rooms.get(refused.field, refused.field)
        self.status = STATUS[refused.kind]
        self.add_error(field if field in self.fields else None, refused.sentence)


class LongSelect(forms.Select):
    """A choice of hundreds, written at once: a template for each option took most of the page."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django passes it by name
    ) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (option, mark_safe(" selected") if str(option) == chosen else "", label)
                for option, label in self.choices
            ),
        )
        given = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", flatatt(given), options)


def changed(form: forms.Form, *names: str) -> dict[str, Any]:
    """Return the cleaned values of those fields that were sent at all."""
    return {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
