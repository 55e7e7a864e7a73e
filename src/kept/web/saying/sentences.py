"""The three sentences: Can we? By when? Who pays?"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.quotes import wording
from kept.quotes.checked import DateAt, Pays
from kept.web.saying.dated import Dated


class Sentences(Dated):
    """What is read first, and answers by itself."""

    @property
    def state(self) -> str:
        """on-track or at-risk: the sign beside the verdict."""
        asked = self.checked.wanted or self.checked.advised
        if asked is None:
            return "at-risk"
        safe = asked.chance >= self.checked.line and not self._hurt()
        return "on-track" if safe else "at-risk"

    def _hurt(self) -> list[Pays]:
        """The promises that a yes to the wanted date would push below their line, or further."""
        line = self.checked.line
        return [
            pays
            for pays in self.checked.pays_wanted
            if pays.below_line or (pays.before < line and pays.after < pays.before)
        ]

    def verdict(self) -> list[str]:
        """One or two short sentences on the wanted date, or on whether there is a date at all."""
        wanted, advised = self.checked.wanted, self.checked.advised
        if wanted is None:
            if advised is None:
                return [
                    _("No date within a year reaches %(chance)s.")
                    % {"chance": words.percent(self.checked.confidence)}
                ]
            return [_("Yes, by %(day)s.") % {"day": self.named(advised.due_at)}]
        said = {"day": self.named(wanted.due_at)}
        if wanted.chance >= self.checked.line and self._hurt():
            first = _("By %(day)s only at another’s cost.") % said
        elif wanted.chance >= self.checked.confidence:
            first = _("Yes, by %(day)s.") % said
        elif wanted.chance >= self.checked.line:
            first = _("Likely by %(day)s, not safely.") % said
        elif wanted.chance >= 0.1:
            first = _("Not safely by %(day)s.") % said
        else:
            first = _("Not by %(day)s.") % said
        return [first, _("The chance is %(chance)s.") % {"chance": words.percent(wanted.chance)}]

    def price_of_yes(self) -> str:
        """What a yes to an unsafe date would mean: how often it breaks, or what it costs."""
        wanted = self.checked.wanted
        if wanted is None:
            return _("No date was asked for, so this is the first one that is safe.")
        hurt = self._hurt()
        if wanted.chance >= self.checked.line and hurt:
            return _(
                "A yes would leave %(whom)s under the line; a lead would have to sign that."
            ) % {"whom": words.listed(pays.client or pays.what for pays in hurt)}
        if wanted.chance >= self.checked.confidence:
            return ""
        if not self.checked.reasons:
            return _("Promised anyway, it breaks %(times)s.") % {
                "times": words.how_often(1 - wanted.chance)
            }
        return " ".join(wording.roads(wanted.chance, self.checked.overtime))

    def _best(self) -> DateAt | None:
        """The likeliest date known, where none is as sure as asked."""
        dates = [level.date for level in self.checked.levels if level.date is not None]
        return max(dates, key=lambda date_at: date_at.chance, default=None)

    def by_when(self) -> str:
        """ "Wednesday 23 December"."""
        advised = self.checked.advised
        if advised is None:
            best = self._best()
            if best is None:
                return _("Not within a year")
            return words.long_day(self.on(best.due_at), today=self.today)
        return words.long_day(self.on(advised.due_at), today=self.today)

    def by_when_chance(self) -> str:
        """ "at 91 %"."""
        advised = self.checked.advised or self._best()
        return "" if advised is None else _("at %(c)s") % {"c": words.percent(advised.chance)}

    def levels(self) -> str:
        """ "Even chances by Wed 16 Dec. 83 % by Tue 22 Dec."; and what disturbing nobody means."""
        said = []
        advised = self.checked.advised
        seen = {self.on(advised.due_at)} if advised else set()
        for level in self.checked.levels:
            if level.date is None:
                continue
            on = self.on(level.date.due_at)
            if on in seen:
                continue
            seen.add(on)
            if level.level == 0.5 and level.date.chance < 0.6:
                said.append(_("Even chances by %(day)s.") % {"day": self.day(level.date.due_at)})
            else:
                said.append(
                    _("%(chance)s by %(day)s.")
                    % {
                        "chance": words.capital(words.percent(level.date.chance)),
                        "day": self.day(level.date.due_at),
                    }
                )
        without, in_place = self.checked.without, self.checked.in_place
        if (
            without is not None
            and in_place is not None
            and self.on(without.due_at) > self.on(in_place.due_at)
        ):
            said.append(
                _("Disturbing nobody it would be %(day)s.") % {"day": self.day(without.due_at)}
            )
        return " ".join(said)

    @property
    def is_guess(self) -> bool:
        """Whether too little past is behind the spread to call it learned."""
        return self.checked.known_items < 5

    def who_pays(self) -> tuple[str, str]:
        """The sentence as (name in bold, what happens to it)."""
        asked = self.checked.wanted or self.checked.advised
        pays = self.checked.pays_wanted if self.checked.wanted else self.checked.pays_advised
        losers = [p for p in pays if p.after < p.before]
        if asked is None or not losers:
            if not self.checked.promises_given:
                return _("Nobody"), _(": nothing else is promised yet.")
            return _("Nobody"), _(": every promise given stays as it was.")
        worst = losers[0]
        name = f"{worst.client} · {worst.what}" if worst.client else worst.what
        return name, " " + _("would fall from %(before)s to %(after)s.") % {
            "before": words.whole_percent(worst.before),
            "after": words.percent(worst.after),
        }

    def who_pays_more(self) -> str:
        """How many more pay, and what the advised date would cost them."""
        said = []
        if self.checked.wanted is not None:
            losers = [p for p in self.checked.pays_wanted if p.after < p.before]
            if len(losers) > 1:
                said.append(
                    ngettext(
                        "One more promise loses chance.",
                        "%(count)s more promises lose chance.",
                        len(losers) - 1,
                    )
                    % {"count": words.capital(words.spelled(len(losers) - 1))}
                )
            advised = self.checked.advised
            if advised is not None and self.on(advised.due_at) != self.on(
                self.checked.wanted.due_at
            ):
                said.append(
                    _("For %(day)s: %(who)s.")
                    % {
                        "day": self.named(advised.due_at),
                        "who": self.pays_briefly(self.checked.pays_advised),
                    }
                )
        return " ".join(said)
