from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommerceConfig(AppConfig):
    name = "dangol.commerce"
    label = "commerce"

    def ready(self) -> None:
        """Contribute the department of the menu, the cards of customers and orders, and the mappings for foreign files."""
        from dangol.commerce import panels, services
        from dangol.records import writing
        from dangol.records.importing import registry
        from dangol.web import menu

        menu.add_group(menu.Group("sales", _("Sales"), "target", 20))
        panels.register()
        writing.also_remove(services.order_totals_remove)
        registry.register_folder(Path(__file__).parent / "mappings")
