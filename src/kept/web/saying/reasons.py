"""Why: what there is enough of, what limits the date, and who pays for a yes."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.web import drawing
from kept.web.saying.dated import Dated


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


class Reasons(Dated):
    """What stands below the offers, each beside its drawing."""

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
                "None of the %(count)s promises given changes by a whole point.",
                others,
            ) % {"count": others}
        return ngettext(
            "The other promise changes by less than one point.",
            "The other %(count)s promises change by less than one point.",
            others,
        ) % {"count": others}
