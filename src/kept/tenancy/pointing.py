"""What rows point to, fetched once for all of them and shared, for pages that show many.

A join repeats a person's columns for every row and every column that names one, and writing it
costs more than running it. Here each table is asked once, for the rows that are not at hand.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from kept.tenancy.models import Scoped


class AtHand:
    """Rows at hand, to be shared by whoever points to them; for reading."""

    def __init__(self, *rows: Scoped) -> None:
        self._rows: dict[type[Scoped], dict[int, Scoped]] = defaultdict(dict)
        self.keep(rows)

    def keep(self, rows: Iterable[Scoped]) -> None:
        """Have rows at hand from here on."""
        for row in rows:
            self._rows[type(row)][row.pk] = row

    def follow(self, *pointing: tuple[Iterable[Scoped], Sequence[str]]) -> None:
        """Set what rows point to by foreign keys; at most one query for each table.

        Args:
            pointing: rows, and the names of their foreign keys. None is asked for that is empty
                or whose row is at hand.
        """
        wanted: dict[type[Scoped], list[tuple[Scoped, str, int]]] = defaultdict(list)
        for rows, names in pointing:
            for row in rows:
                for name in names:
                    field: Any = row._meta.get_field(name)
                    key = getattr(row, field.attname)
                    if key is not None and not field.is_cached(row):
                        wanted[field.related_model].append((row, name, key))
        for table, pointers in wanted.items():
            known = self._rows[table]
            missing = {key for _row, _name, key in pointers if key not in known}
            if missing:
                self.keep(table.objects.filter(pk__in=missing))
            for row, name, key in pointers:
                setattr(row, name, known[key])
