"""Values as clerks, ERPs and spreadsheets write them are read exactly, or refused with what would be right."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.records import fields
from dangol.records.fields import FieldError, Locale
from dangol.records.fields.days import read_moment
from dangol.records.fields.quantities import read_number
from dangol.records.importing.mapping.transforms import make_transform

KOREAN = Locale()
DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    "text",
    [
        "2026. 11. 21.",
        "2026.11.21",
        "2026-11-21",
        "2026/11/21",
        "2026년 11월 21일",
        unicodedata.normalize("NFD", "2026년 11월 21일"),
        "20261121",
        "２０２６．１１．２１",
        "2026-11-21 (토)",
        "2026년 11월 21일 토요일",
        "21 Nov, 2026",
        "Nov 21, 2026",
        "21-Nov-2026",
        "Saturday, 21 November 2026",
        "2026-11-21 00:00:00",
    ],
)
def test_a_day_is_understood_however_it_is_written(text: str) -> None:
    assert fields.Date("day").parse(text, KOREAN) == DAY


@pytest.mark.parametrize(
    "text", ["03/04/2021", "25/12/2021", "26-11-21", "2026-02-30", "2026-11-21 14:30", "15 Foo 2021", "내일"]
)
def test_a_day_that_could_be_another_is_not_guessed(text: str) -> None:
    with pytest.raises(FieldError):
        fields.Date("day").parse(text, KOREAN)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15 Apr, 2021 00:03:00", datetime(2021, 4, 15, 0, 3, tzinfo=KOREAN.zone)),
        ("2026-11-21 오전 9:05", datetime(2026, 11, 21, 9, 5, tzinfo=KOREAN.zone)),
        ("2026. 11. 21. 오후 3:10", datetime(2026, 11, 21, 15, 10, tzinfo=KOREAN.zone)),
        ("2026년 11월 21일 오후 3시 10분", datetime(2026, 11, 21, 15, 10, tzinfo=KOREAN.zone)),
        ("2026-11-21 오전 12:00", datetime(2026, 11, 21, 0, 0, tzinfo=KOREAN.zone)),
        ("Nov 21, 2026 12:30 PM", datetime(2026, 11, 21, 12, 30, tzinfo=KOREAN.zone)),
        ("2026-11-21T14:30:00Z", datetime(2026, 11, 21, 14, 30, tzinfo=UTC)),
        ("2026-11-21T14:30:00+09:00", datetime(2026, 11, 21, 5, 30, tzinfo=UTC)),
        ("20261121143000", datetime(2026, 11, 21, 14, 30, tzinfo=KOREAN.zone)),
        ("2026. 11. 21.", datetime(2026, 11, 21, tzinfo=KOREAN.zone)),
    ],
)
def test_a_moment_is_understood_however_it_is_written(text: str, moment: datetime) -> None:
    assert fields.DateTime("at").parse(text, KOREAN) == moment


@pytest.mark.parametrize(
    "text", ["오후 3:10", "2026-11-21 오후 13:10", "2026-11-21 25:00", "03/04/2021 10:00"]
)
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        fields.DateTime("at").parse(text, KOREAN)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("１２３", "123"),
        ("$22,700.00", "22700.00"),
        ("₩1,234,000", "1234000"),
        ("￦ 1,234,000", "1234000"),
        ("1,234,000원", "1234000"),
        ("KRW 1,234", "1234"),
        ("(1,200)", "-1200"),
        ("△1,200", "-1200"),
        ("▲ 1,200", "-1200"),
        ("1,200-", "-1200"),
        ("-$5.50", "-5.50"),
        ("($5.50)", "-5.50"),
        ("12.5%", "12.5"),
    ],
)
def test_a_number_is_understood_however_it_is_written(text: str, number: str) -> None:
    assert fields.Number("n").parse(text, KOREAN) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,25", "1,2,3", "1.234.567", "(-5)", "--5", "1e5", "NaN", "원", "$", "%", "12 34"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        fields.Number("n").parse(text, KOREAN)


def test_money_is_never_a_percentage() -> None:
    with pytest.raises(FieldError):
        fields.Money("price").parse("12.5%", KOREAN)


def test_a_choice_is_known_by_code_or_label_whatever_the_case_and_blanks() -> None:
    stage = fields.Choice("stage", choices=[("new_one", "신규 고객"), ("vip", "VIP")])
    for text in ("new_one", "NEW_ONE", "신규 고객", "신규고객", unicodedata.normalize("NFD", " 신규  고객 ")):
        assert stage.parse(text, KOREAN) == "new_one"
    assert stage.parse("v i p", KOREAN) == "vip"


@pytest.mark.parametrize(
    ("text", "answer"), [("예", True), ("아니오", False), ("Y", True), ("사용", True), ("미사용", False)]
)
def test_yes_and_no_are_understood(text: str, answer: bool) -> None:
    assert fields.Boolean("is_on").parse(text, KOREAN) is answer


@pytest.mark.parametrize("text", ["X", "O", "아마"])
def test_a_cross_may_mean_yes_or_no(text: str) -> None:
    with pytest.raises(FieldError):
        fields.Boolean("is_on").parse(text, KOREAN)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("02)123-4567", "+8221234567"),
        ("(02) 123-4567", "+8221234567"),
        ("010.1234.5678", "+821012345678"),
        ("82-10-1234-5678", "+821012345678"),
        ("０１０－１２３４－５６７８", "+821012345678"),
        ("1588-1234", "+8215881234"),
    ],
)
def test_phone_numbers_are_understood_as_koreans_write_them(text: str, stored: str) -> None:
    assert fields.Phone("phone").parse(text, KOREAN) == stored


@pytest.mark.parametrize("text", ["02-123-4567~8", "02-123-4567 (내선 12)", "031-1234-5678/010-1111-2222"])
def test_a_phone_number_that_is_several_loses_none(text: str) -> None:
    with pytest.raises(FieldError):
        fields.Phone("phone").parse(text, KOREAN)


def test_the_name_of_a_record_is_composed_as_it_is_stored() -> None:
    from dangol.customers.models import Customer

    reference = fields.Reference("customer", model=Customer, target="customer")
    ref = reference.parse({"title": unicodedata.normalize("NFD", " 한빛  정밀 ")}, KOREAN)
    assert ref.title == "한빛 정밀"
    assert reference.parse({"title": "2026"}, KOREAN).title == "2026"


days = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31))
UNAMBIGUOUS = ("%Y-%m-%d", "%Y. %m. %d.", "%Y년 %m월 %d일", "%Y%m%d", "%d %b, %Y", "%b %d, %Y", "%d-%B-%Y")
IN_ORDER = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%Y/%m/%d"}


@given(days, st.sampled_from(UNAMBIGUOUS))
def test_every_day_comes_back_from_every_way_of_writing_it(day: date, style: str) -> None:
    assert read_moment(day.strftime(style)) == day


@given(days, st.sampled_from(sorted(IN_ORDER)))
def test_every_day_comes_back_in_the_order_that_was_said(day: date, order: str) -> None:
    text = day.strftime(IN_ORDER[order])
    assert make_transform({"date": {"order": order}}, None)(text) == day
    assert (read_moment(text) is None) == (order != "ymd")


@given(st.dates(min_value=date(1969, 1, 1), max_value=date(2068, 12, 31)))
def test_two_digits_of_a_year_are_those_of_posix(day: date) -> None:
    assert make_transform({"date": {"order": "ymd"}}, None)(day.strftime("%y-%m-%d")) == day
    assert read_moment(day.strftime("%y-%m-%d")) is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2199, 12, 31)), st.booleans())
def test_every_moment_comes_back(moment: datetime, korean: bool) -> None:
    moment = moment.replace(microsecond=0)
    half = ("오전", "오후")[moment.hour // 12] if korean else ("AM", "PM")[moment.hour // 12]
    clock = f"{moment.hour % 12 or 12}:{moment:%M:%S}"
    text = f"{moment:%Y. %m. %d.} {half} {clock}" if korean else f"{moment:%b %d, %Y} {clock} {half}"
    assert read_moment(text) == moment
    assert read_moment(moment.isoformat() + "+09:00") == moment.replace(tzinfo=read_zone(9))


def read_zone(hours: int) -> Any:
    from datetime import timezone

    return timezone(timedelta(hours=hours))


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12)


@given(numbers, st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'")]))
def test_every_number_comes_back_whatever_its_marks(number: Decimal, marks: tuple[str, str]) -> None:
    mark, group = marks
    text = f"{number:,.3f}".replace(",", "G").replace(".", mark).replace("G", group)
    assert read_number(text, mark=mark, group=group) == number
    if number < 0:
        for style in ("({})", "△{}", "{}-", "(₩{})"):
            assert read_number(style.format(text.lstrip("-")), mark=mark, group=group) == number


def test_a_text_as_long_as_a_book_is_refused_at_once() -> None:
    assert read_moment("2026-11-21 1:" + " " * 1_000_000 + "x") is None
    assert read_number("1," * 500_000) is None


@given(st.text(max_size=30))
def test_no_text_is_too_odd_to_be_refused_in_peace(text: str) -> None:
    assert read_number(text) is None or read_number(text) == read_number(text.strip())
    for order in (None, "dmy", "mdy", "ymd"):
        try:
            assert read_moment(text, order) is None or isinstance(read_moment(text, order), date)
        except ValueError:
            assert any(character.isdigit() for character in unicodedata.normalize("NFKC", text))
