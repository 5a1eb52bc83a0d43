from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "dangol.customers"
    label = "customers"

    def ready(self) -> None:
        """Contribute the cards of the customer's page."""
        from dangol.customers import panels

        panels.register()
