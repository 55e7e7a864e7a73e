"""Counts in words."""

from django.utils import formats
from django.utils.translation import gettext as _


def whole(count: float) -> str:
    """A whole number with its thousands set apart."""
    return formats.number_format(round(count), force_grouping=True)


def part_of(part: float, of: float) -> str:
    """So many of so many."""
    return _("%(part)s of %(of)s") % {"part": whole(part), "of": whole(of)}
