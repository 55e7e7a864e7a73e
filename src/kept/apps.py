from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class KeptConfig(AppConfig):
    name = "kept"
    verbose_name = "kept"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        pre_migrate.connect(_before_migrating, sender=self)
        post_migrate.connect(_after_migrating, sender=self)


# The functions below import when they run: this module is loaded before there are tables.


def _before_migrating(*, using: str, plan: list[Any], **_rest: object) -> None:
    from django.db import connections

    from kept.tenancy import guards

    if any(migration.app_label == "kept" for migration, _backwards in plan):
        guards.make_way(connections[using])


def _after_migrating(*, using: str, **_rest: object) -> None:
    from django.db import connections

    from kept.tenancy import guards

    guards.install(connections[using])
