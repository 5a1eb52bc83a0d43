from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "dangol.insight"
    label = "insight"

    def ready(self) -> None:
        """Put the page into the menu, and what is known about a customer onto the customer's page."""
        from dangol.insight import description, figures
        from dangol.insight.policies import can_see_value
        from dangol.records import openapi
        from dangol.web import menu

        menu.add(
            menu.MenuItem(
                key="insight",
                label=_("Insight"),
                icon="chart-dots-3",
                url_name="insight:value",
                order=70,
                visible=can_see_value,
            )
        )
        figures.contribute()
        openapi.contribute(openapi.Addition("metrics", _("Metrics"), description.paths))
