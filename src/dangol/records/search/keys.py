"""What a record type is found by: the search keys that a room declares in `RecordType.search`.

    search = (Name("name"), Phone("phone"), Email("email"), Digits("business_number"))

A key reads its columns of a row and gives the tokens under which the record is entered in the dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from dangol.records.models.search import TokenKind
from dangol.records.search import text
from dangol.records.search.legal import without_legal_form

LONGEST_TOKEN = 240
MOST_WORDS = 24

NAME, WORD = int(TokenKind.NAME), int(TokenKind.WORD)
MAIL, PHONE, NUMBER, CODE = (
    int(TokenKind.MAIL),
    int(TokenKind.PHONE),
    int(TokenKind.NUMBER),
    int(TokenKind.CODE),
)
SHARED = (NAME, WORD)
"""The kinds that stand in the dictionary; the others are identifiers."""


class Token(NamedTuple):
    """One thing to be found by, as the tables have it. No line breaks in it."""

    kind: int
    token: str
    other: str = ""


@lru_cache(maxsize=20_000)
def name_token(value: str, company: bool) -> Token | None:
    """The token of a name: as a whole, since names are searched as a whole, by beginning, part and initials."""
    folded = text.fold(value)
    if company:
        folded = without_legal_form(folded)
    token = text.key(folded)
    if not token:
        return None
    other = text.initials(folded)[:LONGEST_TOKEN] if text.has_hangul(folded) else ""
    return Token(NAME, token[:LONGEST_TOKEN], other)


@lru_cache(maxsize=20_000)
def word_token(folded: str) -> Token | None:
    """The token of one word of a running text."""
    token = text.key(folded)[:LONGEST_TOKEN]
    return Token(WORD, token) if token else None


@lru_cache(maxsize=20_000)
def word_tokens(value: str) -> tuple[Token, ...]:
    """The tokens of a running text."""
    found = (word_token(word) for word in text.words(text.fold(value))[:MOST_WORDS])
    return tuple(token for token in found if token)


class Key:
    """One way to find a record.

    Args:
        column: ORM path of the value, from the record's table.
        weight: 1–100; of hits that match equally well, the heavier comes first.
    """

    kind: int
    """The kind of its tokens; a key's tokens are all of one kind."""
    weight = 50

    def __init__(self, column: str, *, weight: int | None = None) -> None:
        self.column = column
        if weight is not None:
            self.weight = weight
        if not 1 <= self.weight <= 100:
            raise ValueError(f"search key {column!r}: weight must be 1 to 100, is {self.weight}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The ORM paths that `tokens` reads."""
        return (self.column,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.column!r})"

    def tokens(self, row: Mapping[str, Any]) -> Iterable[Token]:
        """The tokens of a row: a mapping from column to value."""
        value = row[self.column]
        return self.tokens_of(str(value)) if value else ()

    def tokens_of(self, value: str) -> Iterable[Token]:
        """The tokens of one value that is not empty."""
        raise NotImplementedError


class PersonName(Key):
    """A person's name: 홍길동 by 홍, 길동, ㅎㄱㄷ, 홍길둥."""

    kind = NAME
    weight = 90

    def tokens_of(self, value: str) -> Iterable[Token]:
        token = name_token(value, False)
        return (token,) if token else ()


class CompanyName(Key):
    """A company's name, without its legal form: ㈜한빛 by 한빛, 주식회사 한빛, 한빛(주)."""

    kind = NAME
    weight = 100

    def tokens_of(self, value: str) -> Iterable[Token]:
        token = name_token(value, True)
        return (token,) if token else ()


class Name(Key):
    """A name that is a person's or a company's, as another column of the row says.

    Args:
        kind: the column that says which; a row without it is taken for a company.
        person: its value for persons.
    """

    kind = NAME
    weight = 100

    def __init__(
        self, column: str, *, kind: str = "kind", person: str = "person", weight: int | None = None
    ) -> None:
        super().__init__(column, weight=weight)
        self.decided_by = kind
        self.person = person

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, self.decided_by)

    def tokens(self, row: Mapping[str, Any]) -> Iterable[Token]:
        value = row[self.column]
        return self.tokens_of_pair(str(value), row[self.decided_by]) if value else ()

    def tokens_of_pair(self, value: str, kind: Any) -> Iterable[Token]:
        """The tokens of a name that is not empty, and of what the other column says."""
        token = name_token(value, kind != self.person)
        return (token,) if token else ()


class Phone(Key):
    """A phone number, whole (national or E.164), by its beginning, or by its last digits.

    A value with an @ is left alone, so that a column of numbers or addresses can have both this key and `Email`.
    """

    kind = PHONE
    weight = 70

    def tokens_of(self, value: str) -> Iterable[Token]:
        if value.startswith("+82") and value[1:].isdigit():
            # As phone numbers are stored; most of them.
            number = value[3:].lstrip("0")[:40]
        else:
            folded = text.fold(value)
            number = "" if "@" in folded else text.phone(folded)[:40]
        return (Token(PHONE, number, number[::-1]),) if len(number) >= 3 else ()


class Email(Key):
    """A mail address, by its beginning or by that of its domain. A value without an @ is left alone."""

    kind = MAIL
    weight = 60

    def tokens_of(self, value: str) -> Iterable[Token]:
        address = "".join(text.fold(value).split())[:LONGEST_TOKEN]
        mailbox, at, domain = address.partition("@")
        return (Token(MAIL, address, domain),) if mailbox and at else ()


class Digits(Key):
    """A number in which only digits count, like a business number: 123-45-67890 by 1234567890, 123-45, 67890."""

    kind = NUMBER
    weight = 70

    def tokens_of(self, value: str) -> Iterable[Token]:
        number = (value if value.isdecimal() and value.isascii() else text.digits(text.fold(value)))[:40]
        return (Token(NUMBER, number, number[::-1]),) if number else ()


class Code(Key):
    """An order number or product code: SO-2026-00123 by so-2026, 2026-00123, 00123, or a part between marks."""

    kind = CODE
    weight = 80

    def tokens_of(self, value: str) -> Iterable[Token]:
        if value.isascii() and value.isalnum() and len(value) <= LONGEST_TOKEN:
            whole = value.upper()
            return (Token(CODE, whole, whole[::-1]),)
        folded = text.fold(value)
        parts = text.words(folded)
        whole = (text.code(folded) if not folded.isascii() else "".join(parts).upper())[:LONGEST_TOKEN]
        if not whole:
            return ()
        # beginning and end are found by the whole; parts in the middle need a token of their own
        middle = [Token(CODE, part.upper()) for part in parts[1:-1] if len(part) >= 2]
        return (Token(CODE, whole, whole[::-1]), *middle)


class Words(Key):
    """A line of running text – a subject – by the beginnings of its words and by parts of them."""

    kind = WORD
    weight = 30

    def tokens_of(self, value: str) -> Iterable[Token]:
        return word_tokens(value)
