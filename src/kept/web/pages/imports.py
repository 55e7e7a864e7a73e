"""Import: send a file, see what it would bring, say which column is which, accept, undo."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from kept import clock
from kept.imports import intake, naming, present, running, undoing, waiting
from kept.imports.intake import Preview, Step
from kept.imports.models import Import, ImportProblem
from kept.imports.readers import values
from kept.imports.readers.columns import CHOICES, FIELDS, Column
from kept.imports.readers.work import Problem
from kept.imports.running import Run
from kept.imports.waiting import Waiting
from kept.past.models import SourceName
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.tenancy.refusals import Refused
from kept.web import uploads
from kept.web.doorkeeper import KeptRequest
from kept.web.looking_back import whole

#: Problems and names listed on one page; all are counted.
LISTED = 50
NAMES = 40
#: What the form says where a name is somebody who is not here yet.
NEW = "new"

CHOICE_WORDS = {
    "dates": (
        gettext_lazy("Days in numbers"),
        {
            "": gettext_lazy("as the file shows"),
            "day-first": gettext_lazy("day first: 31/12/2026"),
            "month-first": gettext_lazy("month first: 12/31/2026"),
        },
    ),
    "decimal": (
        gettext_lazy("Decimal sign"),
        {
            "": gettext_lazy("as the file shows"),
            "point": gettext_lazy("point: 1.5"),
            "comma": gettext_lazy("comma: 1,5"),
        },
    ),
    "old": (
        gettext_lazy("Open work with no date in 180 days"),
        {"leave": gettext_lazy("leave it out"), "bring": gettext_lazy("bring it in")},
    ),
}
UNIT_WORDS = {
    "": gettext_lazy("as the file shows, else hours"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("working days"),
    "weeks": gettext_lazy("working weeks"),
    "minutes": gettext_lazy("minutes"),
    "seconds": gettext_lazy("seconds"),
    "pomodoros": gettext_lazy("pomodoros of 25 minutes"),
    values.CALENDAR: gettext_lazy("calendar days, which are not work"),
}
MEANING_WORDS = {
    SourceName.Role.PERSON: gettext_lazy("Person"),
    SourceName.Role.PROJECT: gettext_lazy("Client or project"),
    SourceName.Role.KIND: gettext_lazy("Kind of work"),
    SourceName.Role.SUBKIND: gettext_lazy("Part of the work"),
}


STEP_WORDS = {
    None: gettext_lazy("Another file is worked through first."),
    Step.SPLITTING: gettext_lazy("The file is split into rows and cells."),
    Step.READING: gettext_lazy("Rows are read."),
    Step.BRINGING: gettext_lazy("Rows are put where they belong."),
    Step.LEARNING: gettext_lazy("kept learns from them."),
}


@dataclass(frozen=True)
class Select:
    """One question of the mapping: its options as (value, words, chosen)."""

    name: str
    label: str
    options: Sequence[tuple[str, str, bool]]
    wrong: str = ""


@dataclass(frozen=True)
class Grouped:
    """Problems with one reason in one column."""

    why: str
    column: str
    count: int
    rows: str
    left_out: bool


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Policy.LEAD)
def imports(request: KeptRequest) -> HttpResponse:
    """List what came in, and take a file to look at."""
    if request.method != "POST":
        return _page(request)
    sent = request.FILES.get("file")  # reading it is what finds it too large
    if request.META.get(uploads.TOO_LARGE):
        return _page(
            request,
            wrong=_(
                "The file is larger than %(size)d MB. Nothing of it was kept. Split it by year."
            )
            % {"size": intake.WEB.size_bytes // (1024 * 1024)},
        )
    if sent is None or not sent.size:
        return _page(request, wrong=_("Choose a file that is not empty. Nothing was sent yet."))
    digest = waiting.keep(sent.read(), (sent.name or "")[:255], now=clock.now())
    return redirect("import_look", digest)


def _page(request: KeptRequest, *, wrong: str = "", status: int | None = None) -> HttpResponse:
    pages = Paginator(Import.objects.select_related("accepted_by").order_by("-pk"), 30)
    unknown = SourceName.objects.filter(member=None, client=None, service=None, skill=None).count()
    return render(
        request,
        "kept/import.html",
        {
            "place": "import",
            "page": pages.get_page(request.GET.get("page")),
            "wrong": wrong,
            "unknown": unknown,
            "zone": request.member.organisation.zone,
            "most": {
                "size": intake.WEB.size_bytes // (1024 * 1024),
                "rows": whole(intake.WEB.rows),
            },
        },
        status=status or (422 if wrong else 200),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Policy.LEAD)
def look(request: KeptRequest, digest: str) -> HttpResponse:
    """Show what a file would bring, read as the form says; bring it in if that was pressed.

    A large file is worked through beside the request; until then the page says how far it is.
    """
    run = running.find(digest)
    if run is not None and not run.ended:
        return _under_way(request, digest, run)
    if run is not None and request.method == "GET" and run.result is not None:
        return _ended(request, digest, run)
    file = waiting.find(digest)
    if file is None:
        return _page(
            request,
            wrong=_(
                "No file waits at this address: it came in, or a day has passed, or it is "
                "another house’s. Choose it again; what came in is listed below."
            ),
            status=404,
        )
    said = _said(request.POST) if request.method == "POST" else {} if run is None else run.said
    accepting = request.method == "POST" and "accept" in request.POST
    now, member = clock.now(), request.member
    add_people = request.POST.getlist("add_people")
    if running.is_large(file.data):
        run = running.start(
            file, said, add_people=add_people, accepting=accepting, by=member, now=now
        )
        if request.method == "POST":
            return redirect("import_look", digest)
        return _under_way(request, digest, run)
    result: Preview | Import | Refused
    try:
        if accepting:
            result = intake.accept(
                file.data, file.name, said, add_people=add_people, by=member, now=now
            )
            waiting.drop(digest)
            return _brought(request, result)
        result = intake.preview(
            file.data, file.name, said, add_people=add_people, by=member, now=now
        )
    except Refused as refused:
        result = refused
    left_out = (
        set(result.newcomers) - {naming.tidy(name) for name in add_people}
        if isinstance(result, Preview) and request.method == "POST"
        else set()
    )
    return _look(request, file, said, result, left_out)


def _under_way(request: KeptRequest, digest: str, run: Run) -> HttpResponse:
    """Say how far a large file is; htmx asks for the part that changes, browsers for the page."""
    part = bool(request.headers.get("HX-Request"))
    answer = render(
        request,
        "kept/import/_under_way.html" if part else "kept/import/under_way.html",
        {
            "place": "import",
            "name": run.file_name,
            "digest": digest,
            "run": run,
            "done": whole(run.done),
            "total": whole(run.total),
            "sentence": str(STEP_WORDS[run.step]),
        },
        status=200 if part else 202,
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _ended(request: KeptRequest, digest: str, run: Run) -> HttpResponse:
    """Show what a large file came to; the next look reads it anew, as it was said to be read."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": request.path})
    result, run.result = run.result, None
    if isinstance(result, Import):
        running.forget(digest)
        return _brought(request, result)
    assert result is not None
    return _look(
        request, waiting.find(digest) or Waiting(digest, run.file_name, b""), run.said, result, ()
    )


