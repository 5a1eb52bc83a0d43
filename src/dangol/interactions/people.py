"""The people at a customer, and how well we know each: when we last spoke, how often in a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from dangol.identity.actors import Actor
from dangol.interactions.models import Kind
from dangol.records import fieldrules, permissions, registry

SHOWN = 8
SILENT_DAYS = 45
CLOSENESS = (1, 3, 6, 10, 16)
"""So many conversations in a year make one, two … five dots."""


@dataclass(frozen=True)
class KeyPerson:
    """A contact as the card shows it. `silent_days` counts from the last conversation; None: there was none."""

    id: int
    name: str
    job_title: str
    department: str
    phone: str
    email: str
    is_primary: bool
    dots: int
    silent_days: int | None

    @property
    def is_silent(self) -> bool:
        return self.silent_days is None or self.silent_days >= SILENT_DAYS


def people_query(*, actor: Actor, customer_id: int, now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Contacts of a customer, main contact and those we speak with most first, at most 8. Lazy."""
    year = now - timedelta(days=365)
    talks = (
        permissions.visible_to(actor, registry.get("interaction"))
        .filter(contact_id=OuterRef("pk"), occurred_at__lte=now)
        .exclude(kind__in=(Kind.TASK, Kind.NOTE))
        .order_by()
        .values("contact_id")
    )
    rows = (
        permissions.visible_to(actor, registry.get("contact"))
        .filter(customer_id=customer_id)
        .annotate(
            last=Subquery(talks.annotate(last=Max("occurred_at")).values("last")),
            often=Coalesce(
                Subquery(talks.annotate(n=Count("pk", filter=Q(occurred_at__gte=year))).values("n")), 0
            ),
        )
        .order_by("-is_primary", "-often", "name")
    )
    found: QuerySet[Any, dict[str, Any]] = rows.values(
        "id", "name", "job_title", "department", "phone", "email", "is_primary", "last", "often"
    )[:SHOWN]
    return found


def people_of(rows: Sequence[Mapping[str, Any]], *, actor: Actor, now: datetime) -> list[KeyPerson]:
    """The rows of `people_query` as the card shows them; moments may be ISO text. No query."""
    return [
        KeyPerson(
            **{
                name: row[name]
                for name in ("id", "name", "job_title", "department", "phone", "email", "is_primary")
            },
            dots=sum(row["often"] >= bound for bound in CLOSENESS),
            silent_days=(now - _moment(row["last"])).days if row["last"] else None,
        )
        for row in (fieldrules.shown_row(actor, "contact", row) for row in rows)
    ]


def key_people(*, actor: Actor, customer_id: int, now: datetime | None = None) -> list[KeyPerson]:
    """The people at a customer, as far as the actor may see them. One query."""
    now = now or timezone.now()
    return people_of(list(people_query(actor=actor, customer_id=customer_id, now=now)), actor=actor, now=now)


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
