"""Why a customer is thought to leave: codes with a figure, told in words on pages, in tasks and in exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import reduce
from html import escape
from operator import or_
from typing import Any, Final

from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.measures.fields import ScoreField
from dangol.records.fields import MultiChoice
from dangol.records.fields.base import EMPTY_MARK, Locale
from dangol.web import formats

LABELS: Final[Mapping[str, str | Promise]] = {
    "silent": gettext_lazy("Silent for long"),
    "late": gettext_lazy("Later than usual"),
    "rarer": gettext_lazy("Buys less often"),
    "spend": gettext_lazy("Spends less"),
    "gap": gettext_lazy("Last gap was longer"),
    "basket": gettext_lazy("Last purchase was smaller"),
    "back": gettext_lazy("Brought much back"),
    "recent": gettext_lazy("Few purchases lately"),
    "count": gettext_lazy("Few purchases in all"),
    "age": gettext_lazy("How long a customer"),
}


class Reason(str):
    """The code of a reason, with its figure."""

    __slots__ = ("figure",)
    figure: Decimal

    @classmethod
    def of(cls, text: str) -> Reason | None:
        """From `code:figure`; None for what is no reason of ours (any more)."""
        code, _colon, figure = text.partition(":")
        if code not in LABELS:
            return None
        found = cls(code)
        try:
            found.figure = Decimal(figure)
        except InvalidOperation:
            return None
        return found


def parsed(label: str) -> tuple[Reason, ...]:
    """The reasons that a score keeps, the strongest first."""
    return tuple(one for one in map(Reason.of, label.split(",")) if one is not None)


def words(one: Reason, language: str) -> str:
    """A reason with its figure: "order gap × 2.7"."""
    with translation.override(language):
        return _WORDS[str(one)](one.figure, language)


def told(label: str, language: str) -> str:
    """All reasons of a score in one line; empty where none was found."""
    return " · ".join(words(one, language) for one in parsed(label))


def _number(value: Decimal, language: str) -> str:
    return formats.number(value, language)


def _times(value: Decimal, language: str) -> str:
    return formats.number(value.quantize(Decimal("0.1")), language)


def _change(value: Decimal, language: str) -> str:
    """A ratio as the change it means: 0.4 is −60 %."""
    return formats.percent(value - 1, language, 0, sign=True)


_WORDS: Final[Mapping[str, Callable[[Decimal, str], str]]] = {
    "silent": lambda value, language: _("no order for %(n)s days") % {"n": _number(value, language)},
    "late": lambda value, language: _("%(n)s times the usual gap") % {"n": _times(value, language)},
    "rarer": lambda value, language: _("purchases %(change)s") % {"change": _change(value, language)},
    "spend": lambda value, language: _("spend %(change)s") % {"change": _change(value, language)},
    "gap": lambda value, language: _("last gap %(n)s times the usual") % {"n": _times(value, language)},
    "basket": lambda value, language: _("last purchase %(change)s") % {"change": _change(value, language)},
    "back": lambda value, language: _("brought back %(share)s") % {"share": formats.percent(value, language, 0)},
    "recent": lambda value, language: _("only %(n)s purchases lately") % {"n": _number(value, language)},
    "count": lambda value, language: _("%(n)s purchases so far") % {"n": _number(value, language)},
    "age": lambda value, language: _("a customer for %(n)s days") % {"n": _number(value, language)},
}  # fmt: skip


class ScoreReasons(ScoreField, MultiChoice):
    """The reasons of a score: filtered by code, shown with their figures."""

    score_column = "label"

    def value_of(self, columns: Sequence[Any]) -> Any:
        return parsed(columns[0] or "") or None

    def q(self, op: str, value: Any, path: str = "") -> Q:
        if op in ("is empty", "is not empty"):
            return super().q(op, value, path)
        if op.startswith("not "):
            return ~self.q(op.removeprefix("not "), value, path)
        codes = list(value) if op == "in" else [value]
        # A code is followed by its figure, and is no end of another one's.
        any_of = reduce(or_, (Q(label__contains=f"{code}:") for code in codes), Q(pk__in=[]))
        return Q(**{f"{path}pk__in": self.scores().filter(any_of).values("record_id")})

    def to_json(self, value: Any) -> Any:
        return [str(one) for one in value] if value else None

    def text(self, value: Any, locale: Locale) -> str:
        if isinstance(value, str) and not isinstance(value, Reason):
            return super().text(value, locale)
        return ", ".join(_text(one, locale) for one in ((value,) if isinstance(value, str) else value or ()))

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        return SafeString(" · ".join(escape(_text(one, locale)) for one in value))


def _text(one: str, locale: Locale) -> str:
    if isinstance(one, Reason):
        return words(one, locale.language)
    with translation.override(locale.language):
        return str(LABELS[one])
