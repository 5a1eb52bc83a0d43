"""The filter language: one notation for lists, segments, rules, API and permissions. See docs/filters.md."""

from dangol.records.filters.canonical import from_json, to_json, to_text
from dangol.records.filters.chips import Chip, to_chips
from dangol.records.filters.messages import FilterError, point
from dangol.records.filters.orm import compile  # noqa: A004 - the word of the language's users
from dangol.records.filters.parser import parse
from dangol.records.filters.suggest import Suggestion, suggest
from dangol.records.filters.tree import (
    EVERYTHING,
    All,
    And,
    Any,
    Compare,
    Count,
    NoneOf,
    Not,
    Or,
    Relative,
    Tree,
    paths,
    walk,
)

__all__ = [
    "EVERYTHING",
    "All",
    "And",
    "Any",
    "Chip",
    "Compare",
    "Count",
    "FilterError",
    "NoneOf",
    "Not",
    "Or",
    "Relative",
    "Suggestion",
    "Tree",
    "compile",
    "from_json",
    "parse",
    "paths",
    "point",
    "suggest",
    "to_chips",
    "to_json",
    "to_text",
    "walk",
]
