"""How busy a day is: weekends, holidays, the weeks around 설 and 추석, ends of quarters."""

from __future__ import annotations

from datetime import date, timedelta

# 설날 and 추석 by year (lunar calendar, Korea Astronomy and Space Science Institute).
NEW_YEAR = {
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 7), 2028: (1, 27),
    2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
HARVEST = {
    2022: (9, 10), 2023: (9, 29), 2024: (9, 17), 2025: (10, 6), 2026: (9, 25), 2027: (9, 15), 2028: (10, 3),
    2029: (9, 22), 2030: (9, 12), 2031: (10, 1), 2032: (9, 19), 2033: (9, 8), 2034: (9, 27), 2035: (9, 16),
}  # fmt: skip
FIXED = {(1, 1), (3, 1), (5, 1), (5, 5), (6, 6), (8, 15), (10, 3), (10, 9), (12, 25)}
QUARTER_END_MONTHS = (3, 6, 9, 12)


def _feasts(day: date) -> list[date]:
    return [
        date(year, *table[year])
        for table in (NEW_YEAR, HARVEST)
        for year in (day.year, day.year + 1)
        if year in table
    ]


def is_working_day(day: date) -> bool:
    """Monday to Friday, no public holiday, not the three days of 설 or 추석."""
    if day.weekday() >= 5 or (day.month, day.day) in FIXED:
        return False
    return all(abs((day - feast).days) > 1 for feast in _feasts(day))


def intensity(day: date) -> float:
    """How many orders a day brings against an ordinary working day (1.0); 0 on days off."""
    if not is_working_day(day):
        return 0.0
    factor = 1.0
    for feast in _feasts(day):
        distance = (day - feast).days
        if -4 <= distance <= 5:
            factor *= 0.35
        elif -16 <= distance < -4:
            factor *= 1.2
    if day.month in QUARTER_END_MONTHS and day.day >= 16:
        factor *= 1.45
    if (day.month == 7 and day.day >= 27) or (day.month == 8 and day.day <= 7):
        factor *= 0.45
    return factor


def working_day_near(day: date, *, latest: date) -> date:
    """The first working day on or after the day, or the last one before `latest` when there is none."""
    step = timedelta(days=1)
    while day <= latest and not is_working_day(day):
        day += step
    while day > latest or not is_working_day(day):
        day -= step
    return day
