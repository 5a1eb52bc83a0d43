from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "dangol.customers"
    label = "customers"

    def ready(self) -> None:
        """Contribute the department of the menu, the cards of the customer's page, and the mappings for foreign files."""
        from dangol.customers import panels
        from dangol.records.importing import registry
        from dangol.web import menu

        menu.add_group(menu.Group("customers", _("Customers"), "users", 10))
        panels.register()
        registry.register_folder(Path(__file__).parent / "mappings")
