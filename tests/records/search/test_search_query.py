"""What is found by what, and in which order."""

import unicodedata

import pytest

from dangol.identity.actors import Actor
from dangol.records.search.keys import Email, Phone
from dangol.records.search.page import find, hits_with_titles
from tests.records.search.conftest import World

HANBIT = ("㈜한빛", "(주)한빛", "（주）한빛", "주식회사 한빛", "한빛㈜", "한빛 주식회사")


@pytest.mark.parametrize(
    ("typed", "matched"),
    [
        ("홍길동", "exact"),
        ("홍 길동", "exact"),
        (unicodedata.normalize("NFD", "홍길동"), "exact"),
        ("홍", "prefix"),
        ("홍길", "prefix"),
        ("호", "prefix"),
        ("ㅎㄱㄷ", "initials"),
        ("ㅎㄱ", "initials"),
        ("ㅎ", "initials"),
        ("홍ㄱㄷ", "initials"),
        ("홍길ㄷ", "initials"),
        ("ㅎ길동", "initials"),
        ("길동", "contains"),
        ("동", "contains"),
        ("ghdrlfehd", "keyboard"),
        ("홍길둥", "typo"),
        ("홍긱동", "typo"),
        ("홍갈동", "typo"),
    ],
)
def test_a_person_is_found_by_name_part_initials_and_with_a_typing_error(
    world: World, typed: str, matched: str
) -> None:
    hong = world.add("홍길동")
    world.add("김철수")
    world.add("박영희")
    assert [(hit.id, hit.matched) for hit in world.hits(typed)] == [(hong, matched)]


@pytest.mark.parametrize("typed", ["ㅎㄷㄱ", "길홍", "홍길순", "이", "ㄱㅊ ㅎ"])
def test_a_person_is_not_found_by_what_is_not_in_the_name(world: World, typed: str) -> None:
    world.add("홍길동")
    assert world.found(typed) == []


@pytest.mark.parametrize(
    "typed",
    ["5678", "12345678", "1234-5678", "+821012345678", "821012345678", "01012345678", "010-1234-5678", "010 1234 5678",
     "０１０－１２３４－５６７８", "010-12", "(010) 1234"],
)  # fmt: skip
def test_a_person_is_found_by_phone_digits(world: World, typed: str) -> None:
    hong = world.add("홍길동", phone="+821012345678")
    world.add("김철수", phone="+82215887777")
    assert world.found(typed) == [hong]


@pytest.mark.parametrize("name", HANBIT)
@pytest.mark.parametrize("typed", [*HANBIT, "한빛", "ㅎㅂ", "한비", "한빗"])
def test_a_company_is_found_by_any_legal_form(world: World, name: str, typed: str) -> None:
    hanbit = world.add(name, kind="company")
    world.add("㈜대한", kind="company")
    assert world.found(typed) == [hanbit]


@pytest.mark.parametrize("typed", ["1234567890", "123-45-67890", "123-45", "67890", "12345"])
def test_a_company_is_found_by_its_business_number(world: World, typed: str) -> None:
    hanbit = world.add("한빛", kind="company", business_number="123-45-67890")
    assert world.found(typed) == [hanbit]


@pytest.mark.parametrize(
    "typed",
    ["SO-2026-00123", "so-2026-00123", "so202600123", "00123", "123", "2026-00123", "SO-2026", "2026", "so"],
)
def test_a_deal_is_found_by_any_part_of_its_number(world: World, typed: str) -> None:
    deal = world.add_deal(world.add("홍길동"), number="SO-2026-00123")
    assert world.found(typed) == [deal]


@pytest.mark.parametrize("typed", ["견적서", "견적", "송부", "견적 요청", "적서"])
def test_a_deal_is_found_by_words_of_its_subject(world: World, typed: str) -> None:
    deal = world.add_deal(world.add("홍길동"), subject="견적서 송부 요청의 건")
    world.add_deal(world.add("홍길동"), subject="정기 방문")
    assert world.found(typed) == [deal]


@pytest.mark.parametrize(
    "typed",
    ["Samsung", "samsung elec", "SAMSUNG ELECTRONICS", "electronics", "Electronics samsung", "Samsung Electronics Co., Ltd.",
     "tronic", "sansung", "samsnug electronics"],
)  # fmt: skip
def test_an_english_name_is_found_in_any_case_and_order(world: World, typed: str) -> None:
    company = world.add("Samsung Electronics Co., Ltd.", kind="company")
    world.add("Hyundai Motors", kind="company")
    assert world.found(typed) == [company]


def test_a_final_consonant_may_turn_out_to_begin_the_next_syllable(world: World) -> None:
    person = world.add("홍기동")
    assert world.found("홍긷") == [person]


def test_accents_do_not_matter(world: World) -> None:
    jose = world.add("José Müller")
    assert world.found("jose muller") == world.found("JOSÉ") == [jose]


@pytest.mark.parametrize(
    "typed", ["gildong.hong@hanbit.co.kr", "gildong", "hanbit.co.kr", "@hanbit", "gildong.hong@hanb"]
)
def test_a_person_is_found_by_mail_address(world: World, typed: str) -> None:
    hong = world.add("홍길동", email="Gildong.Hong@hanbit.co.kr")
    world.add("김철수", email="cs.kim@daehan.co.kr")
    assert world.found(typed) == [hong]


