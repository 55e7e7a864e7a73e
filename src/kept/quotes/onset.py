"""The gate before an offer: every owner said yes to what, when and what done means.

Or a lead signs what is missing as a risk, with a reason. Where giver and sole
owner are one person nobody is asked anything. What is missing when the client
says yes leaves the promise pending, until the last yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words
from kept.jobs import owners, owning
from kept.jobs.models import Responsibility, Stage
from kept.jobs.owners import Gap
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, solo
from kept.people.models import Member, Role
from kept.promises import carrying
from kept.promises.carrying import close_if_complete
from kept.promises.models import Promise
from kept.quotes.models import Quote
from kept.tenancy import given, refusals

__all__ = ["close_if_complete"]

Gate = Promise.Gate


class GapsLeft(refusals.Conflict):
    """Somebody has not said yes, and no lead signed it."""


class NothingToSign(refusals.Conflict):
    """Nobody's yes is missing, or the offer is closed."""


@dataclass(frozen=True, slots=True)
class Onset:
    """Whether an offer may go out.

    Attributes:
        gate: complete, silent, signed or open.
        gaps: whose yes is missing; also where a lead signed it.
    """

    gate: Promise.Gate
    gaps: tuple[Gap, ...]

    @property
    def passes(self) -> bool:
        return self.gate in (Gate.COMPLETE, Gate.SILENT, Gate.SIGNED)

    @property
    def sentence(self) -> str:
        """ "Dev has not answered about “Build”; nobody is named for the last mile."""
        return words.capital("; ".join(str(gap) for gap in self.gaps)) + "."


def state_of(quote: Quote, *, giver: Member | None = None) -> Onset:
    """Return whether every owner of an offer said yes.

    Args:
        giver: who gives the date, and so says yes to stages of their own; whoever asked for the
            answer if left out.
    """
    giver = giver or quote.answer.asked_by
    rows = owners.table(quote.job)
    if solo.is_solo(quote.organisation) or _all_in_one_hand(rows, giver):
        return Onset(Gate.SILENT, ())
    gaps = tuple(row.gap for row in rows if row.gap is not None and not _own(row, giver))
    if not gaps:
        return Onset(Gate.COMPLETE, ())
    return Onset(Gate.SIGNED if quote.gap_signed_by_id else Gate.OPEN, gaps)


def ask_owners(
    quote: Quote,
    chosen: Mapping[Stage | None, Member],
    *,
    by: Member,
    now: datetime,
    by_at: datetime | None = None,
) -> list[Responsibility]:
    """Ask everybody named for an offer's stages and its last mile (None) who has not said yes.

    Who was asked the same already is not asked again.

    Args:
        by_at: by when they would be done; left out, the date the team aims at.

    Raises: what `owning.propose` raises.
    """
    access.demand(by, Role.MEMBER)
    asked = []
    with transaction.atomic():
        rows = {row.stage: row for row in owners.table(quote.job)}
        for stage, member in chosen.items():
            row = rows.get(stage)
            if row is None or _said_or_asked(row, member):
                continue
            what = quote.job if stage is None else stage
            asked.append(
                carrying.propose(what, member, by=by, now=now, by_at=by_at or quote.internal_due_at)
            )
    return asked


def sign(quote: Quote, *, by: Member, reason: str, now: datetime) -> Quote:
    """Sign what is missing as a risk: the offer may go out, and the gaps stay visible.

    Raises:
        NotAllowed: only a lead may.
        Refused: no reason was given.
        NothingToSign: nobody's yes is missing, or the offer is closed.
    """
    access.demand(by, Role.LEAD)
    reason = given.one_line(
        reason, called=_("Why it goes out without every yes"), field="gap_reason", longest=300
    )
    with transaction.atomic():
        found = state_of(quote, giver=by)
        if not found.gaps:
            raise NothingToSign(_("Nobody’s yes is missing. Nothing was signed."))
        live = Quote.objects.filter(pk=quote.pk, state__in=Quote.LIVE)
        if live.update(gate=Gate.SIGNED, gap_signed_by=by, gap_reason=reason) != 1:
            raise NothingToSign(_("This offer is closed. Nothing was signed."))
        quote.refresh_from_db()
        recording.record(
            Event.Kind.GAP_SIGNED,
            about=quote,
            by=by,
            at=now,
            rows=[quote],
            facts={"gaps": _facts(found.gaps)},
        )
    return quote


def pass_gate(quote: Quote, *, by: Member, now: datetime, gap_reason: str = "") -> Promise.Gate:
    """Let an offer through the gate, in the transaction of the offer; return how it passed.

    Giving the date is the giver's yes to stages of their own; it is written down.

    Args:
        gap_reason: a lead's word, where the offer goes out without every yes.

    Raises:
        GapsLeft: somebody has not said yes. Nothing was offered.
        NotAllowed: only a lead signs gaps.
    """
    found = state_of(quote, giver=by)
    if found.gate == Gate.OPEN:
        if not gap_reason.strip():
            raise GapsLeft(
                _(
                    "Not everybody has said yes: %(gaps)s Nothing was offered. Ask them, or have "
                    "a lead sign it with a reason."
                )
                % {"gaps": found.sentence},
                field="gap_reason",
            )
        sign(quote, by=by, reason=gap_reason, now=now)
        found = Onset(Gate.SIGNED, found.gaps)
    if found.gate != Gate.SILENT:
        owning.say_yes_to_own(quote.job, by=by, now=now)
    return found.gate


def after_yes(quote: Quote, *, giver: Member | None) -> tuple[Promise.State, Promise.Gate]:
    """Return the state in which the client's yes makes a promise, and how it passed the gate."""
    found = state_of(quote, giver=giver)
    if not found.gaps:
        gate = Gate.SIGNED if quote.gate == Gate.SIGNED else found.gate
        return Promise.State.ACTIVE, gate
    return Promise.State.PENDING, found.gate


def last_mile_owner(quote: Quote) -> Member | None:
    """Return who said yes to the last mile of an offer."""
    return owners.last_mile_owner(quote.job)


def _all_in_one_hand(rows: list[owners.Owned], giver: Member | None) -> bool:
    """Say whether the giver owns every stage, and nobody else was asked for the last mile."""
    if giver is None:
        return False
    stages = [row for row in rows if row.stage is not None]
    last_mile = rows[-1]
    return (
        bool(stages)
        and all(row.owner is not None and row.owner.pk == giver.pk for row in stages)
        and all(row.asked is None for row in rows)
        and (last_mile.owner is None or last_mile.owner.pk == giver.pk)
    )


def _own(row: owners.Owned, giver: Member | None) -> bool:
    """Say whether a gap is the giver's own stage, about which nobody else was asked."""
    return (
        row.stage is not None
        and giver is not None
        and row.owner is not None
        and row.owner.pk == giver.pk
        and row.asked is None
    )


def _said_or_asked(row: owners.Owned, member: Member) -> bool:
    if row.yes is not None and row.gap is None and row.yes.member_id == member.pk:
        return True
    return (
        row.asked is not None
        and row.asked.member_id == member.pk
        and row.asked.state == Responsibility.State.PROPOSED
    )


def _facts(gaps: tuple[Gap, ...]) -> list[recording.Json]:
    return [
        {
            "stage": None if gap.stage is None else gap.stage.pk,
            "member": None if gap.member is None else gap.member.pk,
            "state": str(gap.state),
        }
        for gap in gaps
    ]
