"""The present moment. Only doors ask; rooms and the engine are told."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(tz=UTC)
