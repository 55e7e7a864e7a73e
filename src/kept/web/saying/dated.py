"""An answer, with its days as the client's calendar shows them."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from kept import words, zones
from kept.quotes import wording
from kept.quotes.checked import Checked, Pays
from kept.tenancy.models import Organisation


class Dated:
    """An answer in the words of the house it was given in."""

    def __init__(self, checked: Checked, *, house: Organisation, today: date) -> None:
        self.checked, self.house, self.today = checked, house, today

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
