"""A generated company of any size, streamed into the database of an installation by COPY.

    python -m benchmarks.company [--share 0.1] [--data FOLDER]

Share 1 is size L: 1,000,000 customers, 1,200,000 contacts, 5,000,000 orders with 12,000,000 lines, 10,000,000
interactions. Orders and conversations are as unevenly spread as in life: the busiest of 100,000 customers has about
1,600 orders. Scores come from the same refresh as in production, search entries from the same index. The same seed gives
the same company; memory stays flat but for a few numbers a customer.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CUSTOMERS, ORDERS, INTERACTIONS = 1_000_000, 5_000_000, 10_000_000
DAYS = 1_095
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
SEED = 7
NAMES_WITHOUT_REPEAT = 200_000
SELLERS_IN_TEAM = 7
NOTHING = r"\N"
SEARCHED = ("product", "customer", "contact", "order", "interaction")


@dataclass(frozen=True)
class Size:
    """How many of each."""

    customers: int
    orders: int
    interactions: int
    teams: int

    @classmethod
    def of(cls, share: float) -> Size:
        """The part of size L."""
        return cls(
            int(CUSTOMERS * share),
            int(ORDERS * share),
            int(INTERACTIONS * share),
            max(4, int(100 * share**0.6)),
        )


@dataclass(frozen=True)
class Organisation:
    """The ids of the sales teams with their territory and sellers; the first teams are the large ones."""

    teams: tuple[tuple[int, int, tuple[int, ...]], ...]
    cumulated: tuple[float, ...]

    def draw(self, chance: random.Random) -> tuple[int, int, int]:
        """Owner, team and territory of a customer."""
        team, territory, sellers = chance.choices(self.teams, cum_weights=self.cumulated)[0]
        return chance.choice(sellers), team, territory


def fill(size: Size, *, say: Callable[[str], None] = print) -> None:
    """Make the company in the database of the running Django, which has its schema and nothing in it."""
    started = time.perf_counter()

    def told(what: str) -> None:
        say(f"company: {what} ({time.perf_counter() - started:,.0f} s)")

    organisation = make_organisation(size)
    products = make_products()
    kinds, first_contact = make_customers(size, organisation)
    told(f"{size.customers:,} customers, {len(first_contact) and first_contact[-1] - 1:,} contacts")
    lines = make_orders(size, products)
    told(f"{size.orders:,} orders, {lines:,} lines")
    make_interactions(size, kinds, first_contact, products)
    told(f"{size.interactions:,} interactions")
    finish()
    told("vacuumed")
    make_scores()
    told("scores")
    make_search()
    told("search")


def make_organisation(size: Size) -> Organisation:
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
    teams = []
    for number in range(1, size.teams + 1):
        above, region = regions[number % len(regions)]
        team = Team.objects.create(name=f"{region.name}{number}팀", parent=above)
        territory = Territory.objects.create(name=f"{region.name}{number}", parent=region)
        people = User.objects.bulk_create(
            User(
                email=f"s{number}-{place}@bench.example", name=f"{region.name}{number} 담당{place}", team=team,
                territory=territory, password="!",
            )
            for place in range(SELLERS_IN_TEAM)
        )  # fmt: skip
        for place, user in enumerate(people):
            user.roles.add(seller if place else manager)
        teams.append((team.pk, territory.pk, tuple(user.pk for user in people)))
    weights = [1 / (place + 3) for place in range(len(teams))]
    return Organisation(tuple(teams), tuple(sum(weights[: end + 1]) for end in range(len(weights))))


def make_products() -> list[tuple[int, str, float]]:
    """The demo's catalogue; id, name and price."""
    from dangol.commerce.models import Category, Product
    from dangol.config.demo.products import CATEGORIES, PRODUCTS

    known: dict[str | None, Category | None] = {None: None}
    for code, name, parent in sorted(CATEGORIES, key=lambda row: row[2] is not None):
        known[code] = Category.objects.create(code=code, name=name, parent=known.get(parent))
    made = Product.objects.bulk_create(
        Product(
            code=plan.code,
            name=plan.name,
            category=known[plan.category],
            list_price=plan.price,
            unit=plan.unit,
        )
        for plan in PRODUCTS
    )
    return [(product.pk, product.name, float(product.list_price or 0)) for product in made]


