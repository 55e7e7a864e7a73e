"""Write docs/reference/{api,commands,states}.md from the code: python -m tests.house.reference."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
NOTE = "<!-- Written from the code by `python -m tests.house.reference`; a test compares. -->"


def main() -> None:
    """Write them all."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    import django

    django.setup()
    (FOLDER / "api.md").write_text(api(), encoding="utf-8")
    (FOLDER / "commands.md").write_text(commands(), encoding="utf-8")
    (FOLDER / "states.md").write_text(states(), encoding="utf-8")


def states() -> str:
    """Every state of a promise, a proposal and a delivery, and the moves between them."""
    from kept.jobs import handing, owning
    from kept.jobs.models import Responsibility, Stage
    from kept.last_mile import states as alarms
    from kept.last_mile.models import Alarm
    from kept.promises import states as table
    from kept.promises.models import Delivery, Promise, Proposal

    lines = [
        "# States",
        "",
        NOTE,
        "",
        "These tables are the ones the code works by. A move from another state is refused, with",
        "a sentence that names the moves that are possible; nothing is changed then. Of two moves",
        "at once exactly one wins. On track, at risk, overdue and every outcome are derived from",
        "dates and forecasts, and are no states.",
        "",
    ]
    for title, model, moves, verbs in (
        ("A promise", Promise, table.MOVES, table.VERBS),
        ("A proposal of other terms", Proposal, table.PROPOSAL_MOVES, table.PROPOSAL_VERBS),
        ("A delivery", Delivery, table.DELIVERY_MOVES, table.DELIVERY_VERBS),
        ("A question who owns what", Responsibility, owning.MOVES, owning.VERBS),
        ("A stage", Stage, handing.MOVES, handing.VERBS),
        ("An alarm", Alarm, alarms.MOVES, alarms.VERBS),
    ):
        lines += [f"## {title}", "", "| state | shown as | possible moves |", "|---|---|---|"]
        for state in model.State:
            can = ", ".join(f"`{verb}`" for verb in table.allowed(state, moves))
            lines.append(f"| `{state}` | {state.label} | {can or 'none: it is closed'} |")
        lines += ["", "| move | is to | from | leads to |", "|---|---|---|---|"]
        for verb, (sources, target) in moves.items():
            froms = ", ".join(f"`{state}`" for state in sources)
            lines.append(f"| `{verb}` | {verbs[verb]} | {froms} | `{target}` |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def commands() -> str:
    """Every command with its arguments and options."""
    from kept.cli.commands import COMMANDS, load

    lines = [
        "# Commands",
        "",
        NOTE,
        "",
        "Commands that act in a house take `--organisation SLUG` (left out, the only one) and",
        "`--as EMAIL` (left out, its owner). `--json` prints one JSON document on standard output",
        "and nothing else; messages go to standard error. The exit status is 0 if all is fine, 1",
        "if the answer is no or a check failed, and 2 for wrong use or bad input, which is named",
        "with file, row, column or field. Commands work on the data in the folder `KEPT_DATA`.",
        "",
    ]
    for name in COMMANDS:
        command = load(name)
        inner = getattr(command, "commands", None)
        if inner:
            for part in inner.values():
                lines += _command(f"{name} {part.name}", part)
        else:
            lines += _command(name, command)
    return "\n".join(lines).rstrip() + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [row for row in command.params if row.param_type_name == "argument"]
    options = [row for row in command.params if row.param_type_name == "option"]
    shown = " ".join(
        _plain(row.display_name_raw if row.required else f"[{row.display_name_raw}]")
        for row in arguments
    )
    yield f"## kept {name}"
    yield ""
    yield f"`{f'kept {name} {shown}'.strip()}`"
    yield ""
    yield " ".join((command.help or "").split())
    yield ""
    if arguments or options:
        yield "| | |"
        yield "|---|---|"
    for row in arguments:
        assert row.help, f"kept {name}: {row.name} has no help"
        yield f"| `{_plain(row.display_name_raw)}` | {_cell(row.help)} |"
    for row in options:
        assert row.help, f"kept {name}: {row.name} has no help"
        written = ", ".join(row.opts)
        if not row.is_flag:
            written += f" {row.metavar or row.name.upper()}"
        default = "" if row.default in (None, False, "", []) else f" Default: {row.default}."
        yield f"| `{_plain(written)}` | {_cell(row.help)}{default} |"
    yield ""


def api() -> str:
    """Every operation and every field of the API."""
    from kept.api.v1 import DESCRIPTION
    from kept.api.v1 import api as described

    document = described.get_openapi_schema()
    lines = [
        "# API",
        "",
        NOTE,
        "",
        "Under `/api/v1`; as OpenAPI 3.1 at `/api/v1/openapi.json`.",
        "",
        DESCRIPTION,
        "",
    ]
    by_tag: dict[str, list[tuple[str, str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append((method, path, operation))
    for tag, operations in by_tag.items():
        lines += [f"## {tag}", ""]
        for method, path, operation in operations:
            lines += _operation(method, path, operation)
    lines += ["## What goes in and out", ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += _schema(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _operation(method: str, path: str, operation: Any) -> Iterator[str]:
    yield f"### {method.upper()} {path}"
    yield ""
    yield f"{operation['summary']}. {operation['description']}"
    yield ""
    for parameter in operation.get("parameters", []):
        assert parameter.get("description"), (path, parameter["name"])
        if parameter["in"] == "query":
            yield f"- `?{parameter['name']}=` {parameter['description']}"
    body = operation.get("requestBody", {}).get("content", {})
    for kind, content in body.items():
        yield f"- Send {_type(content['schema'])} as `{kind}`."
        if "properties" in content["schema"]:
            for name, field in content["schema"]["properties"].items():
                assert field.get("description") or name == "file", (path, name)
                yield f"  - `{name}`: {field.get('description') or 'The file.'}"
    answers = []
    for status, answer in operation["responses"].items():
        shown = answer.get("content", {}).get("application/json")
        if shown is not None:
            answers.append(f"{status} with {_type(shown['schema'])}")
        elif status < 300:
            answers.append(f"{status}")
    refused = ", ".join(str(status) for status in operation["responses"] if status >= 400)
    yield f"- Answers {' or '.join(answers)}; refuses with {refused}."
    yield ""


def _schema(name: str, schema: Any) -> Iterator[str]:
    assert schema.get("description"), name
    yield f"### {name}"
    yield ""
    yield " ".join(schema["description"].split())
    yield ""
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    needed = schema.get("required", [])
    for field, described in schema.get("properties", {}).items():
        assert described.get("description"), f"{name}.{field} is not described"
        must = "" if field in needed else ", may be left out"
        yield f"| `{field}` | {_type(described)}{must} | {_cell(described['description'])} |"
    yield ""


def _type(schema: Any) -> str:
    match schema:
        case {"$ref": str(where)}:
            name = where.rsplit("/", 1)[-1]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": list(parts)}:
            return " or ".join(_type(part) for part in parts)
        case {"const": value}:
            return f"`{value}`"
        case {"enum": list(values)}:
            return " or ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "string", "format": "date-time"}:
            return "moment"
        case {"type": "string", "format": "date"}:
            return "day"
        case {"type": "string", "format": "binary"}:
            return "file"
        case {"type": "object", "properties": _properties}:
            return "a form"
        case {"type": str(kind)}:
            names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
            return names.get(kind, kind)
    return "anything"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
