"""When something is due, from the words people write."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dangol.interactions.phrases import find_due

SEOUL = ZoneInfo("Asia/Seoul")
SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("내일 3시", "2026-11-22 15:00"),
        ("내일 오전 9시 30분", "2026-11-22 09:30"),
        ("내일 9시", "2026-11-22 09:00"),
        ("내일까지", "2026-11-22 18:00"),
        ("오늘 5시 반", "2026-11-21 17:30"),
        ("모레 14:20", "2026-11-23 14:20"),
        ("글피", "2026-11-24 18:00"),
        ("월요일 오후 2시", "2026-11-23 14:00"),
        ("토요일", "2026-11-28 18:00"),
        ("다음 주 금요일", "2026-11-27 18:00"),
        ("다음주 수 11시", "2026-11-25 11:00"),
        ("이번 주 일요일", "2026-11-22 18:00"),
        ("다음 주", "2026-11-23 18:00"),
        ("3일 뒤", "2026-11-24 18:00"),
        ("사흘 뒤 10시", "2026-11-24 10:00"),
        ("2주 후", "2026-12-05 18:00"),
        ("일주일 뒤", "2026-11-28 18:00"),
        ("한 달 뒤", "2026-12-21 18:00"),
        ("월말", "2026-11-30 18:00"),
        ("다음 달 5일", "2026-12-05 18:00"),
        ("다음 달 말", "2026-12-31 18:00"),
        ("12월 3일 10시", "2026-12-03 10:00"),
        ("3월 2일", "2027-03-02 18:00"),
        ("2026-12-24 16:00", "2026-12-24 16:00"),
        ("12/3 오후 4시", "2026-12-03 16:00"),
        ("25일까지", "2026-11-25 18:00"),
        ("5일", "2026-12-05 18:00"),
        ("4시", "2026-11-21 16:00"),
        ("9시", "2026-11-22 09:00"),
        ("30분 뒤", "2026-11-21 10:30"),
        ("두 시간 뒤", "2026-11-21 12:00"),
        ("내일 정오", "2026-11-22 12:00"),
        ("tomorrow 3pm", "2026-11-22 15:00"),
        ("tomorrow at 10:15", "2026-11-22 10:15"),
        ("today at 4", "2026-11-21 16:00"),
        ("next Monday", "2026-11-23 18:00"),
        ("friday 9am", "2026-11-27 09:00"),
        ("in 3 days", "2026-11-24 18:00"),
        ("in 2 weeks", "2026-12-05 18:00"),
        ("in an hour", "2026-11-21 11:00"),
        ("Dec 3 at 10am", "2026-12-03 10:00"),
        ("3 Dec", "2026-12-03 18:00"),
        ("end of month", "2026-11-30 18:00"),
        ("day after tomorrow", "2026-11-23 18:00"),
        ("어제 4시", "2026-11-20 16:00"),
        ("3일 전", "2026-11-18 18:00"),
    ],
)
def test_words_name_a_moment(words: str, expected: str) -> None:
    due = find_due(words, SATURDAY)
    assert due is not None
    assert due.at.strftime("%Y-%m-%d %H:%M") == expected
    assert due.at.tzinfo is SEOUL


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("내일 3시 김도현 부장님께 전화", "김도현 부장님께 전화"),
        ("견적 보내기 다음 주 금요일까지", "견적 보내기"),
        ("Call Mr. Kim tomorrow at 3pm", "Call Mr. Kim"),
        ("12월 3일 10시에 방문", "방문"),
    ],
)
def test_the_words_for_the_moment_are_taken_out_of_the_text(text: str, rest: str) -> None:
    due = find_due(text, SATURDAY)
    assert due is not None
    assert due.without(text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "견적 보내기",
        "HX-500 2대",
        "3시간 걸림",
        "5일치 재고",
        "99시",
        "일정 잡기",
        "13월 40일 보고",
        "2층 회의실",
        "Monitor sensor",
    ],
)
def test_a_text_without_a_moment_has_none(text: str) -> None:
    assert find_due(text, SATURDAY) is None


def test_the_last_day_of_a_short_month_stands_in_for_the_31st() -> None:
    due = find_due("다음 달 31일", datetime(2027, 1, 10, 9, tzinfo=SEOUL))
    assert due is not None
    assert due.at.date().isoformat() == "2027-02-28"


def test_an_hour_of_something_that_happened_lies_behind() -> None:
    due = find_due("4시", SATURDAY, past=True)
    assert due is not None
    assert due.at.strftime("%Y-%m-%d %H:%M") == "2026-11-20 16:00"
