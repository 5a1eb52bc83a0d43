"""The place that a parser has reached in its tokens, with the limits and errors that belong to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext as _

from dangol.records.filters.lexer import END, SIGN, WORD, Token
from dangol.records.filters.messages import FilterError, Wanted
from dangol.records.filters.tree import MAX_NESTING, MAX_NODES

T = TypeVar("T")

AND, OR, NOT = frozenset({"and", "그리고"}), frozenset({"or", "또는"}), frozenset({"not"})


class Cursor:
    """Tokens and how far they are read."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.nesting = 0
        self.nodes = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != END:
            self.at += 1
        return token

    def is_sign(self, *signs: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == SIGN and token.text in signs

    def closes(self) -> bool:
        """Whether a condition may end here."""
        token = self.token
        return (
            token.kind == END
            or (token.kind == SIGN and token.text in (")", "&", "|"))
            or (token.kind == WORD and token.key in AND | OR)
        )

    def failure(
        self,
        message: str,
        *,
        code: str = "syntax",
        expected: list[str] | None = None,
        wanted: Wanted | None = None,
        token: Token | None = None,
    ) -> FilterError:
        place = token or self.token
        return FilterError(
            message,
            code=code,
            position=place.position,
            length=place.length,
            expected=expected or (),
            wanted=wanted,
        )

    def placed(self, act: Callable[[], T], first: Token) -> T:
        """Run `act`; an error without a place gets the source from `first` to the token taken last."""
        try:
            return act()
        except FilterError as error:
            error.position = first.position
            error.length = max(self.tokens[self.at - 1].end - first.position, 1)
            raise

    def count_node(self, token: Token) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.failure(
                _("The filter has too many conditions: at most %(limit)s.") % {"limit": MAX_NODES},
                code="too_large",
                token=token,
            )

    def deeper(self, token: Token) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.failure(
                _("The filter is nested too deeply: at most %(limit)s levels.") % {"limit": MAX_NESTING},
                code="too_deep",
                token=token,
            )
