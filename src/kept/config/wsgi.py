"""The way in for a WSGI server, and the rounds that nobody presses a button for."""

import logging
import os
import threading
import time

from django.core.wsgi import get_wsgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")

#: Seconds between two rounds: an offer lapses at most so late, though nobody looks.
BETWEEN_ROUNDS = 300

application = get_wsgi_application()


def accompany() -> None:
    """Load the engine's compiled kernels before somebody asks, then go round for ever."""
    from kept import clock
    from kept.quotes import rounds

    rounds.prepare()
    while True:
        try:
            rounds.look_after(now=clock.now())
        except Exception:
            logging.getLogger(__name__).exception("A round failed; the next one tries again")
        finally:
            connections.close_all()
        time.sleep(BETWEEN_ROUNDS)


# One for each process that serves; it ends with the process, and loses nothing:
# whatever a round does it does in transactions.
threading.Thread(target=accompany, name="rounds", daemon=True).start()
