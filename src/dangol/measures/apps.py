from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class MeasuresConfig(AppConfig):
    name = "dangol.measures"
    label = "measures"

    def ready(self) -> None:
        """Let scores go with their records, put data quality beside every record, and read the `metrics` and `quality`
        of every room, so that datasets, metrics and rules are known.
        """
        from dangol.identity import revisions
        from dangol.measures.lake import datasets, own_objects
        from dangol.measures.models import QualityRule
        from dangol.measures.quality import api, own, panels, selectors, services
        from dangol.measures.quality import fields as quality_fields
        from dangol.measures.quality import metrics as quality_metrics  # noqa: F401 - registers
        from dangol.measures.quality.rules import looked_at, register_source
        from dangol.measures.services import erasing, purging
        from dangol.records import openapi, ports, types, writing
        from dangol.records.merging.filters import KeptFilters
        from dangol.records.merging.registry import also_move, pair, stays
        from dangol.records.objects import removing
        from dangol.records.persons import erasing as persons
        from dangol.web import menu

        writing.also_remove(purging.scores_remove)
        persons.also_after(erasing.rewrite_soon)
        removing.also_forget(purging.scores_forget)
        removing.also_forget(purging.series_forget)
        removing.also_forget(services.days_forget)
        datasets.also(own_objects.datasets)
        # Until the next refresh the survivor shows its own figures, else those of a merged record.
        pair("measures_score")
        pair("measures_series")
        stays("measures_refreshrun.facts", "tells what happened then")
        stays("measures_standingfigures.figures", "computed anew by each refresh")
        stays("measures_qualityday.findings", "sums of a day that is over")
        for column in ("owner_id", "team_id", "territory_id"):
            stays(
                f"measures_qualityday.{column}",
                "whose records a day's sums are of: people and places are not merged",
            )
        stays("measures_qualitysetting.weights", "names of rules")
        stays("measures_qualitychange.changes", "tells what happened then")
        for column in ("fails", "applies"):
            also_move(
                f"quality_rules.{column}",
                KeptFilters(
                    QualityRule,
                    column,
                    of=lambda rule: rule.record_type,
                    then=lambda: revisions.changed(own.REVISION),
                ),
                f"measures_qualityrule.{column}",
            )
        register_source(own.rules)
        revisions.keep(own.REVISION, own.read)
        stays("measures_qualitysetting.after_id", "a place in the order of changes")
        for config in apps.get_app_configs():
            if not config.name.startswith("dangol.") or config.name == self.name:
                continue
            for module in ("metrics", "quality"):
                if find_spec(f"{config.name}.{module}"):
                    import_module(f"{config.name}.{module}")
        types.contributing(quality_fields.fields_of)
        ports.add_panels(panels.panels_of)
        for record_type in looked_at():
            ports.add_chips(record_type.name, panels.poor_chip)
        openapi.contribute(openapi.Addition("quality", _("Data quality"), api.paths))
        menu.add(
            menu.MenuItem(
                key="quality",
                label=_("Data quality"),
                icon="checklist",
                url_name="quality:overview",
                order=904,
                group="data",
                visible=lambda actor: actor is not None and bool(selectors.types_for(actor)),
            )
        )
