import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Login",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "theme",
                    models.CharField(
                        choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
                        default="system",
                        max_length=6,
                    ),
                ),
                ("compact_rows", models.BooleanField(default=False)),
                ("single_keys", models.BooleanField(default=True)),
            ],
            options={
                "abstract": False,
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("zone", models.CharField(max_length=60)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("region", models.CharField(blank=True, max_length=10)),
                ("language", models.CharField(default="en", max_length=10)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("day_ends_at", models.TimeField()),
                ("asked_confidence", models.FloatField(default=0.9)),
                ("line", models.FloatField(default=0.8)),
                ("usable_share", models.FloatField(default=0.7)),
                (
                    "quote_lasts_days",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("is_sample", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asked_confidence__gt", 0),
                            ("asked_confidence__lt", 1),
                            ("line__gt", 0),
                            ("line__lt", 1),
                            ("asked_confidence__gte", models.F("line")),
                        ),
                        name="organisation_line_is_a_chance_below_the_asked_confidence",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("usable_share__gt", 0), ("usable_share__lte", 1)),
                        name="organisation_usable_share_is_a_share",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("name", models.CharField(max_length=160)),
                (
                    "standing",
                    models.CharField(
                        choices=[("prospect", "Prospect"), ("client", "Client")],
                        default="client",
                        max_length=8,
                    ),
                ),
                ("zone", models.CharField(max_length=60)),
                ("note", models.TextField(blank=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("organisation"),
                        django.db.models.functions.text.Lower("name"),
                        name="client_names_are_unique",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("header_digest", models.CharField(max_length=64)),
                ("field", models.CharField(max_length=30)),
                ("column", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField()),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "header_digest", "field"),
                        name="a_field_is_read_from_one_column",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contacts",
                        to="kept.client",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="DurationProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("version", models.CharField(max_length=64)),
                ("items", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField()),
                ("learned_until_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["made_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="ErasableText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("about_table", models.CharField(max_length=40)),
                ("about_id", models.BigIntegerField()),
                ("field", models.CharField(max_length=40)),
                ("key", models.BinaryField(max_length=32)),
                ("text", models.TextField(blank=True)),
                ("erased_at", models.DateTimeField(null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["organisation", "about_table", "about_id"],
                        name="kept_erasab_organis_2f7968_idx",
                    )
                ],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="ledger_head",
                        serialize=False,
                        to="kept.organisation",
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=0)),
                (
                    "digest",
                    models.CharField(
                        default="0000000000000000000000000000000000000000000000000000000000000000",
                        max_length=64,
                    ),
                ),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "login",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("guest", "Guest"),
                            ("member", "Member"),
                            ("lead", "Lead"),
                            ("owner", "Owner"),
                        ],
                        default="member",
                        max_length=8,
                    ),
                ),
                ("zone", models.CharField(max_length=60)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("region", models.CharField(blank=True, max_length=10)),
                ("usable_share", models.FloatField(blank=True, null=True)),
                ("outside_hours", models.FloatField(blank=True, null=True)),
                ("parallel", models.PositiveSmallIntegerField(default=1)),
                ("does_work", models.BooleanField(default=True)),
                ("left_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "login"), name="a_login_joins_a_house_once"
                    ),
                    models.UniqueConstraint(
                        models.F("organisation"),
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("email", ""), _negated=True),
                        name="member_addresses_are_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("usable_share__isnull", True),
                            models.Q(("usable_share__gt", 0), ("usable_share__lte", 1)),
                            _connector="OR",
                        ),
                        name="member_usable_share_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outside_hours__isnull", True),
                            ("outside_hours__gte", 0),
                            _connector="OR",
                        ),
                        name="member_outside_hours_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("parallel__gte", 1), ("parallel__lte", 20)),
                        name="member_parallel_is_sane",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to="kept.member",
                    ),
                ),
                ("from_on", models.DateField()),
                ("to_on", models.DateField()),
            ],
            options={
                "ordering": ["from_on", "pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_on__lte", models.F("to_on"))),
                        name="absence_ends_after_it_starts",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="kept.member",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("scopes", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("number", models.PositiveBigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("organisation.founded", "Organisation founded"),
                            ("organisation.changed", "Settings changed"),
                            ("member.added", "Person added"),
                            ("member.changed", "Person changed"),
                            ("member.invited", "Person invited"),
                            ("member.joined", "Person joined"),
                            ("member.left", "Person left"),
                            ("skill.added", "Skill added"),
                            ("absence.added", "Absence added"),
                            ("absence.removed", "Absence removed"),
                            ("token.made", "Token made"),
                            ("token.revoked", "Token revoked"),
                            ("client.added", "Client added"),
                            ("client.changed", "Client changed"),
                            ("contact.added", "Contact added"),
                            ("contact.changed", "Contact changed"),
                            ("service.added", "Service added"),
                            ("service.changed", "Service changed"),
                            ("job.made", "Job made"),
                            ("job.changed", "Job changed"),
                            ("stage.changed", "Stage changed"),
                            ("obligation.recorded", "Obligation recorded"),
                            ("obligation.met", "Obligation met"),
                            ("inbound.recorded", "Third party's promise recorded"),
                            ("inbound.met", "Third party delivered"),
                            ("assumption.recorded", "Assumption recorded"),
                            ("assumption.broke", "Assumption broke"),
                            ("answer.given", "Asked for a date"),
                            ("quote.held", "Capacity held"),
                            ("quote.offered", "Offered"),
                            ("quote.accepted", "Accepted by the client"),
                            ("quote.declined", "Declined by the client"),
                            ("quote.withdrawn", "Offer withdrawn"),
                            ("quote.lapsed", "Offer lapsed"),
                            ("promise.recorded", "Promise recorded"),
                            ("promise.changed", "Promise changed"),
                            ("promise.voided", "Promise voided"),
                            ("outlook.computed", "Outlook computed"),
                            ("import.accepted", "Import accepted"),
                            ("import.rows", "Rows imported"),
                            ("import.undone", "Import undone"),
                            ("names.mapped", "Names mapped"),
                            ("profile.fitted", "Learned from the past"),
                            ("text.erased", "Personal text erased"),
                        ],
                        max_length=40,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="kept.member",
                    ),
                ),
                ("about_table", models.CharField(max_length=40)),
                ("about_id", models.BigIntegerField()),
                ("promise_id", models.BigIntegerField(blank=True, null=True)),
                ("chance_then", models.FloatField(blank=True, null=True)),
                ("facts", models.JSONField(default=dict)),
                ("images", models.JSONField(default=dict)),
                ("digest_before", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ["organisation_id", "number"],
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["organisation", "about_table", "about_id", "number"],
                        name="kept_event_organis_52b1b7_idx",
                    ),
                    models.Index(
                        fields=["organisation", "promise_id", "number"],
                        name="kept_event_organis_9aed4f_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "number"), name="event_numbers_are_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="event_numbers_start_at_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("chance_then__isnull", True),
                            models.Q(("chance_then__gt", 0), ("chance_then__lt", 1)),
                            _connector="OR",
                        ),
                        name="event_chance_is_a_probability",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("request_digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.TextField(blank=True)),
                ("used_at", models.DateTimeField()),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "member", "key"), name="idempotency_keys_are_unique"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("file_name", models.CharField(max_length=255)),
                ("file_digest", models.CharField(max_length=64)),
                ("source", models.CharField(max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[("accepted", "accepted"), ("undone", "undone")],
                        default="accepted",
                        max_length=8,
                    ),
                ),
                ("finished_rows", models.PositiveIntegerField(default=0)),
                ("open_rows", models.PositiveIntegerField(default=0)),
                ("promises", models.PositiveIntegerField(default=0)),
                ("known_rows", models.PositiveIntegerField(default=0)),
                ("problem_rows", models.PositiveIntegerField(default=0)),
                ("accepted_at", models.DateTimeField()),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="ImportProblem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="kept.import",
                    ),
                ),
                ("row", models.PositiveIntegerField(blank=True, null=True)),
                ("column", models.CharField(blank=True, max_length=120)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("why", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ["row", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="kept.member",
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "price",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("organisation"),
                        django.db.models.functions.text.Lower("name"),
                        name="service_names_are_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("price__isnull", True), ("price__gte", 0), _connector="OR"
                        ),
                        name="service_price_is_not_negative",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="kept.client",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="kept.service",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Asked about"), ("open", "Open"), ("closed", "Closed")],
                        default="draft",
                        max_length=6,
                    ),
                ),
                ("release_at", models.DateTimeField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Assumption",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assumptions",
                        to="kept.job",
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("broke_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Condition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conditions",
                        to="kept.job",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=300)),
                ("required", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["job_id", "position"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold",
                        to="kept.job",
                    ),
                ),
                (
                    "placement",
                    models.CharField(
                        choices=[("by_date", "by date"), ("yields", "yields")], max_length=7
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("held_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["held_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promise",
                        to="kept.job",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="kept.client",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("active", "active"),
                            ("paused", "paused"),
                            ("delivered", "delivered"),
                            ("settled", "settled"),
                            ("released", "released"),
                            ("revoked", "revoked"),
                            ("voided", "voided"),
                        ],
                        default="active",
                        max_length=9,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("quote", "an accepted offer"),
                            ("loose", "recorded in one line"),
                            ("imported", "imported"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "placement",
                    models.CharField(
                        choices=[("by_date", "by date"), ("yields", "yields")],
                        default="by_date",
                        max_length=7,
                    ),
                ),
                ("pinned", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "last_mile_owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="last_miles",
                        to="kept.member",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("internal_due_at", models.DateTimeField()),
                ("day_only", models.BooleanField(default=True)),
                ("zone", models.CharField(max_length=60)),
                ("given_at", models.DateTimeField()),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
                (
                    "gate",
                    models.CharField(
                        choices=[("not_asked", "owners were not asked")],
                        default="not_asked",
                        max_length=12,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("void_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["due_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["organisation", "state", "due_at"],
                        name="kept_promis_organis_8b9372_idx",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "settled"), ("settled_at__isnull", False)),
                            models.Q(
                                models.Q(("state", "settled"), _negated=True),
                                ("settled_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="a_settled_promise_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "voided"), _negated=True),
                            models.Q(("void_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="a_voided_promise_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("name", models.CharField(max_length=60)),
            ],
            options={
                "ordering": ["name"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("organisation"),
                        django.db.models.functions.text.Lower("name"),
                        name="skill_names_are_unique",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="MemberSkill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="member_skills",
                        to="kept.member",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="member_skills",
                        to="kept.skill",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("member", "skill"), name="a_skill_is_had_once")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ServiceStage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stages",
                        to="kept.service",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120)),
                (
                    "skill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.skill",
                    ),
                ),
                ("hands", models.PositiveSmallIntegerField(default=1)),
                ("low_hours", models.FloatField(blank=True, null=True)),
                ("likely_hours", models.FloatField()),
                ("high_hours", models.FloatField(blank=True, null=True)),
                ("optional", models.BooleanField(default=False)),
                ("finishing", models.BooleanField(default=False)),
                ("done_means", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["position"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("service", "position"), name="service_stage_positions_are_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("high_hours__isnull", True),
                                ("likely_hours__gt", 0),
                                ("likely_hours__lte", 20000),
                                ("low_hours__isnull", True),
                            ),
                            models.Q(
                                ("high_hours__lte", 20000),
                                ("likely_hours__lte", models.F("high_hours")),
                                ("low_hours__gt", 0),
                                ("low_hours__lte", models.F("likely_hours")),
                            ),
                            _connector="OR",
                        ),
                        name="service_stage_effort_is_sane",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ServiceStageAfter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="afters",
                        to="kept.servicestage",
                    ),
                ),
                (
                    "after",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="befores",
                        to="kept.servicestage",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stage", "after"), name="service_order_is_said_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stage", models.F("after")), _negated=True),
                        name="a_service_stage_does_not_wait_for_itself",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("plan", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "fingerprint"), name="a_situation_is_kept_once"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="kept.job",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="kept.client",
                    ),
                ),
                ("wanted_at", models.DateTimeField(blank=True, null=True)),
                ("zone", models.CharField(max_length=60)),
                ("confidence", models.FloatField()),
                ("line", models.FloatField()),
                ("chance_wanted", models.FloatField(blank=True, null=True)),
                ("advised", models.CharField(blank=True, max_length=8)),
                ("asked_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="kept.snapshot",
                    ),
                ),
                ("plan_fingerprint", models.CharField(max_length=64)),
                ("ask", models.JSONField()),
                ("story", models.JSONField(default=dict)),
                ("seed", models.BigIntegerField()),
                ("futures", models.PositiveIntegerField()),
                ("engine_version", models.CharField(max_length=20)),
                ("profile_version", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ["pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confidence__gt", 0),
                            ("confidence__lt", 1),
                            ("line__gt", 0),
                            ("line__lt", 1),
                        ),
                        name="answer_confidence_is_a_probability",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="AnswerDate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dates",
                        to="kept.answer",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("level", "the first day at least this likely"),
                            ("wanted", "the day that was wanted"),
                            ("without", "without disturbing anyone"),
                            ("in_place", "in its place by date"),
                        ],
                        max_length=8,
                    ),
                ),
                ("level", models.FloatField(blank=True, null=True)),
                ("due_at", models.DateTimeField()),
                (
                    "placement",
                    models.CharField(
                        choices=[("by_date", "by date"), ("yields", "yields")], max_length=7
                    ),
                ),
                ("chance", models.FloatField()),
            ],
            options={
                "ordering": ["answer_id", "due_at", "pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("chance__gt", 0), ("chance__lt", 1)),
                        name="answer_chance_is_a_probability",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="AnswerEffect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="effects",
                        to="kept.answer",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("level", "the first day at least this likely"),
                            ("wanted", "the day that was wanted"),
                            ("without", "without disturbing anyone"),
                            ("in_place", "in its place by date"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kept.job"
                    ),
                ),
                ("chance_before", models.FloatField()),
                ("chance_after", models.FloatField()),
                ("below_line", models.BooleanField()),
            ],
            options={
                "ordering": ["answer_id", "chance_after", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="AnswerLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="kept.answer",
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("about", models.JSONField(default=dict)),
                ("days", models.FloatField()),
            ],
            options={
                "ordering": ["answer_id", "-days", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Outlook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "promise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outlooks",
                        to="kept.promise",
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("chance", models.FloatField()),
                ("finish_50_at", models.DateTimeField(blank=True, null=True)),
                ("finish_80_at", models.DateTimeField(blank=True, null=True)),
                ("finish_90_at", models.DateTimeField(blank=True, null=True)),
                ("finish_95_at", models.DateTimeField(blank=True, null=True)),
                ("known_items", models.PositiveIntegerField()),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outlooks",
                        to="kept.snapshot",
                    ),
                ),
                ("plan_fingerprint", models.CharField(max_length=64)),
                ("seed", models.BigIntegerField()),
                ("futures", models.PositiveIntegerField()),
                ("engine_version", models.CharField(max_length=20)),
                ("profile_version", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ["promise_id", "computed_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["promise", "-computed_at"], name="kept_outloo_promise_3c577a_idx"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("chance__gt", 0), ("chance__lt", 1)),
                        name="outlook_chance_is_a_probability",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="kept.answer",
                    ),
                ),
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quote",
                        to="kept.job",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="kept.client",
                    ),
                ),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quote",
                        to="kept.hold",
                    ),
                ),
                (
                    "promise",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quote",
                        to="kept.promise",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("held", "held"),
                            ("offered", "offered"),
                            ("countered", "countered"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("lapsed", "lapsed"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="held",
                        max_length=9,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("internal_due_at", models.DateTimeField()),
                ("day_only", models.BooleanField(default=True)),
                ("zone", models.CharField(max_length=60)),
                (
                    "placement",
                    models.CharField(
                        choices=[("by_date", "by date"), ("yields", "yields")], max_length=7
                    ),
                ),
                ("chance_when_given", models.FloatField()),
                ("even_chances_at", models.DateTimeField(blank=True, null=True)),
                (
                    "price",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                ("held_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("offered_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("word", models.TextField(blank=True)),
                (
                    "risk_signed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
                ("risk_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["pk"],
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("chance_when_given__gt", 0), ("chance_when_given__lt", 1)
                        ),
                        name="quote_chance_is_a_probability",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("held_at"))),
                        name="a_quote_expires_after_it_is_held",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "accepted"), ("promise__isnull", False)),
                            models.Q(
                                models.Q(("state", "accepted"), _negated=True),
                                ("promise__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="an_accepted_quote_is_a_promise",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="SourceName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("person", "person"),
                            ("project", "client or project"),
                            ("kind", "kind of work"),
                            ("subkind", "part of the work"),
                        ],
                        max_length=8,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "member",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="source_names",
                        to="kept.member",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="source_names",
                        to="kept.client",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="source_names",
                        to="kept.service",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="source_names",
                        to="kept.skill",
                    ),
                ),
            ],
            options={
                "ordering": ["role", "name"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "role", "name"), name="source_names_are_unique"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="PastItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                ("external_id", models.CharField(max_length=120)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.sourcename",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.sourcename",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.sourcename",
                    ),
                ),
                (
                    "subkind",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.sourcename",
                    ),
                ),
                ("estimate_hours", models.FloatField(blank=True, null=True)),
                ("actual_hours", models.FloatField(blank=True, null=True)),
                ("estimated_at", models.DateTimeField(blank=True, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("first_due_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("day_only", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["finished_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["organisation", "finished_at"],
                        name="kept_pastit_organis_c7f4d9_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "external_id"), name="past_items_come_in_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("estimate_hours__isnull", True),
                            ("estimate_hours__gt", 0),
                            _connector="OR",
                        ),
                        name="past_estimate_is_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("actual_hours__isnull", True),
                            ("actual_hours__gte", 0),
                            _connector="OR",
                        ),
                        name="past_actual_is_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stages",
                        to="kept.job",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120)),
                (
                    "skill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stages",
                        to="kept.skill",
                    ),
                ),
                ("hands", models.PositiveSmallIntegerField(default=1)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_stages",
                        to="kept.member",
                    ),
                ),
                ("low_hours", models.FloatField(blank=True, null=True)),
                ("likely_hours", models.FloatField()),
                ("high_hours", models.FloatField(blank=True, null=True)),
                ("spent_hours", models.FloatField(default=0)),
                ("optional", models.BooleanField(default=False)),
                ("finishing", models.BooleanField(default=False)),
                ("done_means", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("ready", "ready"),
                            ("doing", "doing"),
                            ("handed_over", "handed over"),
                            ("done", "done"),
                        ],
                        default="waiting",
                        max_length=11,
                    ),
                ),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["job_id", "position"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "position"), name="stage_positions_are_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("high_hours__isnull", True),
                                ("likely_hours__gt", 0),
                                ("likely_hours__lte", 20000),
                                ("low_hours__isnull", True),
                            ),
                            models.Q(
                                ("high_hours__lte", 20000),
                                ("likely_hours__lte", models.F("high_hours")),
                                ("low_hours__gt", 0),
                                ("low_hours__lte", models.F("likely_hours")),
                            ),
                            _connector="OR",
                        ),
                        name="stage_effort_is_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("spent_hours__gte", 0)),
                        name="stage_spent_hours_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hands__gte", 1), ("hands__lte", 50)),
                        name="stage_hands_are_sane",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ImportedRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="kept.import",
                    ),
                ),
                ("row", models.PositiveIntegerField()),
                ("external_id", models.CharField(max_length=120)),
                ("digest", models.CharField(max_length=32)),
                (
                    "past_item",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_row",
                        to="kept.pastitem",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_rows",
                        to="kept.job",
                    ),
                ),
                (
                    "stage",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_row",
                        to="kept.stage",
                    ),
                ),
            ],
            options={
                "ordering": ["imported_id", "row"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "external_id"), name="rows_come_in_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("past_item__isnull", True),
                            models.Q(("job__isnull", True), ("stage__isnull", True)),
                            _connector="OR",
                        ),
                        name="a_row_became_one_thing",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="InboundPromise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbound",
                        to="kept.job",
                    ),
                ),
                ("who", models.CharField(max_length=160)),
                ("what", models.CharField(max_length=300)),
                ("due_at", models.DateTimeField()),
                ("backed", models.BooleanField(default=False)),
                ("met_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waits_for_others",
                        to="kept.stage",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="obligations",
                        to="kept.job",
                    ),
                ),
                ("what", models.CharField(max_length=300)),
                ("due_at", models.DateTimeField()),
                ("met_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waits_for_client",
                        to="kept.stage",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "pk"],
                "base_manager_name": "objects",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="StageAfter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="afters",
                        to="kept.stage",
                    ),
                ),
                (
                    "after",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="befores",
                        to="kept.stage",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stage", "after"), name="stage_order_is_said_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stage", models.F("after")), _negated=True),
                        name="a_stage_does_not_wait_for_itself",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="StagePerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="kept.stage",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.member",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stage", "member"), name="a_stage_names_people_once"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "promise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to="kept.promise",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("due_at", models.DateTimeField()),
                ("chance_when_given", models.FloatField(blank=True, null=True)),
                ("lead_at_even_chances_hours", models.FloatField(blank=True, null=True)),
                ("agreed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["promise_id", "number"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("promise", "number"), name="terms_are_numbered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="terms_start_at_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("chance_when_given__isnull", True),
                            models.Q(("chance_when_given__gt", 0), ("chance_when_given__lt", 1)),
                            _connector="OR",
                        ),
                        name="terms_chance_is_a_probability",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="WorkingTime",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kept.organisation",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="working_times",
                        to="kept.member",
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField()),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
            ],
            options={
                "ordering": ["weekday", "starts"],
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="working_weekday_is_a_weekday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends"))),
                        name="working_time_ends_after_it_starts",
                    ),
                ],
                "indexes": [],
            },
        ),
    ]
