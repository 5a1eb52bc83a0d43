"""Lists: order, keyset pages, counts, and what each person sees."""

from datetime import date
from decimal import Decimal
from itertools import chain

import pytest

from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.measures.models import Score
from dangol.records import filters, registry, writing
from dangol.records.lists import ListError, record_count, record_get, record_list
from dangol.records.writing import Change

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers():
    return registry.get("customer")


@pytest.fixture
def twelve(insider, customers):
    rows = [
        Change(
            {
                "name": f"고객 {i:02}",
                "since": None if i % 3 == 0 else f"2026-01-{(i % 4) + 1:02}",
                "external_id": f"C{i}",
            }
        )
        for i in range(12)
    ]
    return writing.write(customers, rows, actor=insider.actor).created


@pytest.mark.parametrize(
    "sort", [("name",), ("-name",), ("since",), ("-since",), ("since", "-name"), ("owner", "name"), ("id",)]
)
@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repeat_and_lead_back(insider, customers, twelve, sort):
    whole = record_list(actor=insider.actor, record_type=customers, sort=sort, limit=50).rows
    ids = [row["id"] for row in whole]
    assert sorted(ids) == sorted(twelve)
    seen, after, pages = [], None, []
    while True:
        page = record_list(actor=insider.actor, record_type=customers, sort=sort, limit=5, after=after)
        seen += [row["id"] for row in page.rows]
        pages.append(page)
        after = page.next
        if after is None:
            break
    assert seen == ids
    back = record_list(
        actor=insider.actor, record_type=customers, sort=sort, limit=5, before=pages[-1].previous
    )
    assert [row["id"] for row in back.rows] == ids[5:10]
    assert pages[0].previous is None


def test_missing_values_stand_last_both_ways_up(insider, customers, twelve):
    for sort in ("since", "-since"):
        rows = record_list(actor=insider.actor, record_type=customers, sort=[sort], columns=["since"]).rows
        values = [row["since"] for row in rows]
        assert values[-4:] == [None] * 4
        assert None not in values[:-4]


def test_one_statement_a_page(insider, customers, twelve, django_assert_num_queries):
    actor = insider.actor
    with django_assert_num_queries(1):
        record_list(actor=actor, record_type=customers)


def test_each_sees_what_the_role_lets_through(insider, teammate, outsider, nobody, customers, twelve):
    assert len(record_list(actor=teammate.actor, record_type=customers).rows) == 12
    assert record_list(actor=outsider.actor, record_type=customers).rows == []
    assert record_list(actor=nobody.actor, record_type=customers).rows == []
    assert record_count(actor=outsider.actor, record_type=customers).value == 0
    assert record_get(actor=outsider.actor, record_type=customers, record_id=twelve[0]) is None


def test_a_filter_cannot_reveal_a_hidden_record(insider, outsider, customers, twelve):
    contacts = registry.get("contact")
    system = Actor.system("test")
    writing.create(contacts, {"name": "비밀", "customer": twelve[0]}, actor=system)
    tree = filters.parse('contacts.any(name = "비밀")', customers, actor=outsider.actor)
    assert record_list(actor=outsider.actor, record_type=customers, tree=tree).rows == []
    tree = filters.parse('contacts.any(name = "비밀")', customers, actor=insider.actor)
    assert [row["id"] for row in record_list(actor=insider.actor, record_type=customers, tree=tree).rows] == [
        twelve[0]
    ]


def test_counts_are_exact_up_to_the_limit_and_then_say_so(insider, customers, twelve, monkeypatch):
    monkeypatch.setattr("dangol.records.lists.COUNT_LIMIT", 10)
    count = record_count(actor=insider.actor, record_type=customers)
    assert (count.value, count.exact) == (10, False)
    tree = filters.parse('name = "고객 03"', customers, actor=insider.actor)
    count = record_count(actor=insider.actor, record_type=customers, tree=tree)
    assert (count.value, count.exact) == (1, True)


def test_a_count_that_takes_too_long_says_what_was_seen(insider, customers, twelve, monkeypatch):
    monkeypatch.setattr("dangol.records.lists.COUNT_PATIENCE_MS", 1)
    from django.db import connection

    with connection.execute_wrapper(_slow):
        count = record_count(actor=insider.actor, record_type=customers, seen=7)
    assert (count.value, count.exact) == (7, False)
    assert Customer.objects.count() == 12


def _slow(run, sql, params, many, context):
    return run(sql.replace("count(*)", "count(*), pg_sleep(1)"), params, many, context)


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"sort": ["nonsense"]}, "sort"),
        ({"sort": ["pk"]}, "sort"),
        ({"columns": ["customer__name"]}, "fields"),
        ({"after": "x"}, "after"),
        ({"after": "WzFd"}, "after"),
        ({"sort": ["name"], "after": "W1siLXVwZGF0ZWRfYXQiXSxbMSwyXV0"}, "after"),
    ],
)
def test_what_cannot_be_is_named(insider, customers, options, parameter):
    with pytest.raises(ListError) as refused:
        record_list(actor=insider.actor, record_type=customers, **options)
    assert refused.value.parameter == parameter


