"""What past work like an estimate took: beside its field while it is typed, and on its own page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from kept import clock, words, zones
from kept.clients.models import Client, Service
from kept.jobs import reading
from kept.jobs.lines import Effort
from kept.jobs.models import Stage
from kept.past import similar as past
from kept.past.similar import Piece, Similar
from kept.people.access import Policy, allow
from kept.people.models import Member, Skill
from kept.tenancy.refusals import Refused
from kept.web import past_drawing, stage_rows
from kept.web.doorkeeper import KeptRequest
from kept.web.looking_back import times

#: What a field for the size is called: in forms of jobs and stages, and where one asks for a date.
SIZES = ("effort", "size")
#: As much as a stage may have.
MOST_HOURS = 20_000


@dataclass(frozen=True)
class Asked:
    """An estimate as a form says it, whoever made the form."""

    said: str
    effort: Effort | None
    client: Client | None
    service: Service | None
    skill: Skill | None
    own: bool

    def query(self) -> str:
        """Return the same as the query of an address."""
        rows = {"client": self.client, "service": self.service, "skill": self.skill}
        known = {name: str(row.pk) for name, row in rows.items() if row is not None}
        return urlencode({"effort": self.said, **known, **({"mine": "1"} if self.own else {})})


@dataclass(frozen=True)
class Line:
    """A piece of past work in the table."""

    what: str
    address: str
    about: str
    drawn: SafeString
    counts: str
    figure: str
    weight: str


@allow(Policy.MEMBER)
def similar(request: KeptRequest) -> HttpResponse:
    """Say what past work like an estimate took, in a sentence or with the work behind it.

    A form without scripts posts all of itself here; nothing of it is kept.
    """
    asked = _asked(request)
    found = None
    if asked.effort is not None:
        found = past.similar(
            estimate_hours=asked.effort.likely_hours,
            asker=request.member,
            own=asked.own,
            service=None if asked.service is None else asked.service.pk,
            skill=None if asked.skill is None else asked.skill.pk,
            client=None if asked.client is None else asked.client.pk,
            now=clock.now(),
        )
    context: dict[str, Any] = {
        "place": "past",
        "asked": asked,
        "sentence": "" if found is None else sentence(found),
        "note": "" if found is None else _note(found, asked),
        "found": found,
        "lines": [] if found is None else _lines(request, found),
        "behind": f"{reverse('similar')}?{asked.query()}",
    }
    if request.headers.get("HX-Request"):
        return render(request, "kept/past/_similar.html", context)
    context |= {
        "wrong": _("“%(text)s” is no effort. Write 16, 2 days, or low-likely-high: 12-16-40.")
        % {"text": asked.said[:40]}
        if asked.said and asked.effort is None
        else "",
        "clients": Client.objects.filter(archived_at__isnull=True),
        "services": Service.objects.filter(archived_at__isnull=True),
        "skills": Skill.objects.all(),
        "drawn": _drawn(found) if found is not None and found.pieces else "",
    }
    return render(
        request, "kept/past/similar.html", context, status=422 if context["wrong"] else 200
    )


# ----- In words ----------------------------------------------------------------------------------


def sentence(found: Similar) -> str:
    """ "Your 9 most similar: 12–31 h for 16 h estimated; 9 in 10 within 27 h." """
    sure = words.hours(found.nine_in_ten_hours)
    if found.too_few_people:
        return _("Such work was done by one or two people here, and what it took is theirs to see.")
    if not found.pieces:
        return _(
            "No such work is known here yet. Until it is, kept assumes 9 in 10 within %(sure)s."
        ) % {"sure": sure}
    said = {
        "count": len(found.pieces),
        "range": _range(found.low_hours, found.high_hours),
        "estimate": words.hours(found.estimate_hours),
        "sure": sure,
    }
    if found.own:
        return (
            _("Your %(count)d most similar: %(range)s for %(estimate)s estimated; ")
            + _("9 in 10 within %(sure)s.")
        ) % said
    return (
        ngettext(
            "The %(count)d most similar: %(range)s for %(estimate)s estimated; ",
            "The %(count)d most similar: %(range)s for %(estimate)s estimated; ",
            len(found.pieces),
        )
        + _("9 in 10 within %(sure)s.")
    ) % said


def _note(found: Similar, asked: Asked) -> str:
    if asked.effort is not None and asked.effort.low_hours is not None:
        return _("You said low and high yourself: dates use them as they are.")
    if found.too_few_people:
        return _("It counts in every date all the same.")
    if found.assumed and found.pieces:
        return _("Little is known of such work: most of this is still assumed.")
    return ""


def _range(low: float, high: float) -> str:
    """ "12–31 h"; one number where both ends read the same."""
    first, last = words.hours(low), words.hours(high)
    if first == last:
        return last
    return f"{first.split(words.NBSP)[0]}–{last}"


def _weight(share: float) -> str:
    """How much a piece counts, beside the one that counts most."""
    if share >= 0.8:
        return pgettext("weight", "counts most")
    if share >= 0.4:
        return pgettext("weight", "counts about half as much")
    if share >= 0.15:
        return pgettext("weight", "counts a little")
    return pgettext("weight", "hardly counts")


def _drawn(found: Similar) -> SafeString:
    return past_drawing.pieces(
        past_drawing.Pieces(
            hours=[(piece.scaled_hours, piece.share) for piece in found.pieces],
            estimate=found.estimate_hours,
            estimate_label=_("estimated"),
            sure=found.nine_in_ten_hours,
            sure_label=_("9 in 10 within"),
            hours_label=words.hours,
            sentence=sentence(found),
        )
    )


def _lines(request: KeptRequest, found: Similar) -> Sequence[Line]:
    house = request.member.organisation
    today = zones.day_of(clock.now(), house.zone)
    keys = [piece.stage for piece in found.pieces if piece.stage is not None]
    stages = {
        stage.pk: stage
        for stage in Stage.objects.filter(
            pk__in=keys, job__in=reading.jobs_for(request.member)
        ).select_related("job")
    }
    top = max([2.0, *(piece.ratio for piece in found.pieces)])
    lines_ = []
    for piece in found.pieces:
        stage = stages.get(piece.stage or 0)
        day = (
            words.day(zones.day_of(piece.finished_at, house.zone), today=today)
            if piece.finished_at is not None
            else _("no day known")
        )
        lines_.append(
            Line(
                what=_what(piece, stage),
                address="" if stage is None else reverse("job", args=[stage.job_id]),
                about=" · ".join(part for part in (piece.client, day) if part),
                drawn=past_drawing.against_estimate(
                    min(piece.ratio, 6.0),
                    top=min(top, 6.0),
                    sentence=_("%(times)s the estimate") % {"times": times(piece.ratio)},
                ),
                counts=_("%(estimate)s said, %(actual)s took")
                % {
                    "estimate": words.hours(piece.estimate_hours),
                    "actual": words.hours(piece.actual_hours),
                },
                figure=_("would be %(hours)s here") % {"hours": words.hours(piece.scaled_hours)},
                weight=_weight(piece.share),
            )
        )
    return lines_


def _what(piece: Piece, stage: Stage | None) -> str:
    if stage is not None:
        return f"{stage.job.title}: {stage.name}"
    named = " · ".join(part for part in (piece.kind, piece.part) if part)
    return named or piece.name


# ----- Reading -----------------------------------------------------------------------------------


def _asked(request: KeptRequest) -> Asked:
    """Read the estimate from whatever form it stands in; what makes no sense is left out."""
    sent = {**request.GET.dict(), **request.POST.dict()}
    field = sent.get("field", "")
    prefix = next((field.removesuffix(name) for name in SIZES if field.endswith(name)), "")

    def said(name: str) -> str:
        return str(sent.get(f"{prefix}{name}") or sent.get(name) or "").replace("\0", "").strip()

    client = _row(Client.objects.filter(archived_at__isnull=True), said("client"))
    service = _row(Service.objects.filter(archived_at__isnull=True), said("service"))
    job = said("job")
    if job.isdecimal():
        found = reading.jobs_for(request.member).select_related("client", "service")
        one = found.filter(pk=int(job[:18])).first()
        if one is not None:
            client, service = client or one.client, service or one.service
    text = (said("effort") or said("size"))[:60]
    try:
        effort = stage_rows.effort(text) if text else None
    except Refused:
        effort = None
    if effort is not None and not 0 < effort.likely_hours <= MOST_HOURS:
        effort = None
    return Asked(
        said=text,
        effort=effort,
        client=client,
        service=service,
        skill=_row(Skill.objects.all(), said("skill")),
        own=_own(request.member, said("owner"), mine=bool(said("mine"))),
    )


def _own(member: Member, owner: str, *, mine: bool) -> bool:
    """Say whether the one who asks will do it: said so, named as owner, or nobody else could."""
    if mine or owner == str(member.pk):
        return True
    if owner:
        return False
    return [person.pk for person in stage_rows.people()] == [member.pk]


def _row(rows: "models.QuerySet[Any]", said: str) -> Any:
    """Return the row of that key or name."""
    if not said:
        return None
    if said.isdecimal():
        return rows.filter(pk=int(said[:18])).first()
    return rows.filter(name__iexact=said[:160]).first()
