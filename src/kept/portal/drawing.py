"""The client's line: from the day it was promised, past today, to the promised day."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kept import words, zones
from kept.quotes.for_client import How, Running

FLAG = "M0 9V-14L11 -9 0 -4"
#: The flag stands so far right at most, in percent, so that its label fits.
FLAG_AT = 94.0
#: Nearer than this to an end, today's label would meet another.
CLOSE = 9.0


def line(one: Running, *, now: datetime) -> SafeString:
    """Draw a promise as the client may see it: no forecast, no odds."""
    first, last = one.given_at, max(one.due_at, now, one.given_at)
    whole = (last - first).total_seconds() or 1.0

    def at(moment: datetime) -> float:
        return round(max(0.0, (moment - first).total_seconds()) / whole * FLAG_AT, 2)

    today, flag = at(now), at(one.due_at)
    given_on = words.day(zones.day_of(one.given_at, one.zone))
    due_on = words.day(zones.day_of(one.due_at, one.zone))
    late = flag < today
    sentence = _("Promised on %(given)s for %(due)s.") % {"given": given_on, "due": due_on}
    parts = [
        format_html("<title>{}</title>", sentence),
        format_html('<line class="done-line" x1="0" x2="{}%" y1="30" y2="30"/>', today),
        SafeString('<circle class="dot" cx="2" cy="30" r="3"/>'),
        format_html('<line class="now-strong" x1="{0}%" x2="{0}%" y1="21" y2="39"/>', today),
    ]
    if not late:
        parts.append(
            format_html('<line class="lead-line" x1="{}%" x2="{}%" y1="30" y2="30"/>', today, flag)
        )
    if today > CLOSE and abs(flag - today) > CLOSE:
        parts.append(
            format_html('<text class="middle" x="{}%" y="14">{}</text>', today, _("today"))
        )
    parts.append(
        format_html(
            '<svg x="{}%" y="30" overflow="visible"><path class="flag" d="{}"/></svg>', flag, FLAG
        )
    )
    if flag > 2 * CLOSE:
        parts.append(format_html('<text x="0" y="56">{}</text>', given_on))
    parts.append(format_html('<text class="strong middle" x="{}%" y="56">{}</text>', flag, due_on))
    return format_html(
        '<svg class="drawing client-line" role="img" height="64" width="100%" data-state="{}">{}'
        "</svg>",
        "overdue" if one.how is How.OVERDUE else "on-track",
        SafeString("".join(parts)),
    )
