"""The record once more, from nothing but the events: their images, replayed to a moment.

Written plainly and slowly on purpose, from the rules and not from the code that it checks: it
imports none of it. Only what a working day is comes from the house's own calendar.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kept.ledger.models import Event
from kept.people import days
from kept.tenancy import scope

Image = dict[str, Any]
DAY = timedelta(days=1)


def tables() -> dict[str, dict[int, Image]]:
    """Replay all events: what each row became in the end, by table and key."""
    found: dict[str, dict[int, Image]] = {}
    for event in Event.objects.order_by("number"):
        for name, image in event.images.items():
            table, key = name.split(":")
            if image is None:
                found[table].pop(int(key))
            else:
                found.setdefault(table, {})[int(key)] = image
    return found


def record(now: datetime, since: datetime) -> dict[str, Any]:
    """Compute both rates and what stands beside them, by hand as it were."""
    all_of = tables()
    counted, released, voided = [], 0, 0
    for key, promise in sorted(all_of["promise"].items()):
        story = _Story(key, promise, all_of, now)
        first, last = story.terms[0], story.terms[-1]
        if not since <= story.due(first) <= now:
            continue
        if promise["state"] == "released":
            released += 1
        elif promise["state"] == "voided":
            voided += 1
        else:
            counted.append((story, story.kept(first), story.kept(last), story.due(last)))
    come = [(story, kept) for story, _first, kept, due in counted if due <= now]
    accepted = [story for story, *_rest in counted if story.answered]
    sharp = sorted(
        (_at(story.terms[0]["due_at"]) - _at(story.promise["given_at"])).total_seconds()
        / 3600
        / story.terms[0]["lead_at_even_chances_hours"]
        for story, *_rest in counted
        if story.terms[0]["lead_at_even_chances_hours"]
    )
    dates = [
        (story.terms[0]["chance_when_given"], kept)
        for story, kept, *_rest in counted
        if story.terms[0]["chance_when_given"] is not None
    ]
    lead = sum(
        (_at(story.terms[0]["due_at"]) - _at(story.promise["given_at"])).total_seconds()
        for story, *_rest in counted
    )
    stood = sum(
        ((_at(pause["ended_at"]) if pause["ended_at"] else now) - _at(pause["started_at"]))
        .total_seconds()
        for story, *_rest in counted
        for pause in story.pauses
    )  # fmt: skip
    return {
        "first": (sum(kept for _s, kept, *_r in counted), len(counted)),
        "last": (sum(kept for _s, kept in come), len(come)),
        "released": released,
        "voided": voided,
        "provisional": sum(bool(s.delivery) and not s.answered for s, *_r in counted),
        "overdue": sum(
            not s.delivery and s.promise["state"] != "revoked" and due <= now
            for s, _f, _l, due in counted
        ),
        "ahead": sum(due > now for *_r, due in counted),
        "deemed": (sum(s.delivery["state"] == "deemed" for s in accepted), len(accepted)),
        "deemed in person": sum(
            s.delivery["state"] == "deemed" and s.delivery["noticed_how"] == "said"
            for s in accepted
        ),
        "painful": (
            sum(kept and story.out_of_hours > 0.1 * story.hours for story, kept in come),
            sum(kept for _story, kept in come),
        ),
        "median sharpness": (sharp[(len(sharp) - 1) // 2] + sharp[len(sharp) // 2]) / 2,
        "brier": sum((chance - kept) ** 2 for chance, kept in dates) / len(dates),
        "paused": stood / lead,
        "delivered": sum(
            since <= _at(delivery["delivered_at"]) <= now
            for delivery in all_of["delivery"].values()
            if delivery["state"] != "sent_back"
            and all_of["promise"][delivery["promise_id"]]["state"] != "voided"
        ),
    }


class _Story:
    """One promise, from its images."""

    def __init__(
        self, key: int, promise: Image, all_of: dict[str, dict[int, Image]], now: datetime
    ) -> None:
        def of(table: str, column: str, value: int, order: str) -> list[Image]:
            rows = all_of.get(table, {})
            found = [{**row, "id": k} for k, row in rows.items() if row[column] == value]
            return sorted(found, key=lambda row: row[order])

        self.promise, self.now = promise, now
        self.terms = of("terms", "promise_id", key, "number")
        self.pauses = of("pause", "promise_id", key, "started_at")
        deliveries = of("delivery", "promise_id", key, "number")
        standing = [row for row in deliveries if row["state"] != "sent_back"]
        self.delivery: Image = standing[0] if standing else {}
        self.answered = bool(self.delivery) and self.delivery["state"] in {"accepted", "deemed"}
        self.lines = {t["id"]: of("termsline", "terms_id", t["id"], "position") for t in self.terms}
        self.taken = {
            row["condition_id"]
            for row in of("deliveredline", "delivery_id", self.delivery.get("id", 0), "id")
            if (row["met"] if row["accepted"] is None else row["accepted"])
        }
        stages = of("stage", "job_id", promise["job_id"], "position")
        self.hours = sum(stage["spent_hours"] for stage in stages)
        self.out_of_hours = sum(stage["out_of_hours"] for stage in stages)

    def due(self, terms: Image) -> datetime:
        """The moment the terms are judged by: a pause moves it by its working minutes."""
        due = _at(terms["due_at"])
        for pause in self.pauses:
            if _at(terms["agreed_at"]) <= _at(pause["started_at"]) < due:
                due = _later(due, pause["working_minutes"], ZoneInfo(self.promise["zone"]))
        return due

    def kept(self, terms: Image) -> bool:
        """On time, all required lines, to standard."""
        if not self.delivery or self.promise["state"] == "revoked":
            return False
        required = {line["condition_id"] for line in self.lines[terms["id"]] if line["required"]}
        return (
            _at(self.delivery["delivered_at"]) <= self.due(terms)
            and required <= self.taken
            and self.delivery["to_standard"] is not False
        )


def _later(due: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Walk minute by minute through the nine hours before 18:00 of working days."""
    house = scope.current()
    while minutes:
        due += timedelta(minutes=1)
        local = due.astimezone(zone)
        day: date = local.date()
        if time(9) < local.time() <= time(18) and days.is_working_day(house, day):
            minutes -= 1
    return due


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
