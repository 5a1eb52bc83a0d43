from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "dangol.integrations"
    label = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand webhooks their facts, describe the endpoints, and let people be told of a webhook that stopped and of a move
        that has ended.
        """
        from dangol.identity import revisions
        from dangol.integrations import openapi, targets
        from dangol.integrations.models import WebhookEndpoint
        from dangol.integrations.moving import jobs  # noqa: F401 - known to the worker
        from dangol.integrations.moving import targets as moved
        from dangol.integrations.webhooks import subscriptions
        from dangol.records.merging.filters import KeptFilters
        from dangol.records.merging.registry import also_move, stays
        from dangol.web import menu

        for column in ("plan", "rehearsed"):
            stays(f"integrations_move.{column}", "files and columns, no records")
        also_move(
            "webhooks",
            KeptFilters(WebhookEndpoint, "filter", of=lambda endpoint: endpoint.events[0].partition(".")[0]),
            "integrations_webhookendpoint.filter",
        )
        revisions.keep(subscriptions.REVISION, subscriptions.forget)
        targets.register()
        openapi.describe()
        moved.register()
        menu.add(
            menu.MenuItem(
                key="moving",
                label=_("Moving in"),
                icon="package",
                url_name="moving:list",
                order=913,
                group="data",
                visible=moved.may_move,
            )
        )
