"""Functions that choose, and those of numbers and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records.expressions import typing
from dangol.records.expressions.functions import MANY, Rule, function
from dangol.records.expressions.kinds import (
    CHOICE,
    CHOICES,
    DATE,
    DATETIME,
    NUMBER,
    PLAIN_NUMBER,
    PLAIN_TEXT,
    TEXT,
    TRUTH,
)
from dangol.records.expressions.nodes import Place
from dangol.records.expressions.operators import LONGEST, joined
from dangol.records.expressions.tree import Apply, Checked, Constant
from dangol.records.fields import Choice, MultiChoice


def _whole(part: Checked, low: int, high: int) -> int:
    if isinstance(part, Constant) and isinstance(part.value, Decimal) and part.value == int(part.value):
        value = int(part.value)
        if low <= value <= high:
            return value
    raise typing.failure(
        part, _("Write a whole number from %(low)s to %(high)s here.") % {"low": low, "high": high}, str(low)
    )


# choosing


@function(
    "if",
    "만약",
    3,
    MANY,
    "if(a > 0, a, 0)",
    gettext_lazy("The value behind the first condition that holds; the last one where none does"),
)
def _if(parts: Sequence[Checked], place: Place) -> Checked:
    if len(parts) % 2 == 0:
        raise typing.failure(
            place, _("if(condition, value, …, otherwise): the value for all other cases is missing.")
        )
    values, kind = typing.alike([*parts[1::2], parts[-1]])
    ordered: list[Checked] = []
    for condition, value in zip(parts[:-1:2], values[:-1], strict=True):
        ordered += [typing.truth(condition), value]
    pieces = ["CASE WHEN ", " THEN ", *[" WHEN ", " THEN "] * (len(values) - 2), " ELSE ", " END"]
    return Apply(tuple(pieces), (*ordered, values[-1]), kind, place)


@function("coalesce", "값", 2, MANY, "coalesce(a, b, 0)", gettext_lazy("The first value that is not empty"))
def _coalesce(parts: Sequence[Checked], place: Place) -> Checked:
    values, kind = typing.alike(parts)
    if kind.name == TEXT:
        pieces = ("COALESCE(nullif(", *[", ''), nullif("] * (len(values) - 1), ", ''))")
    else:
        pieces = ("COALESCE(", *[", "] * (len(values) - 1), ")")
    return Apply(pieces, tuple(values), kind, place)


def _extreme(sql: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        values, kind = typing.alike(parts)
        if kind.name not in (NUMBER, DATE, DATETIME):
            raise typing.failure(parts[0], _("Only numbers and dates have a smallest and a largest."))
        return Apply((f"{sql}(", *[", "] * (len(values) - 1), ")"), tuple(values), kind, place)

    return rule


function("min", "최소", 2, MANY, "min(a, b)", gettext_lazy("The smallest; empty ones do not count"))(
    _extreme("LEAST")
)
function("max", "최대", 2, MANY, "max(a, b)", gettext_lazy("The largest; empty ones do not count"))(
    _extreme("GREATEST")
)

# numbers


@function(
    "round",
    "반올림",
    1,
    2,
    "round(a / 3, 1)",
    gettext_lazy("Rounded to so many decimal places, half away from zero"),
)
def _round(parts: Sequence[Checked], place: Place) -> Checked:
    value = typing.number(parts[0])
    places = _whole(parts[1], 0, 10) if len(parts) == 2 else 0
    return Apply(("round(", f", {places})"), (value,), value.kind, place)


def _of_number(sql: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        value = typing.number(parts[0])
        return Apply((f"{sql}(", ")"), (value,), value.kind, place)

    return rule


function("floor", "내림", 1, 1, "floor(a)", gettext_lazy("The next whole number below"))(_of_number("floor"))
function("ceil", "올림", 1, 1, "ceil(a)", gettext_lazy("The next whole number above"))(_of_number("ceil"))
function("abs", "절댓값", 1, 1, "abs(a)", gettext_lazy("The number without its sign"))(_of_number("abs"))


@function("mod", "나머지", 2, 2, "mod(a, 7)", gettext_lazy("What a division leaves"))
def _mod(parts: Sequence[Checked], place: Place) -> Checked:
    values = tuple(typing.plain(typing.number(part)) for part in parts)
    return Apply(("mod(", ", nullif(", ", 0))"), values, PLAIN_NUMBER, place)


@function(
    "number",
    "숫자",
    1,
    1,
    'number("12")',
    gettext_lazy("A text as a number, where it is one; an amount without its currency"),
)
def _number(parts: Sequence[Checked], place: Place) -> Checked:
    if parts[0].kind.name == NUMBER:
        return typing.plain(parts[0])
    return Apply(("dangol_read_number(", ")"), (typing.text(parts[0]),), PLAIN_NUMBER, place)


# texts


@function("concat", "연결", 1, MANY, 'concat(a, "-", b)', gettext_lazy("Texts behind each other, as & does"))
def _concat(parts: Sequence[Checked], place: Place) -> Checked:
    return joined(parts, place)


def _of_text(sql: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        return Apply((f"{sql}(", "::text)"), (typing.text(parts[0]),), PLAIN_TEXT, place)

    return rule


function("upper", "대문자", 1, 1, "upper(a)", gettext_lazy("In capital letters"))(_of_text("upper"))
function("lower", "소문자", 1, 1, "lower(a)", gettext_lazy("In small letters"))(_of_text("lower"))
function("trim", "공백제거", 1, 1, "trim(a)", gettext_lazy("Without blanks at both ends"))(_of_text("btrim"))


@function("length", "글자수", 1, 1, "length(a)", gettext_lazy("How many characters"))
def _length(parts: Sequence[Checked], place: Place) -> Checked:
    return Apply(("char_length(", "::text)::numeric"), (typing.text(parts[0]),), PLAIN_NUMBER, place)


def _side(sql: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        count = typing.number(parts[1])
        pieces = (f"{sql}(", "::text, LEAST(GREATEST(trunc(", f"), 0), {LONGEST})::integer)")
        return Apply(pieces, (typing.text(parts[0]), count), PLAIN_TEXT, place)

    return rule


function("left", "왼쪽", 2, 2, "left(a, 2)", gettext_lazy("The first characters"))(_side("left"))
function("right", "오른쪽", 2, 2, "right(a, 4)", gettext_lazy("The last characters"))(_side("right"))


@function("mid", "중간", 3, 3, "mid(a, 3, 2)", gettext_lazy("So many characters from the third, for example"))
def _mid(parts: Sequence[Checked], place: Place) -> Checked:
    whole = (typing.text(parts[0]), typing.number(parts[1]), typing.number(parts[2]))
    pieces = (
        "substr(",
        "::text, LEAST(GREATEST(trunc(",
        f"), 1), {LONGEST})::integer, LEAST(GREATEST(trunc(",
        f"), 0), {LONGEST})::integer)",
    )
    return Apply(pieces, whole, PLAIN_TEXT, place)


@function("replace", "바꾸기", 3, 3, 'replace(a, "-", "")', gettext_lazy("With another text in place of one"))
def _replace(parts: Sequence[Checked], place: Place) -> Checked:
    texts = tuple(typing.text(part) for part in parts)
    pieces = ("left(replace(", "::text, COALESCE(", "::text, ''), COALESCE(", f"::text, '')), {LONGEST})")
    return Apply(pieces, texts, PLAIN_TEXT, place)


@function(
    "contains",
    "포함",
    2,
    2,
    'contains(a, "VIP")',
    gettext_lazy("Whether a text stands inside, or one of several choices is taken"),
)
def _contains(parts: Sequence[Checked], place: Place) -> Checked:
    if parts[0].kind.name == CHOICES:
        code = _code_of_several(parts[0], parts[1])
        return Apply(("COALESCE(jsonb_exists(", ", ", "::text), false)"), (parts[0], code), TRUTH, place)
    texts = tuple(typing.text(part) for part in parts)
    return Apply(
        ("COALESCE(strpos(upper(", "::text), upper(nullif(", "::text, ''))) > 0, false)"), texts, TRUTH, place
    )


def _code_of_several(choices: Checked, one: Checked) -> Checked:
    field = choices.kind.field
    assert isinstance(field, MultiChoice)
    inner = Choice(field.name, label=field.label, choices=field.choices)
    return typing.coded(one, replace(choices.kind, name=CHOICE, field=inner))


@function("starts_with", "시작", 2, 2, 'starts_with(a, "02")', gettext_lazy("Whether a text begins so"))
def _starts_with(parts: Sequence[Checked], place: Place) -> Checked:
    texts = tuple(typing.text(part) for part in parts)
    return Apply(
        ("COALESCE(starts_with(upper(", "::text), upper(nullif(", "::text, ''))), false)"),
        texts,
        TRUTH,
        place,
    )


@function(
    "label", "이름", 1, 1, "label(state)", gettext_lazy("The name of a choice, in the reader's language")
)
def _label(parts: Sequence[Checked], place: Place) -> Checked:
    field = parts[0].kind.field
    if parts[0].kind.name != CHOICE or not isinstance(field, Choice):
        raise typing.failure(parts[0], _("Only choices have a name and a code."))
    # Which language it is shows when it is read; the pieces are written then (`building.labelled`).
    return Apply(("label", ""), (parts[0],), PLAIN_TEXT, place, fixed=False)


@function("code", "코드", 1, 1, "code(state)", gettext_lazy("The code of a choice"))
def _code(parts: Sequence[Checked], place: Place) -> Checked:
    if parts[0].kind.name != CHOICE:
        raise typing.failure(parts[0], _("Only choices have a name and a code."))
    return Apply(("(", ")"), (parts[0],), PLAIN_TEXT, place)
