"""The way in for a WSGI server, and the work that nobody presses a button for."""

import gc
import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")

application = get_wsgi_application()

# The functions below import when they run: rooms have tables, which wait for the line above.


def accompany() -> None:
    """Load the engine's compiled kernels before somebody asks, then go round for ever."""
    from kept import clock
    from kept.last_mile import rounds
    from kept.quotes.rounds import prepare

    prepare()
    # What is loaded now stays: to look through all of it again takes a fifth of a second, in the
    # middle of somebody's page.
    gc.collect()
    gc.freeze()
    rounds.keep_going(now=clock.now, until=threading.Event())


def work() -> None:
    """Do the work that verbs leave behind, such as letters, for ever."""
    from kept import clock
    from kept.last_mile import rounds

    rounds.keep_working(now=clock.now, until=threading.Event())


def hold() -> None:
    """Keep SQLite's log where it is, so that what is there can be read on a full disk too."""
    from django.db import connection

    from kept import sqlite

    if connection.vendor == "sqlite":
        sqlite.hold_open(str(connection.settings_dict["NAME"]))


hold()
# One of each for each process that serves; they end with the process, and lose nothing:
# whatever a round does it does in transactions, and work is taken by lease.
threading.Thread(target=accompany, name="rounds", daemon=True).start()
threading.Thread(target=work, name="outbox", daemon=True).start()
