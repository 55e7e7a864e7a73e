"""A house whose every row was written by a verb: all the rooms have had a turn."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tests import cast

from kept.asks import answering as answering_asks
from kept.asks import (
    creep,
    extras,
    policies,
    reacting,
    receiving,
    referring,
    rule_wordings,
    storytelling,
    templates,
)
from kept.asks.answering import Saying
from kept.asks.models import AskKind, Extra
from kept.clients import catalogue, core, keeping, links
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Contact
from kept.imports import intake, undoing
from kept.jobs import checklist, handing, making, owning, work
from kept.jobs.lines import Effort
from kept.jobs.models import Job, Stage
from kept.last_mile import (
    answering,
    climbing,
    consent,
    delegating,
    ladders,
    raising,
    rounds,
    rules,
    ways,
)
from kept.last_mile.models import AlarmAnswer, Kind
from kept.last_mile.ways import Wanted
from kept.last_mile.webhooks import keeping as webhooks
from kept.outbox import letters
from kept.people import charters, founding, inviting, logins, staff, tokens
from kept.people.models import Member, Role
from kept.promises import (
    carrying,
    delivering,
    ending,
    occurring,
    pausing,
    proposing,
    reasons,
    slips,
)
from kept.promises import recording as promising
from kept.promises.models import Promise, Proposal, Reason
from kept.promises.proposing import Way
from kept.promises.telling import InPerson
from kept.quotes import (
    accepting,
    checking,
    choosing,
    countering,
    offering,
    onset,
    replying,
)
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
WITHOUT_VERBS_YET = {}


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
        _replies(ada, clinic, clock)
        _promises(ada, clinic, clock)
        _last_mile(ada, dev, clinic, clock)
        _beyond(ada, clinic, told.contact, clock)
        webhooks.add("https://1.1.1.1/told", name="Board", by=ada, now=next(clock))
        for undone in (True, False):
            brought = intake.accept(FILE, "history of Zoe Quartz.csv", by=ada, now=next(clock))
            if undone:
                undoing.undo(brought, by=ada, now=next(clock))
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
    found = ways.read(
        zoe,
        [
            Wanted("mail"),
            Wanted(address="ntfys://quartz.example/wilma-umbrage"),
            Wanted(address="jsons://hooks.quartz.example/zoe"),
        ],
        by=zoe,
        look_up=lambda _host, _port: ["93.184.216.34"],
    )
    charters.change(zoe, ways=found, digest=False, by=zoe, now=next(clock))
    _mail, ntfy, hook = charters.reachable(zoe).ways
    ways.move(zoe, ntfy.key, to=1, by=zoe, now=next(clock))
    ways.remove(zoe, hook.key, by=zoe, now=next(clock))
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
    link = links.live_for(contact, by=ada, now=next(clock))
    letters.write(
        to=contact,
        subject="Welcome, Wilma Umbrage",
        body="Here it is: {link}",
        about=contact,
        by=ada,
        now=next(clock),
        link=link,
    )
    links.revoke(contact, by=ada, now=next(clock))
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
    wilma = clinic.contacts.get()
    for end in ("accept", "decline", "withdraw", "lapse", "counter", "link"):
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
        if end == "lapse":
            _choices(quote, ada, clock)
        contact = wilma if end in ("withdraw", "lapse", "counter", "link") else None
        quote = offering.offer(quote=quote, contact=contact, by=ada, now=next(clock))
        match end:
            case "counter":
                countering.counter(
                    quote=quote, contact=wilma, word="Wilma Umbrage prefers June", now=next(clock)
                )
                countering.keep(quote=quote, word="It stays", by=ada, now=next(clock))
                countering.counter(
                    quote=quote,
                    by=ada,
                    wanted_at=far + timedelta(days=1),
                    lines="no map",
                    now=next(clock),
                )
                countering.take(quote=quote, by=ada, now=next(clock))
                accepting.decline(quote=quote, contact=wilma, word="No", now=next(clock))
            case "link":
                accepting.accept(quote=quote, contact=wilma, word="Yes", now=next(clock))
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


def _choices(quote: Quote, ada: Member, clock: Iterator[datetime]) -> None:
    """Later without the map; one more choice is taken back."""
    line = making.add_condition(
        quote.job, "Wilma Umbrage has a map", required=False, by=ada, now=next(clock)
    )
    assert quote.due_at is not None
    for days, left_out in ((4, [line]), (5, [])):
        choice = choosing.add(
            quote,
            due_at=quote.due_at + timedelta(days=days),
            left_out=left_out,
            by=ada,
            now=next(clock),
        )
    choosing.remove(choice, by=ada, now=next(clock))


def _beyond(ada: Member, clinic: Client, contact: Contact, clock: Iterator[datetime]) -> None:
    """Wilma wants more: a rule is bent, a can't is none, a gift comes back, a story is told."""
    service = catalogue.find("Landing page")
    assert service is not None
    rule = policies.make(
        name="Pages",
        rule="a new page is paid",
        purpose="Nobody plans it",
        owner=ada,
        quantity="number",
        limit="0",
        by=ada,
        now=next(clock),
    )
    rule_wordings.keep(rule, language="pt", rule="uma página nova é paga", by=ada, now=next(clock))
    french = rule_wordings.keep(
        rule, language="fr", rule="une page nouvelle est payante", by=ada, now=next(clock)
    )
    rule_wordings.remove(french, by=ada, now=next(clock))
    core.name(clinic, service, by=ada, now=next(clock))
    core.say(clinic, "hot", why="Wilma Umbrage says so", by=ada, now=next(clock))
    occurring.make(
        client=clinic,
        what="Letters for Wilma Umbrage",
        rule="FREQ=DAILY",
        due_time=time(10),
        service=service,
        by=ada,
        now=next(clock),
    )
    for _again in range(3):
        ask = receiving.receive(
            client=clinic, title="One more page", sort="extra", kind="Page", by=ada, now=next(clock)
        )
        ask = receiving.judge(ask, sincere="yes", by=ada, now=next(clock))
        answering_asks.answer(ask, Saying("yes_once", hours=Decimal(1)), by=ada, now=next(clock))
    kind = AskKind.objects.get()
    creep.decide(
        clinic, kind, decided="retired", words_said="That was all.", by=ada, now=next(clock)
    )
    today = next(clock).date()
    extras.set_budget(
        clinic, first_on=today, last_on=today, hours=Decimal(5), by=ada, now=next(clock)
    )
    worded = templates.keep("fair_no", subject="No", body="Alas, {what}", by=ada, now=next(clock))
    templates.remove(worded, by=ada, now=next(clock))
    templates.keep(
        "yes_once", subject="Once", body="{rule}; {once}: {what}", by=ada, now=next(clock)
    )
    small = receiving.receive(
        client=clinic,
        contact=contact,
        title="A word for Wilma Umbrage",
        sort="change",
        size=Effort(1),
        policy=rule,
        measured="1",
        wanted_at=datetime(2027, 3, 1, 18, tzinfo=UTC),
        by=ada,
        now=next(clock),
    )
    with contextlib.suppress(answering_asks.CanAfterAll):
        answering_asks.answer(small, Saying("cant_now"), by=ada, now=next(clock))
    answering_asks.answer(
        small,
        Saying("fair_no", wont="price", subject="No", body="No, Wilma Umbrage.", how="said"),
        by=ada,
        now=next(clock),
    )
    told = storytelling.write(
        contact=contact, title="Pages", words="Wilma Umbrage liked it.", by=ada, now=next(clock)
    )
    storytelling.ask(told, by=ada, now=next(clock))
    reacting.ask(Extra.objects.latest("pk"), contact=contact, by=ada, now=next(clock))
    sent = keeping.add_client(name="Umbrage & Son", prospect=True, by=ada, now=next(clock))
    referring.record(referrer=clinic, client=sent, words="Wilma’s son", by=ada, now=next(clock))


