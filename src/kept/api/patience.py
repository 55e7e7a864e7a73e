"""How many bad tokens one address may try."""

import threading
from datetime import datetime, timedelta

AT_MOST = 20
WITHIN = timedelta(minutes=1)
REMEMBERED = 10_000


class Patience:
    """Counts refused attempts by address, within a minute, in this process.

    `kept serve` is one process, so this is all of them; where several serve,
    each has its own count.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: dict[str, list[datetime]] = {}

    def seconds_left(self, address: str, now: datetime) -> int:
        """Return how long `address` must wait; 0 if it may try now."""
        with self._lock:
            recent = self._recent(address, now)
            if len(recent) < AT_MOST:
                return 0
            return max(1, int((recent[0] + WITHIN - now).total_seconds() + 0.999))

    def refused(self, address: str, now: datetime) -> None:
        """Count a refused attempt."""
        with self._lock:
            recent = self._recent(address, now)
            recent.append(now)
            if len(self._refused) >= REMEMBERED and address not in self._refused:
                self._refused.pop(next(iter(self._refused)))
            self._refused[address] = recent[-AT_MOST:]

    def _recent(self, address: str, now: datetime) -> list[datetime]:
        return [at for at in self._refused.get(address, ()) if timedelta(0) <= now - at < WITHIN]
