"""The staircase of chances, day by day, and the same as a table."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kept import words
from kept.promises.models import Placement
from kept.quotes.checked import Limits
from kept.web import drawing
from kept.web.saying.sentences import Sentences

#: Working days that the curve shows at most; past them it is cut where the chance is near one.
TREADS = 46
#: A day that adds less than this is flat.
FLAT = 0.015


class Curve(Sentences):
    """The chance of being done by the end of each day; its sentence is that of the levels."""

    def _shown(self) -> list[tuple[date, float]]:
        """The days that the curve shows: from the first that matters to where it is near one."""
        days = [(self.on(at), chance) for at, chance in self.checked.curve]
        if not days:
            return []
        marks = [self.on(d.due_at) for d in (self.checked.wanted, self.checked.advised) if d]
        first = next((n for n, (_d, c) in enumerate(days) if c >= 0.03), 0)
        start = max(0, first - 1)
        early = [n for n, (day, _c) in enumerate(days) if marks and day == min(marks)]
        if early:
            start = min(start, max(0, early[0] - 1))
        end = next((n for n, (_d, c) in enumerate(days) if c >= 0.965), len(days) - 1) + 2
        late = [n for n, (day, _c) in enumerate(days) if marks and day == max(marks)]
        if late:
            end = max(end, late[0] + 2)
        end = max(end, start + 8)
        return days[start : min(end, start + TREADS)]

    def curve(self) -> SafeString | str:
        """The staircase; empty where there is no day to draw."""
        days = self._shown()
        if not days:
            return ""
        treads, before = [], None
        for day, chance in days:
            name = words.short_weekday(day)
            treads.append(
                drawing.Tread(
                    day=day,
                    chance=chance,
                    weekday=name,
                    day_number=str(day.day),
                    letter=name[:1],
                    free_days_before=0 if before is None else (day - before).days - 1,
                )
            )
            before = day
        shown = dict(days)
        advised = self.checked.advised
        advised_on = self.on(advised.due_at) if advised else None
        dots: dict[date, drawing.Dot] = {}
        for level in self.checked.levels:
            if level.date is not None and (on := self.on(level.date.due_at)) in shown:
                dots[on] = drawing.Dot(on, words.percent(shown[on]), strong=on == advised_on)
        if advised_on in shown and advised_on is not None:
            dots[advised_on] = drawing.Dot(
                advised_on, words.percent(shown[advised_on]), strong=True
            )
        wanted_on = self.on(self.checked.wanted.due_at) if self.checked.wanted else None
        flat_on, flat_words = self._flat(days)
        confidence = self.checked.confidence
        lines = sorted({0.5, 0.8, confidence, 0.95})
        return drawing.staircase(
            drawing.Staircase(
                sentence=_("Chance of being done by the end of each working day. %(said)s")
                % {"said": self.levels()},
                description=_("One step for each working day; it never falls."),
                axis_label=_("Chance of being done by the end of the day, %%") % {},
                treads=tuple(treads),
                dots=tuple(dots[day] for day in sorted(dots)),
                levels=tuple(
                    (chance, f"{round(chance * 100)}", chance == confidence) for chance in lines
                ),
                advised_on=advised_on,
                advised_label=_("%(chance)s date") % {"chance": words.percent(confidence)},
                wanted_on=wanted_on,
                wanted_label=_("wanted"),
                wanted_chance_label=words.percent(self.checked.wanted.chance)
                if self.checked.wanted
                else "",
                wanted_chance=self.checked.wanted.chance if self.checked.wanted else None,
                flat_on=flat_on,
                flat_words=flat_words,
            )
        )

    def curve_note(self) -> str:
        """What the steps and the blue column stand for, where they are not the same way."""
        wanted, advised = self.checked.wanted, self.checked.advised
        if wanted is None or advised is None or wanted.placement == advised.placement:
            return ""
        on_curve = dict(self._shown()).get(self.on(wanted.due_at))
        if on_curve is None or abs(on_curve - wanted.chance) < 0.01:
            return ""
        ways = {
            Placement.YIELDS: _("without disturbing anyone"),
            Placement.BY_DATE: _("in its place by date"),
        }
        return _("The steps: %(one)s. The blue column: %(other)s.") % {
            "one": ways[advised.placement],
            "other": ways[wanted.placement],
        }

    def _flat(self, days: Sequence[tuple[date, float]]) -> tuple[date | None, tuple[str, ...]]:
        """A day within the rise on which nothing is gained because somebody is away."""
        for (_before, below), (day, chance) in pairwise(days):
            if not 0.05 < chance < 0.93 or chance - below >= FLAT:
                continue
            for limit in self.checked.limits:
                if _covers(limit, day):
                    return day, tuple(
                        words.wrapped(_("%(why)s: no gain") % {"why": limit.sentence}, 22, 3)
                    )
        return None, ()

    def curve_head(self) -> list[str]:
        """What the columns of the curve's rows are."""
        return [_("Day"), _("Chance")]

    def curve_numbers(self) -> list[tuple[str, str]]:
        """The curve as rows: day and chance."""
        return [
            (words.day(day, today=self.today), words.percent(chance))
            for day, chance in self._shown()
        ]


def _covers(limit: Limits, day: date) -> bool:
    """Say whether a limit is about days away, and this is one of them."""
    on = limit.about.get("on")
    if on is not None:
        return day.isoformat() in on
    first, last = limit.about.get("from"), limit.about.get("to")
    return isinstance(first, str) and isinstance(last, str) and first <= day.isoformat() <= last
