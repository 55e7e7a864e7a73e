"""Send an operation what its description allows, and what it does not; hold it to its word."""

import contextvars
import functools
import json
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.visiting import outside

from kept.api.door import CONTRACTS
from kept.api.v1 import api

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


RESOURCES = sorted({contract.resource for contract in CONTRACTS.values()})


@functools.cache
def _description() -> Any:
    """The API as it describes itself, with the application behind it: seconds to write down."""
    described = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
    described.app = _in_the_tests_transaction(get_wsgi_application())
    return described


def _in_the_tests_transaction(application: Any) -> Any:
    """Keep a request from closing the connection that holds the test's rows."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        signals = (request_started, request_finished)
        for signal in signals:
            signal.disconnect(close_old_connections)
        try:
            return contextvars.copy_context().run(outside, application, environ, start_response)
        finally:
            for signal in signals:
                signal.connect(close_old_connections)

    return serve


def fuzz(resource: str, *, secret: str, rows: dict[str, Any], examples: int) -> dict[str, int]:
    """Send requests to each operation of a resource; return how many were sent to which.

    What removes rows comes last, so that the others find them.
    """
    described = _description()
    mine = [contract for contract in CONTRACTS.values() if contract.resource == resource]
    sent = {}
    for contract in sorted(mine, key=lambda contract: contract.method == "DELETE"):
        path = f"/api/v1{contract.path}".replace("int:", "")
        name = f"{contract.method} {path}"
        sent[name] = _fuzz_one(described[path][contract.method], secret, rows, examples)
    return sent


def _fuzz_one(operation: Any, secret: str, rows: dict[str, Any], examples: int) -> int:
    """Send `examples` requests to one operation; return how many were sent.

    Half of them name rows that are there: their numbers take the place of drawn ones.
    """
    sent = 0
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    strategy |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        nonlocal sent
        sent += 1
        if sent % 2:
            _name_rows(case, rows)
        headers = {**(case.headers or {}), "Authorization": f"Bearer {secret}"}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    send()
    return sent


def _name_rows(case: Any, rows: dict[str, Any]) -> None:
    if case.path_parameters:
        for name in case.path_parameters:
            case.path_parameters[name] = rows[kind_of(name)]
    if isinstance(case.body, dict):
        for name, value in case.body.items():
            if name.endswith("_id") and isinstance(value, int):
                case.body[name] = rows[kind_of(name)]


def kind_of(name: str) -> str:
    """The kind of row that a parameter such as `client_id` names."""
    word = name.removesuffix("_id").split("_")[-1]
    special = {
        "person": "people",
        "member": "people",
        "owner": "people",
        "inbound": "inbound",
        "delivery": "deliveries",
        "reply": "holding-replies",
        "responsibility": "responsibilities",
        "over": "hand-overs",
        "decider": "people",
        "asked": "people",
        "beyond": "promises",
        "policy": "policies",
        "template": "reply-templates",
        "wording": "rule-wordings",
        "story": "stories",
        "standing": "standing-promises",
        "core": "core-services",
        "creep": "creep",
        "referrer": "clients",
    }
    return special.get(word, f"{word}s")
