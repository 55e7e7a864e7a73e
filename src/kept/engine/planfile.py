"""Plan files: text in, a situation or a clear error out."""

import json
from collections.abc import Mapping
from typing import Any

from kept.engine.futures import MAX_FUTURES
from kept.engine.situation import Situation, SituationError

MAX_BYTES = 10 * 1024 * 1024


class PlanFileError(SituationError):
    """Text that is no plan.

    Attributes:
        path: ``line 3, column 7`` for what is not JSON, else the path in the document.
    """


def load(text: str | bytes) -> Situation:
    """Read a plan file.

    Args:
        text: JSON, at most 10 MB, UTF-8 if bytes.

    Raises:
        PlanFileError: too large, not text, or not JSON; says line and column.
        SituationError: JSON that is no plan; says the path.
    """
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise PlanFileError("", f"the file has {size / 1048576:.1f} MB; at most 10 MB are read")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise PlanFileError(
                f"byte {error.start}", "is not UTF-8; save the file as UTF-8"
            ) from None
    try:
        document = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise PlanFileError(
            f"line {error.lineno}, column {error.colno}", f"is not JSON: {error.msg}"
        ) from None
    except RecursionError:
        raise PlanFileError("", "is nested too deeply to be a plan") from None
    except ValueError as error:
        raise PlanFileError("", f"is not JSON: {error}") from None
    if not isinstance(document, Mapping):
        raise PlanFileError("", "must be an object with start, people, promises and stages")
    return Situation.from_document(document)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice in one object: one of its values would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def check_numbers(*, futures: int, seed: int) -> None:
    """Refuse what no answer can be computed from.

    Raises:
        PlanFileError: path ``futures`` or ``seed``, and what is allowed.
    """
    if not 1 <= futures <= MAX_FUTURES:
        raise PlanFileError("futures", f"must be from 1 to {MAX_FUTURES}, not {futures}")
    if not 0 <= seed < 2**63:
        raise PlanFileError("seed", f"must be from 0 to 2**63 - 1, not {seed}")
