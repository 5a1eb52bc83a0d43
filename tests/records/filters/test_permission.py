"""A filter answers no question about records that its author may not see."""

import pytest
from django.db.models import Q

from dangol.records import filters
from dangol.records.filters import parse
from tests.records.filters.lab import COMPANY, DEAL, SEOUL, TYPES, Company, Deal, Item, Person

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def world():
    """Deal 1 with an open company and item, deal 2 with secret ones."""
    Person.objects.create(id=1, name="김서연")
    seen = Company.objects.create(id=1, name="열린", credit=5)
    hidden = Company.objects.create(id=2, name="비밀", credit=9, secret=True)
    Item.objects.create(deal=Deal.objects.create(id=1, company=seen, owner_id=1), sku="a", quantity=1)
    Item.objects.create(deal=Deal.objects.create(id=2, company=hidden), sku="b", quantity=5, secret=True)


def visible(target):
    return Q(secret=False) if "secret" in target.fields else True


def found(text, guard=visible, record_type=DEAL):
    condition = filters.compile(
        parse(text, record_type, actor=SEOUL), record_type, actor=SEOUL, visible=guard
    )
    return sorted(record_type.model.objects.filter(condition).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("company.credit > 0", [1]),
        ("company.credit < 100", [1]),
        ("not company.credit > 0", [2]),
        ("company.credit is empty", [2]),
        ('company.name != "비밀"', [1, 2]),
        ('company = "비밀"', []),
        ('company = "열린"', [1]),
        ('not (company = "비밀")', [1, 2]),
        ('company in ("비밀", "열린")', [1]),
        ("company = 2", [2]),
        ("items.any(quantity > 0)", [1]),
        ("items.none(quantity > 0)", [2]),
        ("items.all(quantity < 3)", [1, 2]),
        ("items.count = 0", [2]),
        ("items.count >= 1", [1]),
        ("company.deals.any(items.any(sku = b))", []),
        ("company.deals.count = 0", [2]),
        ("owner = me", [1]),
    ],
)
def test_hidden_records_count_as_missing(world, text, ids):
    assert found(text) == ids


def test_a_type_that_is_wholly_hidden_answers_nothing(world):
    def guard(target):
        return target.name == "deal"

    assert found("company.credit > 0", guard) == []
    assert found("not company.credit > 0", guard) == [1, 2]
    assert found("items.none()", guard) == [1, 2]
    assert found("items.count > 0", guard) == []
    assert found("items.all(quantity > 100)", guard) == [1, 2]
    assert found('company = "열린"', guard) == []


@pytest.mark.parametrize(
    "text",
    [
        "company.credit > 0",
        "items.any()",
        'company = "열린"',
        "company.deals.count > 1",
        "items.all(sku = a)",
    ],
)
def test_walking_without_a_guard_is_a_programming_error(text):
    with pytest.raises(TypeError, match="visible="):
        filters.compile(parse(text, DEAL), DEAL, actor=SEOUL)


def test_own_fields_need_no_guard_and_may_be_reached_by_a_path(world):
    tree = parse("credit > 6 or name is empty", COMPANY)
    assert list(
        Deal.objects.filter(filters.compile(tree, COMPANY, "company__")).values_list("pk", flat=True)
    ) == [2]
    tree = parse("not credit > 6", COMPANY)
    Deal.objects.create(id=3)
    found = Deal.objects.filter(filters.compile(tree, COMPANY, "company__")).order_by("pk")
    assert [deal.pk for deal in found] == [1, 3]
    walking = parse("branches.none()", COMPANY)
    assert Deal.objects.filter(filters.compile(walking, COMPANY, "company__", visible=visible)).count() == 3


def test_one_statement_whatever_is_walked(world, django_assert_num_queries):
    text = "company.credit > 0 and company.parent.name = x or items.any(quantity > 1) and company.deals.count > 2"
    with django_assert_num_queries(1):
        found(text)


def test_conditions_behind_one_reference_share_a_subquery():
    def guard(target):
        return True

    text = "company.credit > 0 and company.name = x and company.region != y"
    sql = str(Deal.objects.filter(filters.compile(parse(text, DEAL), DEAL, visible=guard)).query)
    assert sql.count("EXISTS") == 2
    assert " JOIN " not in sql


def test_me_needs_somebody():
    from dataclasses import replace

    from dangol.records.filters import FilterError

    tree = parse("owner = me", DEAL)
    with pytest.raises(FilterError, match="signed in"):
        filters.compile(tree, DEAL)
    nobody = replace(SEOUL, user_id=None)
    assert not Deal.objects.filter(filters.compile(tree, DEAL, actor=nobody)).exists()


def test_mine_is_the_team_with_all_below_it(monkeypatch):
    monkeypatch.setitem(TYPES, "team", TYPES["user"])
    monkeypatch.setattr(DEAL.fields["owner"], "target", "team")
    tree = parse("owner = mine", DEAL)
    sql = str(Deal.objects.filter(filters.compile(tree, DEAL, actor=SEOUL)).query)
    assert '"owner_id" = 1' in sql
    assert '"owner_id" = 2' in sql
