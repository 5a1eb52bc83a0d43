"""Text, JSON and tree are three faces of one filter."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dangol.records.filters import Compare, from_json, parse, to_json, to_text
from tests.records.filters.attempts import attempt
from tests.records.filters.lab import COMPANY, DEAL, SEOUL
from tests.records.filters.strategies import trees

PLAIN_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["and", "or", "not", "any", "field", "op", "value", "where", "count", "relative", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.one_of(trees(DEAL)))
def test_every_tree_survives_its_text(tree):
    assert parse(to_text(tree), DEAL, actor=SEOUL) == tree


@given(trees(COMPANY))
def test_every_tree_survives_its_json_also_as_bytes(tree):
    data = to_json(tree)
    assert from_json(json.loads(json.dumps(data)), COMPANY, actor=SEOUL) == tree
    assert to_json(from_json(data, COMPANY)) == data


@given(trees(DEAL))
def test_the_canonical_text_is_a_fixed_point(tree):
    text = to_text(tree)
    assert to_text(parse(text, DEAL)) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50))
def test_any_text_can_be_looked_for(text):
    tree, error = attempt(lambda: from_json({"field": "title", "op": "contains", "value": text}, DEAL))
    if not text.strip():
        assert error.code == "value"
        return
    assert isinstance(tree, Compare)
    assert parse(to_text(tree), DEAL) == tree


@given(PLAIN_JSON)
def test_any_json_is_a_filter_or_a_filter_error(data):
    tree, error = attempt(lambda: from_json(data, DEAL))
    if error:
        assert error.message
        assert error.pointer == "" or error.pointer.startswith("/")
    else:
        assert from_json(to_json(tree), DEAL) == tree
