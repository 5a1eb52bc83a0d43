"""Refreshing by what changed: nothing is lost, nothing is twice, and what cannot be told is copied in full."""

import threading

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.measures import jobs, lake
from dangol.measures.lake import compaction, datasets
from dangol.measures.models import LakeSnapshot


def lines_of(published=None):
    with lake.connect(published) as opened:
        lines = opened.table("order_lines")
        rows = opened.read(lines.select("id", "amount", "customer_id", "ordered_on", "currency")).to_pylist()
    return sorted((row["id"], row["amount"], row["customer_id"], str(row["ordered_on"])) for row in rows)


def truth():
    """The order lines as PostgreSQL has them, by another way than the lake's."""
    rows = (
        OrderLine.objects.filter(deleted_at=None, order__deleted_at=None)
        .exclude(order__kind="sale", order__status="cancelled")
        .select_related("order")
    )
    return sorted(
        (line.pk, line.amount, line.order.customer_id, str(line.order.ordered_at.astimezone(SEOUL).date()))
        for line in rows
    )


from tests.measures.conftest import SEOUL  # noqa: E402
from tests.settling import settle  # noqa: E402


def refresh():
    """A refresh that nobody's transaction stands in the way of."""
    settle()
    return lake.refresh()


def part(published, name="order_lines"):
    return published.datasets[name]


def test_a_refresh_copies_only_what_changed(shop):
    customer = shop.customer()
    shop.order(customer, "2026-10-20", 1, 2)
    shop.order(customer, "2026-11-20", 4)
    full = refresh()
    assert not part(full).deltas, "the first refresh copies everything"
    OrderLine.objects.filter(ordinal=2).update(quantity=5)
    published = refresh()
    assert part(published).files == part(full).files
    (delta,) = part(published).deltas
    assert (delta.rows, delta.touched, part(published).rows) == (1, 1, 3)
    assert part(published, "customers") == part(full, "customers"), "nothing changed there"
    assert lines_of() == truth()


def test_rows_that_come_go_and_move_are_followed(shop):
    customer, other = shop.customer(), shop.customer(name="다른 곳")
    kept = shop.order(customer, "2026-11-20", 1)
    binned = shop.order(customer, "2026-11-20", 2)
    cancelled = shop.order(customer, "2026-11-20", 4)
    removed = shop.order(customer, "2026-11-20", 8, 16)
    refresh()
    Order.objects.filter(pk=binned.pk).update(deleted_at="2026-11-21T00:00Z")
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
    removed.lines.filter(ordinal=1).delete()
    Order.objects.filter(pk=kept.pk).update(customer=other, ordered_at="2026-09-01T00:00Z")
    shop.order(other, "2026-12-01", 32)
    published = refresh()
    assert part(published).deltas
    assert lines_of() == truth()
    assert part(published).rows == len(truth()) == 3
    Order.objects.filter(pk__in=[binned.pk, cancelled.pk]).update(deleted_at=None, status="delivered")
    published = refresh()
    assert lines_of() == truth()
    assert len(part(published).deltas) == 2


def test_a_change_of_the_order_reaches_all_its_lines(shop):
    order = shop.order(shop.customer(), "2026-11-20", 1, 2, 3)
    refresh()
    Order.objects.filter(pk=order.pk).update(customer=None)
    (delta,) = part(refresh()).deltas
    assert delta.rows == 3
    assert {customer for _id, _amount, customer, _day in lines_of()} == {None}


def test_a_transaction_that_commits_late_is_not_lost(shop):
    """It takes its number first, others commit and are copied, and only then does it end."""
    shop.order(None, "2026-11-20", 1)
    refresh()
    written, go_on = threading.Event(), threading.Event()

    def slow_writer():
        try:
            with transaction.atomic():
                shop.order(None, "2026-11-20", 2)
                written.set()
                assert go_on.wait(60)
        finally:
            connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    try:
        assert written.wait(60)
        shop.order(None, "2026-11-20", 4)
        between = lake.refresh()
        assert [amount for _id, amount, *_rest in lines_of()] == [1, 4]
    finally:
        go_on.set()
        writer.join()
    last = refresh()
    assert between.oldest < last.oldest
    assert sorted(amount for _id, amount, *_rest in lines_of()) == [1, 2, 4]
    assert lines_of() == truth()


