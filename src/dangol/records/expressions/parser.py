"""Tokens → syntax, by recursive descent.

or      := and ("or" and)*
and     := not ("and" not)*
not     := "not" not | compared
compared:= joined [op joined | ["not"] "in" "(" list ")" | "is" ["not"] "empty"]
joined  := sum ("&" sum)*
sum     := term (("+" | "-") term)*
term    := signed (("*" | "/") signed)*
signed  := "-" signed | atom
atom    := literal | "(" or ")" | function "(" list ")" | name ("." name)*
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.lexer import DATE, END, NUMBER, SIGN, STRING, WORD, Token, tokens
from dangol.records.expressions.nodes import MAX_DEPTH, MAX_NODES, Call, Literal, Name, Node, Place
from dangol.records.filters.messages import quoted
from dangol.records.filters.names import Part
from dangol.records.filters.values import amount

OR, AND, NOT = frozenset({"or", "또는"}), frozenset({"and", "그리고"}), frozenset({"not"})
IN, IS, EMPTY = frozenset({"in"}), frozenset({"is"}), frozenset({"empty", "null"})
CONSTANTS = {"true": True, "false": False, "참": True, "거짓": False}
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_WORDS = OR | AND | NOT | IN | IS | EMPTY | CONSTANTS.keys()


def parse(text: str) -> Node:
    """The syntax of a formula. Raises FormulaError."""
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.depth = 0
        self.count = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.token
        if token.kind != END:
            self.at += 1
        return token

    def sign(self, *signs: str) -> bool:
        return self.token.kind == SIGN and self.token.text in signs

    def word(self, words: frozenset[str]) -> bool:
        return self.token.key in words

    def failure(
        self, message: str, *expected: str, code: str = "syntax", place: Place | None = None
    ) -> FormulaError:
        where = place or self.token.place
        return FormulaError(
            message, code=code, position=where.position, length=where.length, expected=expected
        )

    def made(self, name: str, *arguments: Node, place: Place | None = None) -> Call:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.failure(
                _("The formula has too many parts: at most %(limit)s.") % {"limit": MAX_NODES},
                code="too_large",
            )
        return Call(name, arguments, place or arguments[0].place.to(arguments[-1].place))

    def whole(self) -> Node:
        if self.token.kind == END:
            raise self.failure(_("Enter a formula."))
        found = self.either()
        if self.token.kind != END:
            raise self.failure(
                _("“%(text)s” is not expected here.") % {"text": quoted(self.token.text)},
                "+", "-", "*", "/", "&", "and", "or",
            )  # fmt: skip
        return found

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.failure(
                _("The formula is nested too deeply: at most %(limit)s levels.") % {"limit": MAX_DEPTH},
                code="too_deep",
            )
        found = self.both()
        while self.word(OR) or self.sign("||", "|"):
            self.take()
            found = self.made("or", found, self.both())
        self.depth -= 1
        return found

    def both(self) -> Node:
        found = self.negated()
        while self.word(AND) or self.sign("&&"):
            self.take()
            found = self.made("and", found, self.negated())
        return found

    def negated(self) -> Node:
        signs = []
        while self.word(NOT) or self.sign("!"):
            signs.append(self.take())
        found = self.compared()
        for token in reversed(signs):
            found = self.made("not", found, place=token.place.to(found.place))
        return found

    def compared(self) -> Node:
        left = self.joined()
        if self.sign(*COMPARISONS):
            op = self.take().text
            found = self.made(op, left, self.joined())
            if self.sign(*COMPARISONS):
                raise self.failure(_("Comparisons do not follow each other: join them with “and”."), "and")
            return found
        if self.word(IS):
            self.take()
            negative = self.word(NOT)
            if negative:
                self.take()
            if not self.word(EMPTY):
                raise self.failure(_("“is” is followed by “empty” or “not empty”."), "empty", "not empty")
            place = left.place.to(self.take().place)
            found = self.made("is empty", left, place=place)
            return self.made("not", found, place=place) if negative else found
        negative = self.word(NOT) and self.tokens[self.at + 1].key in IN
        if negative:
            self.take()
        if self.word(IN):
            self.take()
            arguments, last = self.listed()
            found = self.made("in", left, *arguments, place=left.place.to(last))
            return self.made("not", found, place=found.place) if negative else found
        return left

    def joined(self) -> Node:
        found = self.sum()
        while self.sign("&"):
            self.take()
            found = self.made("&", found, self.sum())
        return found

    def sum(self) -> Node:
        found = self.term()
        while self.sign("+", "-"):
            op = self.take().text
            found = self.made(op, found, self.term())
        return found

    def term(self) -> Node:
        found = self.signed()
        while self.sign("*", "/"):
            op = self.take().text
            found = self.made(op, found, self.signed())
        return found

    def signed(self) -> Node:
        signs = []
        while self.sign("-", "+"):
            signs.append(self.take())
        found = self.atom()
        for token in reversed(signs):
            if token.text == "-":
                found = self.made("unary -", found, place=token.place.to(found.place))
        return found

    def atom(self) -> Node:
        token = self.take()
        if token.kind == NUMBER:
            return Literal(self.number(token), token.place)
        if token.kind == STRING:
            return Literal(token.text, token.place)
        if token.kind == DATE:
            return Literal(self.day(token), token.place)
        if token.kind == WORD:
            return self.worded(token)
        if token.kind == SIGN and token.text == "(":
            found = self.either()
            if not self.sign(")"):
                raise self.failure(_("A closing parenthesis is missing."), ")", code="parenthesis")
            self.take()
            return found
        raise self.failure(
            _("A value is missing here: a field, a number, a text or a function."), place=token.place
        )

    def worded(self, token: Token) -> Node:
        if self.sign("(") and not token.bracketed and token.key not in _WORDS:
            arguments, last = self.listed()
            return self.made(token.text, *arguments, place=token.place.to(last))
        if token.key in CONSTANTS:
            return Literal(CONSTANTS[token.key], token.place)
        if token.key in EMPTY:
            return Literal(None, token.place)
        if token.key in _WORDS:
            raise self.failure(
                _("A value is missing here: a field, a number, a text or a function."), place=token.place
            )
        parts = [Part(token.text, token.place.position, token.place.length)]
        last = token.place
        while self.sign("."):
            self.take()
            if self.token.kind != WORD:
                raise self.failure(_("The name of a field must follow the dot."))
            following = self.take()
            last = following.place
            parts.append(Part(following.text, last.position, last.length))
        self.count += 1
        return Name(tuple(parts), token.place.to(last))

    def listed(self) -> tuple[list[Node], Place]:
        """What stands in parentheses, with commas between, and where they close."""
        if not self.sign("("):
            raise self.failure(
                _("Write the values in parentheses, with commas between them."), "(", code="parenthesis"
            )
        opened = self.take()
        found: list[Node] = []
        if self.sign(")"):
            return found, self.take().place
        while True:
            found.append(self.either())
            if self.sign(")"):
                return found, self.take().place
            if not self.sign(","):
                raise self.failure(
                    _("A comma or a closing parenthesis is missing."),
                    ",", ")",
                    code="parenthesis",
                    place=opened.place if self.token.kind == END else None,
                )  # fmt: skip
            self.take()

    def number(self, token: Token) -> Decimal:
        share = token.text.endswith("%")
        found = amount(token.text.removesuffix("%"))
        if found is None:
            raise self.failure(
                _("“%(value)s” is not a number. Write 1000000, 300만 or 1.2억, and no commas.")
                % {"value": quoted(token.text)},
                code="value",
                place=token.place,
            )
        return found / 100 if share else found

    def day(self, token: Token) -> dt.date:
        try:
            return dt.date.fromisoformat(token.text)
        except ValueError:
            raise self.failure(
                _("There is no such day. Write a date as 2026-11-21."), code="value", place=token.place
            ) from None
