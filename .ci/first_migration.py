"""Write the first migration anew, each table whole and after those it points to.

`makemigrations` would spread keys and constraints over two hundred steps,
after each of which Django draws up all tables again: a new database would
take three times as long. Only until the first release; from then on
migrations are added, never rewritten.
"""

import os
import tempfile
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"
os.environ["KEPT_DATA"] = tempfile.mkdtemp()
os.environ.pop("DATABASE_URL", None)

import django

django.setup()

from django.apps import apps
from django.db import migrations, models
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

import kept.migrations

NAME = "0001_initial"


def in_order(waiting: list[type[models.Model]]) -> list[type[models.Model]]:
    """Return the tables, each after those it points to."""
    placed: list[type[models.Model]] = []

    def place(model: type[models.Model]) -> None:
        if model in placed:
            return
        for field in model._meta.local_fields:
            if field.related_model in waiting and field.related_model is not model:
                place(field.related_model)
        placed.append(model)

    for model in waiting:
        place(model)
    return placed


state = ProjectState.from_apps(apps)
operations = []
for model in in_order(list(apps.get_app_config("kept").get_models(include_auto_created=True))):
    table = state.models["kept", model._meta.model_name]
    operations.append(
        migrations.CreateModel(
            table.name,
            list(table.fields.items()),
            options=table.options,
            bases=table.bases,
            managers=table.managers,
        )
    )
first = type("Migration", (migrations.Migration,), {"initial": True, "operations": operations})
folder = Path(kept.migrations.__file__).parent
(folder / f"{NAME}.py").write_text(MigrationWriter(first(NAME, "kept")).as_string())
