"""A database that was put back to before an erasure loses the person again, and nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dangol.customers.models import Contact, Customer
from dangol.records import registry, writing
from dangol.records.merging import merge
from dangol.records.models import Erasure, ErasureState
from dangol.records.persons import erasing, jobs, ledger
from tests.cast import Person

pytestmark = pytest.mark.django_db
NAME, PHONE = "홍일동", "010-9876-5432"


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def no_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "_after", [])


def made(who: Person, **values: Any) -> int:
    return writing.create(
        registry.get("customer"), {"name": NAME, "kind": "person", "phone": PHONE, **values}, actor=who.actor
    )


def contact_of(who: Person, customer: int, name: str) -> int:
    return writing.create(registry.get("contact"), {"name": name, "customer": customer}, actor=who.actor)


def erase(administrator: Person, number: int) -> Erasure:
    asked = erasing.erasure_ask(
        actor=administrator.actor,
        record_type=registry.get("customer"),
        record_id=number,
        reason="본인이 요청했어요",
    )
    erasing.erase(asked.pk)
    asked.refresh_from_db()
    return asked


class Backup:
    """The rows of customers, contacts and erasures as they were: put back as a restored database has them."""

    TABLES = ("customers_customer", "customers_contact")

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}
        with connection.cursor() as cursor:
            for table in self.TABLES:
                cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY id")
                self.rows[table] = [row[0] for row in cursor.fetchall()]

    def bring_back(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("DELETE FROM records_erasure")
            for table in reversed(self.TABLES):
                cursor.execute(f"DELETE FROM {table}")
            for table, rows in self.rows.items():
                for row in rows:
                    cursor.execute(
                        f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
                        [row],
                    )
            cursor.execute("SET LOCAL session_replication_role = origin")


def test_the_list_names_nobody(administrator: Person, data: Path) -> None:
    number = made(administrator)
    contact_of(administrator, number, NAME)
    erase(administrator, number)
    text = (data / "erasures.jsonl").read_text()
    assert NAME not in text
    assert "9876" not in text
    (entry,) = ledger.read(ledger.path())
    assert entry.record_id == number
    assert set(entry.records) == {"customer", "contact"}
    assert (data / "erasures.jsonl").stat().st_mode & 0o077 == 0


def test_who_was_erased_is_erased_again_under_the_same_key_and_others_stay(administrator: Person) -> None:
    number, other = made(administrator), made(administrator, name="김다른", phone="")
    contact_of(administrator, number, NAME)
    backup = Backup()
    asked = erase(administrator, number)
    assert not Customer.objects.filter(pk=number).exists()
    backup.bring_back()
    assert Customer.objects.get(pk=number).name == NAME

    done = ledger.replay(ledger.path())
    assert (done.erased, done.absent, done.known) == (1, 0, 0)
    assert list(Customer.objects.values_list("pk", flat=True)) == [other]
    assert not Contact.objects.exists()
    again = Erasure.objects.get(key=asked.key)
    assert again.state == ErasureState.FINISHED
    assert again.asked_at == asked.asked_at
    assert erasing.is_genuine(again)
    assert ledger.replay(ledger.path()) == ledger.Replayed(0, 0, 1)
    assert len(ledger.read(ledger.path())) == 1


def test_a_number_that_was_given_to_somebody_else_since_is_left_alone(administrator: Person) -> None:
    number = made(administrator)
    asked = erase(administrator, number)
    backup = Backup()  # without the person; the number is free again
    backup.bring_back()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), %s, false)", [number]
        )
    innocent = made(administrator, name="김무고")
    assert innocent == number
    # A transaction has one moment; in life the two would be made at different ones.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer SET created_at = created_at + interval '1 microsecond' WHERE id = %s",
            [innocent],
        )
    done = ledger.replay(ledger.path())
    assert (done.erased, done.absent) == (0, 1)
    assert Customer.objects.get(pk=innocent).name == "김무고"
    certificate = Erasure.objects.get(key=asked.key)
    assert certificate.state == ErasureState.FINISHED
    assert certificate.counts == {}


def test_a_person_whose_records_were_merged_after_the_backup_goes_whole(administrator: Person) -> None:
    into, other = made(administrator), made(administrator, name="홍 일동", phone="02-123-4567")
    backup = Backup()
    merge(actor=administrator.actor, record_type=registry.get("customer"), into=into, others=[other])
    erase(administrator, into)
    assert not Customer.objects.exists()  # also the row that was merged into it
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_merge")
    backup.bring_back()
    assert ledger.replay(ledger.path()).erased == 1
    assert not Customer.objects.exists()


def test_the_night_does_it_where_a_database_was_put_back_in_another_way(administrator: Person) -> None:
    number = made(administrator)
    backup = Backup()
    erase(administrator, number)
    backup.bring_back()
    jobs.retain(0)
    assert not Customer.objects.exists()


def test_a_cut_off_last_line_is_left_out_and_any_other_broken_line_is_refused(
    administrator: Person, data: Path
) -> None:
    number = made(administrator)
    erase(administrator, number)
    file = data / "erasures.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"key": "1')
    assert len(ledger.read(file)) == 1
    file.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(ledger.BadLedger, match="1"):
        ledger.replay(file)


def test_what_cannot_be_written_down_is_not_erased(administrator: Person, data: Path) -> None:
    number = made(administrator)
    asked = erasing.erasure_ask(
        actor=administrator.actor,
        record_type=registry.get("customer"),
        record_id=number,
        reason="본인이 요청했어요",
    )
    (data / "erasures.jsonl").mkdir()
    with pytest.raises(OSError, match=r"erasures\.jsonl"):
        jobs.erase(erasures=[asked.pk])
    asked.refresh_from_db()
    assert asked.state == ErasureState.FAILED
    assert Customer.objects.filter(pk=number).exists()