def _brought(request: KeptRequest, brought: Import) -> HttpResponse:
    messages.info(request, _told(brought))
    if brought.promises:
        return redirect("today")
    return redirect("past" if brought.finished_rows else "import")


def _look(
    request: KeptRequest,
    file: Waiting,
    said: Mapping[str, str],
    result: Preview | Refused,
    left_out: Collection[str],
) -> HttpResponse:
    preview: Preview | None = None
    chosen = dict(said)
    refused = result if isinstance(result, Refused) else None
    if isinstance(result, Preview):
        preview = result
    elif isinstance(result, intake.Undecided):
        # What it asks stands on the page that looks at the file, with its answers.
        with suppress(Refused):
            preview = intake.preview(file.data, file.name, said, by=request.member, now=clock.now())
    header: Sequence[Column] = _header(file.data) if preview is None else preview.header
    if preview is not None:
        chosen = preview.layout.said()
    field = "" if refused is None else refused.field
    sentence = "" if refused is None else refused.sentence
    return render(
        request,
        "kept/import/look.html",
        {
            "place": "import",
            "name": file.name,
            "preview": preview,
            "wrong": sentence,
            "fields": [
                _field(key, label, header, chosen, sentence if key == field else "")
                for key, label in FIELDS.items()
            ],
            "choices": [_unit(chosen), *(_choice(key, chosen) for key in CHOICES)],
            "problems": _grouped(preview.problems) if preview else [],
            "listed": preview.problems[:LISTED] if preview else [],
            "newcomers": [(name, name not in left_out) for name in preview.newcomers]
            if preview
            else [],
            "adds_people": request.member.may(Role.OWNER),
            "names": [name for name in preview.names if not name.means][:NAMES] if preview else [],
            "known_names": sum(bool(name.means) for name in preview.names) if preview else 0,
            "unknown_names": sum(not name.means for name in preview.names) if preview else 0,
            "ask_columns": preview is None
            or not (preview.used or preview.known or preview.questions),
        },
        status=422 if refused is not None else 200,
    )


