"""A house with one of everything, each with a word in it that nobody else may ever read."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kept.asks import (
    answering,
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
from kept.clients import catalogue, keeping, links
from kept.clients import core as cores
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Contact, Service
from kept.imports import intake, waiting
from kept.jobs import checklist, handing, making, owning
from kept.jobs.models import Job, Stage
from kept.last_mile import delegating, raising
from kept.last_mile.channels import sealing
from kept.last_mile.webhooks import keeping as webhooks
from kept.last_mile.webhooks.models import WebhookDelivery
from kept.outbox import letters
from kept.people import charters, inviting, staff, tokens
from kept.people.models import Member, Role
from kept.plan import outlook
from kept.promises import delivering, occurring, proposing, reasons, recording
from kept.promises.models import Delivery, Proposal, Reason
from kept.promises.proposing import Way
from kept.quotes import checking, choosing, offering, replying
from kept.tenancy import scope
from tests import cast

FILE = (
    "row_id,person,project,kind,estimate,actual,unit,t_estimated,t_started,t_due,t_finished,status\n"
    "{mark}-1,{mark} Dev,{mark} shop,{mark} build,8,12,hours,2026-03-02,2026-03-02,2026-03-06,"
    "2026-03-05,finished\n"
    "{mark}-2,{mark} Dev,{mark} shop,{mark} build,eight,12,hours,2026-03-02,2026-03-02,2026-03-06,"
    "2026-03-05,finished\n"
)


def _next_to_hand_over(
    client: Client, owner: Member, worker: Member, mark: str, doing: dict[str, Any]
) -> Stage:
    """Return a stage that is to be handed over, after which somebody else goes on."""
    job = making.make(
        title=f"{mark} handed",
        client=client,
        stages=[
            StageSketch(f"{mark} first", 4, owner=owner),
            StageSketch(f"{mark} second", 2, owner=worker, finishing=True),
        ],
        state=Job.State.OPEN,
        **doing,
    )
    return Stage.objects.get(job=job, position=1)


def furnish(house: cast.House, *, now: datetime, mark: str) -> dict[str, Any]:
    """Fill a house; return the key of one row of each kind, by the word that addresses use."""
    owner = next(iter(house.people.values()))
    worker = house.people.get("dev", owner)
    doing = {"by": owner, "now": now}
    with scope.acting_in(house.organisation):
        client = keeping.add_client(name=f"{mark} client", note=f"{mark} note", **doing)
        contact = keeping.add_contact(
            client, name=f"{mark} contact", email=f"{mark}@example.org", **doing
        )
        letter = letters.write(
            to=contact,
            subject=f"{mark} letter",
            body=f"{mark} says: {{link}}",
            about=contact,
            link=links.live_for(contact, **doing),
            **doing,
        )
        service = catalogue.add_service(
            name=f"{mark} service",
            stages=[StageSketch(f"{mark} usual", 4, skill="build")],
            **doing,
        )
        absence = staff.add_absence(
            worker, now.date() + timedelta(days=30), now.date() + timedelta(days=31), **doing
        )
        job = making.make(
            title=f"{mark} job",
            client=client,
            stages=[StageSketch(f"{mark} stage", 4, owner=worker), StageSketch(f"{mark} end", 2)],
            state=Job.State.OPEN,
            **doing,
        )
        later = now + timedelta(days=3)
        obligation = making.record_obligation(job, what=f"{mark} texts", due_at=later, **doing)
        inbound = making.record_inbound(
            job, who=f"{mark} printer", what=f"{mark} proofs", due_at=later, **doing
        )
        assumption = making.record_assumption(job, f"{mark} assumption", **doing)
        condition = making.add_condition(job, f"{mark} condition", **doing)
        promise = recording.loose(
            what=f"{mark} promise",
            client=client,
            due_at=now + timedelta(days=21),
            day_only=False,
            **doing,
        )
        delivery, proposal, reason = _life(house, client, mark, now)
        option = proposal.options.get()
        outlook.refresh(**doing)
        asked = {"stages": [StageSketch(f"{mark} asked", 2)], "client": client}
        answer = checking.check(what=f"{mark} question", **asked, **doing).answer
        held = checking.check(what=f"{mark} held", **asked, **doing).answer
        assert answer is not None
        assert held is not None
        quote = offering.hold(
            answer=held, due_at=now + timedelta(days=40), risk_reason=f"{mark} risk", **doing
        )
        choice = choosing.add(
            quote, due_at=now + timedelta(days=45), words=f"{mark} choice", **doing
        )
        reply = replying.give(
            client=client,
            what=f"{mark} wish",
            contact=contact,
            due_at=now + timedelta(days=2),
            **doing,
        )
        digest = waiting.keep(FILE.format(mark=mark).encode(), f"{mark}.csv", now=now)
        brought = intake.accept(FILE.format(mark=mark).encode(), f"{mark}.csv", **doing)
        coming = staff.add_member(name=f"{mark} coming", role=Role.GUEST, **doing)
        invitation, _secret = inviting.invite(coming, **doing)
        token, _secret = tokens.make(owner, scopes=["read"], name=f"{mark} token", **doing)
        stage, end = Stage.objects.filter(job=job).order_by("position")
        asked = owning.propose(end, worker, done_means=f"{mark} means", **doing)
        check = checklist.add(end, f"{mark} check", **doing)
        beyond = _beyond(client, contact, service, mark, doing, promise.pk)
        handed = handing.hand_over(_next_to_hand_over(client, owner, worker, mark, doing), **doing)
        boss = staff.add_member(name=f"{mark} boss", role=Role.LEAD, **doing)
        seen_over = recording.loose(
            what=f"{mark} seen over", client=client, due_at=later, day_only=False, **doing
        )
        told = _told(mark, doing)
        alarm = raising.ask(seen_over, boss, question=f"{mark} how far?", **doing)
        delegate = delegating.name(boss, **doing)
        chat = charters.Way("ntfy", sealing.seal(f"ntfys://ntfy.example/{mark}"), f"{mark} ntfy")
        charters.change(owner, ways=[charters.Way("mail"), chat], **doing)
        way = charters.reachable(owner).ways[1]
    return {
        **beyond,
        "alarms": alarm.pk,
        **told,
        "delegates": delegate.pk,
        "ways": way.key,
        "absences": absence.pk,
        "answers": answer.pk,
        "assumptions": assumption.pk,
        "checks": check.pk,
        "choices": choice.pk,
        "clients": client.pk,
        "conditions": condition.pk,
        "contacts": contact.pk,
        "deliveries": delivery.pk,
        "hand-overs": handed.pk,
        "holding-replies": reply.pk,
        "houses": house.organisation.pk,
        "files": digest,
        "import": brought.pk,
        "imports": brought.pk,
        "inbound": inbound.pk,
        "invitations": invitation.pk,
        "jobs": job.pk,
        "found": job.pk,
        "letters": letter.pk,
        "obligations": obligation.pk,
        "offers": quote.pk,
        "options": option.pk,
        "people": worker.pk,
        "promises": promise.pk,
        "proposals": proposal.pk,
        "quotes": quote.pk,
        "replies": reply.pk,
        "responsibilities": asked.pk,
        "reasons": reason.pk,
        "services": service.pk,
        "stages": stage.pk,
        "tokens": token.pk,
    }


def _beyond(
    client: Client,
    contact: Contact,
    service: Service,
    mark: str,
    doing: dict[str, Any],
    delivered: int,
) -> dict[str, int]:
    """An ask is open, three of its kind were given; something recurs, and a rule stands over it."""
    rule = policies.make(
        name=f"{mark} rule",
        rule=f"{mark} normal",
        purpose=f"{mark} purpose",
        owner=doing["by"],
        quantity="number",
        limit="0",
        **doing,
    )
    core_row = cores.name(client, service, **doing)
    cores.say(client, "hot", why=f"{mark} why", **doing)
    standing = occurring.make(
        client=client,
        what=f"{mark} letter",
        rule="FREQ=DAILY",
        due_time=time(10),
        service=service,
        **doing,
    )
    for _again in range(3):
        asked = receiving.receive(
            client=client, title=f"{mark} more", sort="extra", kind=f"{mark} kind", **doing
        )
        asked = receiving.judge(asked, sincere="yes", **doing)
        answering.answer(asked, Saying("yes_once", hours=Decimal(1)), **doing)
    kind = AskKind.objects.get(name=f"{mark} kind")
    decided = creep.decide(client, kind, decided="retired", words_said=f"{mark} end", **doing)
    extras.set_budget(
        client,
        first_on=doing["now"].date(),
        last_on=doing["now"].date(),
        hours=Decimal(5),
        **doing,
    )
    worded = templates.keep("fair_no", subject=f"{mark} no", body=f"{mark} alas, {{what}}", **doing)
    in_words = rule_wordings.keep(rule, language="pt", rule=f"{mark} regra", **doing)
    ask = receiving.receive(
        client=client,
        contact=contact,
        title=f"{mark} ask",
        words=f"{mark} words",
        policy=rule,
        measured="1",
        **doing,
    )
    told = storytelling.write(
        contact=contact, title=f"{mark} title", words=f"{mark} story", **doing
    )
    asked_story = storytelling.ask(told, **doing)
    reaction = reacting.ask(Extra.objects.latest("pk"), contact=contact, **doing)
    sent = keeping.add_client(name=f"{mark} prospect", prospect=True, **doing)
    referring.record(referrer=client, client=sent, words=f"{mark} said", **doing)
    return {
        "ask": delivered,
        "consents": asked_story.pk,
        "reactions": reaction.pk,
        "stories": told.pk,
        "asks": ask.pk,
        "kinds": kind.pk,
        "core": core_row.pk,
        "core-services": core_row.pk,
        "creep": decided.pk,
        "desk": ask.pk,
        "extras": Extra.objects.latest("pk").pk,
        "occurrences": standing.occurrences.latest("pk").pk,
        "policies": rule.pk,
        "reply-templates": worded.pk,
        "rule-wordings": in_words.pk,
        "standing": standing.pk,
        "standing-promises": standing.pk,
    }


def _told(mark: str, doing: dict[str, Any]) -> dict[str, int]:
    """Another program is told, by an address that nothing is sent to while tests run."""
    hook, _secret = webhooks.add(f"https://1.1.1.1/{mark}", name=f"{mark} hook", **doing)
    message = WebhookDelivery.objects.create(
        webhook=hook,
        number=1,
        kind="alarm.raised",
        message_id=f"msg_{hook.pk}",
        body="{}",
        made_at=doing["now"],
        sent_at=doing["now"],
    )
    return {"webhooks": hook.pk, "messages": message.pk, "webhook-deliveries": message.pk}


def _life(
    house: cast.House, client: Client, mark: str, now: datetime
) -> tuple[Delivery, Proposal, Reason]:
    """One promise is delivered, and of another a later date is told, with a reason."""
    owner = next(iter(house.people.values()))
    doing = {"by": owner, "now": now}
    given = {"client": client, "due_at": now + timedelta(days=30), "day_only": False}
    done = recording.loose(what=f"{mark} delivered", **given, **doing)
    delivery = delivering.deliver(done, note=f"{mark} note", where=f"{mark} where", **doing)
    late = recording.loose(what=f"{mark} late", **given, **doing)
    reason = reasons.give(late, category=Reason.Category.OTHER, stated=f"{mark} reason", **doing)
    proposal = proposing.draft(
        late,
        options=[Way(now + timedelta(days=40), words=f"{mark} option")],
        reason=reason,
        body=f"{mark} letter",
        **doing,
    )
    return delivery, proposing.tell(proposal, how=Proposal.How.SAID, **doing), reason
