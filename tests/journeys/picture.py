"""Take README's picture: `python -m tests.journeys.picture [folder]`.

It makes the sample studio in a folder of its own, at a fixed moment and seed, so that the picture
changes only when kept does; then it photographs the pages in three widths and both themes. The
one that README shows is `docs/pictures/ask.png`.
"""

import os
import shutil
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

HERE = Path(__file__).parents[2] / "docs" / "pictures"
NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
ASKED = "/ask?what=Landing+page+for+Harbour+Clinic+by+Fri+18+Dec"
PAGES = {"today": "/", "ask": ASKED, "people": "/people", "past": "/past", "promise": "/promises/1"}
LOOKS = (("", 1280, "light"), ("-dark", 1280, "dark"), ("-tablet", 820, "light"),
         ("-phone", 390, "light"))  # fmt: skip


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def take(folder: Path, names: list[str]) -> list[Path]:
    """Photograph the pages named, and return the files."""
    with tempfile.TemporaryDirectory(prefix="kept-picture-") as data:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="kept.config.settings",
            KEPT_DATA=data,
            KEPT_SECRET_KEY="only-for-a-picture",
        )
        address, cookie = _studio()
        return _photograph(folder, names, address, cookie)


def _studio() -> tuple[str, str]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.test import Client

    from kept import clock
    from kept.people.models import Login
    from kept.plan import outlook
    from kept.sample import studio
    from kept.tenancy import scope

    clock.now = lambda: NOW
    call_command("migrate", verbosity=0)
    login = Login.objects.create_user("ada@northlight.example", "only for a picture")
    owner = studio.make(login=login, now=NOW, seed=1)
    with scope.acting_in(owner.organisation):
        outlook.refresh_if_changed(by=owner, now=NOW)
    browser = Client()
    browser.force_login(login, backend="allauth.account.auth_backends.AuthenticationBackend")
    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Threaded, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", browser.cookies["sessionid"].value


def _photograph(folder: Path, names: list[str], address: str, cookie: str) -> list[Path]:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    path = os.environ.get("KEPT_CHROMIUM") or shutil.which("chromium")
    taken = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        for name in names:
            for suffix, width, theme in LOOKS:
                context = browser.new_context(
                    viewport={"width": width, "height": 900},
                    color_scheme=theme,
                    reduced_motion="reduce",
                )
                context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
                page = context.new_page()
                page.set_default_timeout(180_000)
                page.goto(address + PAGES[name])
                taken.append(folder / f"{name}{suffix}.png")
                page.evaluate("document.activeElement?.blur()")
                page.screenshot(path=taken[-1], full_page=True)
                context.close()
        browser.close()
    return taken


if __name__ == "__main__":
    if len(sys.argv) > 1:
        files = take(Path(sys.argv[1]), list(PAGES))
    else:
        LOOKS = LOOKS[:1]
        files = take(HERE, ["ask"])
    sys.stdout.write("".join(f"{file}\n" for file in files))
