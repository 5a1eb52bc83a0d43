from pathlib import Path

from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "dangol.commerce"
    label = "commerce"

    def ready(self) -> None:
        """Contribute the cards of the customer's and the order's page, and the mappings for foreign files."""
        from dangol.commerce import panels, services
        from dangol.records import writing
        from dangol.records.importing import registry

        panels.register()
        writing.also_remove(services.order_totals_remove)
        registry.register_folder(Path(__file__).parent / "mappings")
