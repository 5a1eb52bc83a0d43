"""Rows go in without the further indexes, and these are there again afterwards as they were."""

from __future__ import annotations

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from benchmarks.company import Size
from benchmarks.company.customers import TABLES, Organisation, customers, put_customers
from benchmarks.company.installation import KEPT, kept_in
from benchmarks.company.plan import planned
from benchmarks.company.sizes import today
from benchmarks.company.tables import copying_all, without_indexes
from dangol.customers.models import Contact, Customer


@pytest.fixture
def address(monkeypatch):
    """The benchmarks' own connections go to the database of the tests."""
    import os

    database = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    monkeypatch.setenv("DATABASE_URL", database)


def definitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'customers_c%%' UNION "
            "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'customers_c%%'"
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_customers_go_in_and_indexes_and_constraints_are_as_before(address):
    size = Size.of(0.0002)
    before = definitions()
    with without_indexes(list(TABLES)):
        during = definitions()
        with copying_all(TABLES) as puts:
            made = customers(size, Organisation.numbered(size.teams), planned(size.customers, today(), 7))
            first = put_customers(made, puts["customers_customer"], puts["customers_contact"])
    assert during < before
    assert any("PRIMARY KEY" in definition for definition in during)
    assert definitions() == before
    assert Customer.objects.count() == size.customers == 200
    assert Contact.objects.count() == first[-1] - 1
    one = Customer.objects.get(pk=7)
    assert one.external_id == "C-0000007"
    assert Contact.objects.filter(customer=one).count() == first[8] - first[7]


def test_only_a_company_made_to_its_end_is_kept(tmp_path):
    assert kept_in(tmp_path) is None
    (tmp_path / KEPT).write_text('{"share": 0.1}', encoding="utf-8")
    assert kept_in(tmp_path) == 0.1