def _replies(ada: Member, clinic: Client, clock: Iterator[datetime]) -> None:
    for end in ("answer", "withdraw"):
        given = replying.give(
            client=clinic,
            contact=clinic.contacts.get(),
            what="Banner for Wilma Umbrage",
            due_at=next(clock) + timedelta(days=2),
            by=ada,
            now=next(clock),
        )
        if end == "answer":
            replying.answer(given, word="Wilma Umbrage knows", by=ada, now=next(clock))
        else:
            replying.withdraw(given, by=ada, now=next(clock))


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
    _lives(ada, clinic, clock)


def _last_mile(ada: Member, dev: Member, clinic: Client, clock: Iterator[datetime]) -> None:
    """Dev says how he may be asked, is asked, answers otherwise, misses it, and is asked again."""
    charters.change(dev, daily_cap=2, ways=[charters.Way("mail")], by=dev, now=next(clock))
    charters.change(dev, ways=[charters.Way("mail"), charters.Way("mail")], by=dev, now=next(clock))
    rules.change(Kind.ANSWER, amount=1, by=ada, now=next(clock))
    ladders.change(ladders.USUAL[:3], by=ada, now=next(clock))
    promise = promising.loose(
        what="Lamps for Wilma Umbrage",
        client=clinic,
        due_at=datetime(2026, 12, 21, 18, tzinfo=UTC),
        day_only=True,
        by=ada,
        now=next(clock),
    )
    stage = promise.job.stages.get()
    owning.accept(owning.propose(stage, dev, by=ada, now=next(clock)), by=dev, now=next(clock))
    asked = raising.ask(
        promise, dev, question="What does Wilma Umbrage say?", by=ada, now=next(clock)
    )
    raising.push(asked, by=ada, now=next(clock))
    answering.acknowledge(asked, by=dev, now=next(clock))
    for words in ("Wilma Umbrage is away", "Wilma Umbrage is ill"):
        at = next(clock)
        row = answering.answer(
            asked,
            kind=AlarmAnswer.Kind.BLOCKED_BY,
            words=words,
            due_at=at + timedelta(seconds=90),
            by=dev,
            now=at,
        )
    answering.rate(row, useful=True, by=dev, now=next(clock))
    next(clock)
    [again] = answering.overdue(now=next(clock))
    climbing.climb_due(now=next(clock))
    answering.close(again, by=dev, now=next(clock))
    named = delegating.name(dev, by=ada, now=next(clock), promise=promise)
    delegating.end(named, by=dev, now=next(clock))
    rounds.go(now=next(clock))
    consent.revoke(dev, by=dev, now=next(clock))