def make_customers(size: Size, organisation: Organisation) -> tuple[bytearray, array[int]]:
    """Customers and contacts. Returns which are companies, and the id of each one's first contact (and one past the
    last).
    """
    from dangol.config.demo import customers, people, places

    chance = random.Random(SEED)
    firms = _firms()
    companies = bytearray(size.customers + 1)
    first_contact = array("l", [1, 1])
    contact = 1
    with copying(
        "customers_customer (id, created_at, updated_at, owner_id, team_id, territory_id, kind, name, business_number, "
        "stage, grade, industry, phone, email, country, postcode, region, city, street, since, source, external_id)"
    ) as put, copying(
        "customers_contact (id, created_at, updated_at, customer_id, name, job_title, department, phone, email, "
        "is_primary)"
    ) as put_contact:  # fmt: skip
        for number in range(1, size.customers + 1):
            owner, team, territory = organisation.draw(chance)
            is_company = chance.random() < 0.87
            address = places.address(chance, home=not is_company)
            made = TODAY - timedelta(seconds=chance.randrange(DAYS * 86_400))
            changed = made + (TODAY - made) * chance.random()
            stage = chance.choices(STAGES, cum_weights=STAGE_SHARES)[0]
            if is_company:
                firm, tax = next(firms)
                name, industry, domain = firm.name, firm.industry, f"{people.romanised(firm.bare)}.example"
                phone, email = places.landline(chance, address.region), f"info@{domain}"
            else:
                name, industry, tax, domain = people.person(chance).name, "", NOTHING, ""
                phone, email = places.mobile(chance), f"{people.romanised(name)}{number}@mail.example"
            companies[number] = is_company
            put(
                number, made, changed, owner, team, territory, "company" if is_company else "person", name, tax, stage,
                chance.choices(GRADES, cum_weights=GRADE_SHARES)[0], industry, phone, email, "대한민국",
                address.postcode, address.region.name, address.city, address.street, made.date(),
                customers.SOURCES.draw(chance), f"C-{number:07d}",
            )  # fmt: skip
            for place in range(1 + (chance.random() < 0.38) if is_company else 0):
                person = people.person(chance, women=0.31)
                put_contact(
                    contact, made, changed, number, person.name, people.job_title(chance, person.born, TODAY.year),
                    people.DEPARTMENTS.draw(chance), places.mobile(chance),
                    f"{people.romanised(person.name)}@{domain}", "f" if place else "t",
                )  # fmt: skip
                contact += 1
            first_contact.append(contact)
    return companies, first_contact


STAGES, STAGE_SHARES = ("active", "prospect", "dormant", "new", "lost"), (48, 68, 84, 94, 100)
GRADES, GRADE_SHARES = ("c", "b", "", "a", "vip"), (45, 70, 85, 97, 100)


def _firms() -> Iterator[tuple[Any, str]]:
    """Companies with their business numbers. The generator of names runs dry at some hundred thousand: then anew."""
    from dangol.config.demo import companies

    taxes = companies.business_numbers(random.Random(SEED + 1))
    turn = 0
    while True:
        turn += 1
        firms = companies.companies(random.Random(SEED + 100 * turn))
        for _ in range(NAMES_WITHOUT_REPEAT):
            yield next(firms), next(taxes)


def uneven(chance: random.Random, count: int) -> int:
    """A number from 1 to `count`, a few of them far more often than the others (and those not in a row)."""
    return int(count * chance.random() ** 2) * 7_919 % count + 1


def make_orders(size: Size, products: list[tuple[int, str, float]]) -> int:
    """Orders by time, their lines, totals and timeline entries in one pass. Returns how many lines."""
    chance = random.Random(SEED + 2)
    total = 0
    with (
        copying(
            "commerce_order (id, created_at, updated_at, number, customer_id, kind, status, ordered_at)"
        ) as put,
        copying(
            "commerce_orderline (created_at, updated_at, order_id, ordinal, product_id, description, kind, quantity, "
            "unit_price, occurred_at)"
        ) as put_line,
        copying("commerce_ordertotal (order_id, lines, quantity, exact, amount)") as put_total,
        copying(TIMELINE) as put_entry,
    ):
        for number in range(1, size.orders + 1):
            at = TODAY - timedelta(seconds=(1 - number / size.orders) * DAYS * 86_400)
            customer = uneven(chance, size.customers)
            sign = -1 if chance.random() < 0.03 else 1
            kind = "sale" if sign > 0 else "return"
            status = (
                "delivered" if (TODAY - at).days > 20 else chance.choice(("placed", "confirmed", "shipped"))
            )
            code = f"O-{number:08d}"
            put(number, at, at, code, customer, kind, status, at)
            count = chance.choices((1, 2, 3, 4, 5), cum_weights=(28, 58, 80, 94, 100))[0]
            amount = quantities = 0.0
            for ordinal in range(1, count + 1):
                product, name, price = products[int(len(products) * chance.random() ** 1.5)]
                quantity = sign * chance.randrange(1, 12)
                put_line(at, at, number, ordinal, product, name, kind, quantity, price, at)
                amount += quantity * price
                quantities += quantity
            total += count
            put_total(number, count, quantities, amount, amount)
            put_entry(
                "customer", customer, "order", number, "order", at, code, "",
                f'{{"kind":"{kind}","status":"{status}","amount":"{amount:.0f}","currency":"KRW","lines":{count},'
                f'"product":"{name}","quantity":"{abs(quantity)}"}}',
                NOTHING,
            )  # fmt: skip
    return total


TIMELINE = "interactions_timelineentry (subject_type, subject_id, source_type, source_id, kind, at, title, body, data, actor_id)"


