"""The reference names every field, every header name known, every choice and every limit."""

from pathlib import Path

from kept.imports import intake
from kept.imports.readers import columns, values

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "import.md"


def test_every_field_with_its_known_header_names_is_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    rows = {
        line.split("`")[1]: line.rsplit("|", 2)[1].strip()
        for line in text.partition("## How cells")[0].splitlines()
        if line.startswith("| `")
    }
    for field, names in columns.HEADER_NAMES.items():
        assert rows[field] == ", ".join(names)
    assert set(columns.HEADER_NAMES) == set(columns.FIELDS)


def test_every_choice_and_unit_is_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for choice, known in columns.CHOICES.items():
        line = next(line for line in text.splitlines() if line.startswith(f"| `{choice}` |"))
        assert [value for value in known if value and f"`{value}`" not in line] == []
    unit = next(line for line in text.splitlines() if line.startswith("| `unit` | a column"))
    assert [name for name in values.UNITS if f"`{name}`" not in unit] == []


def test_the_limits_are_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for limits in (intake.WEB, intake.COMMAND_LINE):
        assert f"{limits.size_bytes // (1024 * 1024)} MB" in text
        assert f"{limits.rows:,}" in text
