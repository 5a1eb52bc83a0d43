"""Numbers, money and time as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.web import formats

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=SEOUL)  # a Saturday


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1234567, "KRW", "₩1,234,567"),
        (Decimal("1234.5"), "KRW", "₩1,235"),
        (Decimal("-0.4"), "KRW", "₩0"),
        (-2860000, "KRW", "-₩2,860,000"),
        (0, "KRW", "₩0"),
        (None, "KRW", ""),
        (Decimal("2.675"), "USD", "$2.68"),
        (0.1, "GBP", "£0.10"),
        (Decimal("9747747.934"), "GBP", "£9,747,747.93"),
        (9.9, "CHF", "CHF 9.90"),
        (Decimal("1.2345"), "KWD", "KWD 1.235"),
        (float("nan"), "KRW", "–"),
    ],
)
def test_money_has_the_decimals_of_its_currency(value, currency, text):
    assert formats.money(value, currency) == text


@pytest.mark.parametrize(
    ("value", "korean", "english"),
    [
        (0, "0", "0"),
        (9_800, "9,800", "9.8K"),
        (9_999.6, "1만", "10K"),
        (10_000, "1만", "10K"),
        (12_345, "1.23만", "12.3K"),
        (123_456, "12.3만", "123K"),
        (999_500, "100만", "1M"),
        (6_120_000, "612만", "6.12M"),
        (48_200_000, "4,820만", "48.2M"),
        (99_994_999, "9,999만", "100M"),
        (99_999_999, "1억", "100M"),
        (124_000_000, "1.24억", "124M"),
        (520_000_000, "5.2억", "520M"),
        (41_200_000_000, "412억", "41.2B"),
        (999_960_000_000, "1조", "1T"),
        (1_234_500_000_000_000, "1,235조", "1,235T"),
        (-28_600_000, "-2,860만", "-28.6M"),
        (-0.2, "0", "0"),
        (Decimal("99999999.99"), "1억", "100M"),
        (None, "", ""),
    ],
)
def test_short_money_uses_man_and_eok_in_korean_and_k_m_b_in_english(value, korean, english):
    assert formats.money_short(value) == korean
    assert formats.money_short(value, language="en") == english


def test_short_money_of_another_currency_has_its_sign():
    assert formats.money_short(Decimal(186000), "GBP") == "£18.6만"
    assert formats.money_short(Decimal(186000), "GBP", "en") == "£186K"
    assert formats.money_short(Decimal("-42.5"), "USD", "en") == "-$42.5"
    assert formats.money_short(124_000_000, symbol=True) == "₩1.24억"


@given(st.integers(-(10**15), 10**15))
def test_short_money_is_near_and_never_in_a_unit_too_small(value):
    text = formats.money_short(value)
    unit = {"만": 10**4, "억": 10**8, "조": 10**12}.get(text[-1], 1)
    figures = Decimal(text.rstrip("만억조").replace(",", ""))
    assert abs(figures * unit - value) <= abs(value) * 0.005 + 0.5
    assert unit == 10**12 or abs(figures) < 10_000


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (1234567, None, "1,234,567"),
        (Decimal("40.0000"), None, "40"),
        (Decimal("1.50"), None, "1.5"),
        (0.1, None, "0.1"),
        (Decimal("2.5"), 0, "3"),
        (-0.4, 0, "0"),
        (7, 2, "7.00"),
        (None, None, ""),
        (float("inf"), None, "–"),
        (Decimal("1E+3"), None, "1,000"),
    ],
)
def test_number(value, places, text):
    assert formats.number(value, places=places) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.23, "23%"), (0.814, "81.4%"), (0, "0%"), (1, "100%"), (-0.0004, "0%"), (None, "")]
)
def test_percent(share, text):
    assert formats.percent(share) == text


def test_percent_with_sign():
    assert formats.percent(0.08, sign=True) == "+8%"
    assert formats.percent(-0.08, sign=True) == "-8%"


def test_quantity_joins_korean_units_and_parts_latin_ones():
    assert formats.quantity(Decimal("40.0000"), "개") == "40개"
    assert formats.quantity(Decimal("2.5"), "EA") == "2.5 EA"
    assert formats.quantity(3) == "3"
    assert formats.quantity(None, "개") == ""


def test_a_day_stands_in_the_readers_zone():
    late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert formats.day(late, "ko", SEOUL) == "2026-11-21 (토)"
    assert formats.day(late, "en", UTC) == "2026-11-20 (Fri)"
    assert formats.day(date(987, 1, 1)) == "0987-01-01 (월)"
    assert formats.day(None) == ""
    assert formats.day_short(late, "ko", SEOUL) == "11-21 (토)"
    assert formats.month(late, "ko", SEOUL) == "2026-11"


def test_a_moment_and_a_clock():
    noon = datetime(2026, 11, 21, 3, 5, tzinfo=UTC)
    assert formats.moment(noon, "ko", SEOUL) == "2026-11-21 (토) 12:05"
    assert formats.clock(noon, "ko", SEOUL) == "오후 12:05"
    assert formats.clock(noon - timedelta(hours=12), "en", SEOUL) == "12:05 AM"


@pytest.mark.parametrize(
    ("back", "korean", "english"),
    [
        (timedelta(seconds=20), "방금", "just now"),
        (timedelta(seconds=-20), "방금", "just now"),
        (timedelta(minutes=5), "5분 전", "5 min ago"),
        (timedelta(minutes=-5), "5분 뒤", "in 5 min"),
        (timedelta(hours=2), "2시간 전", "2 h ago"),
        (timedelta(hours=-3), "3시간 뒤", "in 3 h"),
        (timedelta(hours=15), "어제", "yesterday"),
        (timedelta(hours=-11), "내일", "tomorrow"),
        (timedelta(days=58), "58일 전", "58 days ago"),
        (timedelta(days=-3), "3일 뒤", "in 3 days"),
        (timedelta(days=364), "364일 전", "364 days ago"),
        (timedelta(days=800), "2년 전", "2 y ago"),
    ],
)
def test_ago(back, korean, english):
    assert formats.ago(NOW - back, "ko", SEOUL, now=NOW) == korean
    assert formats.ago(NOW - back, "en", SEOUL, now=NOW) == english


def test_ago_of_a_date_counts_days_of_the_readers_zone():
    assert formats.ago(date(2026, 11, 21), "ko", SEOUL, now=NOW) == "오늘"
    assert formats.ago(date(2026, 11, 20), "ko", SEOUL, now=NOW) == "어제"
    assert formats.ago(None, now=NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (0, "0초", "0 s"),
        (45.9, "45초", "45 s"),
        (4800, "1시간 20분", "1 h 20 min"),
        (90000, "1일 1시간", "1 d 1 h"),
        (-60, "-1분", "-1 min"),
        (None, "", ""),
    ],
)
def test_duration(seconds, korean, english):
    assert formats.duration(seconds) == korean
    assert formats.duration(seconds, "en") == english