def _lives(ada: Member, clinic: Client, clock: Iterator[datetime]) -> None:
    """One is paused, moved, split, sent back and accepted; one is released, one is revoked."""
    wilma = clinic.contacts.get()
    life = _promised("Poster for Wilma Umbrage", ada, clinic, clock)
    doing = {"by": ada, "now": next(clock)}
    owed = making.record_obligation(life.job, what="Photos", due_at=doing["now"], **doing)
    for received in (True, False):
        if not received:
            owed = making.record_obligation(life.job, what="Logo", due_at=doing["now"], **doing)
        pausing.pause(
            life, obligation=owed, in_person=InPerson(contact=wilma), by=ada, now=next(clock)
        )
        if received:
            pausing.receive(owed, by=ada, now=next(clock))
        else:
            pausing.resume(life, by=ada, now=next(clock))
    why = reasons.give(
        life, category=Reason.Category.AWAY, stated="Wilma Umbrage was away", by=ada,
        now=next(clock),
    )  # fmt: skip
    slips.say(life, until=life.due_at + timedelta(days=1), reason=why, by=ada, now=next(clock))
    _terms(life, why, ada, wilma, clock)
    life.refresh_from_db()
    delivery = delivering.deliver(
        life, note="Dear Wilma Umbrage", where="By the door", by=ada, now=next(clock)
    )
    delivering.notice(delivery, in_person=InPerson(), by=ada, now=next(clock))
    delivering.send_back(delivery, contact=wilma, reason="Not this red", now=next(clock))
    delivery = delivering.deliver(life, by=ada, now=next(clock))
    delivering.accept(delivery, contact=wilma, word="Fine, says Wilma", now=next(clock))
    delivering.thank(delivery, by=ada, now=next(clock))
    ending.again(
        life, Promise.Again.OTHERWISE, word="Not for Wilma Umbrage", by=ada, now=next(clock)
    )
    silent = delivering.deliver(_promised("Flyer", ada, clinic, clock), by=ada, now=next(clock))
    noticed = delivering.notice(silent, in_person=InPerson(contact=wilma), by=ada, now=next(clock))
    assert noticed.deemed_from is not None
    delivering.deem_due(now=noticed.deemed_from)
    let_off = _promised("Banner", ada, clinic, clock)
    proposing.draft(
        let_off, options=[Way(let_off.due_at + timedelta(days=2))], by=ada, now=next(clock)
    )
    ending.release(let_off, contact=wilma, word="No need, says Wilma", now=next(clock))
    broken = _promised("Sign", ada, clinic, clock)
    ending.revoke(broken, word="We cannot, Wilma Umbrage", by=ada, now=next(clock))


