"""The content security policy forbids inline styles and scripts; so nothing may carry one."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "src/kept"
TEMPLATES = sorted(WEB.glob("*/templates/**/*.html"))
SCRIPTS = sorted((WEB / "web/static/kept/js").glob("*.js"))


def test_there_are_templates_and_scripts_to_look_at() -> None:
    assert len(TEMPLATES) >= 8
    assert len(SCRIPTS) >= 5


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_style_script_or_handler(template: Path) -> None:
    text = template.read_text()

    assert re.findall(r"<style\b", text) == []
    assert re.findall(r"\sstyle\s*=", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert re.findall(r"\son[a-z]+\s*=\s*[\"']", text) == []
    assert re.findall(r"\shx-on[:-]", text) == []
    assert re.findall(r"javascript:", text) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_loads_nothing_from_elsewhere(template: Path) -> None:
    text = template.read_text()

    assert re.findall(r"(?:src|href|action)=[\"'](?:https?:)?//", text) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_never_runs_text_as_code_or_sets_a_style_text(script: Path) -> None:
    text = script.read_text()

    assert re.findall(r"\beval\(|new Function\(|innerHTML|outerHTML|cssText", text) == []
