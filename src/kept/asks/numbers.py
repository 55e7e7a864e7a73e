"""The house's own numbers for asks beyond: when a core is hot, a kind rare, a rule questioned."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, scope
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused


class Numbers(TypedDict, total=False):
    """What a house may set; shares are from 0 to 1.

    core_looks_back: so many of the last occurrences and promises tell how a core stands.
    core_hot, core_warm: the lower bounds from which on it is hot, or warm; below, cold.
    repeated_from: the how many-th of one kind for one client is not rare any more.
    beyond_days: in so many days.
    questioned_above: a rule bent in more than this share of its asks is questioned.
    """

    core_looks_back: int
    core_hot: float
    core_warm: float
    repeated_from: int
    beyond_days: int
    questioned_above: float


def of(house: Organisation) -> Numbers:
    """Return the numbers as they are."""
    return Numbers(
        core_looks_back=house.core_looks_back,
        core_hot=house.core_hot,
        core_warm=house.core_warm,
        repeated_from=house.repeated_from,
        beyond_days=house.beyond_days,
        questioned_above=house.questioned_above,
    )


def told(kept: Numbers) -> list[str]:
    """Return the numbers in sentences."""
    return [
        _("The last %(count)s tell how a core stands: hot from %(hot)s, warm from %(warm)s.")
        % {
            "count": kept["core_looks_back"],
            "hot": words.percent(kept["core_hot"]),
            "warm": words.percent(kept["core_warm"]),
        },
        _("Number %(count)s of one kind for one client in %(days)s days is not rare any more.")
        % {"count": kept["repeated_from"], "days": kept["beyond_days"]},
        _("A rule bent in more than %(share)s of its asks of those days is questioned.")
        % {"share": words.percent(kept["questioned_above"])},
    ]


def change(*, by: Member, now: datetime, **said: Unpack[Numbers]) -> Numbers:
    """Change the house's numbers; what is not named stays. Decisions keep what they were shown.

    Raises:
        NotAllowed: `by` is no owner.
        Refused: a number that cannot be, or a core that would be warm from higher up than hot.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        house = Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        before = of(house)
        _put(house, said)
        if of(house) != before:
            house.save()
            recording.record(
                Event.Kind.ORGANISATION_CHANGED, about=house, by=by, at=now, rows=[house]
            )
    for name, value in of(house).items():
        setattr(by.organisation, name, value)
        setattr(scope.current(), name, value)
    return of(house)


def _put(house: Organisation, said: Numbers) -> None:
    counts = {
        "core_looks_back": given.Between(
            _("How many of the last ones tell how a core stands"), 5, 200
        ),
        "repeated_from": given.Between(_("The first that is not rare any more"), 2, 50),
        "beyond_days": given.Between(_("Days looked back"), 7, 730),
    }
    given.put_counts(house, said, counts)
    if "core_hot" in said:
        house.core_hot = _share(said["core_hot"], _("A core is hot from"), "core_hot")
    if "core_warm" in said:
        house.core_warm = _share(said["core_warm"], _("A core is warm from"), "core_warm")
    if "questioned_above" in said:
        house.questioned_above = _share(
            said["questioned_above"], _("A rule is questioned above"), "questioned_above", least=0.0
        )
    if house.core_warm > house.core_hot:
        raise Refused(
            _("A core cannot be warm from higher up than it is hot. Nothing was saved."),
            field="core_warm",
        )


def _share(value: float, called: str, field: str, least: float = 0.01) -> float:
    if not least <= float(value) <= 0.99:
        raise Refused(
            _("%(called)s: give a share from %(least)s %% to 99 %%.")
            % {"called": called, "least": f"{100 * least:g}"},
            field=field,
        )
    return float(value)
