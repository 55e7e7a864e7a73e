"""`kept worker`: the work that nobody presses a button for, apart from the process that serves."""

import signal
import threading
from types import FrameType

from kept.cli import acting, speaking


def worker() -> None:
    """Send letters and go the rounds until told to stop; any number of workers may run at once."""
    with speaking.ending(as_json=False):
        acting.load()
        from kept import clock
        from kept.last_mile import rounds

        stop = threading.Event()

        def told_to(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, told_to)
        signal.signal(signal.SIGINT, told_to)
        going = threading.Thread(
            target=rounds.keep_going, kwargs={"now": clock.now, "until": stop}, name="rounds"
        )
        going.start()
        speaking.say("At work: letters and rounds. Stop it with Ctrl+C; nothing is lost.")
        rounds.keep_working(now=clock.now, until=stop)
        going.join()