def test_rows_written_inside_savepoints_belong_to_the_whole_transaction(shop):
    refresh()
    with transaction.atomic():
        customer = shop.customer()
        with transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(grade="vip")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            now = int(cursor.fetchone()[0])
    assert Customer.objects.get(pk=customer.pk).changed_in == now


def test_changing_a_row_by_hand_written_sql_shows(shop):
    customer = shop.customer()
    before = Customer.objects.get(pk=customer.pk).changed_in
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer SET name = 'x', changed_in = '3' WHERE id = %s", [customer.pk]
        )
    assert Customer.objects.get(pk=customer.pk).changed_in > before


def test_deltas_are_folded_into_the_months_they_touched(shop):
    customer = shop.customer()
    for day in ("2026-08-10", "2026-09-10", "2026-10-10", "2026-11-10"):
        shop.order(customer, day, 1, 2)
    full = refresh()
    Order.objects.filter(ordered_at__month=9).update(ordered_at="2026-10-05T00:00Z")
    refresh()
    shop.order(customer, "2026-12-10", 5)
    spread = refresh()
    reader = lake.connect()
    compacted = lake.compact()
    assert compacted is not None
    assert not any(each.deltas for each in compacted.datasets.values())
    before, after = set(part(full).files), set(part(compacted).files)
    months = {name.split("month=")[1][:7] for name in before & after}
    assert months == {"2026-08", "2026-11"}, "the months nobody touched keep their files"
    assert sorted(name.split("month=")[1][:7] for name in after) == [
        "2026-08", "2026-10", "2026-11", "2026-12",
    ]  # fmt: skip
    assert lines_of() == truth()
    assert part(compacted).rows == part(spread).rows == 9
    assert compacted.oldest == spread.oldest
    with reader:
        assert len(reader.read(reader.table("order_lines"))) == 9, "who opened the lake before reads on"
    assert lake.compact() is None


def test_a_refresh_goes_on_from_a_compacted_lake(shop):
    shop.order(None, "2026-11-20", 1, 2)
    refresh()
    shop.order(None, "2026-11-20", 4)
    refresh()
    jobs.compact_nightly(timestamp=0)
    OrderLine.objects.filter(ordinal=2).delete()
    published = refresh()
    assert len(part(published).deltas) == 1
    assert lines_of() == truth()


def test_a_month_whose_rows_are_all_gone_has_no_file(shop):
    shop.order(None, "2026-10-20", 1)
    shop.order(None, "2026-11-20", 1)
    refresh()
    OrderLine.objects.filter(order__ordered_at__month=10).delete()
    refresh()
    compacted = lake.compact()
    assert [name.split("month=")[1][:7] for name in part(compacted).files] == ["2026-11"]
    assert lines_of() == truth()


def test_many_deltas_are_folded_without_waiting_for_the_night(shop, monkeypatch):
    monkeypatch.setattr(compaction, "MOST_DELTAS", 2)
    shop.order(None, "2026-11-20", 1)
    refresh()
    counts = []
    for amount in (2, 3, 4, 5):
        shop.order(None, "2026-11-20", amount)
        counts.append(len(part(refresh()).deltas))
    assert counts == [1, 2, 0, 1]
    assert lines_of() == truth()


def test_without_a_lake_the_nightly_job_has_nothing_to_do(shop):
    jobs.compact_nightly(timestamp=0)
    with pytest.raises(lake.LakeMissing):
        lake.current()


def test_a_dataset_declared_differently_is_copied_in_full_and_the_others_are_not(shop, monkeypatch):
    shop.order(shop.customer(), "2026-11-20", 1)
    refresh()
    shop.order(shop.customer(), "2026-11-20", 2)
    known = datasets.registered()
    (customers,) = [dataset for dataset in known if dataset.name == "customers"]
    named = lake.Dataset(
        name="customers",
        record_type="customer",
        source=customers.source,
        columns=(*customers.columns, lake.Column("name", "text", "c.name")),
        follows=customers.follows,
    )
    monkeypatch.setitem(datasets._datasets, "customers", named)
    published = refresh()
    assert not part(published, "customers").deltas
    assert len(part(published).deltas) == 1
    with lake.connect() as opened:
        assert opened.read(opened.table("customers").select("name")).to_pylist() == [{"name": "한빛정밀"}] * 2


