"""Filters and tags of all templates; they are built in, so no page loads them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template.context import Context
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kept import words, zones
from kept.web import drawing

register = template.Library()


def _today(context: Context) -> date | None:
    today = context.get("today")
    return today if isinstance(today, date) else None


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | datetime, zone: str = "") -> str:
    """ "Fri 12 Mar"; a moment needs the zone in which it is a day."""
    if isinstance(value, datetime):
        value = zones.day_of(value, zone)
    return words.day(value, today=_today(context))


@register.simple_tag(takes_context=True)
def long_day(context: Context, value: date | datetime, zone: str = "") -> str:
    """ "Friday 12 March"; a moment needs the zone in which it is a day."""
    if isinstance(value, datetime):
        value = zones.day_of(value, zone)
    return words.long_day(value, today=_today(context))


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime, zone: str) -> SafeString:
    """ "Fri 12 Mar, 17:00" in a <time> element that carries the full moment and zone."""
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        value.isoformat(timespec="minutes"),
        zones.local(value, zone).isoformat(" ", timespec="minutes"),
        zone,
        words.moment(value, zone, today=_today(context)),
    )


@register.simple_tag
def iso_day(value: datetime, zone: str) -> str:
    """ "2026-12-18", as a date field takes it."""
    return zones.day_of(value, zone).isoformat()


@register.simple_tag
def clock(value: datetime, zone: str) -> str:
    """ "17:00" as a clock in the zone shows it."""
    return words.clock(zones.local(value, zone))


@register.simple_tag
def mark(state: str, title: str = "") -> SafeString:
    """The sign of a state."""
    return drawing.mark(state, title)


@register.simple_tag
def numbers(summary: str, caption: str, head: list[str], rows: list[list[str]]) -> SafeString:
    """A drawing's figures as a table that opens on demand."""
    return drawing.numbers(summary=summary, caption=caption, head=head, rows=rows)


@register.filter
def chance(value: float) -> str:
    """ "90 %"."""
    return words.percent(value)


@register.filter
def hours(value: float) -> str:
    """ "38 h"."""
    return words.hours(value)


@register.filter
def exact_hours(value: Decimal) -> str:
    """ "2.25 h"."""
    return words.exact_hours(value)


@register.filter
def grouped(count: int) -> str:
    """ "4,000"."""
    return formats.number_format(count, force_grouping=True)


@register.filter
def place(zone: str) -> str:
    """ "Lisbon" for Europe/Lisbon."""
    return words.place(zone)


@register.filter
def spelled(count: int) -> str:
    """Small counts as words."""
    return words.spelled(count)


@register.filter
def capital(text: str) -> str:
    """The first letter as a capital."""
    return words.capital(str(text))


@register.filter
def wrong(field: Any) -> str:
    """ "true" for aria-invalid where a form's field has errors."""
    return "true" if field.errors else "false"
