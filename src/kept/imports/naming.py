"""Names as other tools write them: met here by who or what they mean in this house."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.clients.models import Client, Service
from kept.imports.models import ImportedRow
from kept.jobs.models import Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import profiles
from kept.past.models import SourceName
from kept.people import access, staff
from kept.people.models import Member, Role, Skill
from kept.tenancy import refusals

#: The column of a source name that says what it means, and the table it points to.
MEANS: dict[str, tuple[str, type[Member] | type[Client] | type[Service] | type[Skill]]] = {
    SourceName.Role.PERSON: ("member", Member),
    SourceName.Role.PROJECT: ("client", Client),
    SourceName.Role.KIND: ("service", Service),
    SourceName.Role.SUBKIND: ("skill", Skill),
}

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name in a file: its role, in how many rows, and who or what it is here, if known."""

    role: str
    name: str
    rows: int
    means: str


def tidy(name: str) -> str:
    """Return a name as it is kept: on one line, at most 200 characters."""
    return " ".join(name.split())[:200]


def met(wanted: Iterable[Key]) -> tuple[dict[Key, SourceName], list[SourceName]]:
    """Return the source names of (role, name) pairs, and those of them that are new.

    A new name means the member, client, service or skill of the same name or address, if there
    is exactly one; a person may change it.
    """
    keys = set(wanted)
    found = {
        (name.role, name.name): name
        for name in SourceName.objects.select_related("member", "client", "service", "skill")
        if (name.role, name.name) in keys
    }
    missing = sorted(keys - found.keys())
    if not missing:
        return found, []
    same = {role: _by_name(role) for role in {role for role, _name in missing}}
    fresh = SourceName.objects.bulk_create(
        [
            SourceName(role=role, name=name, **{MEANS[role][0]: same[role].get(name.casefold())})
            for role, name in missing
        ],
        batch_size=500,
    )
    found.update({(name.role, name.name): name for name in fresh})
    return found, fresh


def uses(rows: Iterable[Key], names: Mapping[Key, SourceName]) -> tuple[NameUse, ...]:
    """Count names in rows; the most used first, the unknown before the known."""
    counted = [
        NameUse(key[0], key[1], count, meaning(names[key])) for key, count in Counter(rows).items()
    ]
    return tuple(sorted(counted, key=lambda use: (bool(use.means), use.role, -use.rows, use.name)))


def meaning(name: SourceName) -> str:
    """Return who or what a source name is here, in words; nothing where it is not known."""
    row = getattr(name, MEANS[name.role][0])
    return "" if row is None else str(row)


Meaning = Member | Client | Service | Skill


def choices(role: str) -> list[Meaning]:
    """Return who or what a name of this role can be here."""
    return cast("list[Meaning]", list(MEANS[role][1].objects.all()))


def map_names(
    choices: Mapping[SourceName, Meaning | None],
    newcomers: Sequence[SourceName] = (),
    *,
    by: Member,
    now: datetime,
) -> int:
    """Say who or what source names are here, and learn anew from the past.

    Open work that came in under a person's name, and is nobody's yet, becomes theirs.

    Args:
        newcomers: names of people who are added, which owners may do.

    Returns:
        How many names mean something else than before.

    Raises:
        Refused: a name was given something of another kind.
        NotAllowed: only leads and owners map names.
    """
    access.demand(by, Role.LEAD)
    changed = []
    with transaction.atomic():
        add_people(newcomers, by=by, now=now)
        for name, row in choices.items():
            column, table = MEANS[name.role]
            if row is not None and not isinstance(row, table):
                raise refusals.Refused(
                    _("“%(name)s” cannot mean that. Nothing was changed.") % {"name": name.name},
                    field=str(name.pk),
                )
            if getattr(name, f"{column}_id") != (None if row is None else row.pk):
                setattr(name, column, row)
                name.save(update_fields=[column])
                changed.append(name)
        if changed:
            owned = _hand_open_work_to_its_people(changed)
            recording.record(
                Event.Kind.NAMES_MAPPED, about=changed[0], by=by, at=now, rows=[*changed, *owned]
            )
        if changed or newcomers:
            profiles.refit(by=by, now=now)
    return len(changed) + len(newcomers)


def add_people(names: Sequence[SourceName], *, by: Member, now: datetime) -> list[Member]:
    """Add a person for each of these names, with the usual week and no log-in yet.

    A name that is an e-mail address becomes the person's address.

    Raises:
        NotAllowed: only owners add people.
    """
    added = []
    with transaction.atomic():
        for name in names:
            before, at, _host = name.name.partition("@")
            name.member = staff.add_member(
                name=" ".join(before.replace(".", " ").split())[:100] if at else name.name[:100],
                email=name.name if at else "",
                by=by,
                now=now,
            )
            name.save(update_fields=["member"])
            added.append(name.member)
        if added:
            owned = _hand_open_work_to_its_people(names)
            recording.record(
                Event.Kind.NAMES_MAPPED, about=names[0], by=by, at=now, rows=[*names, *owned]
            )
    return added


def at_work(person: SourceName) -> Member | None:
    """Return who a person's name is here, if they are here and do planned work."""
    member = person.member
    return None if member is None or member.left_at or not member.does_work else member


def _hand_open_work_to_its_people(names: Iterable[SourceName]) -> list[Stage]:
    working = {name.pk: at_work(name) for name in names if name.role == SourceName.Role.PERSON}
    stages = []
    for row in ImportedRow.objects.filter(
        person__in=[key for key, member in working.items() if member is not None],
        stage__owner=None,
        stage__done_at=None,
    ).select_related("stage"):
        assert row.stage is not None
        assert row.person_id is not None
        row.stage.owner = working[row.person_id]
        row.stage.save(update_fields=["owner"])
        stages.append(row.stage)
    return stages


def _by_name(role: str) -> dict[str, models.Model]:
    found: dict[str, models.Model] = {}
    doubtful: set[str] = set()
    for row in MEANS[role][1].objects.all():
        for name in {str(row).casefold(), str(getattr(row, "email", "")).casefold()} - {""}:
            if name in found:
                doubtful.add(name)
            found[name] = row
    for name in doubtful:
        del found[name]
    return found
