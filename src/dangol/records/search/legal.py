"""Company names without their legal form: ㈜한빛, (주) 한빛, 주식회사 한빛, 한빛㈜ and Hanbit Co., Ltd. each by its name."""

from __future__ import annotations

import re

_KOREAN = (
    "농업회사법인|어업회사법인|영농조합법인|영어조합법인|사회복지법인|유한책임회사|"
    "의료법인|학교법인|사단법인|재단법인|합자회사|합명회사|유한회사|주식회사"
)
_SHORT = "주|유|사|재|합|자|명|의|학|복|농|株"
_LATIN = (
    r"co\.?\s*,?\s*ltd|pte\.?\s*ltd|pty\.?\s*ltd|company\s+limited|incorporated|corporation|limited|company|"
    r"gmbh|corp|inc|ltd|llc|l\.l\.c|llp|plc|s\.a|b\.v|ag|kk|k\.k|co"
)

# the input is folded: ㈜ and （주） have become (주) already
_BEFORE = re.compile(rf"^\s*(?:\(?(?:{_SHORT})\)|(?:{_KOREAN})|\(\s*(?:{_KOREAN})\s*\)|주(?=\s))[\s,.·]*")
_AFTER = re.compile(rf"[\s,.·]*(?:\((?:{_SHORT})\)?|(?:{_KOREAN})|\(\s*(?:{_KOREAN})\s*\)|(?<=\s)주)\s*$")
_LATIN_AFTER = re.compile(rf"(?<=[^a-z])(?:{_LATIN})\.?\s*$|\(\s*(?:{_LATIN})\.?\s*\)\s*$")
# one of these is part of every form that can stand at the beginning, or behind a Hangul syllable
_PARTS = ("주", "회사", "법인", "(", ")")


def without_legal_form(folded: str) -> str:
    """The name that people say. Unchanged when the text is nothing but a legal form.

    Args:
        folded: a name as `text.fold` returns it.
    """
    name = folded
    while True:
        if "가" <= name[-1:] <= "힣" and not any(part in name for part in _PARTS):
            return name.strip() or folded
        shorter = _AFTER.sub("", _BEFORE.sub("", name, count=1), count=1)
        if shorter.isascii() or not "가" <= shorter[-1:] <= "힣":
            shorter = _LATIN_AFTER.sub("", shorter, count=1)
        shorter = shorter.rstrip(" ,.·&")
        if not any(character.isalnum() for character in shorter):
            return name.strip() or folded
        if shorter == name:
            return name.strip()
        name = shorter
