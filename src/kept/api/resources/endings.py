"""How a promise ends: released, revoked, looked back on."""

from typing import Any, Literal

from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import ONE, Promise, again, row_of
from kept.api.resources.reasons import reason_of
from kept.api.shapes import Asked, Id, MaybeSentence, Prose
from kept.people.access import Policy
from kept.promises import ending, models

door = Door("promises", promise_id=models.Promise)


class Ending(Asked):
    """Why it ends."""

    word: Prose = Field(description="What the client said, or why we cannot.")


class Revocation(Ending):
    """Why we cannot."""

    reason_id: Id | None = Field(None, description="A reason given before.")


class LookBack(Asked):
    """Would we promise it again?"""

    again: Literal["yes", "otherwise", "no"] = Field(description="The answer.")
    word: MaybeSentence = Field("", description="What to do otherwise.")


@door.add(f"{ONE}/release", Policy.MEMBER, Promise, status=200, version_of=ONE)
def release_promise(request: ApiRequest, promise_id: int, body: Ending) -> dict[str, Any]:
    """Record that the client lets us off."""
    ending.release(row_of(promise_id), word=body.word, by=request.member, now=request.now)
    return again(request, promise_id)


@door.add(f"{ONE}/revoke", Policy.LEAD, Promise, status=200, version_of=ONE)
def revoke_promise(request: ApiRequest, promise_id: int, body: Revocation) -> dict[str, Any]:
    """Say that we cannot: it counts as broken."""
    promise = row_of(promise_id)
    reason = body.reason_id
    ending.revoke(
        promise,
        word=body.word,
        reason=None if reason is None else reason_of(promise, reason),
        by=request.member,
        now=request.now,
    )
    return again(request, promise_id)


@door.add(f"{ONE}/again", Policy.MEMBER, Promise, status=200, version_of=ONE)
def say_again(request: ApiRequest, promise_id: int, body: LookBack) -> dict[str, Any]:
    """Say whether we would promise it again, once it is over."""
    ending.again(
        row_of(promise_id),
        models.Promise.Again(body.again),
        word=body.word,
        by=request.member,
        now=request.now,
    )
    return again(request, promise_id)
