"""Completion and chips."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from dangol.records.filters import from_json, parse, suggest, to_chips, to_text
from tests.records.filters.lab import DEAL, SEOUL
from tests.records.filters.strategies import trees


def offered(text, cursor=None):
    return [item.text for item in suggest(text, len(text) if cursor is None else cursor, DEAL, SEOUL)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", ["title", "stage"]),
        ("st", ["stage"]),
        ("단", ["stage"]),
        ("won and sta", ["stage"]),
        ("company.", ["name", "region"]),
        ("company.re", ["region"]),
        ("company.parent.cr", ["credit"]),
        ("stage ", ["=", "!=", "in"]),
        ("stage is", ["is empty", "is not empty"]),
        ("stage is not", ["is not empty"]),
        ("stage not", ["not in"]),
        ("stage = ", ['"proposal"']),
        ("stage = 신", ['"new"']),
        ("stage = shi", ['"shipped"']),
        ('stage = "shi', ['"shipped"']),
        ("stage in (new, act", ['"active"']),
        ("opened_at >= this_m", ["this_month"]),
        ("opened_at >= 이번", ["this_week", "this_month"]),
        ("owner = ", ["me"]),
        ("won = ", ["true", "false"]),
        ("stage = new ", ["and", "or"]),
        ("(stage = new ", ["and", "or", ")"]),
        ("items.any(qu", ["quantity"]),
        ("items.", ["any(", "all(", "none(", "count"]),
    ],
)
def test_what_fits_is_offered(text, first):
    with translation.override("ko"):
        assert offered(text)[: len(first)] == first


@pytest.mark.parametrize("text", ["amount > 1", "nonsense = ", "title = x y", "\0", "company.x."])
def test_nothing_is_offered_where_nothing_is_known(text):
    assert offered(text) == []


def test_a_suggestion_replaces_what_was_typed():
    text = "won and sta = new"
    found = suggest(text, 11, DEAL, SEOUL)[0]
    assert text[: found.start] + found.text + text[found.end :] == "won and stage = new"
    text = "stage is n"
    found = suggest(text, len(text), DEAL, SEOUL)[0]
    assert text[: found.start] + found.text == "stage is not empty"


@given(st.text(max_size=30), st.integers(-3, 40))
def test_completion_never_fails(text, cursor):
    suggest(text, cursor, DEAL, SEOUL)


def chips(text, language="ko", **options):
    with translation.override(language):
        return [
            chip.label_text for chip in to_chips(parse(text, DEAL, actor=SEOUL), DEAL, actor=SEOUL, **options)
        ]


def test_a_chip_reads_like_a_note():
    text = "stage = active and amount >= 300만 and opened_at >= today - 30d and company.region contains 강남"
    assert chips(text) == [
        "단계 = 유지",
        "금액 ≥ ₩3,000,000",
        "시작 일시 ≥ 30일 전",
        "회사 › 지역에 “강남” 포함",
    ]
    assert chips("closes_on = this_month and owner = me", "en") == ["마감일 = this month", "담당 = me"]
    assert chips("closes_on < 2026-11-21") == ["마감일 < 2026-11-21 (토)"]
    assert chips("stage in (new, active)") == ["단계 = 신규, 유지"]
    assert chips("title is empty or not won") == ["제목 비어 있음 또는 아님: 성사 = 예"]
    assert chips("items.count >= 3") == ["품목: 개수 ≥ 3"]


def test_a_referred_record_is_named_by_the_caller():
    assert chips("company = 7") == ["회사 = #7"]
    assert chips("company = 7", titles=lambda field, identity: f"한빛 {identity}") == ["회사 = 한빛 7"]


def test_an_empty_filter_has_no_chips():
    assert chips("") == []


def test_taking_a_chip_away_leaves_the_others():
    tree = parse("stage = new and won and amount > 1", DEAL)
    with translation.override("en"):
        found = to_chips(tree, DEAL)
    assert found[1].text_without_this == 'stage = "new" and amount > 1'
    assert to_text(from_json(found[1].json_without_this, DEAL)) == found[1].text_without_this
    only = to_chips(parse("won", DEAL), DEAL)[0]
    assert only.json_without_this == {"and": []}
    assert only.text_without_this == ""


@given(trees(DEAL))
def test_every_filter_can_be_shown(tree):
    for chip in to_chips(tree, DEAL, actor=SEOUL):
        assert chip.label_text
