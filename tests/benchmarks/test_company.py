"""The generated company is the same every time, and as uneven as companies are."""

from __future__ import annotations

import hashlib
import io
import random
from collections import Counter
from datetime import date
from itertools import islice

import pytest

from benchmarks.company import Size, sales, talks
from benchmarks.company.customers import CONTACTS, Organisation, customers, national, put_customers, write_csv
from benchmarks.company.names import business_number, firms, scattered
from benchmarks.company.plan import DAYS, day_counts, planned
from benchmarks.company.tables import PIECE
from dangol.config.demo import people
from dangol.config.demo.seasons import is_working_day
from dangol.records.fields import BusinessNumber, FieldError, Locale

LAST_DAY = date(2026, 11, 20)
SIZE = Size.of(0.005)


def rows_of_a_company(seed: int) -> dict[str, str]:
    """A digest of the rows of each table."""
    import numpy as np

    digests = {name: hashlib.sha256() for name in (*customers_tables(), *sales.TABLES, *talks.TABLES)}
    puts = {name: lambda row, digest=digest: digest.update(row.encode()) for name, digest in digests.items()}
    size = Size.of(0.001)
    plan = planned(size.customers, LAST_DAY, seed)
    items = sales.catalogue(size.products, seed)
    made = customers(size, Organisation.numbered(size.teams), plan, seed)
    first = put_customers(made, puts["customers_customer"], puts["customers_contact"])
    sales.put_orders(plan, items, size.orders, puts, seed)
    owners = np.ones((size.customers, 3), dtype=np.int64)
    talks.put_interactions(plan, owners, first, items, size.interactions, puts, seed)
    return {name: digest.hexdigest() for name, digest in digests.items()}


def customers_tables() -> list[str]:
    from benchmarks.company.customers import TABLES

    return list(TABLES)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    first = rows_of_a_company(7)
    assert first == rows_of_a_company(7)
    other = rows_of_a_company(8)
    assert all(first[table] != other[table] for table in first)


def test_rows_have_as_many_values_as_their_table_has_columns_and_nothing_that_copy_misreads():
    import numpy as np

    from benchmarks.company.customers import TABLES

    rows: dict[str, list[str]] = {name: [] for name in (*TABLES, *sales.TABLES, *talks.TABLES)}
    puts = {name: found.append for name, found in rows.items()}
    size = Size.of(0.001)
    plan = planned(size.customers, LAST_DAY, 7)
    items = sales.catalogue(size.products)
    made = customers(size, Organisation.numbered(size.teams), plan)
    first = put_customers(made, puts["customers_customer"], puts["customers_contact"])
    orders, lines = sales.put_orders(plan, items, size.orders, puts)
    owners = np.ones((size.customers, 3), dtype=np.int64)
    talked = talks.put_interactions(plan, owners, first, items, size.interactions, puts)
    for table, columns in {**TABLES, **sales.TABLES, **talks.TABLES}.items():
        for row in rows[table]:
            assert row.endswith("\n")
            values = row[:-1].split("\t")
            assert len(values) == len(columns.split(",")), (table, row)
            assert all("\n" not in value and "\r" not in value for value in values)
            assert all("\\" not in value.replace("\\N", "") for value in values)
    assert (len(rows["commerce_order"]), len(rows["commerce_orderline"])) == (orders, lines)
    assert len(rows["customers_contact"]) == first[-1] - 1
    assert len(rows["interactions_interaction"]) == talked == size.interactions
    assert orders == size.orders
    assert len(rows["commerce_order"]) > PIECE  # so that whole pieces and the rest both occur


def test_order_totals_are_the_sums_of_the_lines():
    sums: Counter[str] = Counter()
    totals: dict[str, int] = {}

    def line(row: str) -> None:
        values = row.split("\t")
        sums[values[2]] += int(values[7]) * int(values[8])

    def total(row: str) -> None:
        values = row.rstrip().split("\t")
        totals[values[0]] = int(values[4])

    size = Size.of(0.001)
    plan = planned(size.customers, LAST_DAY, 7)
    nothing = {"commerce_order": lambda row: None, "interactions_timelineentry": lambda row: None}
    sales.put_orders(
        plan,
        sales.catalogue(size.products),
        size.orders,
        {**nothing, "commerce_orderline": line, "commerce_ordertotal": total},
    )
    assert totals == dict(sums)


