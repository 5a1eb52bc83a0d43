"""One tree ↔ one canonical text and one canonical JSON. Relative moments stay relative."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar
from typing import Any as Anything

from django.utils.translation import gettext as _

from dangol.records import fieldrules
from dangol.records.fields import Field, Locale
from dangol.records.filters.lexer import hidden_character
from dangol.records.filters.messages import FilterError
from dangol.records.filters.names import Part, Resolved, allowed_operators, record_type_named, resolve
from dangol.records.filters.parser import locale_of
from dangol.records.filters.relative import from_words
from dangol.records.filters.tree import (
    COUNT_OPERATORS,
    EVERYTHING,
    MAX_LIST,
    MAX_NESTING,
    MAX_NODES,
    All,
    And,
    Any,
    Compare,
    Count,
    NoneOf,
    Not,
    Or,
    Path,
    Relative,
    Scalar,
    Tree,
    nesting,
)
from dangol.records.filters.values import check_relative, condition, read

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

T = TypeVar("T")

_RELATED: dict[str, type[Any | All | NoneOf]] = {"any": Any, "all": All, "none": NoneOf}
_UNSAFE = re.compile(r'["\\]|[^ -~가-힣]')
_LARGEST_JSON_INTEGER = 2**53
_MAX_STRING = 10_000


# text


def to_text(tree: Tree) -> str:
    """The canonical text: declared names, quoted texts, plain digits, times in UTC. `parse` reads it back."""
    return "" if tree == EVERYTHING else _text(tree)


def _text(tree: Tree) -> str:
    match tree:
        case And(nodes):
            return " and ".join(f"({_text(node)})" if isinstance(node, Or) else _text(node) for node in nodes)
        case Or(nodes):
            return " or ".join(_text(node) for node in nodes)
        case Not(node):
            return f"not {_text(node)}" if isinstance(node, Any | All | NoneOf) else f"not ({_text(node)})"
        case Any(path, where):
            return f"{'.'.join(path)}.any({to_text(where)})"
        case All(path, where):
            return f"{'.'.join(path)}.all({to_text(where)})"
        case NoneOf(path, where):
            return f"{'.'.join(path)}.none({to_text(where)})"
        case Count(path, op, value, where):
            inner = "" if where == EVERYTHING else f"({to_text(where)})"
            return f"{'.'.join(path)}.count{inner} {op} {value}"
        case Compare(path, op, value):
            name = ".".join(path)
            if value is None:
                return f"{name} {op}"
            if not isinstance(value, tuple):
                return f"{name} {op} {value_text(value)}"
            if op == "between":
                return f"{name} between {value_text(value[0])} and {value_text(value[1])}"
            return f"{name} {op} ({', '.join(value_text(item) for item in value)})"
    raise TypeError(f"not a filter: {tree!r}")


def value_text(value: Scalar) -> str:
    """One value as the text form writes it."""
    match value:
        case Relative(name, offset):
            return f"{name} {offset[0]} {offset[1:]}" if offset else name
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{_UNSAFE.sub(_escaped, value)}"'
        case dt.datetime():
            return _moment(value)
        case dt.date():
            return value.isoformat()
    return _number(value)


def _number(value: float | Decimal) -> str:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() or ord(char) > 0xFFFF else f"\\u{ord(char):04x}"


# JSON


def to_json(tree: Tree) -> dict[str, Anything]:
    """The canonical JSON form, made of dicts, lists, strings, integers and booleans.

    Numbers that JSON readers would round (fractions, more than 2⁵³) are strings.
    """
    match tree:
        case And(nodes):
            return {"and": [to_json(node) for node in nodes]}
        case Or(nodes):
            return {"or": [to_json(node) for node in nodes]}
        case Not(node):
            return {"not": to_json(node)}
        case Any(path, where):
            return {"any": ".".join(path), "where": to_json(where)}
        case All(path, where):
            return {"all": ".".join(path), "where": to_json(where)}
        case NoneOf(path, where):
            return {"none": ".".join(path), "where": to_json(where)}
        case Count(path, op, value, where):
            return {"count": ".".join(path), "op": op, "value": value, "where": to_json(where)}
        case Compare(path, op, value):
            found: dict[str, Anything] = {"field": ".".join(path), "op": op}
            if isinstance(value, tuple):
                found["value"] = [_json_value(item) for item in value]
            elif value is not None:
                found["value"] = _json_value(value)
            return found
    raise TypeError(f"not a filter: {tree!r}")


def _json_value(value: Scalar) -> Anything:
    match value:
        case Relative(name, offset):
            return {"relative": name, "offset": offset} if offset else {"relative": name}
        case bool() | str():
            return value
        case dt.datetime():
            return _moment(value)
        case dt.date():
            return value.isoformat()
    text = _number(value)
    return text if "." in text or abs(int(text)) > _LARGEST_JSON_INTEGER else int(text)


def from_json(data: Anything, record_type: RecordType, *, actor: Actor | None = None) -> Tree:
    """Read the JSON form, already decoded. Checks as `parse` does; `FilterError.pointer` names the place."""
    seen = fieldrules.seen_by(actor, record_type)
    tree = _Reader(locale_of(actor)).node(data, seen, "", level=0, walks=0, whole=True)
    if nesting(tree) > MAX_NESTING:
        raise _too_deep("")
    return tree


class _Reader:
    def __init__(self, locale: Locale) -> None:
        self.locale = locale
        self.nodes = 0

    def node(
        self,
        data: Anything,
        record_type: RecordType,
        pointer: str,
        *,
        level: int,
        walks: int,
        whole: bool = False,
    ) -> Tree:
        self.nodes += 1
        if self.nodes > MAX_NODES * 2:
            raise _error(
                _("The filter has too many conditions: at most %(limit)s.") % {"limit": MAX_NODES},
                pointer,
                "too_large",
            )
        if level > 2 * MAX_NESTING + 2:  # "and" in "or" nests here, not in the text
            raise _too_deep(pointer)
        if not isinstance(data, Mapping):
            raise _error(_("A condition is an object, such as {“field”: …, “op”: …, “value”: …}."), pointer)
        keys = [key for key in ("and", "or", "not", "any", "all", "none", "count", "field") if key in data]
        if len(keys) != 1:
            raise _error(
                _("A condition has exactly one of the keys and, or, not, any, all, none, count, field."),
                pointer,
            )
        key = keys[0]
        _only(
            data,
            {"field": ("op", "value"), "count": ("op", "value", "where")}.get(key, ("where",)),
            key,
            pointer,
        )
        if key in ("and", "or"):
            return self.joined(data[key], key, record_type, f"{pointer}/{key}", level, walks, whole)
        if key == "not":
            return Not(self.node(data["not"], record_type, f"{pointer}/not", level=level + 1, walks=walks))
        if key == "field":
            return self.compare(data, record_type, pointer, walks)
        return self.related(data, key, record_type, pointer, level, walks)

    def joined(
        self,
        items: Anything,
        key: str,
        record_type: RecordType,
        pointer: str,
        level: int,
        walks: int,
        whole: bool,
    ) -> Tree:
        if not isinstance(items, list) or not (items or (whole and key == "and")):
            raise _error(_("A list of conditions is expected."), pointer)
        nodes = [
            self.node(item, record_type, f"{pointer}/{index}", level=level + 1, walks=walks)
            for index, item in enumerate(items)
        ]
        return And.of(*nodes) if key == "and" else Or.of(*nodes)

    def related(
        self,
        data: Mapping[str, Anything],
        key: str,
        record_type: RecordType,
        pointer: str,
        level: int,
        walks: int,
    ) -> Tree:
        found = _resolved(data[key], record_type, f"{pointer}/{key}", walks, many=True)
        target = record_type_named(found.relation.target) if found.relation is not None else None
        if target is None:
            raise _error(_("These are not related records."), f"{pointer}/{key}", "relation")
        target = fieldrules.akin(found.record_type, target)
        where = self.node(
            data.get("where", {"and": []}),
            target,
            f"{pointer}/where",
            level=level + 1,
            walks=walks + len(found.path),
            whole=True,
        )
        if key != "count":
            return _RELATED[key](found.path, where)
        op, value = data.get("op"), data.get("value")
        if op not in COUNT_OPERATORS:
            raise _error(
                _("Compare the count with a number."), f"{pointer}/op", "operator", list(COUNT_OPERATORS)
            )
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**9:
            raise _error(_("Write a whole number of at most 1,000,000,000."), f"{pointer}/value", "value")
        return Count(found.path, op, value, where)

    def compare(
        self, data: Mapping[str, Anything], record_type: RecordType, pointer: str, walks: int
    ) -> Tree:
        found = _resolved(data["field"], record_type, f"{pointer}/field", walks)
        name = ".".join(found.path)
        field = found.field
        if field is None:
            raise _error(
                _("“%(name)s” are many records: use any, all, none or count.") % {"name": name},
                f"{pointer}/field",
                "relation",
            )
        op = data.get("op")
        allowed = allowed_operators(field)
        if op not in allowed:
            raise _error(
                _("“%(field)s” can be compared with: %(allowed)s.")
                % {"field": field.label, "allowed": ", ".join(allowed)},
                f"{pointer}/op",
                "operator",
                allowed,
            )
        if op in ("is empty", "is not empty"):
            return Compare(found.path, op)
        place = f"{pointer}/value"
        if "value" not in data:
            raise _error(_("The value is missing."), pointer, "value")
        raw = data["value"]
        if op not in ("in", "not in", "between"):
            value = self.value(field, op, raw, place)
            return _at(place, lambda: condition(found.path, field, op, value))
        return Compare(found.path, op, self.listed(found.path, field, op, raw, place))

    def listed(self, path: Path, field: Field, op: str, raw: Anything, place: str) -> tuple[Scalar, ...]:
        if not isinstance(raw, list) or not raw or (op == "between" and len(raw) != 2):
            raise _error(
                _("A list of two values is expected.")
                if op == "between"
                else _("A list of values is expected."),
                place,
                "value",
            )
        if len(raw) > MAX_LIST:
            raise _error(_("At most %(limit)s values fit here.") % {"limit": MAX_LIST}, place, "too_large")
        values = []
        for index, item in enumerate(raw):
            value = self.value(field, op, item, f"{place}/{index}")
            if value is None:
                raise _error(
                    _("An empty value cannot stand here. Add “or … is empty”."), f"{place}/{index}", "value"
                )
            values.append(value)
        return tuple(values) if op == "between" else tuple(dict.fromkeys(values))

    def value(self, field: Field, op: str, raw: Anything, place: str) -> Scalar | None:
        if isinstance(raw, str):
            if len(raw) > _MAX_STRING:
                raise _error(_("The text is too long."), place, "value")
            if hidden_character(raw) >= 0:
                raise _error(_("This character cannot be part of a text. Remove it."), place, "character")
        if isinstance(raw, Mapping) and "relative" in raw:
            name, offset = raw["relative"], raw.get("offset", "")
            if not isinstance(name, str) or not isinstance(offset, str) or set(raw) - {"relative", "offset"}:
                raise _error(_("An offset looks like “-30d”."), place, "value")
            return _at(place, lambda: check_relative(field, from_words(name, offset)))
        if not isinstance(raw, str | int | float | Decimal | None):
            raise _error(
                _("“%(field)s” cannot be compared with this.") % {"field": field.label}, place, "value"
            )
        return _at(place, lambda: read(field, op, raw, self.locale))


def _resolved(
    name: Anything, record_type: RecordType, pointer: str, walks: int, *, many: bool = False
) -> Resolved:
    if not isinstance(name, str) or not name or len(name) > 200:
        raise _error(_("The name of a field is expected."), pointer, "field")
    return _at(
        pointer, lambda: resolve([Part(part) for part in name.split(".")], record_type, walks, many=many)
    )


def _only(data: Mapping[str, Anything], keys: tuple[str, ...], key: str, pointer: str) -> None:
    allowed = () if key in ("and", "or", "not") else keys
    for other in data:
        if other != key and other not in allowed:
            raise _error(
                _("The key “%(key)s” does not belong here.") % {"key": str(other)[:40]},
                pointer,
                "syntax",
                allowed,
            )


def _at(pointer: str, act: Callable[[], T]) -> T:
    try:
        return act()
    except FilterError as error:
        error.pointer, error.position, error.length = pointer, 0, 1
        raise


def _too_deep(pointer: str) -> FilterError:
    return _error(
        _("The filter is nested too deeply: at most %(limit)s levels.") % {"limit": MAX_NESTING},
        pointer,
        "too_deep",
    )


def _error(message: str, pointer: str, code: str = "syntax", expected: Anything = ()) -> FilterError:
    return FilterError(message, code=code, pointer=pointer, expected=expected)
