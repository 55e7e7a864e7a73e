"""What clients want beyond, by API."""

from collections.abc import Callable
from typing import Any

from tests import cast


def test_the_numbers_of_the_house_are_read_by_members_and_set_by_owners(
    northlight: cast.House, calling: Callable[..., Any]
) -> None:
    ada, dev = calling(northlight.ada), calling(northlight.dev)
    kept = dev.get("/beyond").json()
    assert kept["core_looks_back"] == 20
    changed = ada.patch("/beyond", {"repeated_from": 2, "questioned_above": 0.1})
    assert changed.json() == {**kept, "repeated_from": 2, "questioned_above": 0.1}
    assert dev.patch("/beyond", {"repeated_from": 4}).status_code == 403
    refused = ada.patch("/beyond", {"core_hot": 0.5})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "core_warm"
    assert dev.get("/beyond").json() == changed.json()
