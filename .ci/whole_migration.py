"""Write all tables as one migration, for new databases; one that exists goes the numbered way.

The numbered migrations take a new database through every step ever made, and
Django draws up all tables again after each: half a minute. This one replaces
them: each table whole, after those it points to. Django takes it where none
of the numbered ones was applied. A test compares what both ways lead to.
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

NAME = "0001_whole"


def in_order(waiting: list[type[models.Model]]) -> list[type[models.Model]]:
    """Return the tables, each after those it points to."""
    placed: list[type[models.Model]] = []
    begun: set[type[models.Model]] = set()

    def place(model: type[models.Model]) -> None:
        if model in begun:
            return
        begun.add(model)
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
            options=dict(table.options),
            bases=table.bases,
            managers=table.managers,
        )
    )
folder = Path(kept.migrations.__file__).parent
whole = type(
    "Migration",
    (migrations.Migration,),
    {
        "initial": True,
        "replaces": [
            ("kept", path.stem) for path in sorted(folder.glob("0*.py")) if path.stem != NAME
        ],
        "operations": operations,
    },
)
text = MigrationWriter(whole(NAME, "kept")).as_string()
text = text.replace("class Migration(migrations.Migration):", "class Migration(AtOnce):").replace(
    "\n\nclass ", "\nfrom kept.migrations._at_once import AtOnce\n\n\nclass ", 1
)
(folder / f"{NAME}.py").write_text(text)
