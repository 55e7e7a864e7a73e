"""The bad-news sheet: two ways out with odds from the engine, a letter, and two rows to fill.

Dev alone builds: 2 h 50 are left of Wednesday 2 December, then eight hours on
every working day. Ten hours and six more are promised for Thursday 3, 18:00.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests import cast
from tests.web.conftest import LogIn
from tests.web.test_today_page import _words

from kept.clients.catalogue import StageSketch
from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Job
from kept.outbox.models import Letter
from kept.plan import outlook
from kept.promises import recording
from kept.promises.models import Promise, Proposal, Reason

THURSDAY = datetime(2026, 12, 3, 18, tzinfo=UTC)
FRIDAY = datetime(2026, 12, 4, 18, tzinfo=UTC)


def sized(name: str, hours: float, **more: Any) -> StageSketch:
    return StageSketch(name, hours, skill="build", low_hours=hours, high_hours=hours, **more)


@pytest.fixture
def ana(northlight: cast.House) -> Contact:
    return Contact.objects.create(
        client=northlight.clients["Harbour Clinic"], name="Ana Prates", email="ana@clinic.example"
    )


@pytest.fixture
def site(one_builder: cast.House, ana: Contact, now: datetime) -> Promise:
    """Ten hours that must be, six that need not be yet, all for Thursday."""
    house = one_builder
    given_at = datetime(2026, 11, 26, 9, tzinfo=UTC)
    job = making.make(
        title="Season site",
        client=house.clients["Harbour Clinic"],
        stages=[sized("Site", 10), sized("Tickets", 6, optional=True)],
        state=Job.State.OPEN,
        by=house.ben,
        now=given_at,
    )
    making.add_condition(job, "plays the season", by=house.ben, now=given_at)
    making.add_condition(job, "online tickets", required=False, by=house.ben, now=given_at)
    promise = recording.give(
        job=job, client=job.client, contact=ana, due_at=THURSDAY, zone=cast.ZONE,
        origin=Promise.Origin.QUOTE, last_mile_owner=house.maya, chance=0.92, by=house.ben,
        now=given_at,
    )  # fmt: skip
    outlook.refresh(by=house.ben, now=now)
    return promise


def sent(promise: Promise, action: str, **other: Any) -> dict[str, Any]:
    tickets = promise.job.conditions.get(text="online tickets")
    return {
        "on": "2026-12-04", "two": "on", "part_on": "2026-12-03", "rest_on": "2026-12-04",
        f"line_{tickets.pk}": "on", "category": "estimate", "stated": "It is larger than we said",
        "contact": str(promise.contact_id), "subject": "Season site: Friday",
        "body": "Friday 4 December, or Thursday 3 December? The reason: larger.",
        "action": action, **other,
    }  # fmt: skip


def test_it_offers_all_of_it_later_or_a_part_in_time(
    northlight: cast.House, site: Promise, login: LogIn
) -> None:
    answer = login(northlight.maya).get(f"/promises/{site.pk}/bad-news")
    said, page = _words(answer.content), answer.content.decode()
    assert "Thursday 3 December has fallen to under 1 %." in said
    # Four working days of lead, since Tuesday is a holiday: a fifth counts as one.
    assert "Bad news for Harbour Clinic, in time" in said
    assert "Told by today, Wed 2 Dec, 18:00 , and agreed, it counts as moved." in said
    assert 'name="on" value="2026-12-04"' in page
    assert 'name="part_on" value="2026-12-03"' in page
    assert "Nobody else’s promise changes." in said
    assert "Season site will be complete on Friday 4 December, 18:00, not on" in page
    assert "you can have everything except online tickets on Thursday 3 December, 18:00" in page
    assert page.count("over 99") >= 2
    for check in ("leads with the date", "gives a choice"):
        assert f"{check} (not yet)" not in said
    assert "ends with the reason (not yet)" in said  # nobody has said it
    assert "Told at not yet" in said
    assert "Agreed at not yet" in said
    assert Proposal.objects.count() == 0


def test_sent_it_is_told_and_only_the_client_can_agree(
    northlight: cast.House, site: Promise, ana: Contact, login: LogIn, now: datetime
) -> None:
    browser, path = login(northlight.maya), f"/promises/{site.pk}/bad-news"
    answer = browser.post(path, sent(site, "send"), follow=True)
    said = _words(answer.content)
    assert "Sent to Ana Prates. Told at is set; agreed at is theirs to set." in said
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.told_at, proposal.told_how, proposal.agreed_at) == (
        "told", now, "link", None,
    )  # fmt: skip
    whole, part = proposal.options.order_by("position")
    assert (whole.due_at, whole.rest_due_at) == (FRIDAY, None)
    assert (part.due_at, part.rest_due_at) == (THURSDAY, FRIDAY)
    assert (whole.chance, part.chance) == (pytest.approx(1001 / 1002), pytest.approx(1001 / 1002))
    assert [line.condition.text for line in part.later_lines.all()] == ["online tickets"]
    reason = Reason.objects.get()
    assert (proposal.reason, reason.category, reason.stated) == (
        reason, "estimate", "It is larger than we said",
    )  # fmt: skip
    letter = Letter.objects.get()
    assert (letter.to_address, letter.subject) == (ana.email, "Season site: Friday")
    assert "{link}" in letter.body
    site.refresh_from_db()
    assert site.due_at == THURSDAY
    assert "Maya told Harbour Clinic of other terms, with a link to answer." in said


def test_told_by_phone_nothing_is_sent(
    northlight: cast.House, site: Promise, login: LogIn, now: datetime
) -> None:
    browser = login(northlight.maya)
    browser.post(f"/promises/{site.pk}/bad-news", sent(site, "said"))
    assert (Proposal.objects.get().told_how, Letter.objects.count()) == ("said", 0)


def test_the_letter_is_written_anew_from_other_dates(
    northlight: cast.House, site: Promise, login: LogIn
) -> None:
    said = sent(site, "write", on="2026-12-09", two="", stated="Boxline is late")
    answer = login(northlight.maya).post(f"/promises/{site.pk}/bad-news", said)
    page = answer.content.decode()
    assert "Season site will be complete on Wednesday 9 December, 18:00, not on" in page
    assert "The reason: Boxline is late." in page
    assert "Does this date work for you?" in page
    assert Proposal.objects.count() == 0


def test_without_an_address_nothing_is_sent_and_nothing_written(
    northlight: cast.House, site: Promise, ana: Contact, login: LogIn
) -> None:
    Contact.objects.filter(pk=ana.pk).update(email="")
    answer = login(northlight.maya).post(f"/promises/{site.pk}/bad-news", sent(site, "send"))
    assert answer.status_code == 422
    assert "Ana Prates has no e-mail address" in _words(answer.content)
    assert (Proposal.objects.count(), Reason.objects.count()) == (0, 0)


def test_what_is_delivered_has_no_sheet(
    northlight: cast.House, site: Promise, login: LogIn
) -> None:
    Promise.objects.filter(pk=site.pk).update(state="delivered")
    answer = login(northlight.maya).get(f"/promises/{site.pk}/bad-news", follow=True)
    assert "This promise is delivered, so its terms stay." in _words(answer.content)
