"""Reads about customers that take one set-based statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from dangol.customers import consents
from dangol.customers.beside import Written, composed, subselect
from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry

FAMILY_LIMIT = 12
_AROUND = """
WITH me AS (SELECT id, parent_id FROM customers_customer WHERE id = %s),
seen AS (
    SELECT c.id, c.name, c.kind, c.stage,
           CASE WHEN c.id = me.parent_id THEN 'parent' WHEN c.parent_id = me.id THEN 'child' ELSE 'sibling' END AS tie
    FROM customers_customer c, me
    WHERE (c.id = me.parent_id OR c.parent_id = me.id OR (c.parent_id = me.parent_id AND c.id <> me.id))
      AND c.id IN ({customers})
)
SELECT
    (SELECT coalesce(json_agg(row_to_json(f)), '[]') FROM (
        SELECT id, name, kind, stage, tie FROM seen ORDER BY tie = 'parent' DESC, tie, name LIMIT %s) f),
    (SELECT count(*) FROM seen),
    (SELECT coalesce(json_agg(row_to_json(p)), '[]') FROM (
        SELECT p.id, p.kind, p.value, p.label, c.name AS contact
        FROM customers_contactpoint p LEFT JOIN customers_contact c ON c.id = p.contact_id AND c.id IN ({contacts})
        WHERE p.customer_id = %s AND p.deleted_at IS NULL AND p.id IN ({points})
        ORDER BY p.contact_id NULLS FIRST, p.kind, p.id LIMIT %s) p),
    (SELECT coalesce(json_agg(row_to_json(l)), '[]') FROM ({consents}) l)
"""


@dataclass(frozen=True)
class Around:
    """The customers that belong together with one, and its further contact points."""

    family: list[dict[str, Any]] = field(default_factory=list)
    family_count: int = 0
    points: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)


def customer_around(*, actor: Actor, customer_id: int) -> Around:
    """Parent, children and siblings the actor may see, contact points, and what the customer last said to what. One query."""
    statement, parameters = composed(
        actor,
        "around",
        lambda record, _now: _around_written(actor, record),
        record_id=customer_id,
        now=timezone.now(),
    )
    if not statement:
        return Around()
    _sql, said_parameters = consents.latest_of(customer_id)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, *said_parameters])
        family, count, found, said = cursor.fetchone()
    return Around(
        [fieldrules.shown_row(actor, "customer", one) for one in _list(family)],
        count,
        [
            fieldrules.shown_row(actor, "contact_point", one) | _contact(actor, one["contact"])
            for one in _list(found)
        ],
        _list(said),
    )


def _around_written(actor: Actor, customer_id: int) -> Written:
    """The statement of what is around a customer, without the last parameters, which are those of the consents; empty where
    the actor sees no customer.
    """
    customers = permissions.visible_to(actor, registry.get("customer")).values("pk")
    points = permissions.visible_to(actor, registry.get("contact_point")).values("pk")
    try:
        customers_sql, customers_params = subselect(customers)
    except EmptyResultSet:
        return "", ()
    contacts = permissions.visible_to(actor, registry.get("contact")).values("pk")
    points_sql, points_params = _subselect_or_nothing(points)
    contacts_sql, contacts_params = _subselect_or_nothing(contacts)
    said_sql, _with_the_day_of_today = consents.latest_of(customer_id)
    text = _AROUND.format(
        customers=customers_sql, points=points_sql, contacts=contacts_sql, consents=said_sql
    )
    return text, [
        customer_id,
        *customers_params,
        FAMILY_LIMIT,
        *contacts_params,
        customer_id,
        *points_params,
        FAMILY_LIMIT,
    ]


def _contact(actor: Actor, name: str | None) -> dict[str, Any]:
    return {"contact": fieldrules.shown_row(actor, "contact", {"name": name})["name"]}


def _subselect_or_nothing(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        return subselect(rows)
    except EmptyResultSet:
        return "NULL", ()


def _list(value: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(value) if isinstance(value, str | bytes) else value
    return found