def _terms(
    life: Promise, why: Reason, ada: Member, wilma: Contact, clock: Iterator[datetime]
) -> None:
    """Proposed and withdrawn, proposed and refused, proposed and agreed, asked for and agreed."""
    later = [line.condition_id for line in life.terms.get().lines.all()]
    for number, end in enumerate(("withdraw", "refuse", "agree"), start=1):
        due_at = life.due_at + timedelta(days=number)
        way = Way(
            due_at, words="Without Wilma Umbrage’s name", later=later if end == "agree" else (),
            rest_due_at=due_at + timedelta(days=9) if end == "agree" else None,
        )  # fmt: skip
        proposal = proposing.draft(
            life, options=[way], reason=why, subject="Wilma Umbrage’s poster",
            body="Dear Wilma Umbrage", by=ada, now=next(clock),
        )  # fmt: skip
        proposal = proposing.tell(proposal, how=Proposal.How.SAID, by=ada, now=next(clock))
        if end == "withdraw":
            proposing.withdraw(proposal, by=ada, now=next(clock))
        elif end == "refuse":
            proposing.refuse(proposal, contact=wilma, word="No. Wilma", now=next(clock))
        else:
            proposing.agree(
                proposal, option=proposal.options.get(), contact=wilma, word="Yes. Wilma",
                now=next(clock),
            )  # fmt: skip
    asked = proposing.ask(
        life, contact=wilma, wanted_at=life.due_at + timedelta(days=30), now=next(clock)
    )
    proposing.agree(asked, option=asked.options.get(), by=ada, now=next(clock))


def _promised(what: str, ada: Member, clinic: Client, clock: Iterator[datetime]) -> Promise:
    now = next(clock)
    job = making.make(
        title=what,
        client=clinic,
        stages=[
            StageSketch(name="Draw", likely_hours=2, optional=True),
            StageSketch(name="Hand over", likely_hours=1, finishing=True, after=(1,)),
        ],
        state=Job.State.OPEN,
        by=ada,
        now=now,
    )
    making.add_condition(job, "Wilma Umbrage likes it", by=ada, now=next(clock))
    return promising.give(
        job=job,
        client=clinic,
        due_at=now + timedelta(days=16),
        zone=cast.ZONE,
        origin=Promise.Origin.LOOSE,
        by=ada,
        now=next(clock),
    )
