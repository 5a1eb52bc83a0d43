"""Text as search compares it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.records.search import text
from dangol.records.search.legal import without_legal_form

SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=12)
ANYTHING = st.text(st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("홍길동", "홍길동"),
        (unicodedata.normalize("NFD", "홍길동"), "홍길동"),
        ("ＡＢＣ１２３", "abc123"),
        ("㈜한빛", "(주)한빛"),
        ("（주）한빛", "(주)한빛"),
        ("ㅎㄱㄷ", "ㅎㄱㄷ"),
        ("ﾡ", "ㄱ"),
        ("ㄳ", "ㄱㅅ"),
        ("  Straße ", "strasse"),
        ("\ud800홍\0길동", "홍길동"),
    ],
)
def test_all_ways_to_write_the_same_fold_to_one(typed: str, folded: str) -> None:
    assert text.fold(typed) == folded


@pytest.mark.parametrize(
    ("folded", "key"),
    [
        ("홍길동", " ghd rlf ehd"),
        ("lg전자", " LG wjs wk"),
        ("전자lg 3공장", " wjs wk LG 3 rhd wkd"),
        ("kim min-su", " KIM MIN SU"),
        ("josé", " JOSE"),
        ("漢字", " 漢 字"),
        ("москва", " МОСКВА"),
        ("과장", " rhk wkd"),
        ("!?", ""),
    ],
)
def test_key_is_made_of_keystrokes_and_capitals(folded: str, key: str) -> None:
    assert text.key(folded) == key


@given(SYLLABLES)
def test_initials_and_key_do_not_depend_on_the_normal_form(name: str) -> None:
    forms = [text.fold(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({text.initials(form) for form in forms}) == 1
    assert len({text.key(form) for form in forms}) == 1
    assert len(text.initials(forms[0])) == len(name)


@given(SYLLABLES, SYLLABLES)
def test_different_hangul_has_different_keys(one: str, other: str) -> None:
    assert (text.key(text.fold(one)) == text.key(text.fold(other))) == (one == other)


@given(SYLLABLES)
def test_key_of_hangul_is_ascii_with_one_blank_for_each_syllable(name: str) -> None:
    key = text.key(text.fold(name))
    assert key.isascii()
    assert key.islower()
    assert key.count(" ") == len(name)


@given(SYLLABLES, SYLLABLES)
def test_key_of_a_beginning_is_a_beginning_of_the_key(one: str, other: str) -> None:
    assert text.key(text.fold(one + other)).startswith(text.key(text.fold(one)))


@given(SYLLABLES)
def test_hangul_typed_with_the_latin_keyboard_is_understood(name: str) -> None:
    key = text.key(text.fold(name))
    assert text.as_typed_in_hangul(key.replace(" ", "")).replace(" ", "") == key.replace(" ", "")


@given(ANYTHING)
def test_anything_folds_without_control_characters_and_stays_so(typed: str) -> None:
    folded = text.fold(typed)
    assert "\0" not in folded
    assert len(folded) <= text.LONGEST
    folded.encode()
    key = text.key(folded)
    assert not key or (key.startswith(" ") and not key.endswith(" ") and "  " not in key)
    assert "%" not in key
    assert "\\" not in key
    assert "_" not in key


def test_latin_typed_with_the_hangul_keyboard_is_understood() -> None:
    assert text.as_typed_in_latin(text.fold("ㅗ디ㅣㅐ")) == " HELLO"


def test_english_is_not_taken_for_hangul() -> None:
    assert text.as_typed_in_hangul("samsung") == ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("010-1234-5678", "1012345678"),
        ("+821012345678", "1012345678"),
        ("+82 (0)10-1234-5678", "1012345678"),
        ("0082 10 1234 5678", "1012345678"),
        ("01012345678", "1012345678"),
        ("０１０－１２３４－５６７８", "1012345678"),
        ("02-123-4567", "21234567"),
        ("1588-1234", "15881234"),
        ("+1 415 555 0123", "14155550123"),
    ],
)
def test_phone_numbers_are_the_same_however_written(typed: str, number: str) -> None:
    assert text.phone(text.fold(typed)) == number


@pytest.mark.parametrize(
    "name",
    [
        "㈜한빛", "(주)한빛", "（주）한빛", "（주） 한빛", "주식회사 한빛", "주식회사한빛", "한빛주식회사", "한빛 주식회사",
        "한빛㈜", "한빛 (주)", "한빛 주", "(유)한빛", "유한회사 한빛", "유한책임회사 한빛", "(사)한빛", "사단법인 한빛", "재단법인한빛",
        "(재) 한빛", "합자회사 한빛", "합명회사 한빛", "농업회사법인 한빛", "농업회사법인 주식회사 한빛", "농업회사법인(주)한빛",
        "영농조합법인 한빛", "한빛 Co., Ltd.", "한빛 Inc.", "한빛 Corp.", "한빛 LLC", "한빛 GmbH", "한빛(주식회사)",
    ],
)  # fmt: skip
def test_legal_forms_are_left_away(name: str) -> None:
    assert without_legal_form(text.fold(name)) == "한빛"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("주성엔지니어링", "주성엔지니어링"),
        ("유한양행", "유한양행"),
        ("Costco", "costco"),
        ("Incheon", "incheon"),
        ("주식회사", "주식회사"),
        ("㈜", "(주)"),
        ("Hanbit Electronics Co.,Ltd", "hanbit electronics"),
        ("Inc", "inc"),
    ],
)
def test_names_that_look_like_legal_forms_stay(name: str, kept: str) -> None:
    assert without_legal_form(text.fold(name)) == kept


@given(ANYTHING)
def test_leaving_the_legal_form_away_never_leaves_nothing(typed: str) -> None:
    folded = text.fold(typed)
    assert bool(without_legal_form(folded)) == bool(folded)
