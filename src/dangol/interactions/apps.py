from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InteractionsConfig(AppConfig):
    name = "dangol.interactions"
    label = "interactions"

    def ready(self) -> None:
        """Take over the timeline; contribute the home page, the cards of a record's page, and mappings."""
        from django.utils.module_loading import autodiscover_modules

        from dangol.events import wire
        from dangol.interactions import bulk, comments, home, openapi, panels, rules
        from dangol.interactions.attached import attach
        from dangol.interactions.notifications import quality, targets
        from dangol.interactions.timeline import StoredTimeline, forget_type, kinds, remove_subjects
        from dangol.records import events, ports, writing
        from dangol.records.importing import registry
        from dangol.records.merging.registry import pair, stays
        from dangol.records.objects import removing, services
        from dangol.web import menu

        autodiscover_modules("records")  # every type with a timeline, also those of rooms above
        ports.set_timeline(StoredTimeline())
        writing.also_remove(remove_subjects)
        writing.also_remove(comments.remove)
        services.also_make(attach)
        removing.also_forget(forget_type)
        removing.also_forget(comments.forget_type)
        for table in ("comment", "mention", "follow"):
            pair(f"interactions_{table}")
        pair("interactions_notification", "target_type", "target_id")
        for side in ("subject", "source"):
            pair("interactions_timelineentry", f"{side}_type", f"{side}_id")
        stays("interactions_presence.record_id", "whose page is open, for as long as it is")
        stays("interactions_notificationsetting.channels", "kinds of news, no records")
        stays("interactions_timelineentry.data", "facts told of the source; written anew when it moves")
        openapi.describe()
        kinds.register()
        panels.register()
        home.register()
        bulk.register()
        rules.register()
        targets.register_own()
        targets.register(quality.MINE, quality.found)
        wire.carry(events.RecordsWritten, lambda event: (event.record_type, event.updated))
        registry.register_folder(Path(__file__).parent / "mappings")
        menu.add(
            menu.MenuItem("home", _("Today"), "home", url_name="interactions:home", order=0, shortcut="h"),
            menu.MenuItem(
                "activity",
                _("Activity stream"),
                "activity",
                url_name="interactions:activity",
                order=5,
                shortcut="f",
            ),
        )
        menu.accounts.add(
            menu.MenuItem(
                "notifications", _("Notifications"), "bell", url_name="notifications:settings", order=20
            )
        )
        menu.routes.home = "interactions:home"
        menu.routes.notifications = "notifications:list"
        menu.routes.notifications_panel = "notifications:panel"
        menu.routes.notifications_count = "notifications:count"
        menu.routes.live = "live:stream"
        menu.routes.live_changed = "live:changed"
        menu.routes.live_present = "live:present"
        menu.routes.live_editing = "live:editing"
