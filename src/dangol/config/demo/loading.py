"""Makes the demo company through the same services that pages, API and imports use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone, translation

from dangol.config.demo import contacts, customers, dashboards, interactions, orders, organisation, products
from dangol.config.demo.chance import SEED
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import Role, Team, Territory, User
from dangol.identity.services import first_start, team_save, territory_save, user_create, user_deactivate
from dangol.insight.dashboards import keeping
from dangol.records import registry, writing
from dangol.records.writing import Change

CHUNK = 4_000
ORIGIN = "demo"
_SEARCH = ("records_searchentry", "records_searchscope", "records_searchtoken")
SIDE_TABLES = {
    "customer": _SEARCH,
    "order": ("commerce_ordertotal", "interactions_timelineentry", *_SEARCH),
    "interaction": ("interactions_timelineentry", *_SEARCH),
}
LOADER_EMAIL = f"demo-loader@{organisation.MAIL_DOMAIN}"
LOADER_NAME = "데모 데이터"
ZONE = ZoneInfo("Asia/Seoul")
Progress = Callable[[str], None]
T = TypeVar("T")


class AlreadyLoadedError(RuntimeError):
    """The demo company is here already; clear it first."""


class Loader:
    """One load. Rows are created in the name of a user of their own, by which `clearing` knows them again."""

    def __init__(self, progress: Progress, now: datetime, seed: str) -> None:
        self.progress = progress
        self.now = now
        self.seed = seed
        self.started = time.monotonic()
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.territories: dict[str, Territory] = {}
        self.actor = Actor.system(LOADER_NAME)
        self.ids: dict[str, dict[str, int]] = {}
        self.analyzed: dict[str, int] = {}

    def run(self, *, customer_count: int, order_count: int, interaction_count: int) -> None:
        """All of it, in one transaction: it is there whole, or not at all."""
        first_start()
        if User.objects.filter(email=LOADER_EMAIL, is_active=False, name=LOADER_NAME).exists():
            raise AlreadyLoadedError("the demo company is loaded already")
        today = self.now.date()
        with transaction.atomic():
            self.make_organisation()
            self.make_products()
            people = customers.customers(self.seed, today, customer_count)
            self.make_customers(people)
            faces = contacts.contacts(self.seed, people, today)
            self.make_contacts(faces)
            self.make_points(contacts.points(self.seed, people, faces))
            bought = orders.orders(self.seed, people, self.now, order_count)
            self.make_orders(bought)
            self.make_interactions(
                interactions.interactions(self.seed, people, faces, bought, self.now, interaction_count)
            )
            self.make_dashboard()
        self.say("ready")

    def say(self, what: str) -> None:
        """One line of progress: what, and the seconds since the start."""
        self.progress(f"demo: {what} ({time.monotonic() - self.started:.1f} s)")

    def make_organisation(self) -> None:
        """Teams, territories and users. The loader's own user cannot sign in."""
        system = Actor.system(LOADER_NAME)
        for name, parent in organisation.TEAM_TREE:
            self.teams[name] = team_save(actor=system, name=name, parent=self.teams.get(parent or ""))
        for name, parent in organisation.TERRITORY_TREE:
            self.territories[name] = territory_save(
                actor=system, name=name, parent=self.territories.get(parent or "")
            )
        roles = {role.code: role for role in Role.objects.all()}
        for member in organisation.MEMBERS:
            self.users[member.key] = user_create(
                actor=system,
                email=member.email,
                name=member.name,
                team=self.teams[member.team],
                territory=self.territories.get(member.territory or ""),
                roles=[roles[member.role]],
                is_administrator=member.is_administrator,
            )
        loader = user_create(actor=system, email=LOADER_EMAIL, name=LOADER_NAME, is_administrator=True)
        self.actor = actor_for(loader)
        user_deactivate(user=loader, actor=system)
        self.say(f"{len(self.users)} users in {len(self.teams)} teams")

    def make_products(self) -> None:
        """Categories from the top down, then products."""
        ids: dict[str, int] = {}
        self.ids["category"] = ids
        for depth_first in (True, False):
            level = [row for row in products.CATEGORIES if (row[2] is None) is depth_first]
            rows = [
                {"code": code, "name": name, "parent": ids.get(parent or "")} for code, name, parent in level
            ]
            ids.update(self.write("category", rows, [code for code, _name, _parent in level]))
        self.ids["product"] = self.write(
            "product",
            [
                {
                    "code": plan.code,
                    "name": plan.name,
                    "category": ids[plan.category],
                    "list_price": plan.price,
                    "cost": plan.cost,
                    "currency": "KRW",
                    "unit": plan.unit,
                    "is_active": plan.is_active,
                }
                for plan in products.PRODUCTS
            ],
            [plan.code for plan in products.PRODUCTS],
        )

    def make_customers(self, plans: Sequence[customers.CustomerPlan]) -> None:
        """Those at the top of their group or household first, since the others name them."""
        ids: dict[str, int] = {}
        self.ids["customer"] = ids
        for at_top in (True, False):
            level = [plan for plan in plans if (plan.parent is None) is at_top]
            ids.update(
                self.write(
                    "customer", [self._customer(plan) for plan in level], [plan.number for plan in level]
                )
            )
        self.say(f"{len(ids)} customers")

    def _customer(self, plan: customers.CustomerPlan) -> dict[str, Any]:
        return {
            "external_id": plan.number,
            "kind": plan.kind,
            "name": plan.name,
            "business_number": plan.business_number,
            "stage": plan.stage,
            "grade": plan.grade,
            "industry": plan.industry,
            "phone": plan.phone,
            "email": plan.email,
            "website": plan.website,
            "country": "대한민국",
            "postcode": plan.address.postcode,
            "region": plan.address.region.name,
            "city": plan.address.city,
            "street": plan.address.street,
            "birth_date": plan.birth_date,
            "since": plan.since,
            "parent": self.ids["customer"].get(plan.parent or ""),
            "source": plan.source,
            "owner": self.users[plan.owner].pk,
            "team": self.teams[plan.team].pk,
            "territory": self.territories[plan.territory].pk,
            "description": plan.description,
        }

    def make_contacts(self, plans: Sequence[contacts.ContactPlan]) -> None:
        """The people at the customers."""
        rows = [
            {
                "external_id": plan.number,
                "customer": self.ids["customer"][plan.customer],
                "name": plan.name,
                "job_title": plan.job_title,
                "department": plan.department,
                "phone": plan.phone,
                "email": plan.email,
                "is_primary": plan.is_primary,
            }
            for plan in plans
        ]
        self.ids["contact"] = self.write("contact", rows, [plan.number for plan in plans])
        self.say(f"{len(rows)} contacts")

    def make_points(self, plans: Sequence[contacts.PointPlan]) -> None:
        """Further numbers and addresses."""
        rows = [
            {
                "customer": self.ids["customer"][plan.customer],
                "contact": self.ids["contact"][plan.contact] if plan.contact else None,
                "kind": plan.kind,
                "value": plan.value,
                "label": plan.label,
            }
            for plan in plans
        ]
        self.write("contact_point", rows)

    def make_orders(self, plans: Sequence[orders.OrderPlan]) -> None:
        """Orders, then their lines."""
        heads = [
            {
                "number": plan.number,
                "customer": self.ids["customer"][plan.customer],
                "kind": plan.kind,
                "status": plan.status,
                "ordered_at": plan.ordered_at,
                "currency": "KRW",
                "memo": plan.memo,
            }
            for plan in plans
        ]
        ids = self.write("order", heads, [plan.number for plan in plans])
        self.say(f"{len(heads)} orders")
        lines = [
            {
                "order": ids[plan.number],
                "ordinal": ordinal,
                "product": self.ids["product"][line.product.code],
                "description": line.product.name,
                "kind": line.kind,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "occurred_at": plan.ordered_at,
            }
            for plan in plans
            for ordinal, line in enumerate(plan.lines, start=1)
        ]
        self.write("order_line", lines)
        self.say(f"{len(lines)} order lines")

    def make_interactions(self, plans: Sequence[interactions.InteractionPlan]) -> None:
        """What was said and what is to be done."""
        rows = [
            {
                "kind": plan.kind,
                "customer": self.ids["customer"][plan.customer],
                "contact": self.ids["contact"][plan.contact] if plan.contact else None,
                "owner": self.users[plan.owner].pk,
                "team": self.teams[organisation.BY_KEY[plan.owner].team].pk,
                "territory": self.territories[organisation.BY_KEY[plan.owner].territory or "전국"].pk,
                "subject": plan.subject,
                "body": plan.body,
                "occurred_at": plan.occurred_at,
                "due_at": plan.due_at,
                "done_at": plan.done_at,
                "duration_minutes": plan.duration_minutes,
                "direction": plan.direction,
                "outcome": plan.outcome,
            }
            for plan in plans
        ]
        self.write("interaction", rows)
        self.say(f"{len(rows)} interactions")

    def make_dashboard(self) -> None:
        """The administrator's, for everyone."""
        owner = actor_for(self.users[organisation.ADMINISTRATOR])
        keeping.dashboard_create(actor=owner, values=dashboards.values(), origin=ORIGIN)

    def analyze(self, record_type: str, rows: int) -> None:
        """Tell the planner how large the tables have become: within this transaction nobody else does, and with the
        plans for empty tables every foreign key would be checked by reading the whole table it points to.
        """
        if rows < self.analyzed.get(record_type, 0) * 4 or rows < 500:
            return
        self.analyzed[record_type] = rows
        tables = [registry.get(record_type).table.name, *SIDE_TABLES.get(record_type, ())]
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(tables)}")

    def write(
        self, record_type: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str] | None = None
    ) -> dict[str, int]:
        """Write rows in chunks through the one writer; the ids come back by key."""
        ids: list[int] = []
        for chunk in _chunks(rows):
            written = writing.write(
                registry.get(record_type),
                [Change(dict(row)) for row in chunk],
                actor=self.actor,
                origin=ORIGIN,
            )
            ids += written.created
            self.analyze(record_type, len(ids))
        return dict(zip(keys, ids, strict=True)) if keys else {}


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def load(
    progress: Progress = lambda text: None,
    *,
    now: datetime | None = None,
    seed: str = SEED,
    customer_count: int = 3_000,
    order_count: int = 25_000,
    interaction_count: int = 20_000,
) -> None:
    """Load the demo company: about 3,000 customers with two years behind them, up to today.

    Args:
        progress: is told in one line what was done.
        now: the moment the data lead up to (aware); the present one when not given.
        seed: another seed gives another company.
        customer_count, order_count, interaction_count: how much, about.

    Raises:
        AlreadyLoadedError: it is here already.
    """
    moment = (now or timezone.now()).astimezone(ZONE)
    with translation.override("ko"):
        Loader(progress, moment, seed).run(
            customer_count=customer_count, order_count=order_count, interaction_count=interaction_count
        )
