"""What the studio's clients wanted beyond what was promised, and what they hired it for."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack

from kept import zones
from kept.asks import answering, extras, policies, reacting, receiving, referring, storytelling
from kept.asks.models import Ask, Extra, Policy, Reaction, Story, StoryConsent
from kept.clients import core, keeping
from kept.clients.models import Client, Service
from kept.jobs.lines import Effort
from kept.people import days
from kept.people.models import Member
from kept.sample.asked import Asked, Step, answered, done, recurs, rounds
from kept.tenancy import scope

ZONE = "Europe/Lisbon"
MONDAY_LETTERS = "Monday letter to patients"
WEEKS = 24


class Answered(TypedDict, total=False):
    """What is said of a page that was asked for, beyond the rest."""

    sort: str
    wont: str
    hours: str
    worth: int


WAITED = "They have waited for us long enough."


def _gift(client: str, title: str, kind: str, hours: str, worth: int) -> Asked:
    return Asked(client, title, kind, "yes_once", hours=hours, worth=worth, override=WAITED)


def _page(client: str, title: str, given: str, **said: Unpack[Answered]) -> Asked:
    return Asked(
        client,
        title,
        "One more page",
        given,
        rule="New pages are paid",
        measured="1",
        override=WAITED,
        **said,
    )


#: How many days ago, and what.
PAST = (
    (262, _gift("Harbour Clinic", "A sign for the door", "Small print", "1.5", 120)),
    (181, _page("Oakfield School", "A page for the choir", "fair_no", wont="priority")),
    (168, _page("Harbour Clinic", "A page on opening hours", "yes_once", hours="2", worth=480)),
    (120, _gift("Saltgrass Farm", "A logo in colour", "Another file format", "1", 80)),
    (79, _page("Tidewater Museum", "A page for lenders", "paid_yes", worth=480, sort="change")),
    (71, _page("Harbour Clinic", "A page for the new doctor", "yes_once", hours="3", worth=480)),
    (64, Asked("Lantern Theatre", "Posters free of charge", "Free posters", "fair_no",
               wont="price", sincere="not_sure")),
    (44, Asked("Lantern Theatre", "A poster free of charge, again", "Free posters", "fair_no",
               wont="price", sincere="no")),
    (29, _page("Harbour Clinic", "A page on parking", "yes_once", hours="4.5", worth=480)),
    (16, _gift("Marlow & Finch", "A third round of colours", "Another round", "2", 160)),
    (3, Asked("Lantern Theatre", "Poster free of charge", "Free posters", "fair_no",
              wont="price", sincere="no")),
)  # fmt: skip


def steps(
    owner: Member,
    people: Mapping[str, Member],
    clients: Mapping[str, Client],
    services: Mapping[str, Service],
    *,
    now: datetime,
) -> list[Step]:
    """Return what was asked beyond and how it was decided, each with its moment."""
    lead = people["Ben"]
    began = now - timedelta(days=300)
    found: list[Step] = [
        (began, lambda at: _rules(owner, lead, now=at)),
        (began, lambda at: core.name(clients["Harbour Clinic"], services["Letters"],
                                     by=lead, now=at)),
        (began, lambda at: core.name(clients["Cobalt Bikes"], services["Form"], by=lead, now=at)),
        (now - timedelta(days=10), lambda at: core.say(
            clients["Oakfield School"], "cold", why="Two late pieces this autumn.",
            by=lead, now=at)),
        (now - timedelta(days=20), lambda at: core.say(
            clients["Pete’s Bakery"], "hot", why="Two years of menu cards, and none was late.",
            by=lead, now=at)),
        (began, lambda at: extras.set_budget(
            clients["Harbour Clinic"], first_on=date(at.year, 1, 1), last_on=date(now.year, 12, 31),
            hours=Decimal(12), by=lead, now=at)),
    ]  # fmt: skip
    found += _letters(people["Maya"], clients["Harbour Clinic"], services["Letters"], now=now)
    found += [
        (now - timedelta(days=ago, hours=1), answered(one, clients[one.client], lead))
        for ago, one in PAST
    ]
    found += _told(people, clients, now=now)
    found += _open(people, clients, now=now)
    return found


def _rules(owner: Member, lead: Member, *, now: datetime) -> None:
    policies.make(
        name="New pages are paid",
        rule="a new page is a paid change, € 480",
        purpose="A page takes a day, and nobody plans it",
        owner=owner,
        quantity="number",
        unit="page/pages",
        limit="0",
        band_limit="1",
        band_role="lead",
        band_cost_cap=Decimal(480),
        price=Decimal(480),
        by=owner,
        now=now,
    )
    policies.make(
        name="Changes for today",
        rule="changes for the same day reach us by 14:30",
        purpose="Somebody has to be there who checks them",
        owner=lead,
        quantity="time_of_day",
        limit="14:30",
        tolerance="10",
        band_limit="16:00",
        band_role="lead",
        hard_limit="18:00",
        hard_reason="Nobody is here to check it",
        by=owner,
        now=now,
    )


def _letters(maya: Member, clinic: Client, letters: Service, *, now: datetime) -> list[Step]:
    """A letter every Monday by ten, kept each time; the rounds made the next ones."""
    first = now - timedelta(weeks=WEEKS)
    found: list[Step] = [
        (
            first,
            recurs(MONDAY_LETTERS, clinic, "FREQ=WEEKLY;BYDAY=MO", time(10), letters, maya),
        )
    ]
    found += rounds(first, WEEKS)
    for week in range(WEEKS + 1):
        monday = zones.day_of(first, ZONE) + timedelta(weeks=week)
        monday -= timedelta(days=monday.weekday())
        at = zones.moment(monday, time(9, 20), ZONE)
        if first < at < now:
            found.append((at, done(MONDAY_LETTERS, monday, maya)))
    return found


def _told(
    people: Mapping[str, Member], clients: Mapping[str, Client], *, now: datetime
) -> list[Step]:
    """How two gifts were taken, what may be told of one of them, and whom it brought."""
    ben = people["Ben"]

    def given_to(client: str, title: str) -> Extra:
        return Extra.objects.get(client=clients[client], title=title)

    def ask_clinic(at: datetime) -> object:
        contact = clients["Harbour Clinic"].contacts.first()
        return reacting.ask(
            given_to("Harbour Clinic", "A page on parking"), contact=contact, by=ben, now=at
        )

    def clinic_delighted(at: datetime) -> object:
        asked = Reaction.objects.get(client=clients["Harbour Clinic"])
        return reacting.answer(
            asked,
            felt=Reaction.Felt.DELIGHTED,
            words="Nobody asks where to park any more.",
            contact=asked.contact,
            now=at,
        )

    def ask_finch(at: datetime) -> object:
        contact = clients["Marlow & Finch"].contacts.first()
        return reacting.ask(
            given_to("Marlow & Finch", "A third round of colours"), contact=contact, by=ben, now=at
        )

    def parking(at: datetime) -> object:
        contact = clients["Harbour Clinic"].contacts.get()
        story = storytelling.write(
            contact=contact,
            title="Where to park",
            words="They asked for one page. A week later nobody rang to ask where to park.",
            extra=given_to("Harbour Clinic", "A page on parking"),
            by=ben,
            now=at,
        )
        return storytelling.ask(story, by=ben, now=at)

    def agreed(at: datetime) -> object:
        asked = StoryConsent.objects.get(story__title="Where to park")
        return storytelling.consent(asked, yes=True, contact=asked.contact, now=at)

    def told(at: datetime) -> object:
        story = Story.objects.get(title="Where to park")
        return storytelling.publish(story, where="northlight.example", by=ben, now=at)

    def logo(at: datetime) -> object:
        contact = clients["Saltgrass Farm"].contacts.first()
        assert contact is not None  # each client of the sample has somebody
        return storytelling.write(
            contact=contact,
            title="A logo in colour",
            words="The farm’s vans are green now, and so is the shop.",
            by=ben,
            now=at,
        )

    def referred(at: datetime) -> object:
        sent = keeping.add_client(name="Ferry Pharmacy", prospect=True, by=ben, now=at)
        return referring.record(
            referrer=clients["Harbour Clinic"],
            client=sent,
            words="Ask them for one more page, you will see.",
            by=ben,
            now=at,
        )

    ago = [
        (22, ask_clinic), (21, clinic_delighted), (18, parking), (16, agreed), (14, told),
        (12, referred), (9, ask_finch), (2, logo),
    ]  # fmt: skip
    return [(now - timedelta(days=days_, hours=2), step) for days_, step in ago]


def _open(
    people: Mapping[str, Member], clients: Mapping[str, Client], *, now: datetime
) -> list[Step]:
    """Return what lies on the desk now: as in the picture."""
    house = scope.current()
    today = zones.day_of(now, ZONE)
    late_at = _latest(today, time(14, 33), now)
    wanted = days.end_of(days.shifted(house, today, 4), zone=ZONE, house=house)
    tomorrow = days.end_of(days.shifted(house, today, 1), zone=ZONE, house=house)
    ben = people["Ben"]

    def opening_hours(at: datetime) -> object:
        bakery = clients["Pete’s Bakery"]
        return receiving.receive(
            client=bakery,
            contact=bakery.contacts.first(),
            title="Change today’s opening hours",
            came=Ask.Came.PHONE,
            came_at=late_at,
            sort=Ask.Sort.EXCEPTION,
            kind="Change for today",
            policy=Policy.objects.get(name="Changes for today"),
            decider=people["Maya"],
            due_at=at + timedelta(minutes=45),
            by=people["Maya"],
            now=at,
        )

    def flu_jabs(at: datetime) -> object:
        clinic = clients["Harbour Clinic"]
        ask = receiving.receive(
            client=clinic,
            contact=clinic.contacts.first(),
            title="One more page, about flu jabs",
            words="Could you add one more page, about flu jabs?",
            came=Ask.Came.MAIL,
            sort=Ask.Sort.EXTRA,
            kind="One more page",
            size=Effort(6, 4, 9),
            wanted_at=wanted,
            policy=Policy.objects.get(name="New pages are paid"),
            measured="1",
            decider=ben,
            due_at=tomorrow,
            by=ben,
            now=at,
        )
        return receiving.judge(ask, sincere=Ask.Sincere.YES, by=ben, now=at)

    def prices(at: datetime) -> object:
        return receiving.receive(
            client=clients["Cobalt Bikes"],
            title="Export the prices as a sheet",
            came=Ask.Came.MESSAGE,
            sort=Ask.Sort.IN_SCOPE,
            decider=people["Dev"],
            by=people["Dev"],
            now=at,
        )

    def choir(at: datetime) -> object:
        prospect = keeping.add_client(name="Kestrel Choir", prospect=True, by=ben, now=at)
        ask = receiving.receive(
            client=prospect,
            title="A small site by Easter",
            came=Ask.Came.IN_PERSON,
            sort=Ask.Sort.CHANGE,
            decider=ben,
            by=ben,
            now=at,
        )
        return answering.hold_off(ask, due_at=wanted, by=ben, now=at)

    return [
        (now - timedelta(minutes=90), choir),
        (now - timedelta(minutes=75), prices),
        (now - timedelta(minutes=50), flu_jabs),
        (now - timedelta(minutes=20), opening_hours),
    ]


def _latest(today: date, at: time, now: datetime) -> datetime:
    """Return the last time before a quarter of an hour ago that a clock there showed `at`."""
    moment = zones.moment(today, at, ZONE)
    if moment > now - timedelta(minutes=20):
        moment = zones.moment(today - timedelta(days=1), at, ZONE)
    return moment
