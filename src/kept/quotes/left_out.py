"""Lines that were spoken of, and that the client agreed to do without.

A choice of an offer leaves them out from the start, other terms later; neither
is a line that was noted after the promise was given.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kept.jobs.models import Condition
from kept.promises.models import Promise, TermsLine
from kept.quotes.models import LeftOutLine, QuoteOption


@dataclass(frozen=True, slots=True)
class Split:
    """The conditions of one promise's job, by their keys: promised now, and done without."""

    promised: Collection[int] = ()
    left_out: Collection[int] = ()

    def without(self, conditions: Iterable[Condition]) -> list[str]:
        """Return the words of those done without, in the order of `conditions`."""
        return [row.text for row in conditions if row.pk in self.left_out]


@dataclass(slots=True)
class _Said:
    by_terms: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    last: int = 1
    chosen_away: set[int] = field(default_factory=set)

    def split(self) -> Split:
        promised = self.by_terms[self.last]
        spoken_of = self.chosen_away.union(*self.by_terms.values())
        return Split(frozenset(promised), frozenset(spoken_of - promised))


def of(promises: Iterable[Promise]) -> dict[int, Split]:
    """Return what is promised and what is done without, by promise; three queries."""
    keys = [promise.pk for promise in promises]
    said = {key: _Said() for key in keys}
    for promise, number, condition in TermsLine.objects.filter(
        terms__promise__in=keys, condition__isnull=False
    ).values_list("terms__promise_id", "terms__number", "condition_id"):
        said[promise].by_terms[number].add(condition)
    numbers = Promise.objects.filter(pk__in=keys).order_by("terms__number")
    for promise, number in numbers.values_list("pk", "terms__number"):
        said[promise].last = number or 1
    chosen = LeftOutLine.objects.filter(option__quote__promise__in=keys)
    for promise, condition in chosen.values_list("option__quote__promise_id", "condition_id"):
        said[promise].chosen_away.add(condition)
    return {key: one.split() for key, one in said.items()}


def of_option(option: QuoteOption | None) -> list[str]:
    """Return the words of what a choice leaves out; nothing where what is held was chosen."""
    if option is None:
        return []
    rows = LeftOutLine.objects.filter(option=option).order_by("condition__position", "pk")
    return list(rows.values_list("condition__text", flat=True))
