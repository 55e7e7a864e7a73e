"""A house whose every row was written by a verb: all the rooms have had a turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tests import cast

from kept.clients import catalogue, keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Contact
from kept.imports import intake
from kept.jobs import checklist, handing, making, owning, work
from kept.jobs.models import Job, Stage
from kept.people import founding, inviting, logins, staff, tokens
from kept.people.models import Member, Role
from kept.promises import carrying
from kept.promises import recording as promising
from kept.quotes import accepting, checking, offering, onset
from kept.quotes.models import Quote
from kept.tenancy import scope
from kept.tenancy.models import Organisation

FILE = (
    b"row_id,title,person,client,kind,promise,estimate,actual,t_estimated,t_due,t_finished,status\n"
    b"A-1,Poster,Zoe Quartz,Quayside Books,Poster,,8,12,2026-03-02,2026-03-10,2026-03-12,finished\n"
    b"A-2,Site,Zoe Quartz,Quayside Books,Site,,8,8,2026-04-01,,31/02/2026,finished\n"
    b"B-1,Draw,Dev,Quayside Books,Poster,Spring poster,8,2,2026-11-20,2026-12-18,,open\n"
    b"B-2,Tidy the archive,Dev,,Poster,,6,,2026-11-25,,,open\n"
)


#: Tables that stand before the verbs that write them; each verb takes its own out.
WITHOUT_VERBS_YET = {
    "clientlink",
    "counter",
    "deliveredline",
    "delivery",
    "holdingreply",
    "laterline",
    "letter",
    "pause",
    "proposal",
    "proposaloption",
    "reason",
    "slip",
    "termsline",
}


@dataclass
class Story:
    """Who and what the story left behind."""

    house: Organisation
    ada: Member
    dev: Member
    zoe: Member
    clinic: Client
    contact: Contact


def begin(now: datetime) -> Story:
    """Found the house and let its people and clients come."""
    return _begin(iter(now + timedelta(minutes=minute) for minute in range(100)))


def tell(now: datetime) -> Story:
    """Let every verb of every room write once. Moments follow each other by a minute."""
    clock = iter(now + timedelta(minutes=minute) for minute in range(1000))
    told = _begin(clock)
    ada, dev, clinic = told.ada, told.dev, told.clinic
    with scope.acting_in(told.house):
        _work(ada, dev, clinic, clock)
        _quotes(ada, dev, told.zoe, clinic, clock)
        _promises(ada, clinic, clock)
        for undone in (True, False):
            brought = intake.accept(FILE, "history of Zoe Quartz.csv", by=ada, now=next(clock))
            if undone:
                intake.undo(brought, by=ada, now=next(clock))
        work.leave(dev, by=ada, now=next(clock))
    return told


def _begin(clock: Iterator[datetime]) -> Story:
    ada = founding.found(
        name="Northlight",
        zone=cast.ZONE,
        owner="Ada Bellweather",
        login=logins.make(email="ada@northlight.example", password=cast.PASSWORD),
        now=next(clock),
        country="PT",
    )
    with scope.acting_in(ada.organisation):
        dev, zoe = _people(ada, clock)
        clinic, contact = _clients(ada, clock)
    return Story(ada.organisation, ada, dev, zoe, clinic, contact)


def _people(ada: Member, clock: Iterator[datetime]) -> tuple[Member, Member]:
    dev = staff.add_member(
        name="Dev", email="dev@northlight.example", skills=["build"], by=ada, now=next(clock)
    )
    zoe = staff.add_member(
        name="Zoe Quartz",
        email="zoe@quartz.example",
        role=Role.LEAD,
        skills=["write", "build"],
        by=ada,
        now=next(clock),
    )
    _invitation, secret = inviting.invite(zoe, by=ada, now=next(clock))
    zoe = inviting.accept(
        secret, now=next(clock), email="zoe@quartz.example", password=cast.PASSWORD
    )
    staff.change_member(zoe, outside_hours=6, by=ada, now=next(clock))
    staff.set_skills(zoe, ["write"], by=ada, now=next(clock))
    staff.set_week(zoe, [(day, time(9), time(15)) for day in range(4)], by=ada, now=next(clock))
    now = next(clock)
    for _time in range(2):
        away = staff.add_absence(zoe, now.date(), now.date(), by=ada, now=now)
        staff.remove_absence(away, by=ada, now=next(clock))
    staff.change_house(ada.organisation, by=ada, now=next(clock), asked_confidence=0.85)
    token, secret = tokens.make(zoe, ["read"], "laptop", by=zoe, now=next(clock))
    assert tokens.find(secret, next(clock)) is not None
    tokens.revoke(token, by=zoe, now=next(clock))
    return dev, zoe


def _clients(ada: Member, clock: Iterator[datetime]) -> tuple[Client, Contact]:
    clinic = keeping.add_client(
        name="Harbour Clinic", note="Ask for Wilma Umbrage.", by=ada, now=next(clock)
    )
    contact = keeping.add_contact(
        clinic, name="Wilma Umbrage", email="wilma@umbrage.example", by=ada, now=next(clock)
    )
    keeping.change_contact(contact, email="w@umbrage.example", by=ada, now=next(clock))
    keeping.change_client(clinic, note="", by=ada, now=next(clock))
    catalogue.add_service(
        name="Landing page",
        price=Decimal(1200),
        stages=[
            StageSketch(name="Write", skill="write", likely_hours=6),
            StageSketch(name="Build", skill="build", likely_hours=12, finishing=True),
        ],
        by=ada,
        now=next(clock),
    )
    service = catalogue.find("Landing page")
    assert service is not None
    catalogue.change_service(
        service,
        price=Decimal("1250.5"),
        stages=[StageSketch(name="Write", skill="write", likely_hours=5)],
        by=ada,
        now=next(clock),
    )
    return clinic, contact


def _work(ada: Member, dev: Member, clinic: Client, clock: Iterator[datetime]) -> None:
    job = making.make(
        title="Signs for Wilma Umbrage",
        client=clinic,
        stages=[
            StageSketch(name="Draw", skill="build", likely_hours=3, owner=dev, people=(ada,)),
            StageSketch(name="Paint", likely_hours=2),
        ],
        state=Job.State.OPEN,
        by=ada,
        now=next(clock),
    )
    draw, paint = job.stages.all()
    making.add_condition(job, "Wilma Umbrage likes them", by=ada, now=next(clock))
    due = next(clock) + timedelta(days=3)
    making.meet_obligation(
        making.record_obligation(job, what="Wall colours", due_at=due, by=ada, now=next(clock)),
        by=ada,
        now=next(clock),
    )
    making.meet_inbound(
        making.record_inbound(
            job, who="Paint shop", what="Paint", due_at=due, stage=paint, by=ada, now=next(clock)
        ),
        by=ada,
        now=next(clock),
    )
    making.break_assumption(
        making.record_assumption(job, "No rain", by=ada, now=next(clock)), by=ada, now=next(clock)
    )
    making.change_job(job, title="Signs for the clinic", by=ada, now=next(clock))
    making.change_stage(paint, likely_hours=4, after=(), by=ada, now=next(clock))
    making.add_stage(job, StageSketch(name="Hang", likely_hours=1), by=ada, now=next(clock))
    draw = work.begin(draw, by=dev, now=next(clock))
    draw = work.log_hours(draw, 1.5, by=dev, now=next(clock))
    hang = job.stages.get(name="Hang")
    owning.propose(hang, ada, by=ada, now=next(clock))
    _hand_over(draw, hang, ada, dev, clock)


def _hand_over(
    draw: Stage, hang: Stage, ada: Member, dev: Member, clock: Iterator[datetime]
) -> None:
    """Dev hands over what Ada waits for; she sends it back once, and opens it again later."""
    making.change_stage(hang, after=(1,), by=ada, now=next(clock))
    line = checklist.add(draw, "Wilma Umbrage has seen it", by=dev, now=next(clock))
    checklist.reopen(checklist.done(line, by=dev, now=next(clock)), by=dev, now=next(clock))
    checklist.done(line, by=dev, now=next(clock))
    handed = carrying.hand_over(draw, hours=2, out_of_hours=1, by=dev, now=next(clock))
    carrying.send_back(handed, reason="Wilma Umbrage wants it blue", by=ada, now=next(clock))
    handed = carrying.hand_over(draw, hours=1, by=dev, now=next(clock))
    carrying.take(handed, by=ada, now=next(clock))
    handing.reopen(draw, by=ada, reason="Blue, says Wilma Umbrage", now=next(clock))
    carrying.hand_over(draw, by=ada, now=next(clock))


def _owners(quote: Quote, ada: Member, dev: Member, zoe: Member, clock: Iterator[datetime]) -> None:
    """Zoe says no, Dev says otherwise; Ada takes what he says, and the last mile herself."""
    [stage] = quote.job.stages.all()
    [to_zoe] = onset.ask_owners(quote, {stage: zoe}, by=ada, now=next(clock))
    owning.decline(to_zoe, word="Ask Wilma Umbrage", by=zoe, now=next(clock))
    to_dev = owning.propose(stage, dev, by=ada, now=next(clock))
    owning.withdraw(to_dev, by=ada, now=next(clock))
    to_dev = owning.propose(
        stage, dev, done_means="Wilma Umbrage nods", hours=5, by=ada, now=next(clock)
    )
    owning.counter(to_dev, hours=6, word="Zoe is away", by=dev, now=next(clock))
    carrying.agree(to_dev, by=ada, now=next(clock))
    to_zoe = carrying.propose(quote.job, zoe, by=ada, now=next(clock))
    carrying.accept(to_zoe, by=zoe, now=next(clock))


def _quotes(
    ada: Member, dev: Member, zoe: Member, clinic: Client, clock: Iterator[datetime]
) -> None:
    far = datetime(2027, 3, 1, 18, tzinfo=UTC)
    for end in ("accept", "decline", "withdraw", "lapse"):
        checked = checking.check(
            what=f"Menu {end}",
            stages=[StageSketch(name="Build", skill="build", likely_hours=4)],
            client=clinic,
            wanted_at=far,
            by=ada,
            now=next(clock),
        )
        assert checked.answer is not None
        quote = offering.hold(answer=checked.answer, due_at=far, by=ada, now=next(clock))
        if end == "accept":
            _owners(quote, ada, dev, zoe, clock)
        else:
            # Ada gives it out before anybody was asked, and signs that.
            onset.sign(quote, by=ada, reason="Wilma Umbrage waits", now=next(clock))
        quote = offering.offer(quote=quote, by=ada, now=next(clock))
        match end:
            case "accept":
                accepting.accept(
                    quote=quote, by=ada, now=next(clock), word="Yes, says Wilma Umbrage"
                )
            case "decline":
                accepting.decline(quote=quote, by=ada, now=next(clock), word="too dear")
            case "withdraw":
                offering.withdraw(quote=quote, by=ada, now=next(clock))
            case "lapse":
                offering.lapse_expired(now=quote.expires_at + timedelta(seconds=1))


def _promises(ada: Member, clinic: Client, clock: Iterator[datetime]) -> None:
    promise = promising.loose(
        what="Menu cards for Wilma Umbrage",
        client=clinic,
        due_at=datetime(2026, 12, 18, 18, tzinfo=UTC),
        day_only=True,
        by=ada,
        now=next(clock),
    )
    promising.pin(promise=promise, pinned=1, by=ada, now=next(clock))
    promising.void(promise=promise, reason="Wilma Umbrage meant another", by=ada, now=next(clock))
