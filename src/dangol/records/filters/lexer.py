"""Text of a filter → tokens with their places."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dangol.records.filters.messages import FilterError, quoted
from dangol.records.filters.tree import MAX_TEXT

WORD, NUMBER, STRING, SIGN, END = "word", "number", "string", "sign", "end"

# `dashed` holds what people write without quotes: dates, times, telephone and business numbers. A number may
# run on into letters: 30d, 3000만, 1억2000만.
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<dashed>\d+(?:-\d+)+(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?)(?!\w)
    | (?P<number>\d+(?:\.\d+)?\w*(?:\.\d+\w+)?)
    | (?P<word>[^\W\d]\w*(?:-[^\W\d]\w*)*)
    | (?P<sign><=|>=|!=|<>|==|&&|\|\||[=<>≤≥≠&|!(),.+−-])
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=", "==": "=", "&&": "&", "||": "|", "−": "-"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the meaning (unescaped, canonical sign); the source is `length` characters at `position`."""

    kind: str
    text: str
    position: int
    length: int

    @property
    def end(self) -> int:
        """Where the next character stands."""
        return self.position + self.length

    @property
    def key(self) -> str:
        """For comparing with keywords."""
        return self.text.casefold() if self.kind == WORD else ""


def tokens(text: str) -> list[Token]:
    """All tokens of `text`, closed by an END token. Raises FilterError where a character fits nowhere."""
    if len(text) > MAX_TEXT:
        raise FilterError(
            _("The filter is too long: %(count)s characters of at most %(limit)s.")
            % {"count": len(text), "limit": MAX_TEXT},
            code="too_long",
            position=MAX_TEXT,
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _stray(text, at)
        kind = match.lastgroup or ""
        source = match.group()
        at = match.end()
        if kind == "space":
            continue
        place = match.start()
        if kind == "string":
            found.append(Token(STRING, _unescape(source[1:-1], place), place, len(source)))
        elif kind == "sign":
            found.append(Token(SIGN, _SIGNS.get(source, source), place, len(source)))
        elif kind == "word":
            found.append(Token(WORD, source, place, len(source)))
        else:
            found.append(Token(NUMBER, source, place, len(source)))
    found.append(Token(END, "", len(text), 0))
    return found


def hidden_character(text: str) -> int:
    """Index of the first character that no text column can hold (NUL, half a surrogate pair), or -1."""
    for index, char in enumerate(text):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            return index
    return -1


def _unescape(source: str, position: int) -> str:
    bad = hidden_character(source)
    if bad >= 0:
        raise _unusable(position + 1 + bad)
    if "\\" not in source:
        return source

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return _ESCAPES.get(match[2], match[2])

    text = _ESCAPE.sub(replaced, source)
    if hidden_character(text) >= 0:
        raise _unusable(position, len(source) + 2)
    return text


def _unusable(position: int, length: int = 1) -> FilterError:
    return FilterError(
        _("This character cannot be part of a text. Remove it."),
        code="character",
        position=position,
        length=length,
    )


def _stray(text: str, at: int) -> FilterError:
    char = text[at]
    if char in "\"'":
        return FilterError(
            _("The quotation mark that closes the text is missing."),
            code="unclosed",
            position=at,
            length=len(text) - at,
            expected=[char],
        )
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return FilterError(
            _("There is an invisible character (%(code)s). Remove it, or put the text in quotation marks.")
            % {"code": f"U+{ord(char):04X}"},
            code="character",
            position=at,
        )
    return FilterError(
        _("“%(char)s” cannot stand here. Put texts in quotation marks.") % {"char": quoted(char)},
        code="character",
        position=at,
    )
