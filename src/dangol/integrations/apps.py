from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "dangol.integrations"
    label = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand webhooks their facts, describe the endpoints, and let people be told of a webhook that stopped."""
        from dangol.identity import revisions
        from dangol.integrations import openapi, targets
        from dangol.integrations.mcp import tools
        from dangol.integrations.webhooks import subscriptions

        revisions.keep(subscriptions.REVISION, subscriptions.forget)
        targets.register()
        openapi.describe()
        tools.register_all()

    def ready(self) -> None:
        """Let people be told of a move that has ended; have its jobs known to the worker."""
        from dangol.integrations.moving import jobs, targets  # noqa: F401 - registers the jobs
        from dangol.web import menu

        targets.register()
        menu.add(
            menu.MenuItem(
                key="moving",
                label=_("Moving in"),
                icon="package",
                url_name="moving:list",
                order=96,
                visible=targets.may_move,
            )
        )
