"""The house keeps its order, and a table may move from room to room."""

import subprocess
import sys
import types
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from kept.clients.models import Client
from kept.tenancy.models import Scoped

HOUSE = Path(__file__).resolve().parents[2]


def test_the_rooms_stand_in_their_order() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "Contracts: 2 kept, 0 broken." in done.stdout


def changes(state: ProjectState) -> list[str]:
    loader = MigrationLoader(None)
    found = MigrationAutodetector(loader.project_state(), state).changes(graph=loader.graph)
    return [
        operation.describe()
        for migration in found.get("kept", [])
        for operation in migration.operations
    ]


def test_the_migrations_say_what_the_tables_are() -> None:
    assert changes(ProjectState.from_apps(apps)) == []


def test_a_table_moves_to_another_room_without_a_migration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its label comes from the app, not from the room's module."""
    room = types.ModuleType("kept.jobs.moved")
    monkeypatch.setitem(sys.modules, "kept.jobs.moved", room)
    registry = dict(apps.all_models["kept"])
    try:
        del apps.all_models["kept"]["client"]
        fields = {field.name: field.clone() for field in Client._meta.local_fields}
        for name in ("id", "organisation"):
            del fields[name]
        moved = type(
            "Client",
            (Scoped,),
            {
                "__module__": "kept.jobs.moved",
                "Meta": type(
                    "Meta",
                    (),
                    {
                        "base_manager_name": "objects",
                        "ordering": Client._meta.ordering,
                        "constraints": list(Client._meta.constraints),
                    },
                ),
                **fields,
            },
        )
    finally:
        apps.all_models["kept"].clear()
        apps.all_models["kept"].update(registry)
        apps.clear_cache()
    assert issubclass(moved, models.Model)
    assert (moved._meta.label, moved._meta.db_table) == ("kept.Client", "kept_client")
    state = ProjectState.from_apps(apps)
    state.models["kept", "client"] = ModelState.from_model(moved)
    assert changes(state) == []
