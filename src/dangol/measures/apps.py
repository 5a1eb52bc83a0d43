from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class MeasuresConfig(AppConfig):
    name = "dangol.measures"
    label = "measures"

    def ready(self) -> None:
        """Let scores go with their records, and read the `metrics` of every room, so that datasets and metrics are known."""
        from dangol.measures.lake import datasets, own_objects
        from dangol.measures.services import erasing, purging
        from dangol.records import writing
        from dangol.records.objects import removing
        from dangol.records.persons import erasing as persons

        writing.also_remove(purging.scores_remove)
        persons.also_after(erasing.rewrite_soon)
        removing.also_forget(purging.scores_forget)
        removing.also_forget(purging.series_forget)
        datasets.also(own_objects.datasets)
        for config in apps.get_app_configs():
            if (
                config.name.startswith("dangol.")
                and find_spec(f"{config.name}.metrics")
                and config.name != self.name
            ):
                import_module(f"{config.name}.metrics")
