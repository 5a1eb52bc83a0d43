from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutomationConfig(AppConfig):
    name = "dangol.automation"
    label = "automation"

    def ready(self) -> None:
        """Make the built-in steps known, keep the active rules in memory, hang the pages into the menu and onto records."""
        from dangol.automation import history, index, locking, openapi, panels, policies, steps
        from dangol.automation.renaming import RuleDefinitions
        from dangol.records.merging.registry import also_move, pair, stays
        from dangol.web import menu

        steps.register()
        index.register()
        panels.register()
        history.register()
        locking.register()
        openapi.describe()
        pair("automation_run")
        pair("automation_approval")
        stays("automation_approval.stages", "who is asked: people and roles")
        stays("automation_approval.locked_fields", "names of fields")
        stays("automation_approval.escalation", "who is asked: a person")
        stays("automation_run.results", "tells what happened then")
        stays(
            "automation_reached_date.record_id",
            "what the rule did for that record; the survivor's days are its own",
        )
        also_move(
            "automation_rules",
            RuleDefinitions(),
            *(
                f"automation_rule_version.{column}"
                for column in ("trigger", "condition", "condition_text", "steps")
            ),
        )
        stays("automation_call.body", "what was said then")
        menu.add(
            menu.MenuItem(
                key="approvals",
                label=_("Approvals"),
                icon="shield-check",
                url_name="automation:approvals",
                order=8,
                visible=lambda actor: actor is not None and index.asks_for_approval(),
            ),
            menu.MenuItem(
                key="automation",
                label=_("Automation rules"),
                icon="robot",
                url_name="automation:rules",
                order=900,
                visible=policies.can_automate_any,
            ),
        )
