"""Reads when something is due from the words people write: 내일 3시, 다음 주 금요일, in 2 weeks, Dec 3 at 10am."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

END_OF_DAY = time(18, 0)
"""A day without an hour means: by the end of that working day."""
FIRST_MORNING_HOUR = 7
"""A bare 1 to 6 o'clock is meant in the afternoon; 7 to 12 as it stands."""

_WEEKDAYS = {
    "월": 0, "화": 1, "수": 2, "목": 3, "금": 4, "토": 5, "일": 6,
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}  # fmt: skip
_NUMBERS = {
    "한": 1,
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "두": 2,
    "세": 3,
    "네": 4,
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
}
_COUNT = r"(?P<count>\d{1,3}|한|두|세|네|a|an|one|two|three)"
_WEEKDAY_EN = r"(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs)?"
_MONTH_EN = r"\b(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\.?"


@dataclass(frozen=True)
class Due:
    """A moment found in a text, and where the words for it stand."""

    at: datetime
    start: int
    end: int

    def without(self, text: str) -> str:
        """The text with the words for the moment taken out."""
        left, right = text[: self.start].rstrip(" ,"), text[self.end :].lstrip(" ,")
        return f"{left} {right}".strip()


Day = Callable[[re.Match[str], date], date | None]


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _month_later(day: date, months: int, on: int | None = None) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    wanted = on if on is not None else day.day
    while wanted > 28:
        try:
            return date(year, month + 1, wanted)
        except ValueError:
            wanted -= 1
    return date(year, month + 1, max(wanted, 1))


def _month_end(day: date) -> date:
    return _month_later(day, 0, 31)


def _end_of_month(_match: re.Match[str], today: date) -> date:
    return _month_end(today)


def _end_of_week(_match: re.Match[str], today: date) -> date:
    return today + timedelta(days=(4 - today.weekday()) % 7)


def _next_weekday(match: re.Match[str], today: date) -> date:
    ahead = (_WEEKDAYS[match["weekday"]] - today.weekday()) % 7
    return today + timedelta(days=ahead or 7)


def _weekday_of(weeks: int) -> Day:
    def day(match: re.Match[str], today: date) -> date:
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=_WEEKDAYS[match["weekday"]], weeks=weeks)

    return day


def _calendar_day(match: re.Match[str], today: date) -> date | None:
    """A month and day: of this year, or of the next when it is past."""
    word = match["month"]
    month = int(word) if word.isdigit() else _MONTHS[word]
    year = match.groupdict().get("year")
    try:
        found = date(int(year) if year else today.year, month, int(match["day"]))
        return found if year or found >= today else found.replace(year=found.year + 1)
    except ValueError:
        return None


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    wanted = int(match["day"])
    if not 1 <= wanted <= 31:
        return None
    return _month_later(today, 0 if wanted >= today.day else 1, wanted)


def _in_days(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=_number(match["count"]))


def _in_weeks(match: re.Match[str], today: date) -> date:
    return today + timedelta(weeks=_number(match["count"]))


def _in_months(match: re.Match[str], today: date) -> date:
    return _month_later(today, _number(match["count"]))


def _offset(days: int) -> Day:
    return lambda _match, today: today + timedelta(days=days)


