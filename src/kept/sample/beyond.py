"""What the studio's clients wanted beyond what was promised, and what they hired it for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kept import zones
from kept.asks import answering, extras, policies, receiving
from kept.asks.answering import Saying
from kept.asks.models import Ask, Policy
from kept.clients import core, keeping
from kept.clients.models import Client, Service
from kept.jobs.lines import Effort
from kept.people import days
from kept.people.models import Member
from kept.promises import occurring
from kept.promises.models import Occurrence
from kept.tenancy import scope

ZONE = "Europe/Lisbon"
Step = tuple[datetime, Callable[[datetime], object]]
MONDAY_LETTERS = "Monday letter to patients"
WEEKS = 24


@dataclass(frozen=True)
class Asked:
    """One ask of the past, and how it was answered."""

    days_ago: int
    client: str
    title: str
    kind: str
    given: str
    hours: str = "0"
    worth: int = 0
    wont: str = ""
    sort: str = "extra"
    page: bool = False
    sincere: str = "yes"


PAST = (
    Asked(262, "Harbour Clinic", "A sign for the door", "Small print", "yes_once", "1.5", 120),
    Asked(181, "Oakfield School", "A page for the choir", "One more page", "fair_no",
          wont="priority", page=True),
    Asked(168, "Harbour Clinic", "A page on opening hours", "One more page", "yes_once", "2", 480,
          page=True),
    Asked(120, "Saltgrass Farm", "A logo in colour", "Another file format", "yes_once", "1", 80),
    Asked(79, "Tidewater Museum", "A page for lenders", "One more page", "paid_yes", worth=480,
          sort="change", page=True),
    Asked(71, "Harbour Clinic", "A page for the new doctor", "One more page", "yes_once", "3", 480,
          page=True),
    Asked(64, "Lantern Theatre", "Posters free of charge", "Free posters", "fair_no",
          wont="price", sincere="not_sure"),
    Asked(44, "Lantern Theatre", "A poster free of charge, again", "Free posters", "fair_no",
          wont="price", sincere="no"),
    Asked(29, "Harbour Clinic", "A page on parking", "One more page", "yes_once", "4.5", 480,
          page=True),
    Asked(16, "Marlow & Finch", "A third round of colours", "Another round", "yes_once", "2", 160),
    Asked(3, "Lantern Theatre", "Poster free of charge", "Free posters", "fair_no", wont="price",
          sincere="no"),
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
    found += [_step(one, clients[one.client], lead, now=now) for one in PAST]
    found += _open(people, clients, now=now)
    return found


def _rules(owner: Member, lead: Member, *, now: datetime) -> None:
    policies.make(
        name="New pages are paid",
        rule="a new page is a paid change, € 480",
        purpose="A page takes a day, and nobody plans it",
        owner=owner,
        quantity="number",
        unit="pages",
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
            lambda at: occurring.make(
                client=clinic,
                what=MONDAY_LETTERS,
                rule="FREQ=WEEKLY;BYDAY=MO",
                due_time=time(10),
                service=letters,
                owner=maya,
                by=maya,
                now=at,
            ),
        )
    ]
    found += [
        (first + timedelta(weeks=weeks), lambda at: occurring.look_ahead(now=at))
        for weeks in range(4, WEEKS + 1, 4)
    ]
    for week in range(WEEKS + 1):
        monday = zones.day_of(first, ZONE) + timedelta(weeks=week)
        monday -= timedelta(days=monday.weekday())
        at = zones.moment(monday, time(9, 20), ZONE)
        if first < at < now:
            found.append((at, _sent(maya, monday)))
    return found


def _sent(maya: Member, monday: date) -> Callable[[datetime], object]:
    def send(at: datetime) -> object:
        row = Occurrence.objects.filter(standing__what=MONDAY_LETTERS, due_on=monday).first()
        return None if row is None else occurring.done(row, by=maya, now=at)

    return send


def _step(one: Asked, client: Client, lead: Member, *, now: datetime) -> Step:
    def happen(at: datetime) -> object:
        rule = Policy.objects.get(name="New pages are paid") if one.page else None
        ask = receiving.receive(
            client=client,
            title=one.title,
            contact=client.contacts.first(),
            came=Ask.Came.MAIL,
            sort=one.sort,
            kind=one.kind,
            policy=rule,
            measured="1" if rule is not None else "",
            by=lead,
            now=at,
        )
        ask = receiving.judge(ask, sincere=one.sincere, by=lead, now=at)
        return answering.answer(
            ask,
            Saying(
                one.given,
                wont=one.wont,
                price=Decimal(one.worth) if one.given == "paid_yes" else None,
                hours=Decimal(one.hours),
                worth=Decimal(one.worth),
                override_reason="They have waited for us long enough."
                if one.given == "yes_once"
                else "",
            ),
            by=lead,
            now=at,
        )

    return now - timedelta(days=one.days_ago, hours=1), happen


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
