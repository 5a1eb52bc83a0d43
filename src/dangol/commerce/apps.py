from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "dangol.commerce"
    label = "commerce"

    def ready(self) -> None:
        """Contribute the cards of the customer's and the order's page."""
        from dangol.commerce import panels

        panels.register()
