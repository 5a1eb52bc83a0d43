"""Text as search compares it: folded, Hangul taken apart into keystrokes, numbers bare.

Pure functions without database. The search form of a text (`key`) is made for one ASCII-only index that serves
prefixes, parts and typing errors in Korean and Latin script alike:

- Hangul becomes the keystrokes of the two-set keyboard in small letters, in which a syllable that is still being typed
  is a prefix of the finished one (호 → 홍), ㄲ is two strokes of ㄱ, and compound vowels are two vowels;
- Latin letters are capitals, so that they never collide with Hangul;
- a blank stands before each syllable and each word, so that ` rla` is 김 and not the middle of something else.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters of a value that are looked at."""

_FIRST = 0xAC00
_LAST = 0xD7A3
LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

_LEAD_STROKES = (
    "r",
    "rr",
    "s",
    "e",
    "ee",
    "f",
    "a",
    "q",
    "qq",
    "t",
    "tt",
    "d",
    "w",
    "ww",
    "c",
    "z",
    "x",
    "v",
    "g",
)
# ㅒ and ㅖ have a key of their own (shift); spelled out so that small letters are enough
_VOWEL_STROKES = (
    *("k", "o", "i", "oi", "j", "p", "u", "pu", "h", "hk", "ho", "hl"),
    *("y", "n", "nj", "np", "nl", "b", "m", "ml", "l"),
)
_TAIL_STROKES = (
    *("", "r", "rr", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg"),
    *("a", "q", "qt", "t", "tt", "d", "w", "c", "z", "x", "v", "g"),
)
_CLUSTERS = {"ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ"}
_CLUSTERS |= {"ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ"}
_KEYBOARD = dict(
    zip("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", "qwertyuiopasdfghjklzxcvbnm", strict=True)
)
_KEYBOARD |= {"ㅃ": "Q", "ㅉ": "W", "ㄸ": "E", "ㄲ": "R", "ㅆ": "T", "ㅒ": "O", "ㅖ": "P"}
_LETTER_STROKES = {
    **dict(zip(LEADS, _LEAD_STROKES, strict=True)),
    **dict(zip(VOWELS, _VOWEL_STROKES, strict=True)),
}

# what NFKC makes of single letters (conjoining jamo), back to the letters that people type
_SINGLE = {0x1100 + i: letter for i, letter in enumerate(LEADS)}
_SINGLE |= {0x1161 + i: letter for i, letter in enumerate(VOWELS)}
_SINGLE |= {0x11A7 + i: _CLUSTERS.get(letter, letter) for i, letter in enumerate(TAILS) if letter}
_BEFORE = {ord(cluster): letters for cluster, letters in _CLUSTERS.items()} | {0: None}

_SYLLABLE = re.compile("[가-힣]")
_HANGUL = re.compile("[ᄀ-ᇿ]")
_WORD_AFTER_OTHER = re.compile(r"(?<=[^ A-Z0-9])(?=[A-Z0-9])")
_ODD_BLANKS = re.compile(r"\s+")
_PLAIN = re.compile("[가-힣 -~]*")
_MARKS = re.compile(r"[^\w]+|_+")


def fold(text: str) -> str:
    """One form for all ways to write the same: NFC, NFD, full width, capitals, ㈜, ligatures, broken surrogates.

    Hangul comes back as syllables, letters that stand alone as compatibility jamo (ㅎ), clusters among these as two.
    """
    # decomposed Hangul is up to three characters a syllable
    text = text[: 4 * LONGEST]
    if text.isascii():
        text = text[:LONGEST].lower()
        return (text.replace("\0", "") if "\0" in text else text).strip()
    if _PLAIN.fullmatch(text):
        return text[:LONGEST].lower().strip()  # nearly all there is: syllables and ASCII are what they are
    text = text.encode("utf-8", "ignore").decode("utf-8", "ignore").translate(_BEFORE)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    if _HANGUL.search(text):
        text = text.translate(_SINGLE)
    return text[:LONGEST].strip()


def _syllables() -> dict[int, str]:
    forms: dict[int, str] = {}
    code = _FIRST
    for lead in _LEAD_STROKES:
        for vowel in _VOWEL_STROKES:
            for tail in _TAIL_STROKES:
                forms[code] = f" {lead}{vowel}{tail}"
                code += 1
    return forms


class _Table(dict[int, str]):
    """A `str.translate` table that works out each further character once."""

    def __missing__(self, code: int) -> str:
        form = self[code] = self.form(chr(code))
        return form

    def form(self, character: str) -> str:
        raise NotImplementedError


class _Keys(_Table):
    def form(self, character: str) -> str:
        if character.isascii():
            return character.upper() if character.isalnum() else " "
        if character in _LETTER_STROKES:
            return " " + _LETTER_STROKES[character]
        plain = "".join(
            part for part in unicodedata.normalize("NFD", character) if not unicodedata.combining(part)
        )
        if not plain:
            return ""
        if plain.isascii():
            return self[ord(plain)] if len(plain) == 1 else " "
        if not character.isalnum():
            return " "
        # letters of scripts with capitals form words; a character of the others is a word of its own
        return plain.upper() if plain.upper() != plain.lower() else f" {plain}"


class _Initials(_Table):
    def form(self, character: str) -> str:
        code = ord(character)
        if _FIRST <= code <= _LAST:
            return LEADS[(code - _FIRST) // 588]
        return character if character.isalnum() else ""


_KEYS = _Keys(_syllables())
_INITIALS = _Initials()


def key(folded: str) -> str:
    """The search form of a folded text: 홍길동 → ` ghd rlf ehd`, lg전자 → ` LG wjs wk`. Empty when nothing is left."""
    strokes = folded.translate(_KEYS)
    strokes = _WORD_AFTER_OTHER.sub(" ", strokes)
    if "  " in strokes or strokes[:1] != " " or strokes[-1:] == " ":
        words = strokes.split()
        return " " + " ".join(words) if words else ""
    return strokes


def initials(folded: str) -> str:
    """The first letter of each Hangul syllable, other letters and digits as they are: 홍길동 → ㅎㄱㄷ."""
    return folded.translate(_INITIALS)


def has_hangul(folded: str) -> bool:
    """Is there a whole Hangul syllable in it."""
    return _SYLLABLE.search(folded) is not None


def is_initial(character: str) -> bool:
    """Is it a consonant that stands alone and can begin a syllable."""
    return character in LEADS


def words(folded: str) -> list[str]:
    """The words of a folded text, at blanks and marks."""
    return [word for word in _MARKS.split(folded) if word]


def digits(folded: str) -> str:
    """Only the digits 0–9 of a folded text (full-width ones are ordinary after folding)."""
    if folded.isascii() and folded.isdigit():
        return folded
    return "".join(character for character in folded if "0" <= character <= "9")


def phone(folded: str) -> str:
    """A phone number without country code 82 or trunk 0: +82 10-1234-5678 and 010-1234-5678 → 1012345678.

    Numbers of other countries keep their code: +1 415 555 0123 → 14155550123.
    """
    number = digits(folded.lstrip("+"))
    international = folded.startswith("+")
    if number.startswith("00") and not international:
        number, international = number[2:], True
    if international:
        return number[2:].lstrip("0") if number.startswith("82") else number
    return number.lstrip("0")


def code(folded: str) -> str:
    """An order number or product code without marks: so-2026/0012 → SO20260012."""
    return "".join(character for character in folded if character.isalnum()).upper()


def as_typed_in_hangul(folded: str) -> str:
    """What Latin letters would have been with the keyboard set to Hangul: ghdrlfehd → ` ghd rlf ehd`.

    Empty when they would not have made whole syllables.
    """
    found = _SYLLABLE_STROKES.findall(folded)
    return " " + " ".join(found) if found and "".join(found) == folded else ""


def as_typed_in_latin(folded: str) -> str:
    """What Hangul would have been with the keyboard set to Latin: ㅗ디ㅣㅐ → ` HELLO`."""
    strokes = ""
    for character in unicodedata.normalize("NFD", folded).translate(_SINGLE):
        pair = _COMPOUND_KEYS.get(character)
        strokes += pair or _KEYBOARD.get(character, character)
    return key(fold(strokes))


# a consonant goes with the vowel that follows it, as the input method has it
_LEAD = "(?:rr|ee|qq|tt|ww|[rsefaqtdwczxvg])"
_VOWEL = "(?:pu|oi|hk|ho|hl|nj|np|nl|ml|[koijpuhynbml])"
_TAIL = "(?:rr|rt|sw|sg|fr|fa|fq|ft|fx|fv|fg|qt|tt|[rsefaqtdwczxvg])"
_SYLLABLE_STROKES = re.compile(f"{_LEAD}{_VOWEL}(?:{_TAIL}(?!{_VOWEL}))?")
_COMPOUND_KEYS = {
    letter: strokes for letter, strokes in zip(VOWELS, _VOWEL_STROKES, strict=True) if len(strokes) == 2
} | {"ㅒ": "O", "ㅖ": "P"}  # fmt: skip
