"""Text of a formula → tokens with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.nodes import MAX_TEXT, Place
from dangol.records.filters.lexer import hidden_character
from dangol.records.filters.messages import quoted

WORD, NUMBER, DATE, STRING, SIGN, END = "word", "number", "date", "string", "sign", "end"

# A number may run on into units: 300만, 1.5k, 10%. Names with blanks stand in brackets.
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<date>\d{4}-\d{2}-\d{2})(?![\w-])
    | (?P<number>\d[\d_]*(?:\.\d+)?[^\W\d_]*%?)
    | \[(?P<bracket>[^\[\]\n]{1,120})\]
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><=|>=|!=|<>|==|&&|\|\||[=<>≤≥≠&|!(),.+\-−*×/÷])
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=", "==": "=", "−": "-", "×": "*", "÷": "/"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the meaning; the source is at `place`. A word in brackets is never a word of the language."""

    kind: str
    text: str
    place: Place
    bracketed: bool = False

    @property
    def key(self) -> str:
        """For comparing with words of the language."""
        return self.text.casefold() if self.kind == WORD and not self.bracketed else ""


def tokens(text: str) -> list[Token]:
    """All tokens, closed by an END token. Raises FormulaError where a character fits nowhere."""
    if len(text) > MAX_TEXT:
        raise FormulaError(
            _("The formula is too long: %(count)s characters of at most %(limit)s.")
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
        place = Place(at, match.end() - at)
        at = match.end()
        kind, source = match.lastgroup or "", match.group()
        if kind == "space":
            continue
        if kind == "string":
            found.append(Token(STRING, _unescaped(source[1:-1], place), place))
        elif kind == "bracket":
            found.append(Token(WORD, match["bracket"].strip(), place, bracketed=True))
        elif kind == "sign":
            found.append(Token(SIGN, _SIGNS.get(source, source), place))
        else:
            found.append(Token(kind, source, place))
    found.append(Token(END, "", Place(len(text), 1)))
    return found


def _unescaped(source: str, place: Place) -> str:
    text = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), source)
    if hidden_character(text) >= 0:
        raise FormulaError(
            _("This character cannot be part of a text. Remove it."),
            code="character",
            position=place.position,
            length=place.length,
        )
    return text


def _stray(text: str, at: int) -> FormulaError:
    if text[at] in "\"'":
        return FormulaError(
            _("The quotation mark that closes the text is missing."),
            code="unclosed",
            position=at,
            length=len(text) - at,
            expected=[text[at]],
        )
    return FormulaError(
        _("“%(char)s” cannot stand here. Put texts in quotation marks.") % {"char": quoted(text[at])},
        code="character",
        position=at,
    )
