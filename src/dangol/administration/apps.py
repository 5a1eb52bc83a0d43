from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdministrationConfig(AppConfig):
    name = "dangol.administration"
    label = "administration"

    def ready(self) -> None:
        """Hang the settings into the menu, and contribute the mappings for foreign users."""
        from dangol.administration import duties
        from dangol.events import selectors as work
        from dangol.identity.actors import may_administer
        from dangol.records.importing import registry
        from dangol.web import menu

        registry.register_folder(Path(__file__).parent / "mappings")
        menu.routes.own_field = "administration:field"
        menu.routes.seeing_end = "administration:see-as-end"
        duties.register()
        menu.add(
            menu.MenuItem(
                key="settings",
                label=_("Settings"),
                icon="settings",
                url_name="administration:overview",
                order=990,
                badge=lambda actor: work.dead_letter_count() if may_administer(actor) else None,
                hot=True,
            )
        )
        menu.accounts.add(
            menu.MenuItem(
                key="profile",
                label=_("My profile"),
                icon="user",
                url_name="administration:profile",
                order=10,
            ),
        )
