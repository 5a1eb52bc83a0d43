"""What was typed becomes conditions, whatever it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.records.search import terms
from dangol.records.search.keys import SHARED

TYPED = st.one_of(
    st.text(st.characters(), max_size=100),
    st.text("ㄱㄴㅎ홍길동 가나 012-+()@.%_\\aB주(주)㈜", max_size=30),
)


@given(TYPED)
def test_every_condition_is_given_its_parameters(typed: str) -> None:
    query = terms.parse(typed)
    for term in (query.phrase, *query.terms):
        if term is not None:
            assert term.ranked
            assert term.any
            for match in (*term.ranked, *term.any):
                assert match.condition.count("%s") == len(match.parameters)
                assert len({kind in SHARED for kind in match.kinds}) == 1
                assert all("\0" not in value for value in match.parameters if isinstance(value, str))


@given(TYPED)
def test_matches_are_in_the_order_of_their_score(typed: str) -> None:
    phrase = terms.parse(typed).phrase
    scores = [match.score for match in phrase.ranked] if phrase else []
    if phrase and len(terms.parse(typed).terms) > 1:
        scores = scores[:-1]  # all words in one name come after the phrase as it stands
    assert scores == sorted(scores, reverse=True)


@given(st.text("%_\\", min_size=1, max_size=10))
def test_wildcards_find_nothing(typed: str) -> None:
    query = terms.parse(typed)
    assert query.phrase is None
    assert query.terms == ()


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("홍길동", 0),
        ("홍길동 5678", 2),
        ("010 1234 5678", 0),
        ("㈜한빛 서울", 2),
        ("a b c d e f g h", terms.MOST_TERMS),
        ("한빛 @", 0),
    ],
)
def test_words_are_terms_of_their_own(typed: str, count: int) -> None:
    assert len(terms.parse(typed).terms) == count
