"""What people may write, and what it is understood as."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dangol.records.filters import (
    EVERYTHING,
    All,
    And,
    Any,
    Compare,
    Count,
    NoneOf,
    Not,
    Or,
    Relative,
    parse,
    to_text,
)
from tests.records.filters.lab import COMPANY, DEAL, SEOUL


def read(text, record_type=DEAL):
    return parse(text, record_type, actor=SEOUL)


def same(left, right, record_type=DEAL):
    assert read(left, record_type) == read(right, record_type)


def test_an_empty_text_lets_everything_through():
    assert read("") == read("  \n ") == EVERYTHING
    assert to_text(EVERYTHING) == ""


def test_and_binds_closer_than_or_and_not_closest():
    a, b, c = (Compare(("stage",), "=", code) for code in ("new", "active", "shipped"))
    assert read("stage = new and stage = active or not stage = shipped") == Or((And((a, b)), Not(c)))
    assert read("stage = new and (stage = active or stage = shipped)") == And((a, Or((b, c))))


def test_parentheses_that_change_nothing_leave_no_trace():
    same("((stage = new) and (stage = active and won))", "stage = new and stage = active and won = true")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("stage = 유지", 'stage = "active"'),
        ("STAGE = Active", 'stage = "active"'),
        ("단계 = '진행 중'", 'stage = "in-progress"'),
        ("stage = 진행 중 and won", 'stage = "in-progress" and won = true'),
        ("stage in (active, 신규)", 'stage in ("active", "new")'),
        ("stage NOT IN (active)", 'stage not in ("active")'),
        ("stage ≠ new", 'stage != "new"'),
        ("amount ≥ 1 & amount ≤ 2", "amount >= 1 and amount <= 2"),
        ("won && !won", "won = true and not (won = true)"),
        ("won || won = 아니오", "won = true or won = false"),
        ("성사 = 예 그리고 금액 > 1", "won = true and amount > 1"),
        ("title contains '한 \"글\"'", 'title contains "한 \\"글\\""'),
        (
            'title starts with 가 or title ends with "나\\n"',
            'title starts with "가" or title ends with "나\\u000a"',
        ),
        ('title = ""', "title is empty"),
        ("amount = null", "amount is empty"),
        ("amount != null", "amount is not empty"),
        ("amount IS NOT NULL", "amount is not empty"),
        ("amount between 1,000 and 2,000.5", "amount between 1000 and 2000.5"),
        ("amount in (1,000)", "amount in (1, 0)"),
        ("amount >= -1,000,000", "amount >= -1000000"),
        ("amount >= 3000만", "amount >= 30000000"),
        ("amount >= 1.2억", "amount >= 120000000"),
        ("amount >= 5천", "amount >= 5000"),
        ("amount >= 1억2000만원", "amount >= 120000000"),
        ("amount >= 3천5백만", "amount >= 35000000"),
        ("amount >= 1조", "amount >= 1000000000000"),
        ("phone = 010-1234-5678", 'phone = "+821012345678"'),
        ('phone contains "5678"', 'phone contains "5678"'),
        ("owner = me", "owner = me"),
        ("담당 = 나", "owner = me"),
        ("owner in (me, 7)", "owner in (me, 7)"),
        ('owner = "홍길동"', 'owner = "홍길동"'),
        ("company = 12", "company = 12"),
        ("company.region = 서울", 'company.region = "서울"'),
        ("회사.신용 한도 > 5", "company.credit > 5"),
        ("회사.신용한도 > 5", "company.credit > 5"),
        ("rfm.segment = champions", 'rfm.segment = "champions"'),
        ("RFM 세그먼트 = champions", 'rfm.segment = "champions"'),
        ("items.any(quantity > 3 and sku = x)", 'items.any(quantity > 3 and sku = "x")'),
        ("items.any()", "items.any()"),
        ("not items.none(sku is empty)", "not items.none(sku is empty)"),
        ("품목.all(수량 > 3)", "items.all(quantity > 3)"),
        ("items.count >= 3", "items.count >= 3"),
        ("items.count(quantity > 1) = 0", "items.count(quantity > 1) = 0"),
        ("company.deals.any(won)", "company.deals.any(won = true)"),
        ("opened_at = 이번 달", "opened_at = this_month"),
        ("opened_at >= today-30d", "opened_at >= today - 30d"),
        ("opened_at >= 30일 전", "opened_at >= today - 30d"),
        ("opened_at < 2시간 뒤", "opened_at < now + 2h"),
        ("opened_at < now + 2 시간", "opened_at < now + 2h"),
        ("opened_at >= today - 0d", "opened_at >= today"),
        ("opened_at = 2026-11-21", "opened_at = 2026-11-21"),
        ("opened_at > 2026-11-21T09:30", "opened_at > 2026-11-21T00:30:00Z"),
        ("opened_at > 2026-11-21T09:30:00+00:00", "opened_at > 2026-11-21T09:30:00Z"),
        ("closes_on between 지난달 and 오늘", "closes_on between last_month and today"),
    ],
)
def test_one_meaning_has_one_canonical_text(written, canonical):
    tree = read(written)
    assert to_text(tree) == canonical
    assert read(canonical) == tree


def test_values_are_what_the_field_stores():
    assert read("amount > 1.50") == Compare(("amount",), ">", Decimal("1.5"))
    assert read("closes_on = 2026-01-02") == Compare(("closes_on",), "=", date(2026, 1, 2))
    assert read("opened_at > 2026-01-02T00:00Z") == Compare(
        ("opened_at",), ">", datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert read("opened_at > now - 15min") == Compare(("opened_at",), ">", Relative("now", "-15min"))


def test_relations_hold_a_filter_on_the_other_type():
    inner = Compare(("quantity",), ">", 3)
    assert read("items.any(quantity > 3)") == Any(("items",), inner)
    assert read("items.all(quantity > 3)") == All(("items",), inner)
    assert read("items.none(quantity > 3)") == NoneOf(("items",), inner)
    assert read("items.count(quantity > 3) > 1") == Count(("items",), ">", 1, inner)
    assert read("deals.any(items.any(quantity > 3))", COMPANY) == Any(("deals",), Any(("items",), inner))


def test_the_actors_time_zone_is_that_of_written_times():
    from dataclasses import replace

    new_york = replace(SEOUL, time_zone="America/New_York")
    assert parse("opened_at > 2026-01-02T00:00", DEAL, actor=new_york) == read(
        "opened_at > 2026-01-02T05:00Z"
    )


def test_trees_are_hashable_and_have_one_shape():
    assert len({read("won and stage = new"), read("(won) & (stage = 'new')")}) == 1
    with pytest.raises(ValueError, match="And holds"):
        And((EVERYTHING,))
    with pytest.raises(ValueError, match="Or holds"):
        Or((Compare(("won",), "=", True),))
    with pytest.raises(ValueError, match="nothing through"):
        Not(EVERYTHING)
