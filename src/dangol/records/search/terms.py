"""What somebody typed, as conditions on the dictionary, best kind of match first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dangol.records.search import text
from dangol.records.search.keys import CODE, MAIL, NAME, NUMBER, PHONE, SHARED, WORD
from dangol.records.search.legal import without_legal_form

Matched = Literal["exact", "prefix", "ending", "initials", "contains", "keyboard", "typo"]

LONGEST_QUERY = 80
MOST_TERMS = 5

EXACT, PREFIX, ENDING, COMPOSING, INITIALS, WORDS, CONTAINS, WITHIN_TEXT, KEYBOARD, TYPO = range(100, 0, -10)
"""How good a match is. A name's beginning before digits at the end, these before initials, parts, wrong keyboard, typos."""

_ONLY_NUMBER = re.compile(r"\+?[\d\s().\-/]+")


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which a token can match: a condition on the table alias `t`, and the column its index is ordered by.

    `kinds` are all names and words, or all identifiers: the two stand in different tables.
    """

    matched: Matched
    score: int
    kinds: tuple[int, ...]
    condition: str
    parameters: tuple[object, ...]
    ordered_by: Literal["token", "other"] | None = None

    @property
    def shared(self) -> bool:
        """Does it look into the dictionary, rather than at the identifiers."""
        return self.kinds[0] in SHARED


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a record must match.

    `ranked` finds the best hits of a query of this one term; `any` says in few conditions whether a token matches at
    all, for queries of several terms.
    """

    text: str
    key: str
    ranked: tuple[Match, ...]
    any: tuple[Match, ...]

    @property
    def rarity(self) -> int:
        """Roughly how few tokens it matches: the letters it gives."""
        return len(self.key.replace(" ", "")) or len(self.text)


@dataclass(frozen=True, slots=True)
class Query:
    """`phrase` is the text as one; `terms` are its words, all of which must match; none when it is one word."""

    phrase: Term | None
    terms: tuple[Term, ...]


def _like(literal: str) -> str:
    """A literal inside a LIKE pattern."""
    return literal.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _exact(*tokens: tuple[int, str]) -> Match:
    condition = " OR ".join("(t.kind = %s AND t.token = %s)" for _ in tokens)
    kinds = tuple(kind for kind, _ in tokens)
    return Match("exact", EXACT, kinds, f"({condition})", tuple(value for token in tokens for value in token))


def _prefix(kind: int, literal: str, score: int = PREFIX, matched: Matched = "prefix") -> Match:
    return Match(
        matched, score, (kind,), "t.kind = %s AND t.token LIKE %s", (kind, _like(literal) + "%"), "token"
    )


def _other(kind: int, literal: str, matched: Matched, score: int) -> Match:
    condition = "t.kind = %s AND t.other LIKE %s AND NOT (t.other = '')"
    return Match(matched, score, (kind,), condition, (kind, _like(literal) + "%"), "other")


def _ending(kind: int, literal: str) -> Match:
    return _other(kind, literal[::-1], "ending", ENDING)


def _part(key: str) -> Match:
    """At the beginning of a syllable or word, and inside a Latin word when the part is long enough for the index.

    Names and running text in one, since the index is the same; the score is set apart afterwards.
    """
    inside = key.lstrip() if key.isascii() and key.count(" ") == 1 and key.isupper() and len(key) > 3 else key
    condition = "t.kind IN (%s, %s) AND t.token LIKE %s AND t.token NOT LIKE %s"
    return Match(
        "contains", CONTAINS, (NAME, WORD), condition, (NAME, WORD, f"%{_like(inside)}%", _like(key) + "%")
    )


def _continued(key: str) -> str:
    """The same strokes if the last final consonant turned out to begin the next syllable: 홍긷 → 홍기ㄷ."""
    head, _, last = key.rpartition(" ")
    vowel = max((last.rfind(letter) for letter in "koijpuhynbml"), default=-1)
    if not last.islower() or vowel < 0 or vowel == len(last) - 1:
        return ""
    tail = last[vowel + 1 :]
    moved = 1 if len(set(tail)) == 2 or len(tail) == 1 else len(tail)
    return f"{head} {last[: len(last) - moved]} {tail[-moved:]}"


def _name_matches(key: str) -> list[Match]:
    found = [_exact((NAME, key), (WORD, key)), _prefix(NAME, key)]
    continued = _continued(key)
    if continued:
        found.append(_prefix(NAME, continued, COMPOSING))
    found += [_prefix(WORD, key, WORDS), _part(key)]
    return found


def _initials_match(folded: str) -> Match:
    """Initials of a name, with whole syllables between them as given: ㅎㄱㄷ, 홍ㄱㄷ, 홍길ㄷ."""
    pattern = ""
    for character in folded:
        pattern += text.key(character) + ("%" if text.is_initial(character) else "")
    condition = "t.kind = %s AND t.other LIKE %s AND NOT (t.other = '')"
    parameters: tuple[object, ...] = (NAME, _like(text.initials(folded)) + "%")
    if text.has_hangul(folded):
        condition += " AND t.token LIKE %s"
        parameters = (*parameters, pattern if pattern.endswith("%") else pattern + "%")
    return Match("initials", INITIALS, (NAME,), condition, parameters, "other")


