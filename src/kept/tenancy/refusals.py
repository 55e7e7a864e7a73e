"""What every room says when it must refuse: a sentence for the person who asked."""

from typing import ClassVar, Literal


class Refused(Exception):
    """A verb did nothing, and says why.

    Doors translate `kind` alone: bad input is 422 or exit status 2, a
    conflict 409 or exit status 1, not found 404, not allowed 403.
    """

    kind: ClassVar[Literal["bad_input", "conflict", "not_found", "not_allowed"]] = "bad_input"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Conflict(Refused):
    """It could have been done before, or could be later, but not as things are."""

    kind = "conflict"


class NotFound(Refused):
    """There is no such thing in this house."""

    kind = "not_found"


class NotAllowed(Refused):
    """The person's role does not include it."""

    kind = "not_allowed"
