"""A letter's plain words as HTML beside the text: the same words, no picture, nothing that counts
who read it.
"""

import re

from django.utils.html import escape

_ADDRESS = re.compile(r"https?://[^\s<>]+")


def html_of(text: str) -> str:
    """Return plain text as a page: paragraphs, line breaks, and addresses that can be pressed."""
    paragraphs = (part for part in re.split(r"\n{2,}", text.strip()) if part)
    body = "\n".join(f"<p>{_lines(part)}</p>" for part in paragraphs)
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"></head>\n'
        '<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">\n'
        f"{body}\n</body></html>\n"
    )


def _lines(text: str) -> str:
    return "<br>\n".join(_line(line) for line in text.split("\n"))


def _line(text: str) -> str:
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = found.group().rstrip(".,;:!?)”’\"'")
        parts.append(escape(text[end : found.start()]))
        parts.append(f'<a href="{escape(address)}">{escape(address)}</a>')
        end = found.start() + len(address)
    parts.append(escape(text[end:]))
    return "".join(parts)
