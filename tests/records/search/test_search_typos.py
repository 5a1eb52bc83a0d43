"""Which names are near enough to what was typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.records.search import text, typos

NAMES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=6)


def key(name: str) -> str:
    return text.key(text.fold(name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [("홍길둥", "홍길동"), ("홍긱동", "홍길동"), ("김슈", "김수"), ("호길동", "홍길동"), ("한빗", "한빛전자"), ("jonh", "john"),
     ("sansung", "samsung"), ("hyundia motors", "hyundai motors"), ("대한믹국", "대한민국")],
)  # fmt: skip
def test_one_wrong_stroke_is_forgiven(typed: str, name: str) -> None:
    assert typos.nearness(key(typed), key(name)) is not None
    assert any(matches(pattern, key(name)) for pattern in typos.patterns(key(typed)))


@pytest.mark.parametrize(
    ("typed", "name"), [("홍길둥", "홍길순"), ("김", "이"), ("홍길동", "김철수"), ("abc", "abd")]
)
def test_other_names_are_other_names(typed: str, name: str) -> None:
    assert typos.nearness(key(typed), key(name)) is None or not typos.patterns(key(typed))


def matches(pattern: str, token: str) -> bool:
    """What LIKE does."""
    parts = (
        ".*" if part == "%" else "." if part == "_" else re.escape(part)
        for part in re.split("([%_])", pattern)
    )
    return re.fullmatch("".join(parts), token) is not None


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_a_distance(one: str, other: str) -> None:
    assert typos.distance(one, one, 3) == 0
    assert typos.distance(one, other, 3) == typos.distance(other, one, 3)
    assert (typos.distance(one, other, 3) == 0) == (one == other)


@given(NAMES)
def test_every_name_is_covered_by_its_own_patterns(name: str) -> None:
    found = typos.patterns(key(name))
    assert not found or any(matches(pattern, key(name)) for pattern in found) or len(key(name)) > 13


@given(st.text(max_size=80))
def test_patterns_stay_few(typed: str) -> None:
    assert len(typos.patterns(key(typed))) <= typos.MOST_PATTERNS
