"""How a promise's standing is told: its sentence, its slack, what comes next, its line."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs.models import Stage
from kept.people import days
from kept.plan.since import Moved, Since
from kept.plan.standing import Standing, State
from kept.tenancy import scope
from kept.tenancy.models import Organisation
from kept.web import drawing

#: Working days that an axis shows at most; what lies beyond stands at its edge with its day.
REACH = 33
#: And at least, so that a week with one promise does not look like a close-up.
LEAST = 15
#: Promises that moved this week are named up to so many.
MOVED_SHOWN = 3


def axis(house: Organisation, shown: Iterable[date], *, now: datetime, first: date) -> drawing.Axis:
    """The working days from `first` over all days shown, as far as the axis reaches."""
    local = zones.local(now, house.zone)
    last = max(shown, default=first)
    here: list[date] = []
    for day in days.working_days(house, first, first + timedelta(days=4 * REACH)):
        if len(here) >= REACH or (len(here) >= LEAST and day > last):
            break
        here.append(day)
    if not here:
        here = [first + timedelta(days=n) for n in range(LEAST)]
    minutes = local.hour * 60 + local.minute
    ends = house.day_ends_at.hour * 60 + house.day_ends_at.minute
    passed = min(1.0, max(0.0, (minutes - (ends - 540)) / 540))
    return drawing.Axis(
        days=tuple(here), today=local.date(), passed=passed, ticks=_week_ticks(here)
    )


def _week_ticks(here: Iterable[date]) -> tuple[drawing.Tick, ...]:
    ticks: list[drawing.Tick] = []
    week, month = None, None
    for day in here:
        if day.isocalendar()[:2] == week:
            continue
        week = day.isocalendar()[:2]
        ticks.append(
            drawing.Tick(day, words.short_day(day) if day.month != month else str(day.day))
        )
        month = day.month
    return tuple(ticks)


def week_start(house: Organisation, now: datetime) -> date:
    """The Monday of this week in the house's zone."""
    today = zones.day_of(now, house.zone)
    return today - timedelta(days=today.weekday())


def sentence(stands: Standing, *, today: date) -> str:
    """ "90 % by Thu 11 Mar. Promised Fri 12 Mar. One working day to spare."""
    promised = words.day(stands.promised_on, today=today)
    if stands.likely_on is not None:
        by = _("90 %% by %(day)s.") % {"day": words.day(stands.likely_on, today=today)}
    elif stands.outlook is None:
        by = _("No outlook yet.")
    else:
        by = _("90 % is out of sight.")
    by = by.replace(" %", words.NBSP + "%")
    if stands.state is State.UNKNOWN and stands.likely_on is not None:
        by = _("Not enough history: 90 %% by %(day)s is a guess.") % {
            "day": words.day(stands.likely_on, today=today)
        }
        by = by.replace(" %", words.NBSP + "%")
    if stands.state is State.OVERDUE:
        return f"{by} " + _("Promised %(day)s, not delivered.") % {"day": promised}
    if stands.state is State.PAUSED:
        return f"{by} " + _("Promised %(day)s. The clock stands.") % {"day": promised}
    told = f"{by} " + _("Promised %(day)s.") % {"day": promised}
    spare = spare_sentence(stands)
    return f"{told} {spare}" if spare else told


def spare_sentence(stands: Standing) -> str:
    """ "One working day to spare." or "Four working days short."; empty where nothing is known."""
    if stands.slack_days is None or stands.state is State.UNKNOWN:
        return ""
    count = abs(stands.slack_days)
    if count == 0 or (count > stands.slack_days and stands.state is State.ON_TRACK):
        return _("Not a day to spare.")
    spelled = {"count": words.spelled(count)}
    if stands.slack_days > 0:
        said = ngettext(
            "%(count)s working day to spare.", "%(count)s working days to spare.", count
        )
    else:
        said = ngettext("%(count)s working day short.", "%(count)s working days short.", count)
    return words.capital(said % spelled)


