from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InteractionsConfig(AppConfig):
    name = "dangol.interactions"
    label = "interactions"

    def ready(self) -> None:
        """Take over the timeline; contribute the home page, the cards of a record's page, and mappings."""
        from django.utils.module_loading import autodiscover_modules

        from dangol.interactions import comments, home, openapi, panels
        from dangol.interactions.timeline import StoredTimeline, kinds, remove_subjects
        from dangol.records import ports, writing
        from dangol.records.importing import registry
        from dangol.web import menu

        autodiscover_modules("records")  # every type with a timeline, also those of rooms above
        ports.set_timeline(StoredTimeline())
        writing.also_remove(remove_subjects)
        writing.also_remove(comments.remove)
        openapi.describe()
        kinds.register()
        panels.register()
        home.register()
        registry.register_folder(Path(__file__).parent / "mappings")
        menu.add(
            menu.MenuItem("home", _("Today"), "home", url_name="interactions:home", order=0, shortcut="h")
        )
        menu.routes.home = "interactions:home"
