"""The ways to say yes, and the later days that a client may choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kept import words
from kept.quotes.asking import Change
from kept.quotes.ways import Kind
from kept.web.saying.dated import Dated


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


class Offers(Dated):
    """What can be held."""

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
