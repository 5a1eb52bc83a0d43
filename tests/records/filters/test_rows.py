"""A filter as rows of field, comparison and value."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given

from dangol.records.filters import EVERYTHING, Compare, FilterError, Relative, parse
from dangol.records.filters import rows as rowed
from dangol.records.filters.rows import ALL, ONE, Row, Rows, errors_of, rows_of, tree_of
from tests.records.filters.lab import DEAL, SEOUL
from tests.records.filters.strategies import trees


@given(trees(DEAL))
def test_rows_say_the_same_as_the_filter_or_nothing(tree):
    found = rows_of(tree, DEAL, actor=SEOUL)
    assert found is None or tree_of(found, DEAL, actor=SEOUL) == tree


@pytest.mark.parametrize(
    ("text", "count", "joint"),
    [
        ("", 0, ALL),
        ('title contains "한빛"', 1, ALL),
        ('title contains "한빛" and amount >= 1000', 2, ALL),
        ("amount < 5 or amount > 1000000", 2, ONE),
        ("amount is empty and closes_on >= today - 30d", 2, ALL),
    ],
)
def test_plain_conditions_are_rows(text, count, joint):
    found = rows_of(parse(text, DEAL, actor=SEOUL), DEAL, actor=SEOUL)
    assert found is not None, text
    assert (len(found.rows), found.joint) == (count, joint)


@pytest.mark.parametrize(
    "text",
    [
        'title = "a" and (amount > 1 or amount < 0)',
        "not (amount > 1)",
        "amount between 1 and 5",
    ],
)
def test_what_rows_cannot_say_stays_text(text):
    assert rows_of(parse(text, DEAL, actor=SEOUL), DEAL, actor=SEOUL) is None


def test_whatever_stands_in_a_value_stays_a_value():
    hostile = 'a" or amount > 0 or title = "\\'
    tree = tree_of(Rows((Row("title", "=", hostile),)), DEAL, actor=SEOUL)
    found = rows_of(tree, DEAL, actor=SEOUL)
    assert found is not None
    assert [row.value for row in found.rows] == [hostile]


@pytest.mark.parametrize(
    "row",
    [
        Row("title", "="),
        Row("title", "= 1 or title ="),
        Row("title = 1 or title", "=", "x"),
        Row("nothing", "=", "x"),
        Row("title", "in", "x"),
        Row("amount", "=", "viel"),
    ],
)
def test_a_row_that_is_not_right_is_named(row):
    given_ = Rows((Row("title", "=", "a"), row))
    with pytest.raises(FilterError):
        tree_of(given_, DEAL, actor=SEOUL)
    assert list(errors_of(given_, DEAL, actor=SEOUL)) == [1]


@pytest.mark.parametrize("value", ["today", "today - 30d", "이번 달", "어제"])
def test_a_row_can_speak_of_a_moment(value):
    tree = tree_of(Rows((Row("closes_on", "=", value),)), DEAL, actor=SEOUL)
    assert isinstance(tree, Compare)
    assert isinstance(tree.value, Relative)
    assert tree_of(Rows((Row("title", "=", value),)), DEAL, actor=SEOUL) == Compare(("title",), "=", value)


def test_rows_without_a_field_are_left_out():
    assert tree_of(Rows((Row(), Row())), DEAL, actor=SEOUL) == EVERYTHING


def test_a_reference_counts_by_its_id_only_while_its_name_stands():
    sent = QueryDict("c-rows-0-field=owner&c-rows-0-op=%3D&c-rows-0-title=&c-rows-0-value=7&c-joint=or")
    assert rowed.read(sent, "c") == Rows((Row("owner", "=", ""),), ONE)
    sent = QueryDict("c-rows-0-field=owner&c-rows-0-op=%3D&c-rows-0-title=Kim&c-rows-0-value=7")
    assert rowed.read(sent, "c") == Rows((Row("owner", "=", "7", "Kim"),), ALL)
