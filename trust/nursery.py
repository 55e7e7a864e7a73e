"""A process that has loaded kept and waits: its children run kept's command line in a moment.

A killed `kept serve` needs seconds to start, nearly all of them to import Django, numpy and the
engine's kernels. This process imports once; whoever is to run is forked from it, and from there
does exactly what the command line does. It has opened no database, no socket and no file of kept's
and has a single thread, so that a child begins as a process that was started does, only loaded.

`python -m trust.nursery` is told by lines of JSON on standard input, and answers each by a line:
`{"start": [words], "log": path, "cold": bool}` by the number of a new process, which leads a group
of its own; `{"ended": number}` by whether it ended; `{"reap": number}`, once nobody of its group is
left, by the seconds of a processor that they used. A cold one is forked too, and then becomes a new
Python, which imports everything itself.
"""

import ctypes
import gc
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

#: Whatever is imported as kept here is what runs there.
KEPT = (sys.executable, "-c", "from kept.cli import main; main()")
#: Linux's prctl: orphans of a killed child come to us, who can tell when the last one is gone.
SET_CHILD_SUBREAPER = 36


class NotSound(RuntimeError):
    """What a child would inherit is more than what is loaded."""


def load() -> None:
    """Import what `kept serve` and `kept worker` import until they answer, and no more."""
    import django

    django.setup()
    import granian
    import granian.server.mp
    from django.core.management.commands import migrate
    from django.core.wsgi import get_wsgi_application
    from django.db.migrations import loader, recorder
    from django.urls import reverse

    from kept import engine
    from kept.cli import acting, commands, serve, worker
    from kept.config import urls
    from kept.last_mile import rounds
    from kept.people import opening

    del granian, migrate, recorder, acting, commands, serve, worker, urls, rounds, opening
    loader.MigrationLoader(None)  # the modules of all migrations; no database is asked
    engine.warm()
    get_wsgi_application()  # the modules of the middleware
    reverse("today")  # pages and API, which addresses are made of


def sound() -> None:
    """Make sure that nothing is open which a child must not share.

    Raises:
        NotSound: a thread or a connection.
    """
    from django.db import connections

    threads = list(Path("/proc/self/task").iterdir())
    if len(threads) != 1:
        raise NotSound(f"{len(threads)} threads run.")
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            raise NotSound(f"The database {connection.alias} is open.")
    files = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    sockets = [name for name in files if name.startswith("socket:")]
    if sockets:
        raise NotSound(f"{sockets} are open.")


def become(words: list[str], log: str, environ: dict[str, str], *, cold: bool) -> None:
    """Make the forked child what a shell would have made of it, but for what is imported."""
    for number, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(name, signal.default_int_handler if name == signal.SIGINT else signal.SIG_DFL)
    if cold:
        os.execve(KEPT[0], [*KEPT, *words], environ)
    # Copied with everything else: without this, children would draw the same luck.
    random.seed()
    sys.argv = ["kept", *words]


def obey(told: TextIO, said: TextIO, environ: dict[str, str]) -> bool:
    """Do what is told until nothing more is; True in a child, which is to run kept now."""
    for line in iter(told.readline, ""):
        match json.loads(line):
            case {"start": words, "log": log, "cold": cold}:
                ready, its_own = os.pipe()
                child = os.fork()
                if child == 0:
                    told.close()
                    said.close()
                    os.setsid()
                    os.close(its_own)
                    os.close(ready)
                    become(words, log, environ, cold=cold)
                    return True
                # Before it leads a group of its own, nobody could kill it by that.
                os.close(its_own)
                os.read(ready, 1)
                os.close(ready)
                answer: Any = child
            case {"ended": number}:
                answer = _ended(number)
            case {"reap": number}:
                answer = _reap(number)
        print(json.dumps(answer), file=said, flush=True)
    return False


def _ended(number: int) -> bool:
    try:
        # Only looked at: whoever ended stays until it is reaped.
        there = os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return there is not None


def _reap(group: int) -> float:
    used = 0.0
    while True:
        try:
            _number, _status, usage = os.wait4(-group, 0)
        except ChildProcessError:
            return used
        used += usage.ru_utime + usage.ru_stime


def main() -> bool:
    environ = dict(os.environ)
    # The sums of numpy would begin threads of their own, which a fork would not take along.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    load()
    os.environ.clear()
    os.environ.update(environ)
    if ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise NotSound(os.strerror(ctypes.get_errno()))
    gc.collect()
    gc.freeze()
    sound()
    told, said = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    print(json.dumps(os.getpid()), file=said, flush=True)
    return obey(told, said, environ)


if __name__ == "__main__" and main():
    from kept.cli import main as kept

    kept()