def _header(data: bytes) -> Sequence[Column]:
    """Return the columns of a file that could not be read as work, so that a person can say."""
    try:
        return intake.header(data)
    except Refused:
        return ()


def _said(form: Mapping[str, str]) -> dict[str, str]:
    said = {key: form.get(key, "") for key in FIELDS if key in form}
    said |= {key: form[key] for key in CHOICES if key in form}
    if form.get("dates_is"):
        said["dates"] = form["dates_is"]
    if form.get("unit_is"):
        said["unit"] = form["unit_is"]
    return said


def _field(
    key: str, label: object, header: Sequence[Column], chosen: Mapping[str, str], wrong: str
) -> Select:
    now = chosen.get(key, "").casefold()
    options = [("", _("not in the file"), not now)]
    for column in header:
        samples = ", ".join(values.short(sample)[:24] for sample in column.samples[:2])
        words = f"{values.short(column.name)} ({samples})" if samples else values.short(column.name)
        options.append((column.name, words, column.name.casefold() == now))
    return Select(key, str(label), options, wrong)


def _unit(chosen: Mapping[str, str]) -> Select:
    now = chosen.get("unit", "")
    return Select(
        "unit_is",
        _("Efforts without a unit are in"),
        [(value, str(words), value == now) for value, words in UNIT_WORDS.items()],
    )


def _choice(key: str, chosen: Mapping[str, str]) -> Select:
    label, words = CHOICE_WORDS[key]
    now = chosen.get(key, CHOICES[key][0])
    return Select(
        key, str(label), [(value, str(words[value]), value == now) for value in CHOICES[key]]
    )


def _grouped(problems: Sequence[Problem]) -> list[Grouped]:
    """Put problems with the same reason together, most frequent first; quoted cells differ."""
    found: dict[tuple[str, str, bool], list[Problem]] = {}
    for problem in problems:
        why = problem.why.replace(f"“{problem.value}”", "“…”")
        found.setdefault((why, problem.column, problem.row_left_out), []).append(problem)
    grouped = [
        Grouped(
            same[0].why,
            column,
            len(same),
            ", ".join(str(each.row) for each in same[:8]) + (" …" if len(same) > 8 else ""),
            left_out,
        )
        for (_why, column, left_out), same in found.items()
    ]
    return sorted(grouped, key=lambda group: -group.count)


