"""The rates, and what they are never shown without."""

from dataclasses import dataclass

from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.record import wording
from kept.record.figures import Rate, Record
from kept.web import drawing
from kept.web.pages.record.counted import part_of, whole

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class RatePart:
    """One rate with its interval."""

    counts: str
    share: str
    drawn: SafeString
    words: str


@dataclass(frozen=True)
class Beside:
    """A figure that stands beside every rate."""

    name: str
    figure: str
    words: str


def rate_part(rate: Rate, said: str) -> RatePart:
    """One rate with its words, drawn where there are enough."""
    assert rate.of
    interval = rate.interval
    share = rate.kept / rate.of
    counts = wording.counted(rate)
    low, high = interval or (share, share)
    return RatePart(
        counts=counts,
        share="" if interval is None else words.share(share),
        drawn=drawing.interval(low, share, high, sentence=f"{counts}. {said}")
        if interval is not None
        else SafeString(""),
        words=said,
    )


def last_words(the: Record) -> str:
    """What is said beside the rate against last terms."""
    said = [wording.between(the.last)]
    moved = the.marks.moved
    if moved:
        said.append(
            ngettext(
                "%(count)s date was moved in time and agreed.",
                "%(count)s dates were moved in time and agreed.",
                moved,
            )
            % {"count": words.capital(words.spelled(moved))}
        )
    if the.ahead:
        said.append(
            ngettext(
                "%(count)s is left out: its later date lies ahead.",
                "%(count)s are left out: their later dates lie ahead.",
                len(the.ahead),
            )
            % {"count": words.capital(words.spelled(len(the.ahead)))}
        )
    return " ".join(said)


def _silence(in_person: int) -> str:
    """What "deemed" means, and how many of them were told in person instead of by letter."""
    if not in_person:
        return _("accepted by silence after notice")
    return ngettext(
        "accepted by silence after notice; %(count)s was told in person",
        "accepted by silence after notice; %(count)s were told in person",
        in_person,
    ) % {"count": words.spelled(in_person)}


def beside(the: Record) -> list[Beside]:
    """What no rate is shown without."""
    sharp = the.sharpness
    found = [
        Beside(
            _("Sharpness"),
            _("not known") if sharp is None else _times(sharp.times),
            _("no promise had its odds beside it")
            if sharp is None
            else _("promised lead over the lead at even chances; %(padding)s of padding")
            % {"padding": _padding(sharp.padding_days)},
        ),
        Beside(
            _("Coverage"),
            part_of(the.coverage.part, the.coverage.of),
            _("deliveries that were promised at all"),
        ),
        Beside(
            _("Paused"),
            _percent(the.paused.share),
            _("of promised time, waiting for clients"),
        ),
        Beside(
            _("Deemed"),
            part_of(the.deemed.part, the.deemed.of),
            _silence(the.deemed_in_person),
        ),
        Beside(
            _("Painful"),
            part_of(the.painful.part, the.painful.of),
            _("kept with much work out of hours"),
        ),
    ]
    if the.brier is not None and not the.too_early:
        found.append(
            Beside(
                _("Brier score"),
                f"{the.brier.score:.2f}",
                _("%(base)s had we always said %(rate)s; less is better")
                % {
                    "base": f"{the.brier.base:.2f}",
                    "rate": words.share(the.brier.base_rate),
                },
            )
        )
    return found


def apart(the: Record) -> list[str]:
    """What is counted in no rate, and what weighs on how to read it."""
    said = []
    provisional = the.first.provisional
    if provisional:
        said.append(
            ngettext(
                "%(count)s delivery waits for the client’s word; it is in the count until then.",
                "%(count)s deliveries wait for the client’s word; they are in the count till then.",
                provisional,
            )
            % {"count": whole(provisional)}
        )
    if the.repeated is not None:
        said.append(
            _(
                "%(count)s of these say the same to the same client again and again, up to "
                "%(largest)s times; %(kept)s of them were kept. Without them: %(rest)s."
            )
            % {
                "count": whole(the.repeated.count),
                "largest": whole(the.repeated.largest),
                "kept": whole(the.repeated.kept),
                "rest": part_of(
                    the.first.kept - the.repeated.kept, the.first.of - the.repeated.count
                ),
            }
        )
    if the.asked_changes:
        said.append(
            ngettext(
                "%(count)s change was asked for by the client; the first date counts all the same.",
                "%(count)s changes were asked for by clients; first dates count all the same.",
                the.asked_changes,
            )
            % {"count": whole(the.asked_changes)}
        )
    if the.imported:
        said.append(
            ngettext(
                "%(count)s came in with an import, with the date it had then.",
                "%(count)s came in with an import, with the dates they had then.",
                the.imported,
            )
            % {"count": whole(the.imported)}
        )
    if the.beside.replies:
        said.append(
            _("Answers promised by a date: %(count)s given in time, in no rate here.")
            % {"count": part_of(the.beside.replies_kept, the.beside.replies)}
        )
    return said


def _percent(share: float | None) -> str:
    """A share of something that is no chance: it may be nought."""
    if share is None:
        return "–"
    return f"{round(share * 100)}{words.NBSP}%"


def _times(ratio: float) -> str:
    return f"{formats.number_format(round(ratio, 1))}{words.NBSP}{TIMES}"


def _padding(days: float) -> str:
    if days < 0:
        return _("no day")
    return words.days(days)
