"""What the cells of a workbook mean, as text that fields read exactly."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

_EXACT = Context(prec=15)
"""Excel keeps 15 digits; what stands behind them is noise of the binary form."""
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_DAY = 2_958_466

# The formats that a file need not spell out; 27–36 and 50–58 are those of East Asia.
_BUILT_IN = {
    **dict.fromkeys((*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)), "date"),
    **dict.fromkeys((*range(18, 22), 32, 33, 45, 47), "time"),
    46: "elapsed",
    9: "percent",
    10: "percent",
}


def format_kind(number: int, code: str | None) -> str:
    """What a number format shows: "date", "time", "elapsed", "percent", or "" for plain numbers."""
    if code is None:
        return _BUILT_IN.get(number, "")
    plain = _QUOTED.sub("", code.split(";", 1)[0])
    if _ELAPSED.search(plain):
        return "elapsed"
    plain = _BRACKETS.sub("", plain).lower()
    if "general" in plain:
        return ""
    if "y" in plain or "d" in plain:
        return "date"
    if "h" in plain or "s" in plain:
        return "time"
    if "m" in plain:
        return "date"
    return "percent" if "%" in plain else ""


def number_text(raw: str) -> str:
    """A number without exponent and without digits that nobody entered: `1250.0999999999999` is 1250.1."""
    if raw.isdigit():
        return raw
    try:
        value = _EXACT.create_decimal(raw.strip())
    except InvalidOperation:
        return raw
    if not value.is_finite():
        return raw
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=1 << 14)
def moment_text(raw: str, kind: str, *, is_1904: bool) -> str:
    """A serial number as ISO date, date and time, or time. What is no moment stays a number."""
    try:
        serial = Decimal(raw.strip())
    except InvalidOperation:
        return raw
    if not 0 <= serial < _LAST_DAY:
        return number_text(raw)
    milliseconds = round(serial * 86_400_000)
    if kind == "elapsed" or (kind == "time" and serial < 1):
        return clock_text(milliseconds)
    if serial < 1 and milliseconds and not is_1904:
        return clock_text(milliseconds)
    # The calendar of 1900 counts a 29 February that never was.
    first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if serial < 60 else 30)  # noqa: DTZ001 – wall clock
    try:
        moment = first + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return number_text(raw)
    if not milliseconds % 86_400_000:
        return moment.date().isoformat()
    return moment.isoformat(sep=" ", timespec="milliseconds" if moment.microsecond else "seconds")


def clock_text(milliseconds: int) -> str:
    """A length of time as hours, minutes and seconds; hours may be more than a day has."""
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text


def unescaped(text: str) -> str:
    """Control characters as they were: Excel writes a carriage return `_x000D_`."""
    if "_x" not in text:
        return text
    # NUL can be stored nowhere; it stays as it is written.
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if int(found[1], 16) else found[0], text)
    # Two escapes may be the halves of one letter.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
