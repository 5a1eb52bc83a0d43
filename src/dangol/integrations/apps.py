from django.apps import AppConfig


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
