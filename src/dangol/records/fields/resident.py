"""Resident registration numbers in texts: found, so that they are refused, and blacked out.

개인정보 보호법 제24조의2: resident registration numbers are processed only where an Act asks for it. No Act asks a CRM for
them, so none is stored; 제24조 holds for the registration numbers of foreigners in the same way.

A number is taken for one where its thirteen digits say a day of birth that has been and a digit of sex and century that
goes with it (1–4 citizens, 5–8 foreigners, 9 and 0 born in the 19th century), and

- it is written as these numbers are, six and seven digits with a hyphen between, or
- it is written otherwise – with blanks, or thirteen digits on end – and its check digit is right. Numbers given since October
  2020 have no check digit, so that those among them that are written without a hyphen pass: nothing tells them from an
  order number.

Nothing is taken for one that hangs together with further digits, Latin letters or hyphens – `SO-240115-1234567`, a UUID –,
and no whole value that is a right Korean bar code (13 digits from 880). What remains is an order number of exactly the
form `YYMMDD-NNNNNNN`, which looks the same letter by letter, and one in ten of the thirteen-digit numbers that begin with
a day. No Django in here.
"""

from __future__ import annotations

import re
from datetime import date

_BESIDE = r"[0-9A-Za-z０-９\-‐-―−－]"
_CANDIDATE = re.compile(
    rf"(?<!{_BESIDE})(\d{{6}})(\s{{0,2}}[-‐-―−－ー~]\s{{0,2}}|\s{{1,3}}|)(\d{{7}})(?!{_BESIDE}|\.\d)"
)
SHORTEST = 13
_CENTURIES = {
    "9": 1800,
    "0": 1800,
    "1": 1900,
    "2": 1900,
    "5": 1900,
    "6": 1900,
    "3": 2000,
    "4": 2000,
    "7": 2000,
    "8": 2000,
}
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_FOREIGNERS = frozenset("5678")
BLACK = "●●●●●●●"


def has_resident_number(text: str, *, today: date | None = None) -> bool:
    """Does the text hold a resident registration number, or a foreigner's.

    Args:
        text: any text; digits may be full-width.
        today: for tests; births after this day have not been.
    """
    if len(text) < SHORTEST:
        return False
    return any(_is_one(found, text, today) for found in _CANDIDATE.finditer(text))


def blacked_out(text: str, *, today: date | None = None) -> str:
    """The text with the last seven digits of every resident registration number blacked out: for what comes in by itself –
    mail, chat –, which cannot be refused."""
    if len(text) < SHORTEST:
        return text
    return _CANDIDATE.sub(
        lambda found: f"{found[1]}-{BLACK}" if _is_one(found, text, today) else found[0], text
    )


def _is_one(found: re.Match[str], text: str, today: date | None) -> bool:
    # int() reads digits of any script, full-width ones among them
    digits = "".join(str(int(char)) for char in found[1] + found[3])
    if not _was_born(digits, today or date.today()):  # noqa: DTZ011 - a day more or less is no matter here
        return False
    if found[2].strip():
        return True
    return _is_checked(digits) and not (found[0] == text.strip() and _is_bar_code(digits))


def _was_born(digits: str, today: date) -> bool:
    try:
        born = date(_CENTURIES[digits[6]] + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return born <= today


def _is_checked(digits: str) -> bool:
    """The thirteenth digit: weights 2–9 2–5, modulo 11; of foreigners two more, modulo 10."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    most = 13 if digits[6] in _FOREIGNERS else 11
    return (most - total % 11) % 10 == int(digits[12])


def _is_bar_code(digits: str) -> bool:
    """EAN-13 of a Korean manufacturer."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    return digits.startswith("880") and -total % 10 == int(digits[12])
