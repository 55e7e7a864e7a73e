from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kept.people.models import Member, Skill
from kept.tenancy.models import Scoped


def effort_is_sane(low: str, likely: str, high: str) -> Q:
    """Return the condition that three efforts in hours stand in order; ends come as a pair."""
    return Q(
        **{
            f"{likely}__gt": 0,
            f"{likely}__lte": 20_000,
            f"{low}__isnull": True,
            f"{high}__isnull": True,
        }
    ) | Q(
        **{
            f"{low}__gt": 0,
            f"{low}__lte": F(likely),
            f"{likely}__lte": F(high),
            f"{high}__lte": 20_000,
        }
    )


class Client(Scoped):
    """Who is promised to. A prospect has not bought yet; a promise to one counts all the same."""

    class Standing(models.TextChoices):
        PROSPECT = "prospect", _("Prospect")
        CLIENT = "client", _("Client")

    name = models.CharField(max_length=160)
    standing = models.CharField(max_length=8, choices=Standing, default=Standing.CLIENT)
    zone = models.CharField(max_length=60)
    #: What we write to them in; empty: as the house does. A contact's own goes before it.
    language = models.CharField(max_length=10, blank=True)
    note = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    personal = ("name", "note")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("organisation", Lower("name"), name="client_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Contact(Scoped):
    """A person at a client. Contacts get links, no accounts."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    personal = ("name", "email")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class ClientLink(Scoped):
    """A contact's way in without an account: a random token, of which only the hash is kept.

    The token is derived from `nonce` with the house's secret key whenever a
    letter is sent, so that neither the database nor the outbox holds it.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="links")
    nonce = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    unrecorded = ("last_used_at",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["contact_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(revoked_at__isnull=True),
                name="a_contact_has_one_link_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="a_link_expires_after_it_is_made"
            ),
        ]

    def __str__(self) -> str:
        return f"link of contact {self.contact_id} until {self.expires_at}"


class Service(Scoped):
    """An entry of the catalogue: stages with usual effort, and a price if there is one."""

    name = models.CharField(max_length=120)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("organisation", Lower("name"), name="service_names_are_unique"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0),
                name="service_price_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceStage(Scoped):
    """A piece of a service, with the effort in hours it usually takes."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    skill = models.ForeignKey(Skill, models.PROTECT, null=True, blank=True, related_name="+")
    hands = models.PositiveSmallIntegerField(default=1)
    low_hours = models.FloatField(null=True, blank=True)
    likely_hours = models.FloatField()
    high_hours = models.FloatField(null=True, blank=True)
    optional = models.BooleanField(default=False)
    finishing = models.BooleanField(default=False)
    done_means = models.CharField(max_length=300, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["service", "position"], name="service_stage_positions_are_unique"
            ),
            models.CheckConstraint(
                condition=effort_is_sane("low_hours", "likely_hours", "high_hours"),
                name="service_stage_effort_is_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceStageAfter(Scoped):
    """One stage of a service starts after another is done."""

    stage = models.ForeignKey(ServiceStage, models.CASCADE, related_name="afters")
    after = models.ForeignKey(ServiceStage, models.CASCADE, related_name="befores")

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "after"], name="service_order_is_said_once"),
            models.CheckConstraint(
                condition=~Q(stage=F("after")), name="a_service_stage_does_not_wait_for_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id} after {self.after_id}"


class CoreService(Scoped):
    """What this client hired us for. Its health is judged before anything beyond it is given."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="core_services")
    service = models.ForeignKey(Service, models.PROTECT, related_name="core_for")
    since_on = models.DateField()
    #: The last day on which it was core; empty while it is.
    until_on = models.DateField(null=True, blank=True)
    named_at = models.DateTimeField()
    named_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["client_id", "since_on", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "service"],
                condition=Q(until_on__isnull=True),
                name="a_service_is_core_to_a_client_once",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("since_on")),
                name="a_core_service_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"service {self.service_id} for client {self.client_id}"


class CoreWord(Scoped):
    """Too little is known of a client's core: a person says how it stands, and why."""

    class Health(models.TextChoices):
        HOT = "hot", _("hot")
        WARM = "warm", _("warm")
        COLD = "cold", _("cold")

    client = models.ForeignKey(Client, models.PROTECT, related_name="core_words")
    health = models.CharField(max_length=4, choices=Health)
    why = models.CharField(max_length=300, blank=True)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(Member, models.PROTECT, related_name="+")

    personal = ("why",)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["client_id", "pk"]

    def __str__(self) -> str:
        return f"{self.health}, said of client {self.client_id}"
