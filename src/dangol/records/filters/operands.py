"""Reading the values of a condition: numbers with units, dates, periods, bare words, lists."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dangol.records.fields import Choice, Field, Locale
from dangol.records.filters.cursor import Cursor
from dangol.records.filters.lexer import END, NUMBER, STRING, WORD, Token
from dangol.records.filters.messages import Wanted
from dangol.records.filters.relative import PERSONS, UNIT_ALIASES, known, read_offset
from dangol.records.filters.tree import MAX_LIST, Relative, Scalar
from dangol.records.filters.values import NUMERIC, TEMPORAL, check_relative, read, relative_word

_BEFORE, _AFTER = frozenset({"전", "ago"}), frozenset({"뒤", "후"})


class Operands(Cursor):
    """A cursor that can read the values of a field."""

    def __init__(self, tokens: list[Token], locale: Locale) -> None:
        super().__init__(tokens)
        self.locale = locale

    def listed(self, field: Field, op: str) -> tuple[Scalar, ...]:
        if not self.is_sign("("):
            raise self.failure(
                _("Write the values in parentheses, with commas between them."), code="syntax", expected=["("]
            )
        opened = self.take()
        values: list[Scalar] = []
        while True:
            first = self.token
            values.append(self.present(self.value(field, op, inside_list=True), first))
            if len(values) > MAX_LIST:
                raise self.failure(
                    _("At most %(limit)s values fit here.") % {"limit": MAX_LIST},
                    code="too_large",
                    token=first,
                )
            if self.is_sign(")"):
                self.take()
                return tuple(dict.fromkeys(values))
            if not self.is_sign(","):
                raise self.failure(
                    _("A comma or a closing parenthesis is missing."),
                    code="parenthesis",
                    expected=[",", ")"],
                    token=opened if self.token.kind == END else None,
                )
            self.take()

    def present(self, value: Scalar | None, token: Token) -> Scalar:
        if value is None:
            raise self.failure(
                _("An empty value cannot stand here. Add “or … is empty”."),
                code="value",
                expected=["is empty"],
                token=token,
            )
        return value

    def value(self, field: Field, op: str, *, inside_list: bool = False) -> Scalar | None:
        """One value of `field`; None for `null` and for an empty text."""
        first = self.token
        if first.kind == WORD:
            return self.word_value(field, op)
        if first.kind == NUMBER or self.is_sign("-", "+"):
            moment = self.distance_in_words(field)
            if moment is not None:
                return moment
            raw = self.number_text(grouped=not inside_list)
            return self.placed(lambda: read(field, op, raw, self.locale), first)
        if first.kind == STRING:
            self.take()
            return self.placed(lambda: read(field, op, first.text, self.locale), first)
        raise self.failure(
            _("The value to compare “%(field)s” with is missing.") % {"field": field.label},
            code="value",
            expected=_examples(field),
            wanted=Wanted("value", field=field, op=op),
        )

    def word_value(self, field: Field, op: str) -> Scalar | None:
        first = self.take()
        if first.key == "null":
            return None
        if field.kind in TEMPORAL or field.kind == "reference":
            if field.kind in TEMPORAL and self.token.kind == WORD and known(f"{first.text}{self.token.text}"):
                name = relative_word(field, first.text + self.take().text)
            else:
                name = relative_word(field, first.text)
            if name is not None:
                return self.placed(lambda: check_relative(field, Relative(name, self.offset(name))), first)
        raw = first.text
        while (
            field.kind in ("choice", "multi_choice", "reference", "tags")
            and self.token.kind == WORD
            and not self.closes()
        ):
            raw = f"{raw} {self.take().text}"
        return self.placed(lambda: read(field, op, raw, self.locale), first)

    def offset(self, name: str) -> str:
        if name in PERSONS or not self.is_sign("+", "-"):
            return ""
        sign = self.take()
        if self.token.kind != NUMBER:
            raise self.failure(
                _("A number with a unit must follow, such as 30d."), code="offset", expected=["30d"]
            )
        written = self.take().text
        if written.isdigit() and self.token.kind == WORD and not self.closes():
            written += self.take().text
        return read_offset(name, sign.text, written)

    def distance_in_words(self, field: Field) -> Relative | None:
        """`30일 전`, `2h ago`: a distance from today or now; None if no such word follows."""
        first = self.token
        following = self.peek()
        if field.kind not in TEMPORAL or first.kind != NUMBER or following.kind != WORD:
            return None
        sign = "-" if following.key in _BEFORE else "+" if following.key in _AFTER else ""
        if not sign:
            return None
        self.at += 2
        unit = first.text.lstrip("0123456789")
        name = "now" if UNIT_ALIASES.get(unit, unit) in ("min", "h") else "today"
        return self.placed(
            lambda: check_relative(field, Relative(name, read_offset(name, sign, first.text))), first
        )

    def number_text(self, *, grouped: bool = True) -> str:
        """A number as written, with its sign; `1,000,000` is five tokens, joined except in lists."""
        sign = self.take().text if self.is_sign("-", "+") else ""
        if self.token.kind != NUMBER:
            raise self.failure(_("A number must follow."), code="value")
        token = self.take()
        text = token.text
        if grouped and token.text.isdigit() and len(token.text) <= 3:
            while (
                self.is_sign(",")
                and self.token.position == self.tokens[self.at - 1].end
                and self.peek().kind == NUMBER
                and self.peek().position == self.token.end
                and self.peek().text[:3].isdigit()
                and not self.peek().text[3:4].isdigit()
            ):
                self.take()
                text += self.take().text
        return f"{sign}{text}"


def _examples(field: Field) -> list[str]:
    if isinstance(field, Choice):
        return list(field.codes())
    if field.kind in TEMPORAL:
        return ["2026-11-21", "today", "this_month"]
    if field.kind in NUMERIC:
        return ["1000000", "300만"]
    if field.kind == "boolean":
        return ["true", "false"]
    return ['"…"']
