"""Whatever is wrong is pointed at, explained, and never more than a FilterError."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from dangol.records.filters import FilterError, from_json, parse, point
from dangol.records.filters.messages import distance, nearest
from tests.records.filters.attempts import attempt
from tests.records.filters.lab import COMPANY, DEAL, SEOUL


def refused(text, record_type=DEAL):
    with pytest.raises(FilterError) as caught:
        parse(text, record_type, actor=SEOUL)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "marked", "expected"),
    [
        ("stagee = new", "unknown_field", "stagee", "stage"),
        ("단게 = new", "unknown_field", "단게", "단계"),
        ("company.nam = x", "unknown_field", "nam", "name"),
        ("stage = propsal", "unknown_value", "propsal", "proposal"),
        ("stage = 제언", "unknown_value", "제언", "제안"),
        ("stage = zzzzz", "unknown_value", "zzzzz", "proposal"),
        ("stage in (new, activ)", "unknown_value", "activ", "active"),
        ("stage contains x", "operator", "contains", "in"),
        ("stage not contains x", "operator", "not contains", "not in"),
        ("title contain x", "operator", "contain", "contains"),
        ("title", "operator", "", "contains"),
        ("stage =", "value", "", "proposal"),
        ("stage = new active", "unknown_value", "new active", None),
        ("title = new active", "connective", "active", "and"),
        ("stage = new stage = active", "unknown_value", "new stage", None),
        ("won = true stage = active", "connective", "stage", "and"),
        ("(stage = new", "parenthesis", "(", ")"),
        ("stage = new)", "parenthesis", ")", None),
        ("items.any(quantity > 1", "parenthesis", "(", ")"),
        ("stage in (new", "parenthesis", "(", ")"),
        ("stage in new", "syntax", "new", "("),
        ("items = 3", "relation", "items", "items.any"),
        ("items.quantity = 3", "relation", "items", "items.any"),
        ("items.any", "relation", "", "("),
        ("items.count > many", "value", "many", None),
        ("title.name = x", "not_a_reference", "name", None),
        ('title = "x', "unclosed", '"x', '"'),
        ("amount > abc", "value", "abc", None),
        ("amount > 1억1억", "value", "1억1억", None),
        ("amount in (1, null)", "value", "null", "is empty"),
        ("amount < null", "value", "null", "is empty"),
        ("amount between 1", "syntax", "", "and"),
        ("opened_at > today - 3h", "offset", "today - 3h", "1d"),
        ("opened_at > yesterday - 3d", "offset", "yesterday - 3d", None),
        ("opened_at > today - 3", "offset", "today - 3", "1d"),
        ("opened_at > today - 99999999d", "offset", "today - 99999999d", None),
        ("closes_on < now", "value", "now", "today"),
        ("closes_on = 2026-02-30", "value", "2026-02-30", None),
        ("opened_at = 2026-02-30", "value", "2026-02-30", None),
        ("opened_at = 0001-01-01", "value", "0001-01-01", None),
        ("company = me", "value", "me", None),
        ("owner = mine", "value", "mine", "me"),
        ("phone = 12", "value", "12", None),
        ("= 3", "field", "=", "stage"),
        ("and", "unknown_field", "and", None),
        ("not", "field", "", "stage"),
        ("()", "field", ")", "stage"),
        ("company.parent.parent.parent.name = x", "too_deep", "name", None),
    ],
)
def test_an_error_marks_the_place_and_says_what_would_be_right(text, code, marked, expected):
    error = refused(text)
    assert error.code == code
    assert text[error.position : error.position + error.length] == marked
    assert error.message
    if expected:
        assert expected in error.expected


def test_the_message_names_the_near_miss():
    assert refused("stagee = new").message == "거래 has no field “stagee”. Did you mean stage?"
    assert "Did you mean 제안?" in refused("stage = 제언").message
    assert "=, !=, in, not in" in refused("stage contains x").message


def test_the_caret_stands_under_the_place_also_after_korean():
    text = "title = 한빛\nand 단게 = new"
    assert point(refused(text), text) == "and 단게 = new\n    ^^^^"
    text = '회사.지역 = "강남" and stagee = new'
    shown = point(refused(text), text).splitlines()
    assert shown[1] == " " * 23 + "^" * 6


def test_a_label_that_two_fields_share_asks_for_the_name(monkeypatch):
    monkeypatch.setattr(COMPANY.fields["region"], "label", "회사명")
    error = refused("회사명 = x", COMPANY)
    assert error.code == "ambiguous"
    assert error.expected == ["name", "region"]


def test_jamo_tell_how_near_two_syllables_are():
    assert distance("신규", "신구") == 1
    assert distance("유지", "휴면") > distance("유지", "유치")
    assert nearest("이달", ["이탈", "유지", "신규"]) == ["이탈"]


@pytest.mark.parametrize(
    "text",
    [
        "company__name = x",
        "__class__ = x",
        "pk = 1",
        "id__in = 1",
        "company_id = 1",
        "title\0 = x",
        'title = "a\0b"',
        'title = "\\u0000"',
        'title = "\\ud800"',
        "title = \ud800",
        '"title" = x',
        "\u202etitle = x",
        "title\u200b = x",
        "title = \u202ex",
        "amount = " + "9" * 9000,
        "amount = 1e999999999",
        "amount = 99999999999999999999999999999",
        "amount = " + "9" * 20 + "조",
        "amount > --1",
        "owner = 99999999999999999999",
        "items.count > 99999999999999999999999",
        "(" * 5000,
        "not " * 2000 + "won",
        "(" * 21 + "won" + ")" * 21,
        "won and " * 200 + "won",
        "title = 'x' " + " " * 10_000,
        "stage in (" + "new," * 501 + "new)",
        "title contains ''",
        "title contains '" + "x" * 201 + "'",
        "opened_at = 9999-12-31",
        "title = `x`",
        "title = x; drop table",
        "items.any(items.any(won))",
        "a" * 9999,
        "." * 50,
        "title..x = 1",
        "٣ = 1",
        "amount = ٣²",
    ],
)
def test_hostile_text_is_refused_quietly(text):
    error = refused(text)
    assert error.message
    assert len(error.message) < 2000
    assert point(error, text)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "won",
        {},
        {"and": []} and {"or": []},
        {"not": {"and": []}},
        {"and": [{"field": "won", "op": "=", "value": True}], "or": []},
        {"field": "won", "op": "="},
        {"field": "won", "op": "=", "value": True, "extra": 1},
        {"field": "company__name", "op": "=", "value": "x"},
        {"field": "title", "op": "__regex", "value": "x"},
        {"field": ["title"], "op": "=", "value": "x"},
        {"field": "title", "op": ["="], "value": "x"},
        {"field": "title", "op": "=", "value": {"a": 1}},
        {"field": "title", "op": "=", "value": "a\0"},
        {"field": "title", "op": "=", "value": "\ud800"},
        {"field": "amount", "op": "=", "value": float("nan")},
        {"field": "amount", "op": "=", "value": float("inf")},
        {"field": "amount", "op": "=", "value": 10**400},
        {"field": "amount", "op": "in", "value": []},
        {"field": "amount", "op": "between", "value": [1]},
        {"field": "opened_at", "op": "=", "value": {"relative": "today", "offset": "-3h"}},
        {"field": "opened_at", "op": "=", "value": {"relative": "eval", "offset": ""}},
        {"field": "opened_at", "op": "=", "value": {"relative": "today", "offset": "-٣d"}},
        {"any": "title", "where": {"and": []}},
        {"count": "items", "op": ">", "value": True},
    ],
)
def test_hostile_json_is_refused_quietly(data):
    with pytest.raises(FilterError) as caught:
        from_json(data, DEAL)
    assert caught.value.message


def test_json_nested_without_end_is_refused():
    data: dict = {"field": "won", "op": "=", "value": True}
    for _level in range(500):
        data = {"not": data}
    with pytest.raises(FilterError) as caught:
        from_json(data, DEAL)
    assert caught.value.code == "too_deep"


def test_json_errors_point_into_the_document():
    good = {"field": "won", "op": "=", "value": True}
    with pytest.raises(FilterError) as caught:
        from_json(
            {"and": [good, {"any": "items", "where": {"field": "sku", "op": "in", "value": ["a", None]}}]},
            DEAL,
        )
    assert caught.value.pointer == "/and/1/where/value/1"


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_filter_error(text):
    _tree, error = attempt(lambda: parse(text, DEAL, actor=SEOUL))
    if error:
        assert 0 <= error.position <= len(text)
        assert point(error, text)


WORDS = st.sampled_from(
    [
        "stage",
        "title",
        "amount",
        "company",
        ".",
        "items",
        "any",
        "(",
        ")",
        "and",
        "or",
        "not",
        "in",
        ",",
        "=",
        ">=",
        '"x"',
        "new",
        "3",
        "30d",
        "-",
        "today",
        "between",
        "is",
        "empty",
        "null",
    ]
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_sequence_of_words_is_a_filter_or_a_filter_error(text):
    _tree, error = attempt(lambda: parse(text, DEAL, actor=SEOUL))
    assert error is None or 0 <= error.position <= len(text)


def test_messages_are_korean_for_korean_users():
    with translation.override("ko"):
        assert refused("stagee = new").message.startswith("거래에는 “stagee” 필드가 없어요.")
