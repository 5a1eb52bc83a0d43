from django.urls import path

from dangol.insight import leaving_views, model_views, views
from dangol.insight.dashboards import api as dashboards_api
from dangol.insight.dashboards import views as dashboards
from dangol.insight.dictionary import api
from dangol.insight.dictionary import views as dictionary
from dangol.insight.effects import api as effects_api
from dangol.insight.effects import views as effects
from dangol.insight.mailing import views as mailing
from dangol.insight.reports import api as reports_api
from dangol.insight.reports import views as reports
from dangol.insight.segmentation import views as segments

app_name = "insight"
urlpatterns = [
    path("value/", views.value, name="value"),
    path("value/progress/", views.progress, name="progress"),
    path("value/refresh/", views.refresh, name="refresh"),
    path("metrics/", dictionary.dictionary, name="metrics"),
    path("metrics/<str:name>/", dictionary.metric, name="metric_page"),
    path("value/segments/", segments.overview, name="segments"),
    path("value/segments/new/", segments.new, name="segment_new"),
    path("value/segments/size/", segments.size, name="segment_size"),
    path("value/segments/overlap/", segments.overlap, name="segment_overlap"),
    path("value/segments/movement/", segments.movement, name="segment_movement"),
    path("value/segments/<int:segment_id>/freeze/", segments.freeze, name="segment_freeze"),
    path("value/segments/<int:segment_id>/tasks/", segments.tasks, name="segment_tasks"),
    path("value/stop/", model_views.stop, name="stop"),
    path("retention/", views.retention, name="retention"),
    path("retention/tasks/", leaving_views.tasks, name="leaving_tasks"),
    path("models/", model_views.models, name="models"),
    path("models/<str:purpose>/", model_views.model, name="model"),
    path("models/<str:purpose>/settings/", model_views.setting, name="model_setting"),
    path("models/<str:purpose>/learn/", model_views.learn, name="model_learn"),
    path("models/<str:purpose>/publish/", model_views.publish, name="model_publish"),
    path("models/<str:purpose>/retire/", model_views.retire, name="model_retire"),
    path("api/v1/metrics", api.metric_list, name="metric_list"),
    path("api/v1/metrics/<str:name>", api.metric, name="metric"),
    path("api/v1/metrics/<str:name>/change", api.change, name="metric_change"),
    path("dashboards/", dashboards.dashboards, name="dashboards"),
    path("dashboards/new/", dashboards.new, name="dashboard_new"),
    path("dashboards/<int:dashboard_id>/", dashboards.dashboard, name="dashboard"),
    path("dashboards/<int:dashboard_id>/settings/", dashboards.settings_form, name="dashboard_settings"),
    path("dashboards/<int:dashboard_id>/history/", dashboards.history, name="dashboard_history"),
    path("dashboards/<int:dashboard_id>/delete/", dashboards.delete, name="dashboard_delete"),
    path("dashboards/<int:dashboard_id>/place/", dashboards.place, name="dashboard_place"),
    path("dashboards/<int:dashboard_id>/act/", dashboards.act, name="dashboard_act"),
    path("dashboards/<int:dashboard_id>/tile/", dashboards.tile_form, name="tile_new"),
    path("dashboards/<int:dashboard_id>/tiles/<str:tile_id>/", dashboards.tile, name="tile"),
    path("dashboards/<int:dashboard_id>/tiles/<str:tile_id>/edit/", dashboards.tile_form, name="tile_edit"),
    path("dashboards/<int:dashboard_id>/mailings/", mailing.of_dashboard, name="dashboard_mailings"),
    path(
        "dashboards/<int:dashboard_id>/mailings/<int:mailing_id>/",
        mailing.act_of_dashboard,
        name="dashboard_mailing",
    ),
    path("effects/", effects.effects, name="effects"),
    path("effects/new/", effects.new, name="effect_new"),
    path("effects/size/", effects.size, name="effect_size"),
    path("effects/<int:programme_id>/", effects.effect, name="effect"),
    path("api/v1/programmes/<str:programme_id>/effect", effects_api.effect, name="effect_api"),
    path("api/v1/dashboards", dashboards_api.dashboards, name="dashboards_api"),
    path("api/v1/dashboards/<str:dashboard_id>", dashboards_api.dashboard, name="dashboard_api"),
    path("api/v1/dashboards/<str:dashboard_id>/tiles/<str:tile_id>", dashboards_api.tile, name="tile_api"),
    path("reports/", reports.reports, name="reports"),
    path("reports/new/", reports.new, name="report_new"),
    path("reports/<int:report_id>/", reports.report, name="report"),
    path("reports/<int:report_id>/export/", reports.export, name="report_export"),
    path("reports/<int:report_id>/mailings/", mailing.of_report, name="report_mailings"),
    path("reports/<int:report_id>/mailings/<int:mailing_id>/", mailing.act_of_report, name="report_mailing"),
    path("reports/<int:report_id>/delete/", reports.delete, name="report_delete"),
    path("api/v1/reports", reports_api.reports, name="reports_api"),
    path("api/v1/reports/<str:report_id>", reports_api.report, name="report_api"),
    path("api/v1/reports/<str:report_id>/result", reports_api.result, name="report_result"),
]
