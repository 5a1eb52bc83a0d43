from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class EventsConfig(AppConfig):
    name = "dangol.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read the ``handlers`` of every room, so that whoever announces knows who listens."""
        for config in apps.get_app_configs():
            # Django's own packages have modules of that name that mean something else.
            if config.name.startswith("django.") or find_spec(f"{config.name}.handlers") is None:
                continue
            import_module(f"{config.name}.handlers")