def test_the_title_of_a_hidden_record_is_shown_nowhere(insider, outsider, customers):
    """A customer of ours may belong to one that another team keeps: that it exists is ours, its name is theirs."""
    system = Actor.system("test")
    hidden = writing.create(customers, {"name": "비밀그룹"}, actor=outsider.actor)
    other = writing.create(customers, {"name": "공개그룹"}, actor=insider.actor)
    ours = writing.create(customers, {"name": "우리 고객"}, actor=insider.actor)
    writing.update(customers, ours, {"parent": hidden}, actor=system)
    writing.update(customers, ours, {"city": "창원시"}, actor=insider.actor)
    row = record_get(actor=insider.actor, record_type=customers, record_id=ours)
    assert row["parent"].title == ""
    for path in (
        f"/customers/{ours}/",
        f"/customers/{ours}/edit/",
        f"/customers/{ours}/history/",
        "/customers/?cols=parent",
    ):
        assert "비밀그룹" not in insider.client.get(path).content.decode(), path
    for path in (
        f"/api/v1/customers/{ours}?fields=*",
        f"/api/v1/customers/{ours}/history",
        "/api/v1/customers?fields=parent&sort=parent",
    ):
        assert "비밀그룹" not in insider.api.get(path).content.decode(), path
    assert row["parent"].id == hidden
    writing.update(customers, ours, {"parent": other}, actor=insider.actor)
    assert (
        record_get(actor=insider.actor, record_type=customers, record_id=ours)["parent"].title == "공개그룹"
    )


def test_saving_a_form_keeps_a_reference_one_may_not_see(insider, outsider, customers):
    hidden = writing.create(customers, {"name": "비밀그룹"}, actor=outsider.actor)
    ours = writing.create(customers, {"name": "우리 고객"}, actor=insider.actor)
    writing.update(customers, ours, {"parent": hidden}, actor=Actor.system("test"))
    answer = insider.client.post(
        f"/customers/{ours}/cell/parent/", {"parent": hidden, "parent-title": "볼 수 없는 항목", "version": 2}
    )
    assert answer.status_code == 200
    assert Customer.objects.get(pk=ours).parent_id == hidden


@pytest.mark.parametrize("sort", ["rfm.monetary", "-rfm.monetary", "rfm.segment", "-rfm.segment"])
@pytest.mark.parametrize("limit", [1, 3, 4, 5, 20])
def test_a_list_sorted_by_a_score_goes_through_all_records_and_back(
    insider, outsider, customers, twelve, sort, limit
):
    for place, record_id in enumerate(twelve[:8]):
        for name, value, label in (
            ("rfm.monetary", Decimal(place // 2), "KRW"),
            ("rfm.segment", None, "ab"[place % 2]),
        ):
            Score.objects.create(
                record_type="customer", record_id=record_id, name=name, value=value, label=label,
                as_of=date(2026, 11, 20), model="test",
            )  # fmt: skip
    Score.objects.create(
        record_type="customer",
        record_id=10**9,
        name="rfm.monetary",
        value=7,
        as_of=date(2026, 11, 20),
        model="test",
    )
    name = sort.removeprefix("-")
    for reader in (Actor.system("test"), insider.actor):
        rows = record_list(actor=reader, record_type=customers, sort=[sort], columns=[name], limit=50).rows
        ids = [row["id"] for row in rows]
        assert sorted(ids) == sorted(twelve)
        values = [row[name] for row in rows]
        known = values[: values.index(None)]
        assert len(known) == 8
        assert known == sorted(known, reverse=sort.startswith("-"))
        pages, after = [], None
        while not pages or after:
            page = record_list(actor=reader, record_type=customers, sort=[sort], limit=limit, after=after)
            pages.append([row["id"] for row in page.rows])
            after, before = page.next, page.previous
        assert [*chain.from_iterable(pages)] == ids
        back = [pages[-1]]
        while before:
            page = record_list(actor=reader, record_type=customers, sort=[sort], limit=limit, before=before)
            back.append([row["id"] for row in page.rows])
            before = page.previous
        assert [*chain.from_iterable(reversed(back))] == ids
    assert record_list(actor=outsider.actor, record_type=customers, sort=[sort]).rows == []


def test_counting_gives_up_in_time_and_leaves_the_connection_as_it_was(
    insider, customers, twelve, monkeypatch
):
    from django.db import connection

    from dangol.records import lists

    assert record_count(actor=insider.actor, record_type=customers) == lists.Count(12, exact=True)
    monkeypatch.setattr(lists, "COUNT_LIMIT", 10)
    assert record_count(actor=insider.actor, record_type=customers) == lists.Count(10, exact=False)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
