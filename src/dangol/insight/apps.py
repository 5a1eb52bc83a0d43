from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "dangol.insight"
    label = "insight"

    def ready(self) -> None:
        """Put the pages into the menu, what is known about a customer onto the customer's page, and endpoints into the API."""
        from dangol.insight import figures
        from dangol.insight.effects import panels as effect_panels
        from dangol.insight.segmentation import acts, index, panels

        index.register()
        acts.register()
        panels.contribute()
        effect_panels.contribute()
        figures.contribute()
        _menu()
        _merging()
        _api()


def _menu() -> None:
    from dangol.insight.dashboards.keeping import can_use
    from dangol.insight.effects.policies import can_see_effects
    from dangol.insight.policies import can_see_value
    from dangol.insight.reports.keeping import can_use as can_report
    from dangol.insight.segmentation.policies import can_see
    from dangol.measures.metrics.questions import every_for
    from dangol.web.menu import Group, MenuItem, add, add_group

    # Whatever stands from 60 to 79 in the menu is a page of insight.
    add_group(Group("insight", _("Insight"), "chart-dots-3", 60, range(60, 80)))
    add(
        MenuItem(
            key="insight",
            label=_("Customer value"),
            icon="chart-dots-3",
            url_name="insight:value",
            order=70,
            visible=can_see_value,
        ),
        MenuItem(
            key="segments",
            label=_("Segments"),
            icon="users-group",
            url_name="insight:segments",
            order=71,
            visible=can_see,
            also="/segments/",
        ),
        MenuItem(
            key="dashboards",
            label=_("Dashboards"),
            icon="layout-dashboard",
            url_name="insight:dashboards",
            order=72,
            visible=can_use,
        ),
        MenuItem(
            key="reports",
            label=_("Reports"),
            icon="report",
            url_name="insight:reports",
            order=73,
            visible=can_report,
        ),
        MenuItem(
            key="effects",
            label=_("Effect of programmes"),
            icon="target-arrow",
            url_name="insight:effects",
            order=74,
            visible=can_see_effects,
        ),
        MenuItem(
            key="metrics",
            label=_("Metric dictionary"),
            icon="chart-bar",
            url_name="insight:metrics",
            order=79,
            visible=lambda actor: actor is not None and bool(every_for(actor)),
        ),
    )


def _merging() -> None:
    """What of this room names customers, and what becomes of it when they are merged or go."""
    from dangol.insight.models import Dashboard, Report
    from dangol.insight.segmentation import leaving
    from dangol.records import writing
    from dangol.records.merging.filters import KeptFilters
    from dangol.records.merging.registry import also_move, stays

    writing.also_remove(leaving.stays_remove)
    also_move("segment_stays", leaving.Stays())
    also_move("segment_conditions", leaving.Conditions(), "insight_segment.condition")
    stays(
        "insight_segmentstay.customer_id",
        "places in fixed lists pass to the survivor (`segmentation.leaving`); what was stays so",
    )
    also_move(
        "dashboards", KeptFilters(Dashboard, "filter", of=lambda _: "customer"), "insight_dashboard.filter"
    )
    stays("insight_dashboard.tiles", "a key in a tile's filter leads to the survivor")
    stays("insight_dashboardstep.tiles", "as above; it is how the tiles were")
    also_move(
        "reports", KeptFilters(Report, "filter", of=lambda row: row.record_type), "insight_report.filter"
    )
    stays("insight_report.plan", "names of fields, groups and measures")
    for column in ("reasons", "data", "parameters", "fit", "held", "drift", "terms"):
        stays(f"insight_modelversion.{column}", "sums and parameters of a model, which name nobody")
    stays("insight_modelsetting.lacking", "numbers of what the data are short of")
    stays("insight_programmeeffect.found", "sums of groups, which name nobody")


def _api() -> None:
    from dangol.insight.dashboards import description as dashboards
    from dangol.insight.dictionary import description as metrics
    from dangol.insight.effects import description as effects
    from dangol.insight.reports import description as reports
    from dangol.records import openapi

    openapi.contribute(openapi.Addition("metrics", _("Metrics"), metrics.paths))
    openapi.contribute(openapi.Addition("effects", _("Effect of programmes"), effects.paths))
    openapi.contribute(openapi.Addition("dashboards", _("Dashboards"), dashboards.paths))
    openapi.contribute(openapi.Addition("reports", _("Reports"), reports.paths))
