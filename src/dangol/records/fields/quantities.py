"""Numbers as people write them: with signs of money, thousands separators, brackets or triangles for less than nothing."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_MONEY = re.compile(
    r"[$₩€£¥]|(?:krw|usd|eur|gbp|jpy|cny)(?![a-z])|(?:us|au|ca|hk|sg)\$|원정?$|달러$|엔$|유로$", re.IGNORECASE
)
_BRACKETS = re.compile(r"\((.*)\)")
_LESS = re.compile(r"[△▲▵](.*)")


@cache
def _grouped(mark: str, group: str) -> re.Pattern[str]:
    fraction = rf"(?:{re.escape(mark)}(?P<fraction>[0-9]*))?"
    # Groups of two come before the last one in South Asia.
    whole = (
        rf"[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{2,3}})*{re.escape(group)}[0-9]{{3}}|[0-9]+"
        if group
        else "[0-9]+"
    )
    return re.compile(rf"(?P<sign>[+-]?)(?:(?P<whole>{whole}){fraction}|{re.escape(mark)}(?P<only>[0-9]+))")


def read_number(text: str, *, mark: str = ".", group: str = ",", percent: bool = True) -> Decimal | None:
    """The number that a text is, exactly; None for what is none. Exponents are not understood.

    Args:
        mark: the decimal mark.
        group: what separates thousands; the groups must be where they belong.
        percent: whether a percent sign may stand behind it. The number is the one before the sign, as fields that
            hold percentages hold them.
    """
    text = text.strip()
    if mark == "." and _PLAIN.fullmatch(text):
        return Decimal(text)
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    plain, negative = _without_sign(plain)
    if percent and plain.endswith("%"):
        plain = plain[:-1].rstrip()
    elif found := _MONEY.search(plain):
        plain, inner = _without_sign((plain[: found.start()] + plain[found.end() :]).strip())
        if inner and negative:
            return None
        negative = negative or inner
    found = _grouped(mark, group).fullmatch(plain)
    if found is None or (negative and found["sign"]):
        return None
    whole = (found["whole"] or "0").replace(group, "") if group else found["whole"] or "0"
    fraction = found["fraction"] or found["only"] or ""
    value = Decimal(f"{found['sign']}{whole}.{fraction}" if fraction else f"{found['sign']}{whole}")
    return -value if negative else value


def _without_sign(text: str) -> tuple[str, bool]:
    """What is left without brackets, a triangle or a minus sign around it, and whether there was one."""
    if found := _BRACKETS.fullmatch(text) or _LESS.fullmatch(text):
        return found[1].strip(), True
    if len(text) > 1 and text.endswith("-"):
        return text[:-1].rstrip(), True
    if text.startswith("-"):
        return text[1:].lstrip(), True
    return text, False
