"""Large files are read and brought in beside the request that asked, which says how far it is.

A request ends at once; a thread of this process does the work, one file after another, since each
takes a whole core and the one writer of the database. Nothing of it lives longer than the process:
an import is one transaction, so a server that stops in the middle leaves the file waiting and
nothing saved. That is why this needs no queue.
"""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connections
from django.utils import translation
from django.utils.translation import gettext as _

from kept.imports import intake, waiting
from kept.imports.intake import Preview, Step
from kept.imports.models import Import
from kept.imports.waiting import Waiting
from kept.people.models import Member
from kept.plan import outlook
from kept.tenancy import scope
from kept.tenancy.refusals import Refused

#: A file up to this many bytes, about two thousand rows, is read while the page is waited for.
AT_ONCE = 200_000
#: Results that nobody came back for are kept so long, and so many.
KEPT_SECONDS, KEPT_RUNS = 3600, 4

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """One file on its way: looked at, or brought in.

    Attributes:
        said: the mapping, as a person said it.
        add_people: who works here by the file, and is added with it.
        step, done, total: how far it is; None while another file is before it.
        result: what it came to, once it has ended and until it was shown.
    """

    file_name: str
    said: dict[str, str]
    add_people: tuple[str, ...]
    accepting: bool
    by: Member
    now: datetime
    step: Step | None = None
    done: int = 0
    total: int = 0
    ended: bool = False
    result: Preview | Import | Refused | None = None
    began: float = field(default_factory=time.monotonic)

    def tell(self, step: Step, done: int, total: int) -> None:
        """Note how far it is."""
        self.step, self.done, self.total = step, done, total


_runs: dict[tuple[int, str], Run] = {}
_register = threading.Lock()
_turn = threading.Lock()


def is_large(data: bytes) -> bool:
    """Say whether a file takes longer than somebody waits for a page."""
    return len(data) > AT_ONCE


def start(
    file: Waiting,
    said: dict[str, str],
    *,
    add_people: Iterable[str] = (),
    accepting: bool,
    by: Member,
    now: datetime,
) -> Run:
    """Begin to look at a file or to bring it in; if it is under way already, return that run."""
    key = (scope.current_id(), file.digest)
    with _register:
        _forget_old()
        found = _runs.get(key)
        if found is not None and not found.ended:
            return found
        run = _runs[key] = Run(file.name, said, tuple(add_people), accepting, by, now)
    thread = threading.Thread(
        target=_work,
        args=(run, file, translation.get_language()),
        name=f"import {file.digest[:8]}",
        daemon=True,  # it loses nothing: what it does is one transaction
    )
    thread.start()
    return run


def find(digest: str) -> Run | None:
    """Return the run of a file of the current organisation, ended or not."""
    return _runs.get((scope.current_id(), digest))


def forget(digest: str) -> None:
    """Drop the result of a run that has ended."""
    with _register:
        _runs.pop((scope.current_id(), digest), None)


def _work(run: Run, file: Waiting, language: str | None) -> None:
    try:
        with (
            translation.override(language),
            _turn,
            scope.acting_in(run.by.organisation),
        ):
            run.result = _done(run, file)
    except Refused as refused:
        run.result = refused
    except Exception:
        log.exception("The file %s could not be worked through", file.digest[:8])
        run.result = Refused(
            _("kept made a mistake, and wrote it to its log. Nothing of the file was saved.")
        )
    finally:
        connections.close_all()
        run.ended = True


def _done(run: Run, file: Waiting) -> Preview | Import:
    if not run.accepting:
        return intake.preview(
            file.data,
            file.name,
            run.said,
            add_people=run.add_people,
            by=run.by,
            now=run.now,
            tell=run.tell,
        )
    brought = intake.accept(
        file.data,
        file.name,
        run.said,
        add_people=run.add_people,
        by=run.by,
        now=run.now,
        tell=run.tell,
    )
    waiting.drop(file.digest)
    try:
        outlook.refresh_if_changed(by=run.by, now=run.now)
    except Exception:  # it came in; a forecast that fails must not say otherwise
        log.exception("The promises could not be forecast after an import")
    return brought


def _forget_old() -> None:
    ended = sorted(((run.began, key) for key, run in _runs.items() if run.ended), reverse=True)
    old = time.monotonic() - KEPT_SECONDS
    for place, (began, key) in enumerate(ended):
        if place >= KEPT_RUNS or began < old:
            del _runs[key]
