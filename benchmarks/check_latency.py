"""What an answer costs on the sample studio: each step, and the Ask page as a browser sees it.

Run: `.venv/bin/python benchmarks/check_latency.py [--browser]`. Works on a new SQLite database in
a temporary folder, at a fixed moment. The answer that comes first (dates alone) and the whole one
(with limits, two roads and offers) are computed in turns, so that both meet the same machine; of
each the median of CPU and of wall time is printed. Every round asks for another size, so that no
answer comes from the memory of the one before; the plan is the same and its futures are warm, as
when somebody types.

With `--browser` a Chromium opens the page of a server in this process, types a line, and clocks
the time from the request that htmx sends until the answer stands on the page.
"""

import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

FOLDER = tempfile.mkdtemp(prefix="kept-check-latency-")
os.environ["KEPT_DATA"] = FOLDER
os.environ["KEPT_SECRET_KEY"] = "only-for-measuring"
os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.test import Client  # noqa: E402

from kept import clock, engine  # noqa: E402
from kept.clients.models import Service  # noqa: E402
from kept.engine import roads  # noqa: E402
from kept.jobs.lines import Effort  # noqa: E402
from kept.people import days  # noqa: E402
from kept.people.models import Login, Member  # noqa: E402
from kept.plan import loading, outlook, pressure  # noqa: E402
from kept.quotes import asking, checking, moments  # noqa: E402
from kept.sample import studio  # noqa: E402
from kept.tenancy import scope  # noqa: E402

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
ROUNDS = 11
LINE = "Landing page for Harbour Clinic by Wed 16 Dec, 30-{}h"


def clocked(run: Callable[..., Any], *args: Any, **more: Any) -> tuple[float, float]:
    """Return the milliseconds of CPU and of wall time that a call takes."""
    cpu, began = time.process_time(), time.perf_counter()
    run(*args, **more)
    return 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - began)


def row(name: str, spent: list[tuple[float, float]]) -> None:
    """Print the medians of a step."""
    cpu, wall = (statistics.median(part) for part in zip(*spent, strict=True))
    print(f"| {name} | {cpu:.0f} | {wall:.0f} |", flush=True)


def steps(service: Service, house: Any) -> None:
    """Clock each step of an answer, all of them in each round."""
    wanted = days.end_of(NOW.date().replace(day=16), zone=house.zone, house=house)
    dues = moments.candidates(now=NOW, zone=house.zone)
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(ROUNDS + 1):
        size = Effort(36 + number, 30, 46 + number)
        asked = {"what": "Page", "service": service, "size": size, "wanted_at": wanted, "now": NOW}
        sketches = asking.scaled(asking.sketches_like(service), size)
        loaded = loading.load(now=NOW)
        ask = asking.asked(sketches, client=None, service=service, loaded=loaded, now=NOW).ask
        find = partial(
            engine.find_dates, loaded.situation, ask,
            due_candidates=dues, wanted=wanted, futures=1000, seed=outlook.seed(),
        )  # fmt: skip
        walk = partial(roads.two_roads, loaded.situation, ask, due=wanted, seed=outlook.seed())
        weigh = pressure.measure(loaded, now=NOW).tank
        for name, run in (
            ("the answer first, dates alone", partial(checking.work_out, **asked, reasons=False)),
            ("the whole answer", partial(checking.work_out, **asked)),
            ("of it: read the plan", partial(loading.load, now=NOW)),
            ("of it: the tank", partial(weigh, now=NOW)),
            ("of it: dates", partial(find, limits=False)),
            ("of it: dates and limits", find),
            ("of it: two roads", walk),
        ):
            spent[name].append(clocked(run))
    for name, times in spent.items():
        row(name, times[1:])


def pages(browser: Client) -> None:
    """Clock the page's two requests, in turns."""
    first: list[tuple[float, float]] = []
    rest: list[tuple[float, float]] = []
    swapped = {"HX-Request": "true"}
    for number in range(ROUNDS + 1):
        asked = {"what": LINE.format(46 + number)}
        first.append(clocked(browser.get, "/ask", asked, headers=swapped))
        rest.append(clocked(browser.get, "/ask", asked | {"whole": "1"}, headers=swapped))
    row("the page's first request", first[1:])
    row("the page's second, with the reasons", rest[1:])


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def in_a_browser(cookie: str) -> None:
    """Clock what somebody sees: from the request to the answer, and to its reasons."""
    from playwright.sync_api import sync_playwright

    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Threaded, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    first, rest = [], []
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=os.environ.get("KEPT_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
        )
        context = chromium.new_context()
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}/ask")
        page.evaluate(
            """() => {
                window.clocked = [];
                let sent = 0;
                const since = () => performance.now() - sent;
                addEventListener("htmx:beforeRequest", () => { sent = performance.now(); });
                addEventListener("htmx:afterSettle", (event) => {
                    if (event.target.id === "answer") clocked.push(since());
                });
            }"""
        )
        for number in range(ROUNDS + 1):
            page.evaluate("window.clocked.length = 0")
            page.fill("#id_what", LINE.format(46 + number))
            while page.evaluate("window.clocked.length") < 2:
                page.wait_for_timeout(50)
            answer, reasons = page.evaluate("window.clocked.slice(0, 2)")
            first.append(answer)
            rest.append(reasons)
        chromium.close()
    server.shutdown()
    print(f"| in a browser: the answer | | {statistics.median(first[1:]):.0f} |")
    print(f"| in a browser: its reasons, after that | | {statistics.median(rest[1:]):.0f} |")


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.now = lambda: NOW
    login = Login.objects.create_user("ada@northlight.example", "only for measuring")
    owner: Member = studio.make(login=login, now=NOW, seed=1)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(login, backend="allauth.account.auth_backends.AuthenticationBackend")
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores "
        f"(load {os.getloadavg()[0]:.1f}), Python {platform.python_version()}; "
        f"medians of {ROUNDS}\n"
    )
    print("| step | CPU ms | wall ms |\n|---|---|---|")
    with scope.acting_in(owner.organisation):
        outlook.refresh_if_changed(by=owner, now=NOW)
        steps(Service.objects.get(name="Landing page"), owner.organisation)
    pages(browser)
    if "--browser" in sys.argv[1:]:
        in_a_browser(browser.cookies["sessionid"].value)


if __name__ == "__main__":
    main()
