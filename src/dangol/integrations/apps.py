from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "dangol.integrations"
    label = "integrations"

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
