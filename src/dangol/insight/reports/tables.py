"""Reports that are tables: a list with its columns, its filter and its order, read as every list is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.reports.axes import tree_of, type_of
from dangol.insight.reports.plans import Plan, ReportError
from dangol.records import permissions
from dangol.records.exporting.asking import Asked, ask, may_export, needs_reason
from dangol.records.fields import Field
from dangol.records.lists import Count, ListError, record_count, record_list
from dangol.records.types import RecordType

ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a list; `list_url` leads to all of them, `export_url` is empty for those who may not export."""

    record_type: RecordType
    fields: tuple[Field, ...]
    rows: tuple[dict[str, Any], ...]
    count: Count
    list_url: str
    export_url: str


def columns_of(actor: Actor, record_type: RecordType, plan: Plan) -> list[Field]:
    """The columns of a table: those of the plan, or the list's own. Raises ReportError for one that is not there."""
    known = permissions.fields_for(actor, record_type)
    names = plan.columns or tuple(name for name in record_type.list_fields if name in known)
    for name in names:
        if name not in known:
            raise ReportError("columns", _missing(name), "unknown_field")
    for item in _sort(plan):
        field = known.get(item.removeprefix("-"))
        if field is None or not field.sortable:
            raise ReportError("sort", _missing(item), "unknown_field")
    return [known[name] for name in names]


def table_asks_reason(actor: Actor, plan: Plan) -> bool:
    """Whether it has to be said what the table is taken out for. No query. Raises ReportError."""
    record_type = type_of(actor, plan.record_type)
    return needs_reason(record_type, [field.name for field in columns_of(actor, record_type, plan)])


def table_asked(actor: Actor, plan: Plan, *, reason: str) -> Asked:
    """The table as an export of its list; a query for each column that names users or teams.

    Raises:
        ExportProblem: not allowed, or no reason.
        ReportError: the actor cannot ask this.
    """
    record_type = type_of(actor, plan.record_type)
    names = [field.name for field in columns_of(actor, record_type, plan)]
    asked = ask(
        actor=actor,
        record_type=record_type,
        tree=tree_of(actor, record_type, plan.filter),
        sort=_sort(plan),
        columns=names,
        reason=reason,
    )
    return replace(asked, columns=tuple(names))


def table_of(actor: Actor, plan: Plan, *, action: str = "view") -> Table:
    """A table's first 200 rows and how many there are; with "export" of what may be taken out, too. Two queries.

    Raises:
        ReportError: the actor cannot ask this.
    """
    record_type = type_of(actor, plan.record_type)
    tree = tree_of(actor, record_type, plan.filter)
    fields = columns_of(actor, record_type, plan)
    names = [field.name for field in fields]
    try:
        page = record_list(
            actor=actor,
            record_type=record_type,
            tree=tree,
            sort=_sort(plan),
            limit=ROWS,
            columns=names,
            action=action,
        )
    except ListError as error:
        raise ReportError(error.parameter, error.message) from None
    count = record_count(actor=actor, record_type=record_type, tree=tree, seen=len(page.rows), action=action)
    asked = {"filter": plan.filter, "sort": plan.sort, "cols": ",".join(names)}
    query = urlencode({name: text for name, text in asked.items() if text})
    export = f"/{record_type.path}/export/?{query}" if may_export(actor, record_type) else ""
    return Table(record_type, tuple(fields), tuple(page.rows), count, f"/{record_type.path}/?{query}", export)


def _sort(plan: Plan) -> tuple[str, ...]:
    return tuple(item for item in plan.sort.split(",") if item)


def _missing(name: str) -> str:
    return _("There is no field “%(name)s”.") % {"name": name[:60]}
