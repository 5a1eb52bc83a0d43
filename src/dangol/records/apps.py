from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RecordsConfig(AppConfig):
    name = "dangol.records"
    label = "records"

    def ready(self) -> None:
        """Every room's `records.py` declares its record types; importing it registers them."""
        from dangol.records import writing
        from dangol.records.attachments import services as attachments
        from dangol.records.bulk import binning, editing
        from dangol.records.bulk.menus import add_entry as add_bulk
        from dangol.records.menus import add_entries, add_files
        from dangol.records.own import definitions
        from dangol.records.own.removing import release
        from dangol.records.tags import panels as tags
        from dangol.records.writing import tagging
        from dangol.web import menu

        autodiscover_modules("records")
        menu.routes.search = "records:palette"
        add_entries()
        add_files()
        add_bulk()
        definitions.start()
        writing.also_remove(release)
        writing.also_remove(tagging.remove)
        writing.also_remove(attachments.remove)
        tags.register()
        editing.register()
        binning.register()
