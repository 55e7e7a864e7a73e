"""The colours people read by, measured from the stylesheet itself."""

import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "src/kept/web/static/kept/css/tokens.css"

_TOKEN = re.compile(
    r"--(?P<name>[\w-]+):\s*light-dark\("
    r"oklch\((?P<light>[^()]+)\),\s*oklch\((?P<dark>[^()]+)\)\);"
)

WORDS = ("ink", "ink-soft", "accent", "risk", "broken", "moved", "kept")
TEXT = [
    *((word, ground) for word in WORDS for ground in ("paper", "wash")),
    ("paper", "accent"),
    ("paper", "accent-deep"),
    ("ink", "accent-wash"),
    ("ink-soft", "accent-wash"),
    ("accent", "accent-wash"),
    ("risk", "risk-wash"),
    ("ink-soft", "heat-0"),
    *(("ink", f"heat-{shade}") for shade in range(5)),
]
CONTROLS = [
    ("edge", "paper"),
    ("edge", "wash"),
    ("accent", "paper"),
    ("ink-soft", "paper"),
    ("ink-soft", "band"),
    ("risk", "paper"),
    ("risk", "band-soft"),
    ("accent", "accent-wash"),
]


def _tokens() -> dict[str, dict[str, tuple[float, float, float]]]:
    found = {}
    for match in _TOKEN.finditer(TOKENS.read_text()):
        found[match["name"]] = {
            theme: _linear_srgb(*match[theme].replace("%", "").split())
            for theme in ("light", "dark")
        }
    return found


def _linear_srgb(lightness: str, chroma: str, hue: str) -> tuple[float, float, float]:
    """OKLCH to linear sRGB, clipped to the gamut. Source: Björn Ottosson, Oklab, 2020."""
    l_, angle = float(lightness) / 100, math.radians(float(hue))
    a, b = float(chroma) * math.cos(angle), float(chroma) * math.sin(angle)
    long = (l_ + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (l_ - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (l_ - 0.0894841775 * a - 1.2914855480 * b) ** 3
    rgb = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return tuple(min(1.0, max(0.0, part)) for part in rgb)  # type: ignore[return-value]


def _contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """WCAG 2.2 contrast ratio of two linear sRGB colours, 1 to 21."""
    bright, dim = sorted(
        (0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other)),
        reverse=True,
    )
    return (bright + 0.05) / (dim + 0.05)


def test_white_on_black_measures_twenty_one() -> None:
    white, black = _linear_srgb("100", "0", "0"), _linear_srgb("0", "0", "0")

    assert _contrast(white, black) == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("word", "ground"), TEXT)
def test_every_word_can_be_read_on_every_ground_it_stands_on(
    word: str, ground: str, theme: str
) -> None:
    tokens = _tokens()

    ratio = _contrast(tokens[word][theme], tokens[ground][theme])

    assert ratio >= 4.5, f"{word} on {ground}, {theme}: {ratio:.2f}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), CONTROLS)
def test_edges_and_signs_stand_out_from_their_ground(line: str, ground: str, theme: str) -> None:
    tokens = _tokens()

    ratio = _contrast(tokens[line][theme], tokens[ground][theme])

    assert ratio >= 3.0, f"{line} on {ground}, {theme}: {ratio:.2f}"


def test_every_colour_used_anywhere_is_a_token() -> None:
    folder = TOKENS.parent
    named = set(re.findall(r"--([\w-]+):", TOKENS.read_text()))
    unknown = {}
    for sheet in sorted(folder.glob("*.css")):
        words = sheet.read_text()
        here = named | set(re.findall(r"--([\w-]+):", words)) | {"state"}
        missing = set(re.findall(r"var\(--([\w-]+)", words)) - here
        if missing:
            unknown[sheet.name] = missing
        if sheet.name != "tokens.css":
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", words), sheet.name

    assert unknown == {}
