"""Where people are: countries and regions whose holidays are known, zones, currencies."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from django.utils.translation import gettext as _

from kept.tenancy.refusals import Refused


def place(country: str, region: str) -> tuple[str, str]:
    """Return the country and region whose holidays are kept; both may be empty.

    Raises:
        Refused: no holidays are known for it.
    """
    country = country.strip().upper()
    region = region.strip()
    if country and country not in countries():
        raise Refused(
            _("No public holidays are known for “%(country)s”. Choose a country of the list.")
            % {"country": country[:20]},
            field="country",
        )
    if region and region not in regions(country):
        known = ", ".join(regions(country)[:12])
        raise Refused(
            _("“%(region)s” is no region there with holidays of its own. Known: %(known)s.")
            % {"region": region[:20], "known": known}
            if known
            else _("No region of that country has holidays of its own. Leave it empty."),
            field="region",
        )
    return country, region


def currency(code: str) -> str:
    """Return the code of a currency: three capital letters.

    Raises:
        Refused: it is not one.
    """
    kept = code.strip().upper()
    if len(kept) != 3 or not (kept.isascii() and kept.isalpha()):
        raise Refused(
            _("A currency is written in three letters, like EUR or GBP."), field="currency"
        )
    return kept


@lru_cache(maxsize=1)
def countries() -> Mapping[str, str]:
    """Return the countries whose holidays are known: code to English name, by name."""
    from holidays.registry import COUNTRIES  # slow to load, and seldom needed

    named = {
        codes[1]: module.replace("_", " ").title().replace(" And ", " and ").replace(" Of ", " of ")
        for module, codes in COUNTRIES.items()
    }
    return MappingProxyType(dict(sorted(named.items(), key=lambda pair: pair[1])))


@lru_cache(maxsize=256)
def regions(country: str) -> tuple[str, ...]:
    """Return the codes of a country's regions with holidays of their own."""
    import holidays as library  # slow to load, and seldom needed

    known = library.list_supported_countries(include_aliases=False)
    return tuple(sorted(known.get(country, ())))


@lru_cache(maxsize=1)
def country_of_zone() -> Mapping[str, str]:
    """Return the country in which the place that names a zone lies, by the zone's name."""
    table = resources.files("tzdata") / "zoneinfo" / "zone.tab"
    rows = (line.split("\t") for line in table.read_text("utf-8").splitlines())
    known = countries()
    return MappingProxyType(
        {row[2]: row[0] for row in rows if not row[0].startswith("#") and row[0] in known}
    )
