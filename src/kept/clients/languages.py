"""The languages that letters can be written in: those in which days and months have names here."""

import functools

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _

from kept.tenancy.refusals import Refused


@functools.cache
def known() -> tuple[tuple[str, str], ...]:
    """Return each language's code and its own name, in the order of the names."""
    rows = [(code, info["name_local"]) for code, info in LANG_INFO.items() if "name_local" in info]
    return tuple(sorted(rows, key=lambda row: row[1].casefold()))


def name(code: str) -> str:
    """ "português" for pt; the code itself for one that nobody knows."""
    return dict(known()).get(code, code)


def tongue(code: str) -> str:
    """Return the language of a dialect: "pt" for pt-br."""
    return code.split("-", maxsplit=1)[0]


def checked(code: str, *, field: str = "language") -> str:
    """Return the code of a language; empty stays empty.

    Raises:
        Refused: there is no such language.
    """
    code = code.strip().lower()
    if code and code not in dict(known()):
        raise Refused(
            _("“%(code)s” is no language that kept knows. pt and de are two.")
            % {"code": code[:20]},
            field=field,
        )
    return code