_DAYS: list[tuple[str, Day]] = [
    (r"(?P<year>20\d\d)\s*[-./년]\s*(?P<month>\d{1,2})\s*[-./월]\s*(?P<day>\d{1,2})\s*일?", _calendar_day),
    (r"(?P<month>\d{1,2})\s*월\s*(?P<day>\d{1,2})\s*일", _calendar_day),
    (r"(?<![\d:])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d:])", _calendar_day),
    (_MONTH_EN + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?\b", _calendar_day),
    (r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+" + _MONTH_EN + r"\b", _calendar_day),
    (r"(?:다음|담)\s*달\s*말(?:일|까지)?", lambda _match, today: _month_end(_month_later(today, 1, 1))),
    (r"(?:다음|담)\s*달\s*(?P<day>\d{1,2})\s*일", lambda match, today: _month_later(today, 1, int(match["day"]))),
    (r"(?:다음|담)\s*달|\bnext month\b", lambda _match, today: _month_later(today, 1)),
    (r"(?:이번\s*달|이달)\s*말(?:일)?|월말|\b(?:by )?(?:the )?end of (?:the |this )?month\b", _end_of_month),
    (r"(?:다다음|다담)\s*주\s*(?P<weekday>[월화수목금토일])요일?", _weekday_of(2)),
    (r"(?:다음|담)\s*주\s*(?P<weekday>[월화수목금토일])(?:요일|(?![가-힣]))", _weekday_of(1)),
    (r"(?:이번|금)\s*주\s*(?P<weekday>[월화수목금토일])(?:요일|(?![가-힣]))", _weekday_of(0)),
    (r"\bnext " + _WEEKDAY_EN + r"\b", _weekday_of(1)),
    (r"\bthis " + _WEEKDAY_EN + r"\b", _weekday_of(0)),
    (r"(?:다음|담)\s*주(?:\s*중)?|\bnext week\b", lambda _match, today: today + timedelta(days=7 - today.weekday())),
    (r"주말\s*전|이번\s*주\s*(?:내|안)(?:에|로)?|\bend of (?:the |this )?week\b", _end_of_week),
    (r"(?P<weekday>[월화수목금토일])요일", _next_weekday),
    (r"\b(?:on )?" + _WEEKDAY_EN + r"\b", _next_weekday),
    (_COUNT + r"\s*일\s*(?:뒤|후|있다가)(?:에)?", _in_days),
    (r"\bin " + _COUNT + r" days?\b", _in_days),
    (_COUNT + r"\s*주(?:일)?\s*(?:뒤|후)(?:에)?", _in_weeks),
    (r"\bin " + _COUNT + r" weeks?\b", _in_weeks),
    (_COUNT + r"\s*(?:달|개월)\s*(?:뒤|후)(?:에)?", _in_months),
    (r"\bin " + _COUNT + r" months?\b", _in_months),
    (r"일주일\s*(?:뒤|후)(?:에)?", _offset(7)),
    (r"(?P<count>하루|이틀|사흘|나흘)\s*(?:뒤|후)(?:에)?", _in_days),
    (_COUNT + r"\s*일\s*전(?:에)?", lambda match, today: today - timedelta(days=_number(match["count"]))),
    (r"\b" + _COUNT + r" days? ago\b", lambda match, today: today - timedelta(days=_number(match["count"]))),
    (r"엊그제|그저께|그제", _offset(-2)),
    (r"어제|\byesterday\b", _offset(-1)),
    (r"내일\s*모레|모레|\bday after tomorrow\b", _offset(2)),
    (r"글피", _offset(3)),
    (r"내일|낼(?![가-힣])|\btomorrow\b", _offset(1)),
    (r"오늘|\btoday\b|\btonight\b", _offset(0)),
    (r"(?<!\d)(?P<day>\d{1,2})\s*일(?![가-힣\d]*(?:치|분|간|째))(?:까지)?(?=\s|$|에|까지|,|\s*오)", _day_of_month),
]  # fmt: skip

_HALF = r"(?P<half>오전|오후|아침|저녁|밤|새벽|낮)"
_MINUTES = r"(?:\s*(?P<minute>\d{1,2})\s*분|\s*(?P<thirty>반))?"
_TIMES: list[tuple[str, str]] = [
    (_HALF + r"\s*(?P<hour>\d{1,2})\s*시" + _MINUTES, "spoken"),
    (r"(?P<half>오전|오후)\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})", "spoken"),
    (r"(?<!\d)(?P<hour>\d{1,2})\s*시(?!간)" + _MINUTES, "spoken"),
    (r"(?:\bat )?\b(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*(?P<half>am|pm)\b", "spoken"),
    (r"(?:\bat )?(?<!\d)(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?!\d)", "clock"),
    (r"\bat (?P<hour>\d{1,2})\b", "spoken"),
    (r"정오|\b(?:at )?noon\b", "12:00"),
    (r"오전\s*중|\bmorning\b", "11:00"),
    (r"점심\s*(?:전|전까지)", "11:30"),
    (r"퇴근\s*전|\b(?:by )?(?:end of day|eod)\b", "18:00"),
]  # fmt: skip
_SOON = re.compile(
    r"(?:(?P<hours>\d{1,2}|한|두|세|네)\s*시간(?P<half>\s*반)?\s*(?:뒤|후)|(?P<minutes>\d{1,3})\s*분\s*(?:뒤|후))(?:에)?"
    r"|\bin (?:(?P<hours_en>\d{1,2}|a|an|one|two|three) hours?|(?P<minutes_en>\d{1,3}) min(?:ute)?s?)\b"
)
_AFTERNOON = {"오후", "저녁", "밤", "낮", "pm"}
_DAY_PATTERNS = [(re.compile(pattern), day) for pattern, day in _DAYS]
_TIME_PATTERNS = [(re.compile(pattern), how) for pattern, how in _TIMES]
_JOINT = re.compile(r"\s*(?:,|at|에|까지|by|on)?\s*")
_TAIL = re.compile(r"\s*(?:까지|에|전까지)(?=\s|$|,)")


def find_due(text: str, now: datetime, *, past: bool = False) -> Due | None:
    """The first moment that a text names, or None when it names none.

    Args:
        text: what a person wrote, Korean or English.
        now: the moment of writing, aware, in the writer's time zone; "내일" counts from it.
        past: an hour without a day lies behind, not ahead.

    A day without an hour is due at 18:00; an hour without a day is the next such hour.
    """
    plain = unicodedata.normalize("NFC", text).lower()
    if len(plain) != len(text):
        plain = text.lower() if len(text.lower()) == len(text) else text
    if soon := _SOON.search(plain):
        return Due(_soon(soon, now), soon.start(), soon.end())
    day = _first_day(plain, now.date())
    clock = _first_time(plain, day)
    if day is None and clock is None:
        return None
    if day is None:
        assert clock is not None
        at = datetime.combine(now.date(), clock[0], now.tzinfo)
        start, end = clock[1], clock[2]
        if past and at > now:
            at -= timedelta(days=1)
        elif not past and at <= now:
            at += timedelta(days=1)
    else:
        on, start, end = day
        at = datetime.combine(on, clock[0] if clock else END_OF_DAY, now.tzinfo)
        if clock:
            start, end = min(start, clock[1]), max(end, clock[2])
    if tail := _TAIL.match(plain, end):
        end = tail.end()
    return Due(at, start, end)


def _soon(match: re.Match[str], now: datetime) -> datetime:
    hours = match["hours"] or match["hours_en"]
    minutes = match["minutes"] or match["minutes_en"]
    ahead = timedelta(hours=_number(hours)) if hours else timedelta(minutes=int(minutes))
    if match["half"]:
        ahead += timedelta(minutes=30)
    return (now + ahead).replace(second=0, microsecond=0)


def _first_day(text: str, today: date) -> tuple[date, int, int] | None:
    found: tuple[date, int, int] | None = None
    for pattern, day in _DAY_PATTERNS:
        match = pattern.search(text)
        if match is None or (found is not None and match.start() >= found[1]):
            continue
        try:
            at = day(match, today)
        except (ValueError, OverflowError):
            continue
        if at is not None:
            found = (at, match.start(), match.end())
    return found


def _first_time(text: str, day: tuple[date, int, int] | None) -> tuple[time, int, int] | None:
    """The hour: right beside the day where there is one, else the first in the text."""
    for pattern, how in _TIME_PATTERNS:
        for match in pattern.finditer(text):
            if day is not None and not _adjoins(text, day, match):
                continue
            if (at := _clock(match, how)) is not None:
                return at, match.start(), match.end()
    return None


def _adjoins(text: str, day: tuple[date, int, int], match: re.Match[str]) -> bool:
    if match.start() >= day[2]:
        return _JOINT.fullmatch(text[day[2] : match.start()]) is not None
    return match.end() <= day[1] and _JOINT.fullmatch(text[match.end() : day[1]]) is not None


def _clock(match: re.Match[str], how: str) -> time | None:
    if how not in ("spoken", "clock"):
        return time.fromisoformat(how)
    parts = match.groupdict()
    hour = int(parts["hour"])
    minute = 30 if parts.get("thirty") else int(parts.get("minute") or 0)
    half = parts.get("half")
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half and half not in _AFTERNOON and hour == 12:
        hour = 0
    elif how == "spoken" and half is None and 1 <= hour < FIRST_MORNING_HOUR:
        hour += 12
    if hour > 23 or minute > 59:
        return None
    return time(hour, minute)
