from pathlib import Path

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "dangol.customers"
    label = "customers"

    def ready(self) -> None:
        """Contribute the cards of the customer's page, and the mappings for foreign files."""
        from dangol.customers import panels
        from dangol.records.importing import registry

        panels.register()
        registry.register_folder(Path(__file__).parent / "mappings")