def _number_matches(folded: str) -> list[Match]:
    digits = text.digits(folded)
    if len(digits) < 2:
        return []
    phone = text.phone(folded)
    phones = {phone}
    if digits.startswith("82") and len(digits) >= 10:
        phones.add(text.phone("+" + digits))
    phones = {number for number in phones if len(number) >= 2}
    found = [_exact(*((PHONE, number) for number in sorted(phones)), (NUMBER, digits), (CODE, digits))]
    found += [_prefix(PHONE, number) for number in sorted(phones)]
    found += [_prefix(kind, digits) for kind in (NUMBER, CODE)]
    if len(digits) >= 3:
        found += [_ending(kind, digits) for kind in (PHONE, NUMBER, CODE)]
    return found


def _code_matches(folded: str) -> list[Match]:
    code = text.code(folded)
    if len(code) < 2 or not code.isascii():
        return []
    found = [_exact((CODE, code)), _prefix(CODE, code)]
    return [*found, _ending(CODE, code)] if len(code) >= 3 else found


def _address_matches(folded: str) -> list[Match]:
    """A mail address by its beginning, or by that of its domain: hong, hong@hanb, @hanbit, hanbit.co."""
    mailbox, at, domain = folded.partition("@")
    if " " in folded or not (mailbox or domain):
        return []
    if not mailbox:
        return [_other(MAIL, domain, "prefix", PREFIX)]
    found = [_exact((MAIL, folded)), _prefix(MAIL, folded)]
    return found if at else [*found, _other(MAIL, folded, "prefix", PREFIX)]


def term(folded: str) -> Term | None:
    """The conditions for one word, or for a phrase taken as one. None when nothing in it can be searched."""
    if _ONLY_NUMBER.fullmatch(folded):
        numbers = _number_matches(folded)
        key = text.key(folded)
        named = _name_matches(key) if key else []
        ranked = sorted([*numbers, *named], key=lambda match: -match.score)
        return (
            Term(folded, key, tuple(ranked), tuple([*numbers, *_any_name(key)] if key else numbers))
            if ranked
            else None
        )
    if "@" in folded:
        addresses = tuple(_address_matches(folded))
        return Term(folded, "", addresses, addresses) if addresses else None
    key = text.key(folded)
    if not key:
        return None
    letters = "".join(character for character in folded if character.isalnum())
    if any(text.is_initial(letter) for letter in letters):
        initials = _initials_match(letters)
        return Term(folded, key, (initials, *_keyboard_matches(folded, letters)), (initials,))
    found = _name_matches(key)
    conditions = _any_name(key)
    if folded.isascii():
        identifiers = [*_address_matches(folded), *_code_matches(folded)]
        found += identifiers
        conditions += identifiers
    found += _keyboard_matches(folded, letters)
    return Term(folded, key, tuple(sorted(found, key=lambda match: -match.score)), tuple(conditions))


def _keyboard_matches(folded: str, letters: str) -> list[Match]:
    """Names typed with the keyboard set to the other script."""
    if folded.isascii():
        meant = text.as_typed_in_hangul(letters)
    elif any("ㄱ" <= letter <= "ㅣ" for letter in letters):
        meant = text.as_typed_in_latin(folded)
    else:
        meant = ""
    return [_prefix(NAME, meant, KEYBOARD, "keyboard")] if meant else []


def _any_name(key: str) -> list[Match]:
    condition = "t.kind IN (%s, %s) AND t.token LIKE %s"
    return [Match("contains", CONTAINS, (NAME, WORD), condition, (NAME, WORD, f"%{_like(key)}%"))]


def _words_in_one(words: Sequence[Term]) -> Match:
    """All words in one name, in any order: 전자 한국 → 한국전자."""
    condition = "t.kind = %s" + " AND t.token LIKE %s" * len(words)
    return Match(
        "contains", CONTAINS, (NAME,), condition, (NAME, *(f"%{_like(word.key)}%" for word in words))
    )


def parse(typed: str) -> Query:
    """What somebody typed, as a query. Never fails: what cannot be searched gives an empty query."""
    folded = text.fold(typed)[:LONGEST_QUERY]
    if _ONLY_NUMBER.fullmatch(folded):
        return Query(term(folded), ())
    name = without_legal_form(folded)
    words = [word for word in name.split() if text.key(word)]
    if not words:
        return Query(None, ())
    phrase = term(name)
    if len(words) == 1:
        return Query(phrase, ())
    found = [single for word in words[:MOST_TERMS] if (single := term(word))]
    if phrase is not None and all(single.key for single in found):
        phrase = replace(phrase, ranked=(*phrase.ranked, _words_in_one(found)))
    return Query(phrase, tuple(found))
