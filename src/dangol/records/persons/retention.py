"""Retention rules: whom they find, and the nightly run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.events import queue
from dangol.identity.actors import Actor
from dangol.records import filters, ports, registry
from dangol.records.fields import FieldError
from dangol.records.filters import FilterError
from dangol.records.models import Erasure, ErasureState, RetentionRule
from dangol.records.persons.erasing import ERASE_TASK
from dangol.records.types import Draft

SAMPLE = 10


def problems(rows: Sequence[Draft], actor: Actor) -> Iterator[tuple[int, str, FieldError]]:
    """A rule's filter must say something, and be one."""
    for draft in rows:
        text, name = draft.get("filter") or "", draft.get("record_type")
        record_type = registry.find(name or "")
        if record_type is None:
            continue
        try:
            tree = filters.parse(text, record_type, actor=actor)
        except FilterError as problem:
            yield draft.index, "filter", FieldError("filter", problem.message)
            continue
        if tree == filters.EVERYTHING:
            yield (
                draft.index,
                "filter",
                FieldError("filter", _("Say whom the rule is for; it must not find everybody.")),
            )


def found(values: Mapping[str, Any], *, now: datetime | None = None) -> QuerySet[Any]:
    """Whom a rule finds: by its filter, and not changed for so many months. Lazy. Raises FilterError."""
    from dangol.records.lists import rows_for

    actor = Actor.system("retention")
    record_type = registry.get(values["record_type"])
    tree = filters.parse(values["filter"], record_type, actor=actor)
    limit = (now or timezone.now()) - timedelta(days=round(values["months"] * 30.44))
    waiting = Erasure.objects.filter(record_type=record_type.name).exclude(state=ErasureState.FAILED)
    return (
        rows_for(actor, record_type, tree)
        .filter(updated_at__lt=limit)
        .exclude(pk__in=waiting.values("record_id"))
        .order_by("pk")
    )


def run(*, now: datetime | None = None) -> int:
    """Begin the erasures that are due: one job a rule. Returns of how many persons."""
    begun = 0
    for rule in RetentionRule.objects.filter(is_active=True, deleted_at=None):
        values = {"record_type": rule.record_type, "filter": rule.filter, "months": rule.months}
        ids = list(found(values, now=now).values_list("pk", flat=True)[: rule.at_most])
        with transaction.atomic():
            RetentionRule.objects.filter(pk=rule.pk).update(
                ran_at=timezone.now(), erased=F("erased") + len(ids)
            )
            if ids:
                made = Erasure.objects.bulk_create(
                    Erasure(
                        record_type=rule.record_type, record_id=number, reason=rule.name[:500],
                        asked_by_name=f"retention: {rule.pk}",
                    )
                    for number in ids
                )  # fmt: skip
                queue.enqueue(ERASE_TASK, erasures=[one.pk for one in made])
        begun += len(ids)
    return begun


def register() -> None:
    """Contribute the preview to a rule's page; called once, when Django is ready."""
    ports.add_panel(
        "retention_rule",
        ports.Panel("preview", _("Whom it finds now"), "records/persons/preview.html", _preview, "right", 10),
    )


def _preview(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """How many, and the first of them. Two queries."""
    try:
        rows = found(record)
    except FilterError as problem:
        return {"problem": problem.message}
    record_type = registry.get(record["record_type"])
    return {
        "count": rows.count(),
        "sample": list(rows.values_list("pk", record_type.title_field.column)[:SAMPLE]),
        "found_type": record_type,
    }
