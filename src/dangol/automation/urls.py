from django.urls import path

from dangol.automation import api
from dangol.automation.views import approvals, builder, rules, runs

app_name = "automation"
urlpatterns = [
    path("automation/", rules.rule_list, name="rules"),
    path("automation/new/", builder.rule_new, name="new"),
    path("automation/runs/", runs.run_list, name="runs"),
    path("automation/runs/<int:run_id>/", runs.run_detail, name="run"),
    path("automation/<int:rule_id>/", rules.rule_detail, name="rule"),
    path("automation/<int:rule_id>/edit/", builder.rule_edit, name="edit"),
    path("automation/<int:rule_id>/switch/", rules.rule_switch, name="switch"),
    path("automation/<int:rule_id>/delete/", rules.rule_delete, name="delete"),
    path(
        "automation/<int:rule_id>/versions/<int:version_id>/restore/", rules.version_restore, name="restore"
    ),
    path("automation/<int:rule_id>/press/<int:record_id>/", rules.rule_press, name="press"),
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:request_id>/decide/", approvals.decide, name="decide"),
    path("approvals/stand-in/", approvals.stand_in, name="stand-in"),
    path("approvals/stand-in/<int:pk>/remove/", approvals.stand_in_remove, name="stand-in-remove"),
    path("api/v1/approvals", api.approvals, name="api-approvals"),
    path("api/v1/approvals/<str:request_id>/decide", api.decide, name="api-decide"),
    path("api/v1/rules", api.rules, name="api-rules"),
    path("api/v1/rules/runs", api.runs, name="api-runs"),
    path("api/v1/rules/<str:rule_id>", api.rule, name="api-rule"),
    path("api/v1/rules/<str:rule_id>/run", api.run, name="api-run"),
]
