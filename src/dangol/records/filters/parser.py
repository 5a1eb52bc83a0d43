"""Text → tree, by recursive descent. Every error names the character and what would be right there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.records import fieldrules
from dangol.records.fields import Field, Locale
from dangol.records.filters import lexer
from dangol.records.filters.cursor import AND, NOT, OR
from dangol.records.filters.lexer import END, NUMBER, SIGN, WORD, Token
from dangol.records.filters.messages import FilterError, Wanted, did_you_mean, nearest
from dangol.records.filters.names import Part, Resolved, allowed_operators, record_type_named, resolve
from dangol.records.filters.operands import Operands
from dangol.records.filters.tree import (
    COUNT_OPERATORS,
    EVERYTHING,
    All,
    And,
    Any,
    Compare,
    Count,
    NoneOf,
    Not,
    Or,
    Tree,
)
from dangol.records.filters.values import (
    amount,
    condition,
)

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

_OPERATOR_WORDS = frozenset({"in", "not", "contains", "starts", "ends", "is", "between"})
_QUANTIFIERS: dict[str, type[Any | All | NoneOf]] = {"any": Any, "all": All, "none": NoneOf}
_LONGEST_LABEL = 4


def locale_of(actor: Actor | None) -> Locale:
    """How an actor writes values; Korean in Seoul for nobody in particular."""
    return Locale(actor.language, ZoneInfo(actor.time_zone)) if actor is not None else Locale()


def parse(text: str, record_type: RecordType, *, actor: Actor | None = None) -> Tree:
    """Read the text form of a filter on `record_type`.

    Names, operators and values are checked here, so that a tree can always be compiled. `actor` gives the
    language and time zone of the values written; fields that are hidden from that person are unknown. An empty text is
    `EVERYTHING`. Raises FilterError. No queries.
    """
    return _Parser(text, fieldrules.seen_by(actor, record_type), locale_of(actor)).whole()


class _Parser(Operands):
    def __init__(self, text: str, record_type: RecordType, locale: Locale) -> None:
        super().__init__(lexer.tokens(text), locale)
        self.record_type = record_type
        self.walks = 0

    # structure

    def whole(self) -> Tree:
        if self.token.kind == END:
            return EVERYTHING
        tree = self.either()
        if self.token.kind != END:
            raise self.unexpected_after_condition()
        return tree

    def unexpected_after_condition(self) -> FilterError:
        token = self.token
        if self.is_sign(")"):
            return self.failure(
                _("This parenthesis closes nothing."), code="parenthesis", expected=["and", "or"]
            )
        expected = ["and", "or", ")"] if self.nesting else ["and", "or"]
        message = _("Join conditions with “and” or “or”.")
        if token.kind == WORD and self.tokens[self.at - 1].kind == WORD:
            message += " " + _("Put a value of several words in quotation marks.")
        return self.failure(
            message, code="connective", expected=expected, wanted=Wanted("connective", open=self.nesting)
        )

    def either(self) -> Tree:
        nodes = [self.both()]
        while self.is_sign("|") or (self.token.kind == WORD and self.token.key in OR):
            self.take()
            nodes.append(self.both())
        return Or.of(*nodes)

    def both(self) -> Tree:
        nodes = [self.single()]
        while self.is_sign("&") or (self.token.kind == WORD and self.token.key in AND):
            self.take()
            nodes.append(self.single())
        return And.of(*nodes)

    def single(self) -> Tree:
        token = self.token
        if self.is_sign("!") or (token.kind == WORD and token.key in NOT):
            self.take()
            self.count_node(token)
            # "not (" is one level, as it is in the canonical text.
            level = 0 if self.is_sign("(") else 1
            if level:
                self.deeper(token)
            node = Not(self.single())
            self.nesting -= level
            return node
        if self.is_sign("("):
            self.take()
            self.deeper(token)
            tree = self.either()
            self.close(token)
            return tree
        return self.condition()

    def close(self, opened: Token) -> None:
        if self.is_sign(")"):
            self.take()
            self.nesting -= 1
            return
        if self.token.kind == END:
            raise FilterError(
                _("This parenthesis is not closed."),
                code="parenthesis",
                position=opened.position,
                length=opened.length,
                expected=["and", "or", ")"],
                wanted=Wanted("connective", open=self.nesting),
            )
        raise self.unexpected_after_condition()

    # conditions

    def condition(self) -> Tree:
        first = self.token
        if first.kind != WORD:
            raise self.failure(
                _("A condition begins with the name of a field."),
                code="field",
                expected=list(self.record_type.fields),
                wanted=Wanted("field", self.record_type),
            )
        self.count_node(first)
        parts = self.parts()
        quantifier = parts[-1].text.casefold()
        if len(parts) > 1 and (quantifier in _QUANTIFIERS or quantifier == "count"):
            related = self.related(parts, quantifier)
            if related is not None:
                return related
        return self.compare(self.field_of(parts))

    def parts(self) -> list[Part]:
        parts = [self.part()]
        while self.is_sign("."):
            self.take()
            if self.token.kind not in (WORD, NUMBER):
                raise self.failure(
                    _("The name of a field is missing after the dot."),
                    code="field",
                    wanted=self.wanted_behind(parts),
                )
            parts.append(self.part())
        return parts

    def part(self) -> Part:
        token = self.take()
        return Part(token.text, token.position, token.length)

    def wanted_behind(self, parts: list[Part]) -> Wanted | None:
        try:
            found = resolve(parts, self.record_type, self.walks)
        except FilterError:
            return None
        if found.relation is not None:
            return Wanted("relation condition")
        target = getattr(found.field, "target", None)
        known = record_type_named(target) if target else None
        return (
            Wanted("field", fieldrules.akin(found.record_type, known) if known else None) if target else None
        )

    def field_of(self, parts: list[Part]) -> Resolved:
        """Resolve; a label of several words (`다음 연락`) may go on in the words that follow."""
        try:
            return resolve(parts, self.record_type, self.walks)
        except FilterError:
            longer = list(parts)
            for ahead in range(_LONGEST_LABEL - 1):
                token = self.peek(ahead)
                if token.kind != WORD or token.key in _OPERATOR_WORDS | AND | OR:
                    break
                last = longer[-1]
                longer[-1] = Part(f"{last.text} {token.text}", last.position, token.end - last.position)
                try:
                    found = resolve(longer, self.record_type, self.walks)
                except FilterError:
                    continue
                self.at += ahead + 1
                return found
            raise

    def related(self, parts: list[Part], quantifier: str) -> Tree | None:
        """`orders.any(…)`, `orders.count >= 3`; None if the path ends in an ordinary field of that name."""
        try:
            found = resolve(parts[:-1], self.record_type, self.walks, many=True)
        except FilterError as error:
            if error.code in ("unknown_field", "relation", "not_a_reference") and not self.is_sign("("):
                return None
            raise
        if found.relation is None:
            return None
        target = record_type_named(found.relation.target)
        if target is None:
            return None
        target = fieldrules.akin(found.record_type, target)
        where: Tree = EVERYTHING
        if self.is_sign("("):
            where = self.inside(target, len(found.path))
        elif quantifier != "count":
            raise self.failure(
                _("Write the condition on the related records in parentheses."),
                code="relation",
                expected=["("],
            )
        if quantifier != "count":
            return _QUANTIFIERS[quantifier](found.path, where)
        op = self.token
        if op.kind != SIGN or op.text not in COUNT_OPERATORS:
            raise self.failure(
                _("Compare the count with a number."),
                code="operator",
                expected=list(COUNT_OPERATORS),
                wanted=Wanted("operator", op="count"),
            )
        self.take()
        first = self.token
        number = amount(self.number_text()) if first.kind == NUMBER else None
        if number is None or number != number.to_integral_value() or number > 10**9:
            raise self.failure(_("Write a whole number of at most 1,000,000,000."), code="value", token=first)
        return Count(found.path, op.text, int(number), where)

    def inside(self, target: RecordType, walks: int) -> Tree:
        opened = self.take()
        self.deeper(opened)
        outer = self.record_type, self.walks
        self.record_type, self.walks = target, self.walks + walks
        where = EVERYTHING if self.is_sign(")") else self.either()
        self.close(opened)
        self.record_type, self.walks = outer
        return where

    def compare(self, found: Resolved) -> Tree:
        field = found.field
        if field is None:
            name = ".".join(found.path)
            raise self.failure(
                _("“%(name)s” are many records: write %(name)s.any(…), .all(…), .none(…) or .count.")
                % {"name": name},
                code="relation",
                expected=[f"{name}.{word}" for word in (*_QUANTIFIERS, "count")],
                token=self.tokens[self.at - 1],
            )
        if field.kind == "boolean" and self.closes():
            return Compare(found.path, "=", True)
        op = self.operator(field)
        if op in ("is empty", "is not empty"):
            return Compare(found.path, op)
        if op in ("in", "not in"):
            return Compare(found.path, op, self.listed(field, op))
        if op == "between":
            first = self.token
            low = self.value(field, op)
            if not (self.token.kind == WORD and self.token.key in AND) and not self.is_sign("&"):
                raise self.failure(
                    _("“between” takes two values joined with “and”."), code="syntax", expected=["and"]
                )
            self.take()
            return Compare(
                found.path, op, (self.present(low, first), self.present(self.value(field, op), first))
            )
        first = self.token
        value = self.value(field, op)
        return self.placed(lambda: condition(found.path, field, op, value), first)

    def operator(self, field: Field) -> str:
        allowed = allowed_operators(field)
        first = self.take()
        op = ""
        if first.kind == SIGN:
            op = first.text if first.text in ("=", "!=", "<", "<=", ">", ">=") else ""
        elif first.kind == WORD:
            op = self.operator_words(first)
        if op in allowed:
            return op
        wanted = Wanted("operator", field=field)
        if op:
            raise self.failure_from(
                first,
                _("“%(field)s” cannot be compared with “%(op)s”. Possible: %(allowed)s.")
                % {"field": field.label, "op": op, "allowed": ", ".join(allowed)},
                allowed,
                wanted,
            )
        close = nearest(first.text, allowed) if first.kind == WORD else []
        raise self.failure(
            _("After “%(field)s” a comparison must follow: %(allowed)s.")
            % {"field": field.label, "allowed": ", ".join(allowed)}
            + did_you_mean(close),
            code="operator",
            expected=close or allowed,
            wanted=wanted,
            token=first,
        )

    def operator_words(self, first: Token) -> str:
        """The operator that begins with the word `first`, which is taken already; empty if none does."""

        def follows(*words: str) -> bool:
            if self.token.kind == WORD and self.token.key in words:
                self.take()
                return True
            return False

        match first.key:
            case "in" | "contains" | "between":
                return first.key
            case "any":  # tags any of (…)
                return "in" if follows("of") else ""
            case "not":
                return "not in" if follows("in") else "not contains" if follows("contains") else ""
            case "starts" | "ends":
                return f"{first.key} with" if follows("with") else ""
            case "is":
                if follows("not"):
                    return "is not empty" if follows("empty", "null") else ""
                return "is empty" if follows("empty", "null") else ""
        return ""

    def failure_from(self, first: Token, message: str, expected: list[str], wanted: Wanted) -> FilterError:
        return FilterError(
            message,
            code="operator",
            position=first.position,
            length=self.tokens[self.at - 1].end - first.position,
            expected=expected,
            wanted=wanted,
        )
