"""One pair is judged as millions are, and things written differently are recognised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dangol.methods.matching import distances, forms, vectors
from dangol.methods.matching.columns import Column
from dangol.methods.matching.kinds import (
    PERSON,
    Code,
    Date,
    Kind,
    Mail,
    Name,
    Number,
    Phone,
    Reference,
    Text,
    Value,
)
from dangol.methods.matching.weights import ALONE, Field, Model

WORDS = st.text(alphabet="가각간김민수정공 abk-19@.", max_size=14)
KINDS: list[Kind] = [
    Name(),
    Name(person=True),
    Text(),
    Code(),
    Number(),
    Phone(),
    Mail(),
    Date(),
    Value(),
    Reference(),
]


def level(kind: Kind, left: str, right: str) -> int:
    one, other = kind.forms(left), kind.forms(right)
    assert one is not None
    assert other is not None
    return kind.level(one, other)


@pytest.mark.parametrize(
    ("left", "right", "far"),
    [("", "abc", 3), ("kitten", "sitting", 3), ("ca", "abc", 3), ("abcd", "abdc", 1), ("same", "same", 0)],
)
def test_distances_are_those_of_the_papers(left: str, right: str, far: int) -> None:
    assert distances.edits(left, right) == far == distances.edits(right, left)


@pytest.mark.parametrize(
    ("left", "right", "agreement"),
    # the examples of Winkler's report of 1990
    [
        ("martha", "marhta", 0.9611),
        ("dixon", "dicksonx", 0.8133),
        ("dwayne", "duane", 0.8400),
        ("abc", "xyz", 0.0),
    ],
)
def test_agreement_is_that_of_winklers_table(left: str, right: str, agreement: float) -> None:
    assert distances.jaro_winkler(left, right) == pytest.approx(agreement, abs=1e-4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12))
def test_many_pairs_at_once_have_the_distances_of_each(pairs: list[tuple[str, str]]) -> None:
    texts = [text for pair in pairs for text in pair]
    rows, sizes = vectors.letters(texts)
    left, right = np.arange(0, len(texts), 2), np.arange(1, len(texts), 2)
    assert vectors.edits(rows, sizes, left, right).tolist() == [distances.edits(*pair) for pair in pairs]
    assert vectors.jaro_winkler(rows, sizes, left, right) == pytest.approx(
        [distances.jaro_winkler(*pair) for pair in pairs]
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12))
def test_many_pairs_at_once_stand_on_the_levels_of_each(kind: Kind, pairs: list[tuple[str, str]]) -> None:
    column = Column("it", kind, [text for pair in pairs for text in pair])
    places = np.arange(len(pairs)) * 2
    found = column.levels(places, places + 1)
    for (left, right), at in zip(pairs, found.tolist(), strict=True):
        one, other = kind.forms(left), kind.forms(right)
        assert at == (-1 if not left or not right or one is None or other is None else kind.level(one, other))


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("김민수", "Kim Min-soo"), ("김민수", "minsu gim"), ("이정우", "Lee Jung Woo"), ("이정우", "Yi Jeongu"),
        ("박지훈", "Park Ji-hoon"), ("박지훈", "Pak Jihun"), ("박지훈", "jihun bak"), ("최영희", "Choi Younghee"),
        ("임서연", "Lim Seoyeon"), ("류현진", "Ryu Hyun-jin"), ("남궁민", "Namkung Min"), ("정경호", "Jung Kyung-ho"),
    ],
)  # fmt: skip
def test_a_name_in_latin_letters_sounds_like_the_name_in_hangul(hangul: str, latin: str) -> None:
    assert forms.sound(hangul, person=True) == forms.sound(latin.lower(), person=True)
    assert level(Name(person=True), hangul, latin.lower()) == 2


def test_other_names_sound_otherwise() -> None:
    assert forms.sound("김민수", person=True) != forms.sound("lee minsu", person=True)
    assert forms.sound("김민수", person=True) != forms.sound("김민준", person=True)


def test_hangul_is_compared_by_its_letters() -> None:
    assert level(Name(person=True), "김민수", "김민주") == 3
    assert level(Name(person=True), "홍길동", "홍길둥") == 3
    assert level(Name(person=True), "홍길동", "박서준") == 0
    assert level(Name(), "대한전자 부품", "부품 대한전자") == 2


def test_a_person_may_stand_among_companies() -> None:
    assert level(Name(), "이정우" + PERSON, "lee jungwoo" + PERSON) == 2


@pytest.mark.parametrize(
    ("kind", "left", "right", "said"),
    [
        (Phone(), "+821012345678", "010-1234-5678", "same"),
        (Phone(), "+821012345678", "01912345678", "ending"),
        (Phone(), "+821012345678", "+821012345687", "typing"),
        (Phone(), "+821012345678", "+821012349999", "different"),
        (Mail(), "minsu.kim@hanbit.kr", "minsu.kim@hanbti.kr", "typing"),
        (Mail(), "minsu77@hanbit.kr", "minsu77@naver.com", "mailbox"),
        (Mail(), "minsu.kim@hanbit.kr", "minsu.kim@naver.com", "different"),
        (Mail(), "minsu1@naver.com", "minsu2@naver.com", "different"),
        (Mail(), "info@hanbit.kr", "info@daehan.kr", "different"),
        (Number(), "124-81-00998", "1248100998", "same"),
        (Number(), "1248100998", "1248100989", "typing"),
        (Number(), "1248100998", "2208162517", "different"),
        (Date(), "1980-03-05", "19800503", "typing"),
        (Date(), "1980-03-05", "19800305", "same"),
        (Text(), "서울 강남구 테헤란로 12", "강남구 테헤란로 12 서울", "typing"),
    ],
)
def test_levels_have_the_names_of_what_was_seen(kind: Kind, left: str, right: str, said: str) -> None:
    assert kind.labels[level(kind, left, right)] == said


def test_what_is_missing_is_no_evidence() -> None:
    field = Field.untaught("phone", Phone())
    assert field.weight(-1) == 0
    assert Column("phone", Phone(), ["", None, "12"]).codes.tolist() == [-1, -1, -1]


def test_a_frequent_name_says_less_than_a_rare_one() -> None:
    field = Field.untaught("name", Name())
    assert field.weight(4, share=0.02) < field.weight(4, share=0.0001)


def test_a_name_alone_never_makes_a_pair_probable() -> None:
    kinds: dict[str, Kind] = {"name": Name(), "phone": Phone(), "address": Text()}
    model = Model.untaught(kinds, 50)
    assert model.probability((4, -1, -1), (1e-9, 0, 0)) <= ALONE
    assert model.probability((4, 3, -1), (1e-4, 1e-4, 0)) > 0.99
    assert model.probability((4, 0, 0), (1e-4, 0, 0)) < 0.1


def test_a_model_comes_back_as_it_was_kept() -> None:
    kinds: dict[str, Kind] = {"name": Name(), "phone": Phone()}
    model = Model.untaught(kinds, 10_000)
    assert Model.from_json(model.to_json(), kinds) == model


def test_a_field_that_came_later_is_judged_as_is_usual() -> None:
    kept = Model.untaught({"name": Name()}, 10_000).to_json()
    model = Model.from_json(kept, {"name": Name(), "phone": Phone()})
    assert model.fields[1] == Field.untaught("phone", Phone())
