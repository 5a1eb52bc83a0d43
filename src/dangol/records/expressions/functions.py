"""What functions there are: called in both languages, with what they give and how they are written in SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dangol.records.expressions.nodes import Place
from dangol.records.expressions.tree import Checked
from dangol.records.fields.base import Label

Rule = Callable[[Sequence[Checked], Place], Checked]
MANY = 30


@dataclass(frozen=True, slots=True)
class Function:
    """`low` to `high` arguments; `shown` is how it is written, `help` what it gives."""

    name: str
    korean: str
    low: int
    high: int
    shown: str
    help: Label
    rule: Rule


FUNCTIONS: dict[str, Function] = {}
NAMES: dict[str, Function] = {}


def function(name: str, korean: str, low: int, high: int, shown: str, text: Label) -> Callable[[Rule], Rule]:
    """Decorator: make a function known under both names."""

    def keep(rule: Rule) -> Rule:
        found = Function(name, korean, low, high, shown, text, rule)
        FUNCTIONS[name] = NAMES[name] = NAMES[korean] = found
        return rule

    return keep
