"""How numbers, money and time are written for people; pure functions without a request.

Every function takes the language ("ko" or "en"; anything else is treated as "en") and, where time is
shown, the zone of the reader. `None` becomes an empty text, so that a caller decides what stands for
"not known". Cost: no queries.
"""

from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

Amount = Decimal | int | float

SYMBOLS: Final = {"KRW": "₩", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "VND": "₫"}
WITHOUT_MINOR_UNIT: Final = frozenset({"KRW", "JPY", "VND", "CLP", "ISK", "UGX"})
THREE_PLACES: Final = frozenset({"KWD", "BHD", "OMR", "JOD", "TND"})
HOME_CURRENCY: Final = "KRW"

WEEKDAYS: Final = {
    "ko": ("월", "화", "수", "목", "금", "토", "일"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
UNITS: Final = {
    "ko": ((Decimal(10) ** 12, "조"), (Decimal(10) ** 8, "억"), (Decimal(10) ** 4, "만")),
    "en": (
        (Decimal(10) ** 12, "T"),
        (Decimal(10) ** 9, "B"),
        (Decimal(10) ** 6, "M"),
        (Decimal(10) ** 3, "K"),
    ),
}
AGO: Final = {
    "ko": {
        "now": "방금",
        "yesterday": "어제",
        "tomorrow": "내일",
        "minutes": ("{n}분 전", "{n}분 뒤"),
        "hours": ("{n}시간 전", "{n}시간 뒤"),
        "days": ("{n}일 전", "{n}일 뒤"),
        "years": ("{n}년 전", "{n}년 뒤"),
    },
    "en": {
        "now": "just now",
        "yesterday": "yesterday",
        "tomorrow": "tomorrow",
        "minutes": ("{n} min ago", "in {n} min"),
        "hours": ("{n} h ago", "in {n} h"),
        "days": ("{n} days ago", "in {n} days"),
        "years": ("{n} y ago", "in {n} y"),
    },
}
CLOCK: Final = {"ko": ("오전", "오후"), "en": ("AM", "PM")}


def exact(value: Amount) -> Decimal:
    """The decimal a person would read: floats by their shortest text (0.1, not 0.1000…0555)."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def known(language: str) -> str:
    """The language whose words are used: Korean for "ko", "ko-kr" …, English for the rest."""
    return "ko" if language.lower().startswith("ko") else "en"


def minor_places(currency: str) -> int:
    """Decimals of a currency as ISO 4217 has them (won and yen none, most two)."""
    code = currency.upper()
    return 0 if code in WITHOUT_MINOR_UNIT else 3 if code in THREE_PLACES else 2


def number(value: Amount | None, language: str = "ko", places: int | None = None) -> str:
    """A number with thousands separators.

    places: fixed number of decimals (rounded half up); without it, the decimals the value has, without
    closing zeros. A number that is not finite is shown as "–".
    """
    if value is None:
        return ""
    amount = exact(value)
    if not amount.is_finite():
        return "–"
    if places is not None:
        return f"{_rounded(amount, places):,f}"
    return _trimmed(amount)


def percent(share: Amount | None, language: str = "ko", places: int = 1, *, sign: bool = False) -> str:
    """A share of one as percent: 0.814 → "81.4%". sign: put "+" before what is above zero."""
    if share is None:
        return ""
    amount = exact(share)
    if not amount.is_finite():
        return "–"
    shown = _rounded(amount * 100, places)
    return f"{'+' if sign and shown > 0 else ''}{_trimmed(shown)}%"


def quantity(value: Amount | None, unit: str = "", language: str = "ko") -> str:
    """A count of goods without closing zeros, with its unit: 40.0000 + "개" → "40개", "EA" → "40 EA"."""
    if value is None:
        return ""
    text = number(value, language)
    if not unit:
        return text
    return f"{text}{unit}" if "가" <= unit[0] <= "힣" else f"{text} {unit}"


def money(value: Amount | None, currency: str = HOME_CURRENCY, language: str = "ko") -> str:
    """The full amount with its currency: "₩1,234,567", "-$12.50", "CHF 9.90".

    Rounded half up to the decimals of the currency.
    """
    if value is None:
        return ""
    amount = exact(value)
    if not amount.is_finite():
        return "–"
    return _with_currency(_rounded(amount, minor_places(currency)), currency)


def money_short(
    value: Amount | None, currency: str = HOME_CURRENCY, language: str = "ko", *, symbol: bool | None = None
) -> str:
    """The amount in three figures where space is short: "4,820만", "1.24억"; English "48.2M".

    Below one hundred million won the ten-thousands stand in full ("4,820만"). A value that rounds up to
    the next unit is shown in it: 99,999,999 is "1억". symbol: with the currency's sign; by itself only
    for other currencies than the won.
    """
    if value is None:
        return ""
    amount = exact(value)
    if not amount.is_finite():
        return "–"
    size, unit = _short(abs(amount), currency, known(language))
    with_symbol = currency.upper() != HOME_CURRENCY if symbol is None else symbol
    minus = "-" if amount < 0 and size != "0" else ""
    return f"{minus}{_sign(currency) if with_symbol else ''}{size}{unit}"


def number_short(value: Amount | None, language: str = "ko") -> str:
    """A count in three figures: 12,345 → "1.23만", English "12.3K"."""
    return money_short(value, HOME_CURRENCY, language, symbol=False)


def day(value: date | datetime | None, language: str = "ko", zone: tzinfo | None = None) -> str:
    """A date with its weekday: "2026-11-21 (토)". A moment is first put into the reader's zone."""
    if value is None:
        return ""
    there = _local(value, zone)
    weekday = WEEKDAYS[known(language)][there.weekday()]
    return f"{there.year:04d}-{there.month:02d}-{there.day:02d} ({weekday})"


def day_short(value: date | datetime | None, language: str = "ko", zone: tzinfo | None = None) -> str:
    """Month and day with weekday, where the year is clear: "11-21 (토)"."""
    return day(value, language, zone)[5:]


def month(value: date | datetime | None, language: str = "ko", zone: tzinfo | None = None) -> str:
    """Year and month: "2026-11"."""
    return day(value, language, zone)[:7]


def clock(value: datetime | None, language: str = "ko", zone: tzinfo | None = None) -> str:
    """Time of day: "오전 9:12", "9:12 AM"."""
    if value is None:
        return ""
    there = value.astimezone(zone) if zone and value.tzinfo else value
    half = CLOCK[known(language)][there.hour >= 12]
    time = f"{there.hour % 12 or 12}:{there.minute:02d}"
    return f"{half} {time}" if known(language) == "ko" else f"{time} {half}"


def moment(value: datetime | None, language: str = "ko", zone: tzinfo | None = None) -> str:
    """Date, weekday and time on 24 hours: "2026-11-21 (토) 14:30"."""
    if value is None:
        return ""
    there = value.astimezone(zone) if zone and value.tzinfo else value
    return f"{day(there, language)} {there.hour:02d}:{there.minute:02d}"


def ago(
    value: date | datetime | None, language: str = "ko", zone: tzinfo | None = None, *, now: datetime
) -> str:
    """How long before (or after) now: "방금", "2시간 전", "어제", "58일 전", "내일".

    Within an hour minutes count; within the same day of the reader's zone hours; else calendar days, so
    that "어제" is yesterday's date and not 24 hours. From 365 days on, whole years. A date without a time
    is compared by days ("오늘" is returned as today's word by `today_word`).
    """
    if value is None:
        return ""
    words = AGO[known(language)]
    if isinstance(value, datetime):
        seconds = (now - value).total_seconds()
        past = seconds >= 0
        if abs(seconds) < 60:
            return str(words["now"])
        if abs(seconds) < 3600:
            return words["minutes"][not past].format(n=int(abs(seconds) // 60))
    days = (_local(now, zone) - _local(value, zone)).days
    if days == 0:
        if not isinstance(value, datetime):
            return today_word(language)
        return words["hours"][not past].format(n=int(abs(seconds) // 3600))
    if abs(days) == 1:
        return str(words["yesterday"] if days > 0 else words["tomorrow"])
    if abs(days) < 365:
        return words["days"][days < 0].format(n=abs(days))
    return words["years"][days < 0].format(n=abs(days) // 365)


def today_word(language: str = "ko") -> str:
    """The word for today."""
    return "오늘" if known(language) == "ko" else "today"


def duration(value: timedelta | float | None, language: str = "ko") -> str:
    """A span of time in its two largest units: "1시간 20분", "45초"; a number is seconds."""
    if value is None:
        return ""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    korean = known(language) == "ko"
    names = ("일", "시간", "분", "초") if korean else (" d", " h", " min", " s")
    minus, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    first = next((at for at, part in enumerate(parts) if part), 3)
    largest = list(zip(parts, names, strict=True))[first : first + 2]
    shown = [f"{part}{name}" for part, name in largest if part]
    return minus + (" ".join(shown) or f"0{names[3]}")


def _rounded(amount: Decimal, places: int) -> Decimal:
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded  # never "-0"


def _trimmed(amount: Decimal) -> str:
    text = f"{amount:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _sign(currency: str) -> str:
    code = currency.upper()
    return SYMBOLS.get(code, f"{code} ")


def _with_currency(amount: Decimal, currency: str) -> str:
    return f"{'-' if amount < 0 else ''}{_sign(currency)}{abs(amount):,f}"


def _short(amount: Decimal, currency: str, language: str) -> tuple[str, str]:
    """Figures and unit of an amount ≥ 0, moved up a unit when rounding reaches it."""
    units = UNITS[language]
    for at, (worth, name) in enumerate(units):
        if amount < worth:
            continue
        scaled = _three_figures(amount / worth)
        larger = units[at - 1] if at else None
        if larger and scaled * worth >= larger[0]:
            return _trimmed(scaled * worth / larger[0]), larger[1]
        return _trimmed(scaled), name
    whole = amount >= 1000 or minor_places(currency) == 0
    scaled = _rounded(amount, 0 if whole else 2)
    worth, name = units[-1]
    return (_trimmed(scaled / worth), name) if scaled >= worth else (_trimmed(scaled), "")


def _three_figures(amount: Decimal) -> Decimal:
    """At least one; whole numbers keep all their figures."""
    figures = amount.adjusted() + 1
    rounded = _rounded(amount, max(0, 3 - figures))
    return rounded if rounded.adjusted() + 1 == figures else _rounded(amount, max(0, 2 - figures))


def _local(value: date | datetime, zone: tzinfo | None) -> date:
    if isinstance(value, datetime):
        return (value.astimezone(zone) if zone and value.tzinfo else value).date()
    return value
