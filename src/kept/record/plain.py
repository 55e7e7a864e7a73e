"""The record as plain data, for REST and scripts: counts always, shares where they say much."""

from collections.abc import Hashable
from typing import Any

from kept.record import wording
from kept.record.figures import Account, Part, Rate, Record, Said, Share
from kept.record.page import Page
from kept.record.rows import Row


def of(page: Page) -> dict[str, Any]:
    """Return a record's figures."""
    record: Record = page.record
    trend, slips = record.trend, record.one_more_day
    return {
        "since": record.since,
        "until": record.until,
        "too_early": record.too_early,
        "first": _rate(record.first),
        "last": _rate(record.last),
        "marks": {
            name: getattr(record.marks, name)
            for name in ("kept", "moved", "ahead", "late", "still_open", "short", "broken")
        },
        "sharpness": None
        if record.sharpness is None
        else {
            "of": record.sharpness.of,
            "times": record.sharpness.times,
            "padding_days": record.sharpness.padding_days,
        },
        "coverage": _share(record.coverage),
        "paused": _share(record.paused),
        "deemed": _share(record.deemed),
        "deemed_in_person": record.deemed_in_person,
        "painful": _share(record.painful),
        "calibration": [_said(said) for said in record.calibration],
        "calibration_with_later_dates": [_said(said) for said in record.calibration_all],
        "brier": None
        if record.brier is None
        else {
            "of": record.brier.of,
            "score": record.brier.score,
            "had_we_always_said": record.brier.base_rate,
            "score_then": record.brier.base,
        },
        "quarters": [
            {
                "starts_at": quarter.starts_at,
                "ends_at": quarter.ends_at,
                "first": {"kept": quarter.kept, "of": quarter.of},
                "last": {"kept": quarter.last_kept, "of": quarter.last_of},
                "limits": None if quarter.limits is None else list(quarter.limits),
                "outside": quarter.outside != 0,
            }
            for quarter in trend.quarters
        ],
        "better_or_luck": wording.better_or_luck(trend),
        "reasons": [
            {
                "category": why.category or None,
                "controllable": why.controllable or None,
                "count": why.count,
                "reached": why.reached,
            }
            for why in record.reasons
        ],
        "one_more_day": {
            "days": list(slips.days),
            "average": slips.average if slips.days else None,
            "waiting": slips.waiting,
            "longer": slips.others,
            "longer_said": slips.others_said if slips.others else None,
            "longer_became": slips.others_became if slips.others else None,
        },
        "by_client": [_part(part, page.clients) for part in record.by_client],
        "by_service": [_part(part, page.services) for part in record.by_service],
        "by_origin": [_part(part, {}) for part in record.by_origin],
        "repeated": None
        if record.repeated is None
        else {
            "count": record.repeated.count,
            "kept": record.repeated.kept,
            "largest": record.repeated.largest,
        },
        "changes_clients_asked_for": record.asked_changes,
        "imported": record.imported,
        "overdue": _listed(record.overdue),
        "ahead": _listed(record.ahead),
        "released": _listed(record.released),
        "voided": _listed(record.voided),
        "replies": {"kept": record.beside.replies_kept, "of": record.beside.replies},
    }


def account(account: Account) -> dict[str, int]:
    """Return a client's account."""
    return {
        name: getattr(account, name)
        for name in (
            "given", "kept", "moved", "missed", "warned", "broken", "released", "open", "voided",
        )
    }  # fmt: skip


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "kept": rate.kept,
        "of": rate.of,
        "settled": rate.settled,
        "provisional": rate.provisional,
        "overdue": rate.overdue,
        "share": rate.share,
        "interval": None if rate.interval is None else list(rate.interval),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"part": share.part, "of": share.of, "share": share.share}


def _said(said: Said) -> dict[str, Any]:
    return {
        "level": said.level,
        "said": said.said,
        "kept": said.kept,
        "of": said.of,
        "interval": list(said.interval),
    }


def _part(part: Part, names: dict[int, str]) -> dict[str, Any]:
    key: Hashable = part.key
    return {
        "id": key if isinstance(key, int) else None,
        "name": names.get(key, "") if isinstance(key, int) else str(key or ""),
        **_rate(part.rate),
    }


def _listed(rows: tuple[Row, ...]) -> list[int]:
    return [row.promise for row in rows]