def test_a_table_that_was_emptied_is_copied_in_full(shop):
    """TRUNCATE leaves no trace in the history."""
    shop.order(shop.customer(), "2026-11-20", 1)
    refresh()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE commerce_orderline CASCADE")
    published = refresh()
    assert part(published).rows == 0
    assert lines_of() == []


def test_a_lake_of_a_future_that_a_restored_backup_has_not_seen_is_copied_in_full(shop):
    shop.order(None, "2026-11-20", 1)
    refresh()
    future = refresh()
    LakeSnapshot.objects.filter(name=future.snapshot).delete()  # as it is after restoring the backup
    shop.order(None, "2026-11-20", 2)
    published = refresh()
    assert not part(published).deltas
    assert lines_of() == truth()


def test_a_lake_of_another_cluster_is_copied_in_full(shop, monkeypatch):
    from dangol.measures.lake import extraction

    shop.order(None, "2026-11-20", 1)
    refresh()
    shop.order(None, "2026-11-20", 2)
    monkeypatch.setattr(
        extraction,
        "_moment",
        lambda source, real=extraction._moment: (real(source)[0], "other", real(source)[2]),
    )
    assert not part(refresh()).deltas
    assert lines_of() == truth()


def test_a_dataset_of_which_most_was_changed_is_copied_in_full(shop, monkeypatch):
    from dangol.measures.lake import extraction

    shop.order(None, "2026-11-20", *range(1, 1501))
    refresh()
    monkeypatch.setattr(extraction, "MOST_TOUCHED", 0.7)
    OrderLine.objects.filter(ordinal__lte=1050).update(quantity=2)
    published = refresh()
    assert part(published).deltas[-1].rows == 1050, "as many as may be"
    assert lines_of() == truth()
    lake.compact()
    OrderLine.objects.filter(ordinal__lte=1051).update(quantity=3)
    published = refresh()
    assert not part(published).deltas
    assert lines_of() == truth()


def test_no_column_of_a_dataset_may_take_the_name_of_the_touched_keys():
    with pytest.raises(ValueError, match="touched"):
        lake.Dataset(
            name="x", source="FROM x", columns=(lake.Column("id", "bigint"), lake.Column("touched", "text"))
        )


def test_a_full_copy_can_be_forced(shop):
    shop.order(None, "2026-11-20", 1)
    refresh()
    shop.order(None, "2026-11-20", 2)
    assert not part(lake.extract()).deltas


steps = st.lists(
    st.tuples(
        st.sampled_from(["order", "amount", "bin", "back", "cancel", "remove", "move", "refresh", "compact"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=14,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
def test_whatever_happens_the_lake_holds_what_the_database_holds(shop, given_steps):
    refresh()
    for step, number in given_steps:
        orders = list(Order.objects.order_by("pk"))
        one = orders[number % len(orders)] if orders else None
        if step == "refresh":
            refresh()
        elif step == "compact":
            lake.compact()
        elif step == "order" or one is None:
            shop.order(None, f"2026-{number + 5:02}-20", number, number + 1)
        else:
            chosen = Order.objects.filter(pk=one.pk)
            if step == "amount":
                one.lines.update(unit_price=number)
            elif step == "bin":
                chosen.update(deleted_at="2026-11-21T00:00Z")
            elif step == "back":
                chosen.update(deleted_at=None, status="delivered")
            elif step == "cancel":
                chosen.update(status="cancelled")
            elif step == "move":
                chosen.update(ordered_at=f"2026-{number + 1:02}-10T00:00Z")
            else:
                one.lines.filter(ordinal=1 + number % 2).delete()
    published = refresh()
    assert lines_of() == truth()
    assert part(published).rows == len(truth())
    compacted = lake.compact() or published
    assert lines_of(compacted) == truth()
