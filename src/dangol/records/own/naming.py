"""Names for own fields, made of what people call them: ASCII, so that filters, files and programs can write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from dangol.records.fields.own import PREFIX

LONGEST = 40
_FIRST = (
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h",
)  # fmt: skip
_MIDDLE = (
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu",
    "ui", "i",
)  # fmt: skip
_LAST = (
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t",
    "t", "k", "t", "p", "t",
)  # fmt: skip


def romanised(text: str) -> str:
    """Hangul in Latin letters, syllable by syllable as in the Revised Romanization; other characters as they are."""
    found = []
    for char in unicodedata.normalize("NFC", text):
        place = ord(char) - 0xAC00
        if 0 <= place < 11172:
            found.append(_FIRST[place // 588] + _MIDDLE[place % 588 // 28] + _LAST[place % 28])
        else:
            found.append(char)
    return "".join(found)


def name_for(label_en: str, label_ko: str, taken: Collection[str]) -> str:
    """A free name: `x_` and the English label, or the Korean one in Latin letters; with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", label_en.strip() or romanised(label_ko.strip()))
    slug = re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode().casefold()).strip("_")
    base = PREFIX + (slug[:LONGEST].strip("_") or "field")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name
