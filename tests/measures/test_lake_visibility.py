"""Customers and their filters, over a lake that was really copied, for people who see different things."""

import pytest

from dangol.customers.models import Customer
from dangol.measures import lake
from dangol.measures.lake import filters
from dangol.records import filters as language
from dangol.records import permissions, registry
from dangol.records.filters import And, Compare, FilterError, Not


def both(tree, actor):
    """The ids by PostgreSQL and by the lake, of what the actor may see."""
    customer = registry.get("customer")
    condition = language.compile(tree, customer, actor=actor, visible=permissions.visible_callback(actor))
    database = set(permissions.visible_to(actor, customer).filter(condition).values_list("pk", flat=True))
    seen = permissions.visible(actor, customer)
    assert seen is not False
    with lake.connect() as opened:
        found = filters.matching(
            opened, And.of(tree, seen), customer, actor=actor,
            visible=lambda target: permissions.visible(actor, target),
        )  # fmt: skip
        return database, {row["id"] for row in opened.read(found.select("id")).to_pylist()}


@pytest.mark.parametrize("who", ["insider", "teammate", "outsider", "manager", "reader"])
def test_everybody_finds_in_the_lake_what_he_finds_in_lists(
    shop, company, insider, teammate, outsider, manager, reader, who
):
    actor = {
        "insider": insider, "teammate": teammate, "outsider": outsider, "manager": manager, "reader": reader,
    }[who].actor  # fmt: skip
    for number, owner in enumerate((insider, teammate, outsider, None)):
        for grade in ("", "vip"):
            shop.customer(
                name=f"고객 {number}", grade=grade, owner=owner and owner.user,
                team=(company.seoul, company.busan)[number // 2], territory=company.capital if number else None,
            )  # fmt: skip
    lake.refresh()
    Customer.objects.filter(name="고객 1").update(grade="a", team=company.busan)
    lake.refresh()
    for tree in (And(), Compare(("grade",), "=", "vip"), Not(Compare(("grade",), "is empty"))):
        database, found = both(tree, actor)
        assert found == database


def test_what_the_lake_does_not_hold_is_an_error_not_an_empty_answer(shop, insider):
    lake.refresh()
    with pytest.raises(FilterError, match=r"not kept for analysis|분석"):
        both(Compare(("name",), "contains", "한빛"), insider.actor)
