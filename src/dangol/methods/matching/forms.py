"""Forms of a value in which things written differently become the same: jamo, sound, words, bare numbers.

The input is folded already (lower case, NFC, half width) and without legal form where that does not count.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_MARKS = re.compile(r"[\W_]+")
_HANGUL = re.compile("[가-힣]")
_LATIN = re.compile("[a-z]")

_LEADS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_VOWELS = (
    *("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae"),
    *("oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i"),
)
_TAILS = (
    *("", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m"),
    *("p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "t"),
)

_SURNAMES: Final = {
    "김": "kim gim", "이": "lee yi i rhee ri", "박": "park pak bak", "최": "choi choe", "정": "jung jeong chung chong",
    "강": "kang gang", "조": "cho jo joh", "윤": "yoon yun youn", "장": "jang chang", "임": "lim im rim yim",
    "한": "han hahn", "오": "oh o", "서": "seo suh so", "신": "shin sin", "권": "kwon gwon", "황": "hwang",
    "안": "ahn an", "송": "song", "전": "jeon jun chun chon", "홍": "hong", "유": "yoo yu you ryu", "고": "ko go koh",
    "문": "moon mun", "양": "yang", "손": "son sohn", "배": "bae pae", "백": "baek paik baik", "허": "heo hur huh",
    "남": "nam", "심": "shim sim", "노": "noh no roh", "하": "ha", "곽": "kwak gwak", "성": "sung seong",
    "차": "cha", "주": "joo ju", "우": "woo u wu", "구": "koo gu goo ku", "나": "na ra", "민": "min", "진": "jin chin",
    "지": "ji chi jee", "엄": "eom um uhm", "채": "chae", "원": "won", "천": "cheon chun", "방": "bang pang",
    "공": "kong gong", "현": "hyun hyeon", "함": "ham", "변": "byun byeon", "염": "yeom yum", "여": "yeo", "추": "choo chu",
    "도": "do doh", "소": "soh", "석": "seok suk", "선": "sun seon", "설": "seol sul", "마": "ma", "길": "gil kil",
    "연": "yeon youn", "위": "wi wee", "표": "pyo", "명": "myung myeong", "기": "ki gi", "반": "ban", "왕": "wang",
    "금": "keum geum", "옥": "ok", "육": "yook yuk", "인": "in", "맹": "maeng", "제": "je", "모": "mo", "탁": "tak",
    "국": "kook guk", "어": "eo", "은": "eun", "편": "pyun pyeon", "용": "yong", "류": "ryu ryoo", "리": "ri", "림": "rim",
    "남궁": "namkung namgung namgoong", "황보": "hwangbo", "제갈": "jegal", "사공": "sagong", "선우": "sunwoo seonu",
    "서문": "seomun", "독고": "dokgo dokko",
}  # fmt: skip
_SURNAME_OF: Final = {
    spelling: hangul for hangul, spellings in reversed(_SURNAMES.items()) for spelling in spellings.split()
} | {"ryu": "유", "ri": "이", "rim": "임", "chun": "전", "youn": "윤"}
_SAME_SURNAME: Final = {"류": "유", "리": "이", "림": "임", "라": "나", "로": "노"}

# Usual ways to write the same sound, onto one; in this order.
_SOUNDS: Final = (
    (re.compile("(?:kk|k|g|c(?!h)|q)+"), "k"),
    (re.compile("(?:tt|t|d)+"), "t"),
    (re.compile("(?:pp|p|b|f|v)+"), "p"),
    (re.compile("(?:jj|j|ch|z)+"), "c"),
    (re.compile("(?:sh|ss|s)+"), "s"),
    (re.compile("(?:l|r)+"), "r"),
    (re.compile("eou|eo|eu|oo|ou|uh"), "u"),
    (re.compile("oi|oe|ai|ae|ay|ei"), "e"),
    (re.compile("ui|ee|ie|yi"), "i"),
    (re.compile("wu"), "u"),
    (re.compile("weo"), "wo"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def bare(folded: str) -> str:
    """Letters and digits only."""
    return folded if folded.isalnum() else _MARKS.sub("", folded)


@lru_cache(maxsize=200_000)
def jamo(text: str) -> str:
    """Hangul as the letters it is composed of, so that 김민수 and 김민주 differ in one of eight. Other script stays."""
    return text if text.isascii() else unicodedata.normalize("NFD", text)


def words(folded: str) -> list[str]:
    return [word for word in _MARKS.split(folded) if word]


def initials(text: str) -> str:
    """The leading letter of each Hangul syllable: 한빛전자 → ㅎㅂㅈㅈ as the conjoining jamo. Other characters stay."""
    if text.isascii():
        return text
    return "".join(jamo(character)[0] if _HANGUL.match(character) else character for character in text)


def latin(text: str) -> str:
    """Hangul by the Revised Romanisation, syllable by syllable as names are written (국어의 로마자 표기법 제3장 제4항)."""
    found = []
    for character in text:
        code = ord(character) - 0xAC00
        if 0 <= code < 11_172:
            found.append(_LEADS[code // 588] + _VOWELS[code % 588 // 28] + _TAILS[code % 28])
        else:
            found.append(character)
    return "".join(found)


def coarse(letters: str) -> str:
    """Latin letters by their sound, without regard to which of the usual romanisations was used."""
    for pattern, sound in _SOUNDS:
        letters = pattern.sub(sound, letters)
    return letters


@lru_cache(maxsize=200_000)
def sound(folded: str, *, person: bool) -> str:
    """The same for a name in Hangul and in Latin letters: 김민수, Kim Min-soo and Minsu Gim. Empty for other script.

    Of persons the surname is told apart by its usual spellings (Lee, Yi and I are 이; Park, Pak and Bak are 박), whether
    it stands first or last.
    """
    parts = words(folded)
    joined = "".join(parts)
    if _HANGUL.search(joined):
        if not person or _LATIN.search(joined):
            return coarse(latin(joined))
        long = 2 if joined[:2] in _SURNAMES and len(joined) > 2 else 1
        surname, given = joined[:long], joined[long:]
        return (
            f"{_SAME_SURNAME.get(surname, surname)} {coarse(latin(given))}"
            if given
            else coarse(latin(joined))
        )
    if not _LATIN.search(joined):
        return ""
    if person and len(parts) > 1:
        for family, own in ((parts[0], parts[1:]), (parts[-1], parts[:-1])):
            if family in _SURNAME_OF:
                return f"{_SURNAME_OF[family]} {coarse(''.join(own))}"
    return coarse(joined)


def digits(text: str) -> str:
    """Only the digits 0–9."""
    if text.isascii() and text.isdigit():
        return text
    return "".join(character for character in text if "0" <= character <= "9")


def national(text: str) -> str:
    """A phone number's digits without the code of Korea and the trunk 0."""
    number = digits(text)
    if text.lstrip().startswith("+"):
        return number[2:].lstrip("0") if number.startswith("82") else number
    return number.lstrip("0")
