from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kept.tenancy.models import Organisation, Scoped


class Head(models.Model):
    """Where an organisation's chain of events ends; locked by whoever writes the next one."""

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, primary_key=True, related_name="ledger_head"
    )
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class Event(Scoped):
    """One thing that was done: by whom, when, and what its rows became.

    `images` holds, for each row the verb wrote, all its columns afterwards
    (`null`: the row was removed), so that rows can be rebuilt from events.
    Personal text is not in it: a keyed hash and the name of an `ErasableText` are.

    The digest is taken over two parts, so that one can be shown without the
    other: the header, which whoever was promised may read (`shown` is its
    facts), and the rest, which is hidden behind a salt (recording.py).
    """

    class Kind(models.TextChoices):
        ORGANISATION_FOUNDED = "organisation.founded", _("Organisation founded")
        ORGANISATION_CHANGED = "organisation.changed", _("Settings changed")
        MEMBER_ADDED = "member.added", _("Person added")
        MEMBER_CHANGED = "member.changed", _("Person changed")
        MEMBER_INVITED = "member.invited", _("Person invited")
        INVITATION_REVOKED = "invitation.revoked", _("Invitation revoked")
        MEMBER_JOINED = "member.joined", _("Person joined")
        MEMBER_LEFT = "member.left", _("Person left")
        SKILL_ADDED = "skill.added", _("Skill added")
        ABSENCE_ADDED = "absence.added", _("Absence added")
        ABSENCE_REMOVED = "absence.removed", _("Absence removed")
        TOKEN_MADE = "token.made", _("Token made")
        TOKEN_REVOKED = "token.revoked", _("Token revoked")
        LINK_MADE = "link.made", _("Link made")
        LINK_REVOKED = "link.revoked", _("Link revoked")
        CLIENT_ADDED = "client.added", _("Client added")
        CLIENT_CHANGED = "client.changed", _("Client changed")
        CONTACT_ADDED = "contact.added", _("Contact added")
        CONTACT_CHANGED = "contact.changed", _("Contact changed")
        SERVICE_ADDED = "service.added", _("Service added")
        SERVICE_CHANGED = "service.changed", _("Service changed")
        JOB_MADE = "job.made", _("Job made")
        JOB_CHANGED = "job.changed", _("Job changed")
        STAGE_CHANGED = "stage.changed", _("Stage changed")
        STAGE_HANDED_OVER = "stage.handed_over", _("Stage handed over")
        STAGE_TAKEN = "stage.taken", _("Hand-over accepted")
        STAGE_SENT_BACK = "stage.sent_back", _("Hand-over sent back")
        STAGE_STUCK = "stage.stuck", _("Finishing stretch is stuck")
        CHECK_ITEM_ADDED = "check_item.added", _("Line of the checklist added")
        CHECK_ITEM_DONE = "check_item.done", _("Line of the checklist done")
        CHECK_ITEM_REOPENED = "check_item.reopened", _("Line of the checklist reopened")
        OWNER_PROPOSED = "owner.proposed", _("Owner proposed")
        OWNER_ACCEPTED = "owner.accepted", _("Owner accepted")
        OWNER_COUNTERED = "owner.countered", _("Owner countered")
        OWNER_DECLINED = "owner.declined", _("Owner declined")
        OWNER_WITHDRAWN = "owner.withdrawn", _("Proposal to an owner withdrawn")
        GAP_SIGNED = "gap.signed", _("Gap signed as a risk")
        OBLIGATION_RECORDED = "obligation.recorded", _("Obligation recorded")
        OBLIGATION_MET = "obligation.met", _("Obligation met")
        INBOUND_RECORDED = "inbound.recorded", _("Third party's promise recorded")
        INBOUND_MET = "inbound.met", _("Third party delivered")
        ASSUMPTION_RECORDED = "assumption.recorded", _("Assumption recorded")
        ASSUMPTION_BROKE = "assumption.broke", _("Assumption broke")
        ANSWERED = "answer.given", _("Asked for a date")
        QUOTE_HELD = "quote.held", _("Capacity held")
        CHOICE_ADDED = "choice.added", _("Choice added to an offer")
        CHOICE_REMOVED = "choice.removed", _("Choice taken from an offer")
        QUOTE_OFFERED = "quote.offered", _("Offered")
        QUOTE_ACCEPTED = "quote.accepted", _("Accepted by the client")
        QUOTE_DECLINED = "quote.declined", _("Declined by the client")
        QUOTE_WITHDRAWN = "quote.withdrawn", _("Offer withdrawn")
        QUOTE_LAPSED = "quote.lapsed", _("Offer lapsed")
        QUOTE_COUNTERED = "quote.countered", _("Countered by the client")
        COUNTER_ANSWERED = "counter.answered", _("Counter-offer answered")
        HOLDING_REPLY_GIVEN = "holding_reply.given", _("Holding reply given")
        HOLDING_REPLY_ANSWERED = "holding_reply.answered", _("Holding reply answered")
        HOLDING_REPLY_WITHDRAWN = "holding_reply.withdrawn", _("Holding reply withdrawn")
        PROMISE_RECORDED = "promise.recorded", _("Promise recorded")
        PROMISE_CHANGED = "promise.changed", _("Promise changed")
        PROMISE_ACTIVATED = "promise.activated", _("Gaps closed, promise active")
        PROMISE_RELEASED = "promise.released", _("Released by the client")
        PROMISE_REVOKED = "promise.revoked", _("Revoked by us")
        PROMISE_VOIDED = "promise.voided", _("Promise voided")
        PAUSE_NOTICED = "pause.noticed", _("Notice of a pause")
        PAUSE_CALLED_OFF = "pause.called_off", _("Notice of a pause called off")
        PROMISE_PAUSED = "promise.paused", _("Paused")
        PROMISE_RESUMED = "promise.resumed", _("Pause ended")
        PROMISE_DELIVERED = "promise.delivered", _("Delivered")
        DELIVERY_NOTICED = "delivery.noticed", _("Notice that silence is acceptance")
        DELIVERY_ACCEPTED = "delivery.accepted", _("Accepted by the client")
        DELIVERY_DEEMED = "delivery.deemed", _("Accepted by silence")
        DELIVERY_SENT_BACK = "delivery.sent_back", _("Sent back by the client")
        CLIENT_THANKED = "client.thanked", _("Client thanked")
        PROPOSAL_DRAFTED = "proposal.drafted", _("Other terms drafted")
        PROPOSAL_TOLD = "proposal.told", _("Other terms told")
        PROPOSAL_AGREED = "proposal.agreed", _("Other terms agreed")
        PROPOSAL_REFUSED = "proposal.refused", _("Other terms refused")
        PROPOSAL_WITHDRAWN = "proposal.withdrawn", _("Other terms withdrawn")
        REASON_GIVEN = "reason.given", _("Reason given")
        SLIP_SAID = "slip.said", _("A later date said")
        AGAIN_SAID = "again.said", _("Would we promise it again")
        CORE_NAMED = "core.named", _("Named a core service")
        CORE_ENDED = "core.ended", _("Core service ended")
        CORE_SAID = "core.said", _("Said how the core stands")
        STANDING_MADE = "standing.made", _("Standing promise made")
        STANDING_CHANGED = "standing.changed", _("Standing promise changed")
        STANDING_ENDED = "standing.ended", _("Standing promise ended")
        OCCURRENCES_MADE = "occurrences.made", _("Occurrences come due")
        OCCURRENCE_DONE = "occurrence.done", _("Occurrence done")
        OCCURRENCE_RELEASED = "occurrence.released", _("Let off one occurrence")
        OCCURRENCE_REOPENED = "occurrence.reopened", _("Occurrence reopened")
        POLICY_MADE = "policy.made", _("Policy made")
        POLICY_CHANGED = "policy.changed", _("Policy changed")
        POLICY_RETIRED = "policy.retired", _("Policy retired")
        ASK_RECEIVED = "ask.received", _("Asked for more")
        ASK_CHANGED = "ask.changed", _("Ask changed")
        ASK_JUDGED = "ask.judged", _("Said whether an ask is sincere")
        ASK_CHALLENGED = "ask.challenged", _("A “can’t” challenged")
        ASK_DECIDED = "ask.decided", _("Ask decided")
        ASK_REPLIED = "ask.replied", _("Ask replied to")
        ASK_WITHDRAWN = "ask.withdrawn", _("Ask withdrawn")
        EXTRA_GIVEN = "extra.given", _("Extra given")
        EXTRA_DISMISSED = "extra.dismissed", _("Found not to be an extra")
        EXTRA_VOIDED = "extra.voided", _("Extra voided")
        BUDGET_SET = "budget.set", _("Budget for extras set")
        CREEP_DECIDED = "creep.decided", _("Creep decided")
        CREEP_REOPENED = "creep.reopened", _("Creep looked at anew")
        TEMPLATE_CHANGED = "template.changed", _("Wording of a reply changed")
        TEMPLATE_REMOVED = "template.removed", _("Wording of a reply removed")
        REACTION_ASKED = "reaction.asked", _("Asked how it was")
        REACTION_GIVEN = "reaction.given", _("Said how it was")
        STORY_WRITTEN = "story.written", _("Story written")
        STORY_CHANGED = "story.changed", _("Story changed")
        STORY_ASKED = "story.asked", _("Asked for consent to a story")
        STORY_CONSENTED = "story.consented", _("Consented to a story")
        STORY_REFUSED = "story.refused", _("Would rather not have it told")
        STORY_PUBLISHED = "story.published", _("Story told")
        STORY_WITHDRAWN = "story.withdrawn", _("Consent to a story withdrawn")
        REFERRAL_RECORDED = "referral.recorded", _("Referral recorded")
        REFERRAL_BECAME_CLIENT = "referral.became_client", _("Prospect became a client")
        LETTER_WRITTEN = "letter.written", _("Letter written")
        CHARTER_AGREED = "charter.agreed", _("Agreed how to be chased")
        CHARTER_CHANGED = "charter.changed", _("Changed how to be chased")
        CHARTER_REVOKED = "charter.revoked", _("Consent to be chased taken back")
        LADDER_CHANGED = "ladder.changed", _("Ladder changed")
        CHASE_RULE_CHANGED = "chase_rule.changed", _("Rule that raises alarms changed")
        ALARM_RAISED = "alarm.raised", _("Alarm raised")
        ALARM_CLIMBED = "alarm.climbed", _("Next rung of the ladder")
        ALARM_ACKNOWLEDGED = "alarm.acknowledged", _("Acknowledged")
        ALARM_ANSWERED = "alarm.answered", _("Answered")
        ALARM_CLOSED = "alarm.closed", _("Alarm closed")
        ALARM_ANSWER_ENDED = "alarm_answer.ended", _("What was answered came due")
        ALARM_ANSWER_RATED = "alarm_answer.rated", _("Said whether asking helped")
        DELEGATE_NAMED = "delegate.named", _("Somebody else may chase")
        DELEGATE_ENDED = "delegate.ended", _("Nobody else may chase any more")
        WEBHOOK_ADDED = "webhook.added", _("Webhook added")
        WEBHOOK_ROTATED = "webhook.rotated", _("Secret of a webhook changed")
        WEBHOOK_DISABLED = "webhook.disabled", _("Webhook switched off")
        WEBHOOK_RESUMED = "webhook.resumed", _("Webhook switched on again")
        WEBHOOK_REPLAYED = "webhook.replayed", _("Message of a webhook sent again")
        WEBHOOK_REMOVED = "webhook.removed", _("Webhook removed")
        OUTLOOK_COMPUTED = "outlook.computed", _("Outlook computed")
        IMPORT_ACCEPTED = "import.accepted", _("Import accepted")
        IMPORT_ROWS = "import.rows", _("Rows imported")
        IMPORT_UNDONE = "import.undone", _("Import undone")
        NAMES_MAPPED = "names.mapped", _("Names mapped")
        PROFILE_FITTED = "profile.fitted", _("Learned from the past")
        TEXT_ERASED = "text.erased", _("Personal text erased")

    frozen: ClassVar[Mapping[str, int]] = {}

    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        "kept.Member", models.PROTECT, null=True, blank=True, related_name="events"
    )
    about_table = models.CharField(max_length=40)
    about_id = models.BigIntegerField()
    promise_id = models.BigIntegerField(null=True, blank=True)
    chance_then = models.FloatField(null=True, blank=True)
    #: What whoever was promised may read: moments and states, never effort, chances or people.
    shown = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    images = models.JSONField(default=dict)
    #: Random, in hexadecimal: without it nobody can guess what is behind a digest.
    salt = models.CharField(max_length=32, default="")
    digest_before = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["organisation_id", "number"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "about_table", "about_id", "number"]),
            models.Index(fields=["organisation", "promise_id", "number"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "number"], name="event_numbers_are_unique"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="event_numbers_start_at_one"),
            models.CheckConstraint(condition=~Q(salt=""), name="what_an_event_hides_is_salted"),
            models.CheckConstraint(
                condition=Q(chance_then__isnull=True) | Q(chance_then__gt=0, chance_then__lt=1),
                name="event_chance_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class ErasableText(Scoped):
    """A piece of personal text that an event refers to; its key is lost with it.

    The event holds HMAC-SHA256(key, text): with the key it proves what was
    written, without it the hash tells nothing.
    """

    about_table = models.CharField(max_length=40)
    about_id = models.BigIntegerField()
    field = models.CharField(max_length=40)
    key = models.BinaryField(max_length=32)
    text = models.TextField(blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes: ClassVar = [models.Index(fields=["organisation", "about_table", "about_id"])]

    def __str__(self) -> str:
        return f"{self.about_table} {self.about_id} {self.field}"
