"""What a message says: read when it is sent, under the rights and field rules that its owner has then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dangol.identity.actors import Actor
from dangol.integrations.models import WebhookDelivery, WebhookEndpoint
from dangol.integrations.webhooks import kinds
from dangol.records import fieldrules, filters, permissions, registry, tombstones
from dangol.records.filters import FilterError
from dangol.records.filters.tree import EVERYTHING, And, Compare, Tree
from dangol.records.lists import record_list, rows_for
from dangol.records.rest import showing
from dangol.records.types import RecordType

AT_ONCE = 500
TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class _Group:
    """Records that are read together: of one type, alive or in the bin."""

    record_type: str
    gone: str


def bodies(
    endpoint: WebhookEndpoint, actor: Actor, deliveries: Sequence[WebhookDelivery]
) -> dict[int, bytes | None]:
    """The body of each delivery by its id; None where nothing is left that the owner may see and the filter lets through.

    One query for each record type and 500 records.
    """
    wanted: dict[_Group, set[int]] = {}
    groups: dict[int, _Group] = {}
    for delivery in deliveries:
        if delivery.event == TEST:
            continue
        kind = kinds.named(delivery.event)
        group = groups[delivery.pk] = _Group(delivery.record_type, kind.gone if kind else "")
        wanted.setdefault(group, set()).update(delivery.ids)
    found = {group: _rows(endpoint, actor, group, ids) for group, ids in wanted.items()}
    return {
        delivery.pk: _body(endpoint, delivery, found[groups[delivery.pk]])
        if delivery.pk in groups
        else _test(endpoint, delivery)
        for delivery in deliveries
    }


def _rows(
    endpoint: WebhookEndpoint, actor: Actor, group: _Group, ids: Iterable[int]
) -> Mapping[int, dict[str, Any]]:
    """What is told of each record that may be told of."""
    record_type = registry.find(group.record_type)
    if record_type is None or not permissions.allowed(actor, record_type, "view"):
        return {}
    if group.gone == "purged":
        # There is no row any more to ask for: only who sees every record of the type hears of it.
        everything = permissions.visible(actor, record_type) == EVERYTHING and not endpoint.filter
        return {number: {"id": number} for number in ids} if everything else {}
    tree = filter_tree(endpoint, record_type, actor)
    if tree is None:
        return {}
    if group.gone == "merged":
        return _merged(actor, record_type, tree, ids)
    seen = fieldrules.seen_by(actor, record_type)
    with_record = endpoint.includes_record and not group.gone
    names = showing.names_in(None, seen, seen.fields, actor=actor) if with_record else [seen.title]
    shown = {}
    numbers = sorted(ids)
    for start in range(0, len(numbers), AT_ONCE):
        part = tuple(numbers[start : start + AT_ONCE])
        page = record_list(
            actor=actor,
            record_type=record_type,
            tree=And.of(*([] if tree == EVERYTHING else [tree]), Compare(("id",), "in", part)),
            sort=("id",),
            limit=AT_ONCE,
            columns=names,
            deleted=group.gone == "bin",
        )
        for row in page.rows:
            shown[row["id"]] = showing.item(seen, row, names if with_record else [])
    return shown


def _merged(
    actor: Actor, record_type: RecordType, tree: Tree, ids: Iterable[int]
) -> Mapping[int, dict[str, Any]]:
    """Which record stands for each, where the owner may see it and the filter lets it through; none where the merge has been
    taken back meanwhile, which another message tells."""
    into = tombstones.seen_survivors(actor, record_type, ids)
    if into and tree != EVERYTHING:
        rows = rows_for(actor, record_type, And.of(tree, Compare(("id",), "in", tuple(set(into.values())))))
        passed = set(rows.values_list("pk", flat=True))
        into = {number: one for number, one in into.items() if one in passed}
    return {number: {"id": number, "merged_into": one} for number, one in into.items()}


def filter_tree(endpoint: WebhookEndpoint, record_type: RecordType, actor: Actor) -> Tree | None:
    """The endpoint's filter as its owner may use it now; None where it says something the owner may not ask (any more)."""
    if not endpoint.filter:
        return EVERYTHING
    try:
        return filters.parse(endpoint.filter, fieldrules.seen_by(actor, record_type), actor=actor)
    except FilterError:
        return None


def _body(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, rows: Mapping[int, dict[str, Any]]
) -> bytes | None:
    told = [rows[number] for number in delivery.ids if number in rows]
    if not told:
        return None
    data: dict[str, Any] = {
        "record_type": delivery.record_type,
        "ids": [row["id"] for row in told],
        "actor": delivery.actor,
    }
    if "merged_into" in told[0]:
        data["merged_into"] = {str(row["id"]): row["merged_into"] for row in told}
    elif endpoint.includes_record:
        data["records"] = told
    return _dumped(delivery, data)


def _test(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> bytes:
    return _dumped(delivery, {"endpoint": endpoint.name})


def _dumped(delivery: WebhookDelivery, data: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": delivery.event, "timestamp": delivery.occurred_at, "data": data})