def test_the_best_fifth_of_the_buyers_brings_about_three_quarters_of_the_revenue():
    buyer: dict[str, str] = {}
    revenue: Counter[str] = Counter()
    bought: Counter[str] = Counter()
    plan = planned(Size.of(0.02).customers, LAST_DAY, 7)
    items = sales.catalogue(1_000)

    def order(row: str) -> None:
        values = row.split("\t")
        buyer[values[0]] = values[4]

    def total(row: str) -> None:
        values = row.rstrip().split("\t")
        revenue[buyer[values[0]]] += int(values[4])

    def line(row: str) -> None:
        bought[row.split("\t")[4]] += 1

    puts = {"commerce_order": order, "commerce_orderline": line, "commerce_ordertotal": total}
    sales.put_orders(
        plan, items, Size.of(0.02).orders, {**puts, "interactions_timelineentry": lambda row: None}
    )
    amounts = sorted(revenue.values(), reverse=True)
    assert 0.68 <= sum(amounts[: len(amounts) // 5]) / sum(amounts) <= 0.82
    counts = sorted(bought.values(), reverse=True)
    assert 0.5 <= sum(counts[: len(counts) // 5]) / sum(counts) <= 0.8
    assert len(counts) > 0.95 * len(items), "the tail is sold too"


def test_nobody_buys_before_coming_or_after_leaving_and_many_leave():
    plan = planned(SIZE.customers, LAST_DAY, 7)

    def order(row: str) -> None:
        values = row.split("\t")
        day = (date.fromisoformat(values[1][:10]) - plan.first_day).days
        customer = int(values[4]) - 1
        assert plan.joined[customer] < day <= plan.left[customer]
        assert plan.weight[customer] > 0

    nothing = {name: lambda row: None for name in sales.TABLES}
    sales.put_orders(plan, sales.catalogue(100), SIZE.orders, {**nothing, "commerce_order": order})
    stages = Counter(plan.stage(customer) for customer in range(SIZE.customers))
    assert set(stages) == {"prospect", "new", "active", "dormant", "lost"}
    assert 0.2 < (stages["dormant"] + stages["lost"]) / SIZE.customers < 0.6
    assert 0.15 < stages["prospect"] / SIZE.customers < 0.25


def test_months_weekdays_and_holidays_differ():
    plan = planned(100, LAST_DAY, 7)
    total = 500_000
    counts = day_counts(plan, total)
    assert sum(counts) == total
    assert len(counts) == DAYS
    from datetime import timedelta

    working, free = [], []
    for day, count in enumerate(counts, start=1):
        (working if is_working_day(plan.first_day + timedelta(days=day)) else free).append(count)
    assert 0 < sum(free) / len(free) < 0.15 * sum(working) / len(working)
    months: Counter[int] = Counter()
    for day, count in enumerate(counts, start=1):
        months[(plan.first_day + timedelta(days=day)).month] += count
    assert max(months.values()) > 1.2 * min(months.values())


def test_business_numbers_are_right_and_differ():
    numbers = [business_number(place) for place in range(20_000)]
    assert len(set(numbers)) == len(numbers)
    for number in numbers[:2_000]:
        assert BusinessNumber().convert(number, Locale()) == number
    wrong = numbers[0][:9] + str((int(numbers[0][9]) + 1) % 10)
    with pytest.raises(FieldError):
        BusinessNumber().convert(wrong, Locale())


@pytest.mark.parametrize("size", [7, 1_240, 23_956_404])
def test_scattering_gives_every_number_its_own_place(size: int):
    count = min(size, 50_000)
    places = {scattered(number, size) for number in range(count)}
    assert len(places) == count
    assert min(places) >= 0
    assert max(places) < size


def test_as_many_names_belong_to_several_companies_as_in_the_register():
    names = Counter(firm.bare for firm in islice(firms(random.Random(1)), 112_846))
    shared = sum(count > 1 for count in names.values())
    assert 0.04 < shared / len(names) < 0.06  # 5,271 of 105,378 in the register
    assert 0.92 < len(names) / 112_846 < 0.96
    written = {firm.name for firm in islice(firms(random.Random(1)), 20_000)}
    assert {name[0] for name in written} >= {"㈜", "("}


def test_a_million_people_have_two_hundred_thousand_names():
    chance = random.Random(1)
    names = {people.person(chance).name for _ in range(650_000)}
    assert len(names) >= 200_000  # and a company of size L has 1.3 million people
    families = Counter(people.person(chance).name[0] for _ in range(40_000))
    assert families["김"] / 40_000 == pytest.approx(0.215, abs=0.01)
    assert families["이"] / 40_000 == pytest.approx(0.147, abs=0.01)


def test_a_csv_holds_the_customers_as_people_write_them():
    import csv

    out = io.StringIO(newline="")
    write_csv(out, 300, LAST_DAY)
    rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert len({row["고객번호"] for row in rows}) == len(rows) == 300
    for row in rows:
        assert row["상호"]
        assert row["구분"] in ("회사", "개인")
        assert bool(row["사업자등록번호"]) == (row["구분"] == "회사")
        if row["사업자등록번호"]:
            assert BusinessNumber().convert(row["사업자등록번호"], Locale())
        assert row["전화"].startswith("0")
        assert row["담당자 이메일"].endswith("@bench.example")
    again = io.StringIO(newline="")
    write_csv(again, 300, LAST_DAY)
    assert again.getvalue() == out.getvalue()
    size = Size.of(300 / 1_000_000)
    plan = planned(size.customers, LAST_DAY, 7)
    for row, made in zip(rows, customers(size, Organisation.numbered(size.teams), plan), strict=True):
        assert (row["상호"], row["고객번호"]) == (made.name, made.external_id)


def test_the_contacts_in_a_csv_belong_to_customers_in_the_other():
    import csv

    both = {}
    for kind in ("customers", CONTACTS):
        out = io.StringIO(newline="")
        write_csv(out, 300, LAST_DAY, kind=kind)
        both[kind] = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    known = {row["고객번호"] for row in both["customers"] if row["구분"] == "회사"}
    assert {row["고객번호"] for row in both[CONTACTS]} == known
    assert len({row["담당자번호"] for row in both[CONTACTS]}) == len(both[CONTACTS]) > len(known)


def test_numbers_are_written_as_in_korea():
    assert national("+8223456789") == "02-345-6789"
    assert national("+82312345678") == "031-234-5678"
    assert national("+821012345678") == "010-1234-5678"
