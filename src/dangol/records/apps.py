from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RecordsConfig(AppConfig):
    name = "dangol.records"
    label = "records"

    def ready(self) -> None:
        """Every room's `records.py` declares its record types; importing it registers them."""
        from dangol.records import ports, writing
        from dangol.records.attachments import services as attachments
        from dangol.records.bulk import binning, editing
        from dangol.records.bulk.menus import add_entry as add_bulk
        from dangol.records.layouts import arranging
        from dangol.records.looks import settings as privacy
        from dangol.records.menus import add_entries, add_files
        from dangol.records.merging import naming as merging
        from dangol.records.merging.menus import add_entry as add_merges
        from dangol.records.objects import definitions as objects
        from dangol.records.openapi import revealing
        from dangol.records.own import definitions
        from dangol.records.own.removing import release
        from dangol.records.persons import retention
        from dangol.records.tags import panels as tags
        from dangol.records.views import related
        from dangol.records.writing import tagging
        from dangol.web import menu

        autodiscover_modules("records")
        menu.routes.search = "records:palette"
        menu.routes.favourites = "records:favourites"
        add_entries()
        add_files()
        ports.add_panels(related.panels)
        add_bulk()
        objects.start()  # before own fields, which refer to them and are theirs
        definitions.start()
        arranging.start()
        privacy.start()
        revealing.describe()
        writing.also_remove(release)
        writing.also_remove(tagging.remove)
        writing.also_remove(attachments.remove)
        tags.register()
        retention.register()
        editing.register()
        binning.register()
        merging.register()
        add_merges()