@pytest.mark.parametrize("typed", ["홍길동 5678", "5678 홍", "길동 hanbit", "ㅎㄱㄷ 5678", "홍 010"])
def test_every_word_must_match_the_same_record(world: World, typed: str) -> None:
    hong = world.add("홍길동", phone="+821012345678", email="hong@hanbit.co.kr")
    world.add("홍길동", phone="+821099999999")
    world.add("김철수", phone="+821077775678", email="kim@hanbit.co.kr")
    assert hong in world.found(typed)
    assert len(world.found(typed)) == (2 if typed == "홍 010" else 1)


def test_words_of_a_company_name_match_in_any_order_and_without_blanks(world: World) -> None:
    company = world.add("대한 정밀 화학", kind="company")
    for typed in ("대한정밀화학", "대한정밀", "정밀 대한", "화학 대한", "정밀화학"):
        assert world.found(typed) == [company], typed


def test_better_matches_come_first(world: World) -> None:
    contains = world.add("김길동")
    longer = world.add("길동진")
    exact = world.add("길동")
    assert world.found("길동") == [exact, longer, contains]
    assert [hit.matched for hit in world.hits("길동")] == ["exact", "prefix", "contains"]


def test_a_whole_syllable_comes_before_one_that_is_being_typed(world: World) -> None:
    typing = world.add("김철수")
    whole = world.add("기철수")
    assert world.found("기") == [whole, typing]


def test_of_equal_matches_the_heavier_key_comes_first(world: World) -> None:
    deal = world.add_deal(world.add("아무개"), subject="한빛")
    company = world.add("한빛", kind="company")
    assert world.found("한빛") == [company, deal]


def test_all_types_are_searched_at_once_or_only_some(world: World) -> None:
    person = world.add("한빛")
    deal = world.add_deal(person, subject="한빛 방문")
    article = world.add_article("한빛 모터")
    assert {(hit.record_type, hit.id) for hit in world.hits("한빛")} == {
        ("test_person", person),
        ("test_deal", deal),
        ("test_article", article),
    }
    assert world.found("한빛", types=[world.article]) == [article]


def test_no_more_than_the_limit_come_back_and_each_record_once(world: World) -> None:
    for number in range(30):
        world.add("홍길동", phone=f"+82101234{number:04d}")
    found = world.found("홍길동", limit=7)
    assert len(found) == len(set(found)) == 7
    assert world.found("홍길동", limit=0) == []
    assert len(world.found("홍길동", limit=100)) == 30


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\0", "%", "_", "\\", "%%%", "'; DROP TABLE records_searchtoken; --", "😀", "\ud800", "\udfff홍", "ㅏ", "()",
     "@", "@@", "a@", "+", "-", "--", "+82", "0", "00", "000", "\u202e", "ﷺ" * 50, "가" * 10_000, "ㄱ" * 10_000, "a" * 10_000,
     "%홍" * 5_000, "1" * 10_000, "a b c d e f g h", "ㄱ ㄴ ㄷ", "\\홍", "홍%", "홍_동", "x@y@z", "a%@b_", "१२३", "ㅎ" + "\u0301"],
)  # fmt: skip
def test_hostile_input_gives_nothing_strange(world: World, typed: str) -> None:
    world.add("김철수", phone="+821012345678")
    world.hits(typed)


def test_wildcards_are_ordinary_characters(world: World) -> None:
    world.add("홍길동", email="ab@hanbit.co.kr")
    assert world.found("홍%동") == []
    assert world.found("a_@hanbit.co.kr") == []
    assert world.found("%") == []


def test_titles_come_with_one_query_per_type(world: World, django_assert_num_queries: object) -> None:
    person = world.add("한빛")
    deal = world.add_deal(person, number="A-1", subject="한빛")
    hits = world.hits("한빛")
    with django_assert_num_queries(2):  # type: ignore[operator]
        titled = hits_with_titles(hits, actor=Actor.system("test"), types=[world.person, world.deal])
    assert [(entry.id, entry.title) for entry in titled] == [(person, "한빛"), (deal, "A-1")]


def test_a_title_has_a_line_below_it(world: World) -> None:
    world.person.subtitle = ("phone", "email")
    world.add("홍길동", phone="02-123-4567", email="hong@hanbit.co.kr")
    world.add("홍길동", email="gd@hanbit.co.kr")
    titled = find(actor=Actor.system("test"), q="홍길동", types=[world.person])
    assert [entry.subtitle for entry in titled] == ["02-123-4567 · hong@hanbit.co.kr", "gd@hanbit.co.kr"]


def test_one_column_may_hold_numbers_or_addresses() -> None:
    assert [token.kind for token in Phone("value").tokens({"value": "a1234@hanbit.co.kr"})] == []
    assert [token.kind for token in Email("value").tokens({"value": "+821012345678"})] == []


def test_an_unscoped_search_costs_one_statement_and_one_check_per_type(
    world: World, django_assert_num_queries: object
) -> None:
    world.add("홍길동")
    with django_assert_num_queries(2):  # type: ignore[operator]
        world.hits("홍길동")
