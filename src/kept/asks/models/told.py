from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kept.asks.models.given import Extra
from kept.clients.models import Client, Contact
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.promises.models import Promise
from kept.tenancy.models import Scoped


class Reaction(Scoped):
    """How a client took what they got: asked once, by link; they need not answer."""

    class Felt(models.TextChoices):
        DELIGHTED = "delighted", _("delighted")
        PLEASED = "pleased", _("pleased")
        AS_EXPECTED = "as_expected", _("as expected")
        DISAPPOINTED = "disappointed", _("disappointed")

    client = models.ForeignKey(Client, models.PROTECT, related_name="reactions")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    promise = models.OneToOneField(
        Promise, models.PROTECT, null=True, blank=True, related_name="reaction"
    )
    extra = models.OneToOneField(
        Extra, models.PROTECT, null=True, blank=True, related_name="reaction"
    )
    felt = models.CharField(max_length=12, choices=Felt, blank=True)
    words = models.TextField(blank=True)
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    personal = ("words",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["-asked_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(promise__isnull=False) | Q(extra__isnull=False),
                name="a_reaction_is_to_something",
            ),
            models.CheckConstraint(
                condition=(Q(felt="") & Q(answered_at__isnull=True))
                | (~Q(felt="") & Q(answered_at__isnull=False)),
                name="an_answered_reaction_says_how_it_felt",
            ),
        ]

    def __str__(self) -> str:
        return f"reaction of client {self.client_id}"


class Story(Scoped):
    """What we would like to tell; it leaves the house only in the words the client agreed to."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ASKED = "asked", _("waits for their consent")
        CONSENTED = "consented", _("they agree")
        PUBLISHED = "published", _("told")
        REFUSED = "refused", _("they would rather not")
        WITHDRAWN = "withdrawn", _("consent withdrawn")

    client = models.ForeignKey(Client, models.PROTECT, related_name="stories")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    promise = models.ForeignKey(
        Promise, models.PROTECT, null=True, blank=True, related_name="stories"
    )
    extra = models.ForeignKey(Extra, models.PROTECT, null=True, blank=True, related_name="stories")
    title = models.CharField(max_length=200)
    words = models.TextField()
    #: SHA-256 of the words as they are, and as they were consented to.
    words_hash = models.CharField(max_length=64)
    consented_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_where = models.CharField(max_length=300, blank=True)

    personal = ("title", "words", "published_where")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["-written_at", "-pk"]
        verbose_name_plural = "stories"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(state__in=["consented", "published"]) & Q(consented_hash=F("words_hash"))
                )
                | (~Q(state__in=["consented", "published"]) & Q(consented_hash="")),
                name="a_story_is_told_in_the_words_consented_to",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="a_published_story_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class StoryConsent(Scoped):
    """A contact's word on a story's exact words: yes or no, and when it was taken back."""

    story = models.ForeignKey(Story, models.CASCADE, related_name="consents")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    #: As they read it.
    words = models.TextField()
    words_hash = models.CharField(max_length=64)
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    #: The words were changed before they answered.
    overtaken_at = models.DateTimeField(null=True, blank=True)

    personal = ("words",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["story_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["story"],
                condition=Q(
                    given_at__isnull=True, refused_at__isnull=True, overtaken_at__isnull=True
                ),
                name="one_consent_waits_for_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=True) | Q(refused_at__isnull=True),
                name="consent_is_given_or_refused",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(given_at__isnull=False),
                name="only_given_consent_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"consent to story {self.story_id}"


class Referral(Scoped):
    """Who sent us whom."""

    referrer = models.ForeignKey(Client, models.PROTECT, related_name="referrals_made")
    referrer_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+"
    )
    client = models.OneToOneField(Client, models.PROTECT, related_name="referral")
    #: The extra or promise they spoke of.
    because_of = models.ForeignKey(
        Promise, models.PROTECT, null=True, blank=True, related_name="referrals"
    )
    words = models.CharField(max_length=300, blank=True)
    told_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    #: When the prospect became a client.
    became_client_at = models.DateTimeField(null=True, blank=True)

    personal = ("words",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["-told_on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(client=F("referrer")), name="nobody_refers_themselves"
            )
        ]

    def __str__(self) -> str:
        return f"client {self.client_id} from client {self.referrer_id}"
