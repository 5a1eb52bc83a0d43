"""The reader of changes: each record with its last change, in the order of transactions, and none passed by."""

import threading

import pytest
from django.db import connections, transaction

from dangol.customers.models import Customer
from dangol.records import registry
from dangol.records.changes import changed_since, oldest_running
from tests.settling import settle


@pytest.fixture
def start(transactional_db):
    return oldest_running()


def customer_type():
    return registry.get("customer")


def test_what_was_written_comes_once_with_its_last_change(start):
    first, second = (Customer.objects.create(name=name) for name in ("가", "나"))
    Customer.objects.filter(pk=first.pk).update(grade="vip")
    settle()
    changes = changed_since(customer_type(), start)
    assert [(item.id, item.removed) for item in changes.items] == [(second.pk, False), (first.pk, False)]
    assert not changes.more
    assert changed_since(customer_type(), changes.next, after_id=changes.next_id).items == []


def test_what_was_removed_for_good_comes_as_removed(start):
    gone = Customer.objects.create(name="가").pk
    settle()
    seen = changed_since(customer_type(), start)
    Customer.objects.all().delete()
    settle()
    changes = changed_since(customer_type(), seen.next, after_id=seen.next_id)
    assert [(item.id, item.removed) for item in changes.items] == [(gone, True)]


def test_a_large_transaction_is_read_in_pages(start):
    with transaction.atomic():
        ids = [Customer.objects.create(name=f"고객 {number}").pk for number in range(5)]
    settle()
    found, after, after_id, more = [], start, 0, True
    while more:
        changes = changed_since(customer_type(), after, after_id=after_id, limit=2)
        assert len(changes.items) <= 2
        found += [item.id for item in changes.items]
        after, after_id, more = changes.next, changes.next_id, changes.more
    assert found == ids


def test_a_change_waits_for_older_transactions_and_is_not_passed_by(start):
    written, go_on = threading.Event(), threading.Event()

    def slow_writer():
        try:
            with transaction.atomic():
                Customer.objects.create(name="늦은 고객")
                written.set()
                assert go_on.wait(60)
        finally:
            connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    try:
        assert written.wait(60)
        Customer.objects.create(name="빠른 고객")
        early = changed_since(customer_type(), start)
        assert early.items == []
    finally:
        go_on.set()
        writer.join()
    settle()
    late = changed_since(customer_type(), early.next, after_id=early.next_id)
    names = dict(Customer.objects.values_list("pk", "name"))
    assert [names[item.id] for item in late.items] == ["늦은 고객", "빠른 고객"]
