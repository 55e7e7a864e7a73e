from django.apps import AppConfig


class KeptConfig(AppConfig):
    name = "kept"
    verbose_name = "kept"
    default_auto_field = "django.db.models.BigAutoField"
