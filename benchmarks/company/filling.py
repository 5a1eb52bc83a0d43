"""The whole company into the database of an installation."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from benchmarks.company import customers, sales, talks
from benchmarks.company.customers import SELLERS_IN_TEAM, Organisation, Seller, put_customers, seller_email
from benchmarks.company.plan import Array, planned
from benchmarks.company.sizes import SEED, Size
from benchmarks.company.tables import copying_all, finish, without_indexes

SEARCHED = ("product", "customer", "contact", "order", "interaction")
NUMBERED = ("customers_customer", "customers_contact", "commerce_order", "interactions_interaction")


def fill(
    size: Size, last_day: date, *, seed: int = SEED, say: Callable[[str], None] = print
) -> dict[str, float]:
    """Make the company in the database of the running Django, which has its schema and nothing in it.

    Returns the seconds that each step took.
    """
    steps: dict[str, float] = {}
    last = time.perf_counter()

    def told(step: str, what: str) -> None:
        nonlocal last
        steps[step] = round(time.perf_counter() - last, 1)
        say(f"company: {what} ({steps[step]:,.1f} s)")
        last = time.perf_counter()

    organisation = make_organisation(size.teams)
    items = make_products(size.products)
    plan = planned(size.customers, last_day, seed)
    told("organisation", f"{size.teams} teams, {size.products:,} products")
    tables = [*customers.TABLES, *sales.TABLES, *talks.TABLES]
    with without_indexes(sorted(set(tables))):
        with copying_all(customers.TABLES) as puts:
            found = customers.customers(size, organisation, plan, seed)
            first_contact = put_customers(found, puts["customers_customer"], puts["customers_contact"])
        told("customers", f"{size.customers:,} customers, {first_contact[-1] - 1:,} contacts")
        with copying_all(sales.TABLES) as puts:
            orders, lines = sales.put_orders(plan, items, size.orders, puts, seed)
        told("orders", f"{orders:,} orders, {lines:,} lines")
        with copying_all(talks.TABLES) as puts:
            talked = talks.put_interactions(
                plan, owners(size.customers), first_contact, items, size.interactions, puts, seed
            )
        told("interactions", f"{talked:,} interactions")
    told("indexes", "indexes")
    finish(list(NUMBERED))
    told("vacuum", "vacuumed")
    make_scores()
    told("scores", "scores")
    with without_indexes(["records_searchentry", "records_searchidentifier"]):
        make_search()
    told("search", "search")
    return steps


def make_organisation(teams: int) -> Organisation:
    """A head office, regions, and sales teams of uneven size with seven sellers each."""
    from dangol.identity.models import Role, Team, Territory, User
    from dangol.identity.services import first_start

    first_start()
    head = Team.objects.create(name="본사")
    country = Territory.objects.create(name="전국")
    regions = [
        (
            Team.objects.create(name=f"{name}본부", parent=head),
            Territory.objects.create(name=name, parent=country),
        )
        for name in ("수도권", "영남", "호남충청", "강원제주")
    ]
    seller, manager = Role.objects.get(code="sales"), Role.objects.get(code="sales-manager")
    made = []
    for number in range(1, teams + 1):
        above, region = regions[number % len(regions)]
        team = Team.objects.create(name=f"{region.name}{number}팀", parent=above)
        territory = Territory.objects.create(name=f"{region.name}{number}", parent=region)
        people = User.objects.bulk_create(
            User(
                email=seller_email(number, place), name=f"{region.name}{number} 담당{place}", team=team,
                territory=territory, password="!",
            )
            for place in range(SELLERS_IN_TEAM)
        )  # fmt: skip
        for place, user in enumerate(people):
            user.roles.add(seller if place else manager)
        made.append(tuple(Seller(user.pk, user.email, team.pk, territory.pk) for user in people))
    return Organisation(tuple(made))


def make_products(count: int) -> list[sales.Item]:
    """The catalogue with its categories; ids count from 1."""
    from dangol.commerce.models import Category, Product
    from dangol.config.demo.products import CATEGORIES

    known: dict[str | None, Category | None] = {None: None}
    for code, name, parent in sorted(CATEGORIES, key=lambda row: row[2] is not None):
        known[code] = Category.objects.create(code=code, name=name, parent=known.get(parent))
    items = sales.catalogue(count)
    made = Product.objects.bulk_create(
        Product(
            code=item.code,
            name=item.name,
            category=known[item.category],
            list_price=item.price,
            unit=item.unit,
        )
        for item in items
    )
    assert made[0].pk == 1, "the database is not new"
    return items


def owners(count: int) -> Array:
    """Owner, team and territory of every customer, by number from 0."""
    import numpy as np
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT owner_id, team_id, territory_id FROM customers_customer ORDER BY id")
        return np.fromiter(cursor, dtype=np.dtype((np.int64, 3)), count=count)


def make_scores() -> None:
    """As the analytics worker makes them."""
    from django.db import connection

    from dangol.identity.actors import Actor
    from dangol.insight.services import refresh_all

    refresh_all(actor=Actor.system("benchmark"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE measures_score, measures_series")


def make_search() -> None:
    """As `doctor` makes them anew."""
    from django.db import connection

    from dangol.records import registry
    from dangol.records.search import index

    for name in SEARCHED:
        index.rebuild(registry.get(name))
        with connection.cursor() as cursor:
            cursor.execute(
                "VACUUM ANALYZE records_searchtoken, records_searchentry, records_searchidentifier"
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE records_searchscope")
