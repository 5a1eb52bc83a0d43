"""What the tests of rules share: making one, and doing what the worker would do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dangol.automation import engine, services
from dangol.automation.models import Rule, RuleRun
from dangol.events import services as events
from dangol.identity.actors import Actor
from dangol.records import registry, writing


def make_rule(
    actor: Actor,
    *,
    trigger: dict[str, Any],
    steps: list[dict[str, Any]],
    condition: Any = "",
    record_type: str = "customer",
    name: str = "규칙",
    active: bool = True,
    **options: Any,
) -> Rule:
    """A rule, switched on."""
    rule = services.rule_save(
        actor=actor,
        name=name,
        record_type=registry.get(record_type),
        definition={"trigger": trigger, "condition": condition, "steps": steps},
        **options,
    )
    return services.rule_switch(actor=actor, rule=rule, active=True) if active else rule


def set_to(*lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The step that sets these fields."""
    given = [*lines, *({"field": name, "mode": "value", "value": value} for name, value in values.items())]
    return {"kind": "set", "settings": {"lines": given}}


def work(rounds: int = 12) -> None:
    """Deliver what waits and execute what is due, until nothing more comes of it."""
    for _round in range(rounds):
        delivered = events.deliver_overdue(late=timedelta(0), limit=500)
        executed = engine.execute_due()
        if not delivered and not executed:
            return
    raise AssertionError("it does not come to rest")


def customer(actor: Actor, **values: Any) -> int:
    return writing.create(registry.get("customer"), {"name": "㈜한빛정밀", **values}, actor=actor)


def change(actor: Actor, record_id: int, **values: Any) -> None:
    writing.update(registry.get("customer"), record_id, values, actor=actor)


def value(record_id: int, *names: str, record_type: str = "customer") -> Any:
    rows = registry.get(record_type).model._default_manager.filter(pk=record_id)
    return rows.values_list(*names, flat=len(names) == 1).get()


def runs(rule: Rule) -> list[tuple[str, str]]:
    """State and reason of the rule's runs, oldest first."""
    return list(RuleRun.objects.filter(rule=rule).order_by("id").values_list("state", "reason"))
