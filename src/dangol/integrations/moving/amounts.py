"""Sums of the numbers of a file, beside the sums of what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import Q, Sum

from dangol.records import registry
from dangol.records.fields import Field, FieldError, Locale, Number
from dangol.records.importing.errors import CellProblem
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.importing.mapping.spec import Cell, RecordPlan
from dangol.records.importing.readers import open_table
from dangol.records.models import ImportRun


def sums_of(run: ImportRun) -> list[dict[str, Any]]:
    """For each column of amounts: the sum of the rows that went in, and the sum of the records that the run made.

    Only of runs that made all their records anew: of others nobody can say which share of a sum was there before. Reads the
    file once and asks one query for each record of the mapping.
    """
    if not run.imported or run.unchanged or any(run.updated.values()):
        return []
    mapping = read_mapping(run.mapping, name=run.mapping_name)
    wanted = [
        (plan, field, cell) for plan in mapping.records if not plan.when for field, cell in _amounts(plan)
    ]
    if not wanted:
        return []
    filed = _filed(run, mapping, [(field, cell) for _plan, field, cell in wanted])
    told = []
    for at, (plan, field, cell) in enumerate(wanted):
        kept = _kept(run, plan.type, field)
        told.append(
            {
                "type": plan.type,
                "field": field.name,
                "column": cell.column,
                "file": str(filed[at]),
                "kept": str(kept),
                "equal": filed[at] == kept,
            }
        )
    return told


def _amounts(plan: RecordPlan) -> Iterator[tuple[Field, Cell]]:
    fields = registry.get(plan.type).fields
    for item in plan.fields:
        field = fields[item.name]
        if isinstance(field, Number) and isinstance(item.expression, Cell):
            yield field, item.expression


def _filed(run: ImportRun, mapping: Mapping, wanted: list[tuple[Field, Cell]]) -> list[Decimal]:
    rejected = set(run.rejects.values_list("number", flat=True))
    sums = [Decimal(0)] * len(wanted)
    with open_table(Path(run.path), mapping.source) as table:
        places = [table.header.index(cell.column) for _field, cell in wanted]
        for row in table:
            if row.problem is not None or row.number in rejected:
                continue
            for at, (field, cell) in enumerate(wanted):
                if places[at] < len(row.cells):
                    sums[at] += _number(field, cell, row.cells[places[at]])
    return sums


def _number(field: Field, cell: Cell, text: str) -> Decimal:
    """What the field makes of a cell; nothing of one that is empty."""
    value: Any = text.strip()
    try:
        for step in cell.transforms:
            if value in (None, ""):
                break
            value = step(value) if isinstance(value, str) else value
        parsed = field.parse(value if value not in (None, "") else cell.default, Locale())
    except (CellProblem, FieldError):
        return Decimal(0)  # such a row was rejected, and is not counted here
    return Decimal(parsed) if parsed is not None else Decimal(0)


def _kept(run: ImportRun, type_name: str, field: Field) -> Decimal:
    record_type = registry.get(type_name)
    within = Q(pk__in=[])
    for created in run.chunks.values_list("created", flat=True):
        for low, high in created.get(type_name, ()):
            within |= Q(pk__gte=low, pk__lte=high)
    rows = record_type.model._default_manager.filter(within).order_by()
    total = rows.annotate(_amount=field.expression()).aggregate(sum=Sum("_amount"))["sum"]
    return Decimal(total or 0)