def make_interactions(
    size: Size, companies: bytearray, first_contact: array[int], products: list[tuple[int, str, float]]
) -> None:
    """Conversations and tasks by time, with their entries on the timelines of customer and contact."""
    from django.db import connection

    from dangol.config.demo import talk

    chance = random.Random(SEED + 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT owner_id, team_id, territory_id FROM customers_customer ORDER BY id")
        owners = cursor.fetchall()
    told = {"call": talk.CALLS, "meeting": talk.MEETINGS, "mail": talk.MAILS_OUT}
    kinds = ("call", "mail", "note", "meeting", "task")
    with (
        copying(
            "interactions_interaction (id, created_at, updated_at, owner_id, team_id, territory_id, kind, customer_id, "
            "contact_id, subject, body, occurred_at, due_at, done_at, duration_minutes, direction, outcome)"
        ) as put,
        copying(TIMELINE) as put_entry,
    ):
        for number in range(1, size.interactions + 1):
            at = TODAY - timedelta(seconds=(1 - number / size.interactions) * DAYS * 86_400)
            customer = uneven(chance, size.customers)
            owner, team, territory = owners[customer - 1]
            kind = chance.choices(kinds, cum_weights=(42, 63, 78, 90, 100))[0]
            template = chance.choice(told.get(kind, talk.CALLS))
            slots = {
                "product": products[int(len(products) * chance.random())][1], "order": f"O-{chance.randrange(9999):08d}",
                "contact": "담당자", "price": "1,200만 원", "days": chance.randrange(2, 30), "pct": 5, "pct2": 96,
                "month": chance.randrange(1, 13), "rival": chance.choice(talk.RIVALS), "n": chance.randrange(2, 9),
                "line": chance.choice(talk.LINES),
            }  # fmt: skip
            subject, body = template.subject.format(**slots)[:200], template.body.format(**slots)
            people = first_contact[customer + 1] - first_contact[customer]
            contact = (
                first_contact[customer] + chance.randrange(people)
                if people and chance.random() < 0.7
                else None
            )
            is_task = kind == "task"
            due = at + timedelta(days=3) if is_task else NOTHING
            done = at + timedelta(days=2) if is_task and (TODAY - at).days > 10 else NOTHING
            minutes = chance.randrange(2, 50) if kind in ("call", "meeting") else NOTHING
            put(
                number, at, at, owner, team, territory, kind, customer, contact or NOTHING, subject, body, at, due, done,
                minutes, "out" if kind in ("call", "mail") else "", template.outcome[:120],
            )  # fmt: skip
            facts = f'{{"direction":"out","outcome":"{template.outcome}"}}' if template.outcome else "{}"
            when = done if done is not NOTHING else due if is_task else at
            put_entry(
                "customer", customer, "interaction", number, kind, when, subject, body, facts, owner
            )  # fmt: skip
            if contact:
                put_entry(
                    "contact", contact, "interaction", number, kind, when, subject, body, facts, owner
                )  # fmt: skip


def finish() -> None:
    """Set the sequences behind the ids given here, and let the planner know the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in (
            "customers_customer",
            "customers_contact",
            "commerce_order",
            "interactions_interaction",
        ):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
            )
        cursor.execute("VACUUM ANALYZE")


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


@contextmanager
def copying(target: str) -> Iterator[Callable[..., None]]:
    """A function that adds a row; rows go out in large pieces, on a connection of their own.

    The values must hold no tabs, line ends or backslashes. Foreign keys are not checked: they are right by making.
    """
    import psycopg

    pieces: list[str] = []
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(os.environ["DATABASE_URL"]))
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        copy = stack.enter_context(connection.cursor().copy(f"COPY {target} FROM STDIN"))  # type: ignore[call-overload]

        def put(*values: Any) -> None:
            pieces.append("\t".join(map(str, values)))
            if len(pieces) == 2_000:
                copy.write("\n".join(pieces) + "\n")
                pieces.clear()

        yield put
        if pieces:
            copy.write("\n".join(pieces) + "\n")


@contextmanager
def company(share: float, data: Path | None = None) -> Iterator[Path]:
    """The company in an installation of its own, with Django set up on it. Yields the data folder.

    Args:
        share: of size L.
        data: keep it in this folder, and use it again when there is one; else it is made anew and removed.
    """
    with tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary:
        folder = data or Path(temporary)
        os.environ.pop("DATABASE_URL", None)
        os.environ["DANGOL_DATA"] = str(folder)
        os.environ.setdefault("DANGOL_LOG_LEVEL", "WARNING")
        from dangol.config import installation

        with installation.opened():
            from dangol.config import assets
            from dangol.customers.models import Customer

            assets.gather()  # a kept company may be older than the style sheets
            if not Customer.objects.exists():
                fill(Size.of(share))
            yield folder


def main() -> None:
    """Make it and keep it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    with company(asked.share, asked.data):
        pass


if __name__ == "__main__":
    main()
