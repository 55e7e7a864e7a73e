"""A house with one of everything, each with a word in it that nobody else may ever read."""

from datetime import datetime, timedelta
from typing import Any

from kept.clients import catalogue, keeping, links
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client
from kept.imports import intake, waiting
from kept.jobs import checklist, handing, making, owning
from kept.jobs.models import Job, Stage
from kept.outbox import letters
from kept.people import inviting, staff, tokens
from kept.people.models import Member, Role
from kept.plan import outlook
from kept.promises import delivering, proposing, reasons, recording
from kept.promises.models import Delivery, Proposal, Reason
from kept.promises.proposing import Way
from kept.quotes import checking, offering, replying
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
        handed = handing.hand_over(_next_to_hand_over(client, owner, worker, mark, doing), **doing)
    return {
        "absences": absence.pk,
        "answers": answer.pk,
        "assumptions": assumption.pk,
        "checks": check.pk,
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
