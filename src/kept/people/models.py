from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kept.tenancy.models import Scoped


class LoginManager(BaseUserManager["Login"]):
    """Makes log-ins; an address is kept in lower case, so that it is found again."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Login":
        login = self.model(email=self.normalize_email(email).lower(), **fields)
        login.set_password(password)
        login.save(using=self._db)
        return login

    def get_by_natural_key(self, username: str | None) -> "Login":
        return self.get(email=(username or "").lower())


class Login(AbstractBaseUser):
    """An e-mail address with a password. It belongs to no organisation; members do."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(
        max_length=6,
        default="system",
        choices={"system": _("As the system"), "light": _("Light"), "dark": _("Dark")},
    )
    compact_rows = models.BooleanField(default=False)
    single_keys = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = LoginManager()

    def __str__(self) -> str:
        return self.email


class Role(models.TextChoices):
    """What a member may do; each role may do what the ones before it may."""

    GUEST = "guest", _("Guest")
    MEMBER = "member", _("Member")
    LEAD = "lead", _("Lead")
    OWNER = "owner", _("Owner")

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        return self.rank >= other.rank


class Skill(Scoped):
    """Something people of this house can do and stages need."""

    name = models.CharField(max_length=60)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint("organisation", Lower("name"), name="skill_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Member(Scoped):
    """A person of the house. Somebody who was invited and has not come yet has no login."""

    login = models.ForeignKey(
        Login, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    zone = models.CharField(max_length=60)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=10, blank=True)
    usable_share = models.FloatField(null=True, blank=True)
    outside_hours = models.FloatField(null=True, blank=True)
    parallel = models.PositiveSmallIntegerField(default=1)
    does_work = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True, blank=True)

    personal = ("name", "email")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "login"], name="a_login_joins_a_house_once"
            ),
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=~Q(email=""),
                name="member_addresses_are_unique",
            ),
            models.CheckConstraint(
                condition=Q(usable_share__isnull=True) | Q(usable_share__gt=0, usable_share__lte=1),
                name="member_usable_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(outside_hours__isnull=True) | Q(outside_hours__gte=0),
                name="member_outside_hours_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(parallel__gte=1, parallel__lte=20), name="member_parallel_is_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    def may(self, role: Role) -> bool:
        """Say whether this member's role includes `role`."""
        return self.left_at is None and Role(self.role).includes(role)


class MemberSkill(Scoped):
    """One skill of one member."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="member_skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="member_skills")

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "skill"], name="a_skill_is_had_once")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.skill_id}"


class WorkingTime(Scoped):
    """A stretch of a weekday (0 is Monday) in which a member works, in the member's zone."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="working_times")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["weekday", "starts"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6), name="working_weekday_is_a_weekday"
            ),
            models.CheckConstraint(
                condition=Q(starts__lt=F("ends")), name="working_time_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts}–{self.ends}"


class Absence(Scoped):
    """Whole days on which a member is away, both ends included. Never why."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="absences")
    from_on = models.DateField()
    to_on = models.DateField()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["from_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(from_on__lte=F("to_on")), name="absence_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_on} – {self.to_on}"


class Charter(Scoped):
    """How a member may be chased for what they said yes to; theirs to set, and to take back.

    At most one is in force. Somebody who has none yet is chased as `charters.usual` says.
    """

    #: Monday to Friday, as bits: 1 is Monday, 64 is Sunday.
    WEEK = 0b0011111

    member = models.ForeignKey(Member, models.CASCADE, related_name="charters")
    agreed_at = models.DateTimeField()
    #: How many messages a day may reach them.
    daily_cap = models.PositiveSmallIntegerField(default=3)
    #: From then until then, by the member's own clock, a message waits; over midnight if it must.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    weekdays = models.PositiveSmallIntegerField(default=WEEK)
    #: The top rung of a ladder may reach them at any hour.
    top_rung = models.BooleanField(default=False)
    #: What is due, what waits and what climbed, once a day as their hours begin.
    digest = models.BooleanField(default=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["member_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(revoked_at__isnull=True),
                name="one_charter_is_in_force",
            ),
            models.CheckConstraint(
                condition=Q(daily_cap__gte=1, daily_cap__lte=20), name="a_charters_cap_is_sane"
            ),
            models.CheckConstraint(
                condition=Q(weekdays__gte=1, weekdays__lte=127),
                name="a_charter_names_days_of_the_week",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~Q(quiet_from=F("quiet_until"))
                ),
                name="quiet_hours_start_and_end",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("agreed_at")),
                name="a_charter_is_revoked_after_it_was_agreed",
            ),
        ]

    def __str__(self) -> str:
        return f"charter of {self.member_id}"


class CharterChannel(Scoped):
    """One way to reach a member; the first that works is taken."""

    charter = models.ForeignKey(Charter, models.CASCADE, related_name="channels")
    position = models.PositiveSmallIntegerField()
    #: The name under which `last_mile.channels` knows it.
    kind = models.CharField(max_length=20)
    #: Where it leads, sealed since it carries a key; empty for mail is the member's own address.
    address = models.CharField(max_length=1000, blank=True)
    #: What may be shown of it.
    hint = models.CharField(max_length=120, blank=True)

    personal = ("address", "hint")

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["charter_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["charter", "position"], name="charter_channels_are_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Invitation(Scoped):
    """A link by which somebody becomes a member; only its hash is kept."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"for {self.member_id}, until {self.expires_at}"


class ApiToken(Scoped):
    """A key with which a script acts as a member, within scopes; only its hash is kept."""

    personal = ("name",)
    unrecorded = ("last_used_at",)

    member = models.ForeignKey(Member, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"{self.member_id} {self.name}"


class TryBucket(models.Model):
    """How many more bad secrets an address may try (people/throttle.py).

    It belongs to no organisation: whose link it would be, nobody knows yet.
    """

    address_hash = models.CharField(max_length=64, primary_key=True)
    left = models.FloatField()
    counted_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(left__gte=0, left__lte=20), name="a_bucket_of_tries_is_not_overdrawn"
            )
        ]

    def __str__(self) -> str:
        return f"{self.left:.1f} left"