def slack(stands: Standing) -> str:
    """ "1 day late", "4 days short", "1 day to spare", "due today", "not known"."""
    count = stands.slack_days
    if stands.state is State.PAUSED:
        return _("paused")
    if stands.state is State.OVERDUE:
        if not count:
            return _("late today")
        return ngettext("%(n)s day late", "%(n)s days late", -count) % {"n": -count}
    if stands.state is State.UNKNOWN:
        return _("not known")
    if count is None:
        return _("out of sight")
    if count <= 0 and stands.state is State.ON_TRACK:
        return _("no day to spare")  # above the line, though its 90 % day lies later
    if count < 0:
        return ngettext("%(n)s day short", "%(n)s days short", -count) % {"n": -count}
    if count == 0:
        return _("no day to spare")
    return ngettext("%(n)s day to spare", "%(n)s days to spare", count) % {"n": count}


def next_step(stands: Standing, *, today: date) -> str:
    """Who does what next, in a few words."""
    if stands.gap is not None:
        return words.capital(str(stands.gap))
    if stands.waiting_for is not None:
        return _("%(client)s owes %(what)s, %(day)s") % {
            "client": stands.promise.client,
            "what": stands.waiting_for.what,
            "day": words.day(
                zones.day_of(stands.waiting_for.due_at, stands.promise.zone), today=today
            ),
        }
    stage = stands.next_stage
    if stage is not None and stands.stuck_since is not None:
        on = zones.day_of(stands.stuck_since, scope.current().zone)
        return _("%(stage)s is stuck since %(day)s") % {
            "stage": stage.name,
            "day": words.day(on, today=today),
        }
    if stage is None:
        return _("Nothing left to do: hand it over")
    said = {"stage": stage.name, "owner": stage.owner.first_name if stage.owner else ""}
    if stage.state == Stage.State.DOING:
        return _("%(owner)s does %(stage)s") % said if stage.owner else _("%(stage)s runs") % said
    if stage.state == Stage.State.HANDED_OVER:
        return _("%(stage)s is handed over, not accepted") % said
    if stage.owner:
        return _("%(owner)s starts %(stage)s") % said
    return _("%(stage)s is next, nobody named") % said


def since_monday(week: Since) -> str:
    """ "Since Monday: two promises given. Season site fell from 74 to 41 %; labels gained a day."

    Empty where there is nothing to compare with.
    """
    counted = []
    if week.given:
        said = ngettext("%(count)s promise given", "%(count)s promises given", week.given)
        counted.append(said % {"count": words.spelled(week.given)})
    if week.settled:
        said = ngettext("%(count)s settled", "%(count)s settled", week.settled)
        counted.append(said % {"count": words.spelled(week.settled)})
    moved = [_moved(each) for each in week.moved[:MOVED_SHOWN]]
    if len(week.moved) > MOVED_SHOWN:
        more = len(week.moved) - MOVED_SHOWN
        said = ngettext("%(count)s more moved", "%(count)s more moved", more)
        moved.append(said % {"count": words.spelled(more)})
    parts = [", ".join(counted), "; ".join(moved)]
    if not any(parts):
        return _("Since Monday nothing moved.") if week.compared else ""
    return _("Since Monday: %(what)s.") % {"what": "; ".join(part for part in parts if part)}


def _moved(each: Moved) -> str:
    promise = each.stands.promise
    name = f"{promise.client} · {promise.job}"
    if each.chance_moved:
        said = {
            "name": name,
            "before": words.whole_percent(each.before),
            "after": words.percent(each.after),
        }
        if each.after < each.before:
            return _("%(name)s fell from %(before)s to %(after)s") % said
        return _("%(name)s rose from %(before)s to %(after)s") % said
    count = abs(each.days)
    told = {"name": name, "days": words.spelled(count)}
    if each.days > 0:
        return ngettext("%(name)s gained %(days)s day", "%(name)s gained %(days)s days", count) % (
            told
        )
    return ngettext("%(name)s lost %(days)s day", "%(name)s lost %(days)s days", count) % told


def line(stands: Standing, axis: drawing.Axis, *, today: date) -> SafeString:
    """The promise line of one row."""
    return drawing.promise_line(
        axis,
        drawing.PromiseLine(
            sentence=sentence(stands, today=today),
            state=stands.state,
            promised_on=stands.promised_on,
            even_on=stands.even_on,
            sure_on=stands.likely_on,
            outside=""
            if axis.days[0] <= stands.promised_on <= axis.days[-1]
            else words.short_day(stands.promised_on),
        ),
    )
