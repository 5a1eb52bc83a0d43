"""What the builder of reports offers: types, groups, measures, columns and orders, as the reader has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.reports.axes import makes_groups, measurable, types_for
from dangol.insight.reports.plans import COUNT, MOST_MEASURES, ORDERS, PIVOT, SUMMARIES, TABLE, Plan
from dangol.records import permissions, registry
from dangol.records.fields import Choice, Date, DateTime, Field
from dangol.records.fields.own import OwnReference
from dangol.records.filters.names import target_of
from dangol.records.groups import SPANS, groupable
from dangol.records.types import RecordType

Offers = list[tuple[str, list[tuple[str, str]]]]
"""Groups of choices: name of the group, then value and label of each."""


def given(query: QueryDict) -> dict[str, Any]:
    """The plan's values of a form or an address, as `plans.plan_from` takes them.

    Where another record type was chosen, what was chosen of the former one's fields is gone.
    """
    values: dict[str, Any] = {
        name: query[name]
        for name in ("record_type", "kind", "filter", "rows", "across", "sort")
        if name in query
    }
    values |= {name: query.getlist(name) for name in ("columns", "measures") if name in query}
    if query.get("was") and query["was"] != query.get("record_type"):
        return {name: values[name] for name in ("record_type", "kind") if name in values}
    if query.get("was_kind") and query["was_kind"] != query.get("kind"):
        values.pop("sort", None)
    return values


def first_group(actor: Actor, record_type: RecordType) -> str:
    """What a new pivot is grouped by: the list's first choice, else whatever makes groups."""
    known = permissions.fields_for(actor, record_type)
    fields = [known[name] for name in (*record_type.list_fields, *known) if name in known]
    fields = [field for field in fields if groupable(field)]
    chosen = next((field for field in fields if isinstance(field, Choice)), fields[0] if fields else None)
    if chosen is None:
        return ""
    return f"{chosen.name}:month" if isinstance(chosen, (Date, DateTime)) else chosen.name


def first_type(actor: Actor) -> str:
    """What a new report is about, unasked."""
    names = [one.name for one in types_for(actor)]
    return next((name for name in ("order", "customer", *names) if name in names), "")


def form_of(actor: Actor, plan: Plan) -> dict[str, Any]:
    """Everything that the form offers for this plan. No query."""
    types = sorted(types_for(actor), key=lambda one: str(one.label_plural))
    context: dict[str, Any] = {
        "plan": plan,
        "types": [(one.name, str(one.label_plural)) for one in types],
        "kinds": [(PIVOT, _("Pivot")), (TABLE, _("Table"))],
    }
    record_type = registry.find(plan.record_type) if plan.record_type in {one.name for one in types} else None
    if record_type is None:
        return context
    known = permissions.fields_for(actor, record_type)
    slots = [*plan.measures, *("" for _one in range(MOST_MEASURES))][:MOST_MEASURES]
    used = sum(1 for one in slots if one)
    context |= {
        "chosen": record_type,
        "groups": [(name, offers) for name, offers in _groups(actor, record_type, known) if offers],
        "slots": list(enumerate(slots[: min(used + 1, MOST_MEASURES)], start=1)),
        "measures": _measures(known),
        "orders": [
            (value, label)
            for value, label in zip(
                ORDERS, (_("As they follow each other"), _("Largest first"), _("Smallest first")), strict=True
            )
        ],
        "sorts": _sorts(known),
        "columns": [(name, str(known[name].label)) for name in _order(record_type, known, plan)],
        "picked": set(plan.columns) or {name for name in record_type.list_fields if name in known},
    }
    return context


def _order(record_type: RecordType, known: Mapping[str, Field], plan: Plan) -> list[str]:
    """The columns as they are offered and will stand: the plan's, then the title, those of the list, all others."""
    names = dict.fromkeys((*plan.columns, record_type.title, *record_type.list_fields, *known))
    return [name for name in names if name in known]


def _groups(
    actor: Actor, record_type: RecordType, known: Mapping[str, Field]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield str(record_type.label), list(_options(record_type, known, "", ""))
    for field in known.values():
        target = target_of(field)
        if (
            target is None
            or isinstance(field, OwnReference)
            or not permissions.allowed(actor, target, "view")
        ):
            continue
        beyond = permissions.fields_for(actor, target)
        yield str(field.label), list(_options(target, beyond, f"{field.name}.", f"{field.label} · "))


def _options(
    record_type: RecordType, known: Mapping[str, Field], prefix: str, before: str
) -> Iterator[tuple[str, str]]:
    spans = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}
    for field in known.values():
        if not makes_groups(field, record_type):
            continue
        if isinstance(field, (Date, DateTime)):
            for span in SPANS:
                yield f"{prefix}{field.name}:{span}", f"{before}{field.label} ({spans[span]})"
        else:
            yield f"{prefix}{field.name}", f"{before}{field.label}"


def _measures(known: Mapping[str, Field]) -> Offers:
    offers: Offers = [("", [(COUNT, _("Records"))])]
    for field in known.values():
        if measurable(field):
            offers.append(
                (str(field.label), [(f"{how}:{field.name}", f"{field.label} · {label}") for how, label in SUMMARIES.items()])
            )  # fmt: skip
    return offers


def _sorts(known: Mapping[str, Field]) -> list[tuple[str, str]]:
    found = [("", _("The list's own order"))]
    for field in known.values():
        if field.sortable:
            found += [(field.name, f"{field.label} ↑"), (f"-{field.name}", f"{field.label} ↓")]
    return found
