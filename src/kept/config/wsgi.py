"""The way in for a WSGI server."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")


def warm() -> None:
    """Load the engine's compiled kernels, so that the first to ask does not wait for them."""
    from kept import engine

    if hasattr(engine, "warm"):
        engine.warm()


application = get_wsgi_application()
threading.Thread(target=warm, name="warm-engine", daemon=True).start()