def _told(brought: Import) -> str:
    parts = []
    if brought.finished_rows:
        parts.append(
            ngettext(
                "%(count)s row of finished work",
                "%(count)s rows of finished work",
                brought.finished_rows,
            )
            % {"count": whole(brought.finished_rows)}
        )
    if brought.open_rows:
        parts.append(
            ngettext("%(count)s row of open work", "%(count)s rows of open work", brought.open_rows)
            % {"count": whole(brought.open_rows)}
        )
    if brought.promises:
        parts.append(
            ngettext("%(count)s promise given", "%(count)s promises given", brought.promises)
            % {"count": whole(brought.promises)}
        )
    if not parts:
        return _(
            "Nothing came in with “%(file)s”: every row was here already or could not be used."
        ) % {"file": brought.file_name}
    return _("“%(file)s” brought %(what)s. It can be undone on the import page.") % {
        "file": brought.file_name,
        "what": ", ".join(parts),
    }


@allow(Policy.LEAD)
def one(request: KeptRequest, pk: int) -> HttpResponse:
    """Show one import: what it brought, and what it could not use."""
    imported = get_object_or_404(Import.objects.select_related("accepted_by"), pk=pk)
    problems = Paginator(ImportProblem.objects.filter(imported=imported), 100)
    return render(
        request,
        "kept/import/one.html",
        {
            "place": "import",
            "imported": imported,
            "page": problems.get_page(request.GET.get("page")),
            "zone": request.member.organisation.zone,
        },
    )


@require_POST
@allow(Policy.LEAD)
def undo(request: KeptRequest, pk: int) -> HttpResponse:
    """Take one import back."""
    imported = Import.objects.filter(pk=pk).first()
    if imported is None:
        raise Http404
    try:
        undone = undoing.undo(imported, by=request.member, now=clock.now())
    except present.SomethingDepends as refused:
        return _page(request, wrong=refused.sentence, status=409)
    messages.info(
        request, _("What “%(file)s” brought was taken back.") % {"file": undone.file_name}
    )
    return redirect("import")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Policy.LEAD)
def names(request: KeptRequest) -> HttpResponse:
    """Say who or what names of other tools are here."""
    rows = SourceName.objects.select_related("member", "client", "service", "skill").order_by(
        "role", "name"
    )
    if request.GET.get("all") is None:
        rows = rows.filter(member=None, client=None, service=None, skill=None)
    page = Paginator(rows, NAMES).get_page(request.GET.get("page"))
    tables = {role: naming.choices(role) for role in naming.MEANS}
    if request.method == "POST":
        picked, fresh = {}, []
        by_key = {
            role: {str(row.pk): row for row in table_rows} for role, table_rows in tables.items()
        }
        for name in SourceName.objects.filter(
            pk__in=[
                key[5:] for key in request.POST if key.startswith("name-") and key[5:].isdigit()
            ]
        ):
            said = request.POST[f"name-{name.pk}"]
            if said == NEW and name.role == SourceName.Role.PERSON:
                fresh.append(name)
            else:
                picked[name] = by_key[name.role].get(said)
        changed = naming.map_names(picked, fresh, by=request.member, now=clock.now())
        messages.info(
            request,
            ngettext("%(count)d name was mapped.", "%(count)d names were mapped.", changed)
            % {"count": changed},
        )
        return redirect("import_names")
    lists = {
        role: [(str(row.pk), str(row)) for row in table_rows] for role, table_rows in tables.items()
    }
    return render(
        request,
        "kept/import/names.html",
        {
            "place": "import",
            "page": page,
            "all": request.GET.get("all") is not None,
            "rows": [
                (
                    name,
                    str(MEANING_WORDS[SourceName.Role(name.role)]),
                    lists[name.role],
                    str(getattr(name, f"{naming.MEANS[name.role][0]}_id") or ""),
                    name.role == SourceName.Role.PERSON and request.member.may(Role.OWNER),
                )
                for name in page
            ],
        },
    )
