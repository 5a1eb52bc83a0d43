"""Making segments: of a condition, of cells, of a list of customers, and frozen from others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.models import Made, Segment
from dangol.insight.segmentation import conditions, snapshot
from dangol.insight.segmentation.index import Known
from dangol.records import fieldrules, permissions, registry, writing
from dangol.records.fields import FieldError
from dangol.records.filters import parse
from dangol.records.lists import rows_for

MOST_LINES: Final = 50_000
_DIGITS: Final = re.compile(r"\d{3}-?\d{2}-?\d{5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of a list of numbers or names: the customers found, and the lines that name none or several."""

    ids: tuple[int, ...]
    unknown: tuple[tuple[int, str], ...] = ()
    ambiguous: tuple[tuple[int, str], ...] = ()


def listed(actor: Actor, text: str) -> Listed:
    """Find the customers that lines name by their number elsewhere, business number, or whole name. One query.

    Raises:
        FieldError: there are too many lines, or none.
    """
    lines = [(at, line.strip()) for at, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise FieldError("required", _("Write one customer a line."))
    if len(lines) > MOST_LINES:
        raise FieldError("too_many", _("At most %(limit)s lines fit.") % {"limit": f"{MOST_LINES:,}"})
    customer = registry.get(conditions.CUSTOMER)
    plain = [
        name
        for name in ("external_id", "business_number", "name")
        if fieldrules.is_clear(actor, "customer", name)
    ]
    words = {line for _at, line in lines}
    digits = {line.replace("-", "") for line in words if _DIGITS.fullmatch(line)}
    asked = Q(pk__in=[])
    for name in plain:
        asked |= Q(**{f"{name}__in": sorted(digits if name == "business_number" else words)})
    found: dict[str, dict[str, set[int]]] = {name: {} for name in plain}
    for row in permissions.visible_to(actor, customer).filter(asked).values_list("pk", *plain):
        for name, value in zip(plain, row[1:], strict=True):
            if value:
                found[name].setdefault(value, set()).add(row[0])
    ids: dict[int, None] = {}
    unknown: list[tuple[int, str]] = []
    ambiguous: list[tuple[int, str]] = []
    for at, line in lines:
        hits: set[int] = set()
        for name in plain:
            hits = found[name].get(line.replace("-", "") if name == "business_number" else line, set())
            if hits:
                break
        if len(hits) == 1:
            ids[next(iter(hits))] = None
        else:
            (ambiguous if hits else unknown).append((at, line))
    return Listed(tuple(ids), tuple(unknown), tuple(ambiguous))


def segment_of_customers(*, actor: Actor, name: str, ids: Sequence[int], **values: Any) -> int:
    """Make a fixed list of customers that the actor sees; others are left out. About fifteen queries.

    Raises:
        WriteError: the actor may not make segments, or the name cannot be.
    """
    rows = permissions.visible_to(actor, registry.get(conditions.CUSTOMER)).filter(pk__in=list(ids))
    return _list_of(actor, name, rows.order_by().values("pk"), values)


def segment_freeze(*, actor: Actor, segment: Known, name: str) -> int:
    """Keep who is in a segment now, of those the actor sees, as a fixed list of its own. About fifteen queries.

    Raises:
        WriteError: the actor may not make segments, or the name cannot be.
        FilterError: the segment cannot be asked by the actor.
    """
    customer = registry.get(conditions.CUSTOMER)
    tree = parse(f'segment = "{segment.name}"', customer, actor=actor)
    described = _("Frozen from “%(name)s”.") % {"name": segment.label()}
    rows = rows_for(actor, customer, tree).order_by().values("pk")
    return _list_of(actor, name, rows, {"description": described})


def _list_of(actor: Actor, name: str, rows: Any, values: dict[str, Any]) -> int:
    sql, parameters = rows.query.sql_with_params()
    with transaction.atomic():
        number = writing.create(
            registry.get("segment"), {"name": name, "made": Made.LIST.value, **values}, actor=actor
        )
        with connection.cursor() as cursor:
            entering = "INSERT INTO insight_segmentstay (segment_id, customer_id, entered_on) SELECT %s, found.customer_id, %s"
            cursor.execute(
                f"{entering} FROM ({sql}) found(customer_id)", [number, snapshot.today(), *parameters]
            )
        snapshot.take(segments=[number])
    return number


def segment_of_cells(*, actor: Actor, name: str, cells: Sequence[tuple[int, int]], **values: Any) -> int:
    """Make a segment of cells of the RFM grid. Raises WriteError where none is marked or the name cannot be."""
    return writing.create(
        registry.get("segment"),
        {"name": name, "made": Made.CELLS.value, "condition": conditions.of_cells(cells), **values},
        actor=actor,
    )


def segment_row(actor: Actor, number: int) -> Segment | None:
    """A segment that the actor finds. One query."""
    found: Segment | None = (
        permissions.visible_to(actor, registry.get("segment"))
        .filter(pk=number)
        .select_related("strategist")
        .first()
    )
    return found
