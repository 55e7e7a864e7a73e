"""How an answer is said and drawn: three sentences, the curve, offers, reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.promises.models import Placement
from kept.quotes import wording
from kept.quotes.asking import Change
from kept.quotes.checked import Checked, DateAt, Limits, Pays
from kept.quotes.ways import Kind
from kept.tenancy.models import Organisation
from kept.web import drawing

#: Working days that the curve shows at most; past them it is cut where the chance is near one.
TREADS = 46
#: A day that adds less than this is flat.
FLAT = 0.015


@dataclass(frozen=True)
class GaugeTold:
    """One gauge with its verdict and its cause."""

    title: str
    state: str
    verdict: str
    cause: str
    drawn: SafeString


@dataclass(frozen=True)
class LimitTold:
    """One thing that limits the date, with its length."""

    sentence: str
    days: str
    drawn: SafeString


@dataclass(frozen=True)
class PaysTold:
    """One promise that loses chance."""

    who: str
    below_line: bool
    drawn: SafeString
    note: str


@dataclass(frozen=True)
class OfferTold:
    """One way to say yes.

    Attributes:
        value: what its radio button says.
        facts: chance, who pays, and what else it costs, each with its name.
    """

    value: str
    kind: str
    day: str
    said: str
    facts: Sequence[tuple[str, str]]
    overtime: bool


@dataclass(frozen=True)
class LaterDay:
    """A date that a client may choose beside the one that is held.

    Attributes:
        after: the offers it is later than, by their place from 1.
    """

    due_at: datetime
    day: str
    chance: str
    after: Sequence[int]


def _covers(limit: Limits, day: date) -> bool:
    """Say whether a limit is about days away, and this is one of them."""
    on = limit.about.get("on")
    if on is not None:
        return day.isoformat() in on
    first, last = limit.about.get("from"), limit.about.get("to")
    return isinstance(first, str) and isinstance(last, str) and first <= day.isoformat() <= last


class Saying:
    """An answer in the words of the house it was given in."""

    def __init__(self, checked: Checked, *, house: Organisation, today: date) -> None:
        self.checked, self.house, self.today = checked, house, today

    # ----- days --------------------------------------------------------------------------------

    def on(self, moment: datetime) -> date:
        """The day of a moment as the client's calendar shows it."""
        return zones.day_of(moment, self.checked.zone)

    def day(self, moment: datetime) -> str:
        """ "Fri 18 Dec"."""
        return words.day(self.on(moment), today=self.today)

    def named(self, moment: datetime) -> str:
        """ "Friday" within the next six days and a month, else the short day."""
        on = self.on(moment)
        return words.weekday(on) if 0 <= (on - self.today).days < 21 else self.day(moment)

    # ----- Can we? -----------------------------------------------------------------------------

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

    # ----- By when? ----------------------------------------------------------------------------

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

    # ----- Who pays? ---------------------------------------------------------------------------

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

    def pays_briefly(self, pays: Sequence[Pays]) -> str:
        """ "nobody", "Cobalt Bikes 95 → 91 %", "Cobalt Bikes 95 → 91 % and two more"."""
        losers = [p for p in pays if p.after < p.before]
        if not losers:
            return _("nobody")
        worst = losers[0]
        said = wording.loser(worst)
        if len(losers) > 1:
            more = {"said": said, "count": words.spelled(len(losers) - 1)}
            said = _("%(said)s and %(count)s more") % more
        return said

    # ----- Offers ------------------------------------------------------------------------------

    def offers(self) -> list[OfferTold]:
        """The ways to say yes, as the answer has them."""
        wanted = self.checked.wanted
        kinds = {
            Kind.WANTED: _("As wanted"),
            Kind.LATER: _("Advised"),
            Kind.LESS: _("Less"),
            Kind.PEOPLE: _("Other people"),
            Kind.OVERTIME: _("Overtime"),
            Kind.WITHOUT: _("Without disturbing anyone"),
        }
        told = []
        for offer in self.checked.offers:
            overtime = offer.overtime_hours is not None
            kind = kinds[offer.kind]
            if offer.kind == Kind.LATER and wanted is not None:
                earlier = offer.date.due_at < wanted.due_at
                kind = _("Earlier") if earlier else _("Later")
            more = str(Kind.OVERTIME) if overtime else str(offer.change)
            facts = [
                (_("Chance"), words.percent(offer.date.chance)),
                (_("Who pays"), self.pays_briefly(offer.pays)),
            ]
            if offer.overtime_hours is not None:
                facts.append((_("Overtime"), words.hours(offer.overtime_hours)))
            if (price := self.price()) and not offer.change.without:
                facts.append((_("Price"), price))
            told.append(
                OfferTold(
                    value=f"{offer.date.due_at.isoformat()} {more}".strip(),
                    kind=kind,
                    day=self.day(offer.date.due_at),
                    said=offer.sentence,
                    facts=facts,
                    overtime=overtime,
                )
            )
        return told

    def later_days(self) -> list[LaterDay]:
        """The dates that a client may choose beside an earlier one that is held."""
        checked = self.checked
        plain = [
            offer.date
            for offer in checked.offers
            if offer.change == Change() and offer.overtime_hours is None
        ]
        safe = [level.date for level in checked.levels if level.date is not None]
        by_day = {
            self.on(date.due_at): date for date in (*safe, *plain) if date.chance >= checked.line
        }
        found = []
        for on, at in sorted(by_day.items()):
            after = [
                place
                for place, offer in enumerate(checked.offers, start=1)
                if on > self.on(offer.date.due_at)
            ]
            if after:
                chance = words.percent(at.chance)
                found.append(LaterDay(at.due_at, self.day(at.due_at), chance, after))
        return found

    def price(self) -> str:
        """The service's price, if it has one."""
        service = self.checked.service
        if service is None or service.price is None:
            return ""
        return words.money(service.price, self.house.currency)

    # ----- The curve ---------------------------------------------------------------------------

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

    # ----- Reasons -----------------------------------------------------------------------------

    def gauges_title(self) -> str:
        """ "Have we enough for Friday?"."""
        asked = self.checked.wanted or self.checked.advised
        if asked is None:
            return _("Have we enough?")
        return _("Have we enough for %(day)s?") % {"day": self.named(asked.due_at)}

    def gauges(self) -> list[GaugeTold]:
        """People and skills, working time, tank; each with its cause."""
        titles = {
            "people": _("People and skills"),
            "time": _("Working time"),
            "tank": _("Tank"),
        }
        return [
            GaugeTold(
                title=titles[gauge.name],
                state="enough" if gauge.level == "enough" else "tight",
                verdict=gauge.verdict,
                cause=gauge.cause,
                drawn=drawing.gauge(
                    drawing.Gauge(
                        gauge.planned,
                        gauge.asked,
                        gauge.limit,
                        f"{titles[gauge.name]}: {gauge.verdict}",
                    )
                ),
            )
            for gauge in self.checked.gauges
        ]

    def limits(self) -> list[LimitTold]:
        """What limits the date, the longest first."""
        felt: dict[str, float] = {}
        for limit in self.checked.limits:
            said = limit.sentence.rstrip(" :")
            if limit.days > felt.get(said, 0.0):
                felt[said] = limit.days
        longest = max(felt.values(), default=1.0)
        top = max(longest * 1.15, 5.0)
        return [
            LimitTold(
                sentence=said,
                days=words.days(count),
                drawn=drawing.bar(count / top, sentence=f"{said}: {words.days(count)}"),
            )
            for said, count in sorted(felt.items(), key=lambda pair: -pair[1])[:6]
        ]

    def pays_title(self) -> str:
        """ "Who pays for a yes to Friday"."""
        asked = self.checked.wanted or self.checked.advised
        if asked is None:
            return _("Who pays")
        return _("Who pays for a yes to %(day)s") % {"day": self.named(asked.due_at)}

    def pays(self) -> list[PaysTold]:
        """The promises that lose or gain chance by a yes to the asked date."""
        rows = self.checked.pays_wanted if self.checked.wanted else self.checked.pays_advised
        line = words.percent(self.checked.line)
        told = []
        for number, row in enumerate(rows[:6]):
            who = f"{row.client} · {row.what}" if row.client else row.what
            if row.below_line:
                note = _("Falls under its line.")
            elif row.after < row.before:
                note = (
                    _("Still above its line.")
                    if row.after >= self.checked.line
                    else _("Was under its line before.")
                )
            else:
                note = _("Gains.")
            told.append(
                PaysTold(
                    who=who,
                    below_line=row.below_line,
                    note=note,
                    drawn=drawing.who_pays(
                        drawing.Pays(
                            before=row.before,
                            after=row.after,
                            line=self.checked.line,
                            before_label=str(words.whole_percent(row.before)),
                            after_label=words.percent(row.after),
                            line_label=_("line %(chance)s") % {"chance": line}
                            if not number
                            else "",
                            sentence=_("%(who)s: from %(before)s to %(after)s.")
                            % {
                                "who": who,
                                "before": words.percent(row.before),
                                "after": words.percent(row.after),
                            },
                        )
                    ),
                )
            )
        return told

    def pays_rest(self) -> str:
        """ "The other 12 promises change by less than one point."."""
        rows = self.checked.pays_wanted if self.checked.wanted else self.checked.pays_advised
        others = self.checked.promises_given - len(rows)
        if not self.checked.promises_given:
            return _("Nothing is promised yet, so nobody can pay.")
        if others <= 0:
            return ""
        if not rows:
            return ngettext(
                "The one promise given stays as it was.",
                "All %(count)s promises given change by less than one point.",
                others,
            ) % {"count": others}
        return ngettext(
            "The other promise changes by less than one point.",
            "The other %(count)s promises change by less than one point.",
            others,
        ) % {"count": others}
