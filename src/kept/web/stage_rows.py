"""Stages typed in rows: for a service of the catalogue, and for a job."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept.clients.catalogue import MOST_STAGES, StageSketch
from kept.jobs import lines
from kept.people.models import Member
from kept.tenancy.refusals import Refused
from kept.web.forms import KeptForm

BLANK_ROWS = 3


def people() -> list[Member]:
    """Return who can be named for a stage."""
    return list(Member.objects.filter(left_at__isnull=True, does_work=True))


def effort(text: str) -> lines.Effort:
    """Read hours as they are typed: 16, 12-40, 12-16-40, 2 days.

    Raises:
        Refused: it is none of these.
    """
    said = text.strip()
    if re.fullmatch(r"[\d.,\s–-]+", said):
        said = f"{said} h"
    found = lines.size(said)
    if found is None:
        raise Refused(
            _("“%(text)s” is no effort. Write 16, 2 days, or low-likely-high: 12-16-40.")
            % {"text": text.strip()[:40]},
            field="effort",
        )
    return found


def written(sketch: StageSketch) -> str:
    """Return the effort of a stage as it is typed."""
    return typed(
        lines.Effort(
            likely_hours=sketch.likely_hours,
            low_hours=sketch.low_hours,
            high_hours=sketch.high_hours,
        )
    )


def typed(hours: lines.Effort) -> str:
    """Return an effort as it is typed."""
    ends = (hours.low_hours, hours.likely_hours, hours.high_hours)
    return "-".join(f"{end:g}" for end in ends if end is not None)


class EffortField(forms.CharField):
    """A field for an estimate; below it stands what past work like it took."""

    below = "kept/past/_similar_field.html"

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"class": "short", "autocomplete": "off"})
        super().__init__(widget=widget, **options)


class StageRow(KeptForm):
    """One stage."""

    name = forms.CharField(label=gettext_lazy("Stage"))
    effort = EffortField(label=gettext_lazy("Hours"))
    skill = forms.CharField(
        label=gettext_lazy("Skill"),
        required=False,
        widget=forms.TextInput(attrs={"list": "skills", "class": "short"}),
    )
    owner = forms.TypedChoiceField(
        label=gettext_lazy("Owner"), required=False, coerce=int, empty_value=None
    )
    after = forms.CharField(
        label=gettext_lazy("After stage"),
        required=False,
        widget=forms.TextInput(
            attrs={"class": "short", "placeholder": gettext_lazy("the one before")}
        ),
    )
    hands = forms.IntegerField(
        label=gettext_lazy("People at once"),
        required=False,
        widget=forms.NumberInput(attrs={"class": "short", "placeholder": "1"}),
    )
    done_means = forms.CharField(label=gettext_lazy("“Done” means"), required=False)
    optional = forms.BooleanField(label=gettext_lazy("Can be left out"), required=False)
    finishing = forms.BooleanField(label=gettext_lazy("Finishing stretch"), required=False)

    fields_of_rooms: ClassVar = {
        "likely_hours": "effort",
        "low_hours": "effort",
        "high_hours": "effort",
    }

    def __init__(self, *args: Any, people: Sequence[Member] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.people = {member.pk: member for member in people or ()}
        owner = self.fields["owner"]
        assert isinstance(owner, forms.TypedChoiceField)
        if people is None:
            del self.fields["owner"]
        else:
            owner.choices = [("", "—"), *((member.pk, member.name) for member in people)]

    def clean_effort(self) -> lines.Effort:
        try:
            return effort(self.cleaned_data["effort"])
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from None

    def clean_after(self) -> tuple[int, ...] | None:
        said = self.cleaned_data["after"].strip()
        if not said:
            return None
        if said.casefold() in {"0", "-", "–", "none", _("none")}:
            return ()
        parts = re.split(r"[\s,;+&]+", said)
        if not all(part.isdecimal() and len(part) < 5 for part in parts):
            raise forms.ValidationError(
                _("Write numbers of stages, like 1, 2; or “none” if it waits for no other.")
            )
        return tuple(int(part) for part in parts)

    def sketch(self) -> StageSketch:
        """Return what was typed, once it is valid."""
        said = self.cleaned_data
        hours: lines.Effort = said["effort"]
        return StageSketch(
            name=said["name"],
            likely_hours=hours.likely_hours,
            low_hours=hours.low_hours,
            high_hours=hours.high_hours,
            skill=said["skill"] or None,
            hands=said["hands"] or 1,
            after=said["after"],
            optional=said["optional"],
            finishing=said["finishing"],
            done_means=said["done_means"],
            owner=self.people.get(said.get("owner") or 0),
        )


class StageRows(BaseFormSet):  # type: ignore[type-arg] # not generic at run time
    """All stages; rows left blank are no stages."""

    def used(self) -> list[StageRow]:
        return [form for form in self.forms if form.has_changed() or form.initial]

    def sketches(self) -> list[StageSketch]:
        """Return what was typed, once it is valid. Rows that were emptied are left out."""
        return [form.sketch() for form in self.used()]

    def refuse(self, refused: Refused) -> bool:
        """Show what a room refused at its row; say whether it was about one."""
        match = re.fullmatch(r"stages\.(\d+)\.(\w+)", refused.field)
        if match is None or int(match[1]) > len(self.used()):
            return False
        form = self.used()[int(match[1]) - 1]
        form.refuse(Refused(refused.sentence, field=match[2]))
        return True


_Rows = formset_factory(
    StageRow, formset=StageRows, extra=0, max_num=MOST_STAGES, absolute_max=MOST_STAGES
)


def rows(
    sent: Any = None,
    *,
    sketches: Sequence[StageSketch] = (),
    people: Sequence[Member] | None = None,
) -> StageRows:
    """Return the rows of stages: as they were sent, else as they are, with blank ones below."""
    if sent is not None:
        kept = sent.copy()
        total = sent.get("form-TOTAL_FORMS", "0")
        count = min(int(total), MOST_STAGES) if total.isdecimal() else 0
        filled = [
            place
            for place in range(count)
            if any(sent.get(f"form-{place}-{name}", "").strip() for name in ("name", "effort"))
        ]
        more = BLANK_ROWS if "more" in sent else 0
        _squeeze(kept, filled)
        kept["form-TOTAL_FORMS"] = str(len(filled) + more)
        kept["form-INITIAL_FORMS"] = "0"
        return cast("StageRows", _Rows(kept, form_kwargs={"people": people}))
    initial = [_initial(sketch, place) for place, sketch in enumerate(sketches, start=1)]
    initial += [{} for _row in range(BLANK_ROWS if not sketches else 1)]
    return cast("StageRows", _Rows(initial=initial, form_kwargs={"people": people}))


def _squeeze(sent: Any, filled: Sequence[int]) -> None:
    """Close the gaps that emptied rows leave, so that positions are those of the stages."""
    names = list(StageRow.base_fields)
    for place, old in enumerate(filled):
        for name in names:
            values = sent.getlist(f"form-{old}-{name}")
            sent.setlist(f"form-{place}-{name}", values)
            if old != place:
                sent.setlist(f"form-{old}-{name}", [])
    for key in [key for key in sent if key.startswith("form-") and not sent.getlist(key)]:
        del sent[key]


def _initial(sketch: StageSketch, position: int) -> dict[str, Any]:
    usual = (position - 1,) if position > 1 else ()
    after = ""
    if sketch.after is not None and sketch.after != usual:
        after = ", ".join(str(other) for other in sketch.after) or _("none")
    return {
        "name": sketch.name,
        "effort": written(sketch),
        "skill": sketch.skill or "",
        "owner": sketch.owner.pk if sketch.owner else None,
        "after": after,
        "hands": sketch.hands if sketch.hands != 1 else None,
        "done_means": sketch.done_means,
        "optional": sketch.optional,
        "finishing": sketch.finishing,
    }
