from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Gives the welcome page its templates and catalogue. It has no tables."""

    name = "dangol.config.demo"
    label = "demo"
