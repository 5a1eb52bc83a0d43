"""JSON: one object a line, or an array of objects. Objects within objects become columns such as `address.city`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import Problem, SourceProblem
from dangol.records.importing.readers.base import SHOWN, Row
from dangol.records.importing.readers.delimited import CUT, value_problem
from dangol.records.importing.readers.headers import column_names
from dangol.records.importing.readers.lines import LONGEST_LINE, Lines

HEADER_ROWS = 1_000
"""Rows whose keys make the header."""
_GAPS = " \t\r\n,"

Flat = dict[str, str]


class _Bad(Exception):
    """An object that cannot become a row."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def is_json(lines: list[str]) -> bool:
    """Whether a text is JSON in one of the two forms that are tables."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("["):
        return "".join(lines[:3]).replace(" ", "").lstrip().startswith("[{")
    if not first.startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


class JsonTable:
    """The objects of a JSON text as rows. The header is the union of the keys of the first thousand objects."""

    def __init__(self, lines: Lines, *, position: Callable[[], int], is_array: bool) -> None:
        self._position = position
        self._lines = lines
        rows = _array(lines) if is_array else _each_line(lines)
        first = list(islice(rows, HEADER_ROWS))
        self._keys = list(dict.fromkeys(key for _number, flat, _problem, _raw in first for key in flat or ()))
        if not self._keys:
            raise SourceProblem(_("The file is empty. It needs at least one JSON object."))
        self.header = column_names([self._keys], len(self._keys))
        self._known = frozenset(self._keys)
        self._rows = chain(first, rows)

    def bytes_read(self) -> int:
        return self._position()

    def close(self) -> None:
        """Nothing is held open here; whoever opened the file closes it."""

    def __iter__(self) -> Iterator[Row]:
        header, keys, known = self.header, self._keys, self._known
        for number, flat, problem, raw in self._rows:
            if flat is None:
                cells = [raw]
                value_problem(header, cells, self._lines.encoding)
                yield Row(number, cells, problem)
                continue
            cells = [flat.get(key, "") for key in keys]
            unknown = [key for key in flat if key not in known]
            if unknown:
                cells += [f"{key}: {flat[key]}" for key in unknown]
                problem = Problem(
                    "columns",
                    _("The row has “%(key)s”, which none of the first %(count)s rows has.")
                    % {"key": unknown[0][:SHOWN], "count": HEADER_ROWS},
                )
            if not any(cells):
                continue
            # NUL can be written as an escape, too.
            misfit = value_problem(header, cells, self._lines.encoding)
            yield Row(number, cells, problem or misfit)


Found = tuple[int, Flat | None, Problem | None, str]


def _each_line(lines: Lines) -> Iterator[Found]:
    for number, line in enumerate(lines, start=1):
        if lines.cut:
            yield number, None, CUT, line.rstrip("\n")
        elif line.strip():
            try:
                flat = _flat(json.loads(line, **_HOW))
            except _Bad as bad:
                yield number, None, bad.problem, line.rstrip("\n")
            except (ValueError, RecursionError):
                problem = Problem("json", _("The line is not a complete JSON object."))
                yield number, None, problem, line.rstrip("\n")
            else:
                yield number, flat, None, ""


def _array(lines: Lines) -> Iterator[Found]:
    """The objects of an array, one after the other; only the one that is being read is held."""
    decoder = json.JSONDecoder(**_HOW)
    blocks = lines.blocks()
    text = next(blocks, "").lstrip()[1:]
    number = 0
    wanted = 0
    while True:
        text = text.lstrip(_GAPS)
        if text.startswith("]"):
            return
        try:
            if len(text) < wanted:
                raise ValueError
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError) as error:
            # Perhaps only the beginning of an object is here yet.
            block = next(blocks, None)
            if block is None or len(text) > LONGEST_LINE:
                raise SourceProblem(
                    _("The JSON file cannot be read behind object %(number)s.") % {"number": number}
                ) from error
            wanted = 2 * len(text) if len(text) > LONGEST_LINE // 16 else 0
            text += block
            continue
        except _Bad as bad:
            raise SourceProblem(
                _("The JSON file cannot be read behind object %(number)s.") % {"number": number}
            ) from bad
        wanted = 0
        number += 1
        raw, text = text[:end], text[end:]
        try:
            yield number, _flat(value), None, ""
        except _Bad as bad:
            yield number, None, bad.problem, raw


def _flat(value: Any) -> Flat:
    if not isinstance(value, dict):
        raise _Bad(Problem("json", _("The line is not a complete JSON object.")))
    flat: Flat = {}
    pending = [("", value)]
    while pending:
        prefix, current = pending.pop()
        for key, item in current.items():
            name = f"{prefix}{key}"
            if isinstance(item, dict):
                pending.append((f"{name}.", item))
            elif name in flat:
                raise _Bad(_twice(name))
            else:
                flat[name] = item if isinstance(item, str) else "" if item is None else _text(item)
    return flat


def _text(value: Any) -> str:
    """A value as text: numbers digit by digit, arrays as JSON."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key, ensure_ascii=False)}: {_text(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(value, ensure_ascii=False)


def _twice(name: str) -> Problem:
    return Problem("json", _("“%(key)s” stands twice in the row.") % {"key": name[:SHOWN]})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        raise _Bad(_twice(next(name for name in names if names.count(name) > 1)))
    return found


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if abs(value.adjusted()) > 400:
        # Written out, it would fill the memory with zeros.
        raise ValueError
    return value


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


_HOW: dict[str, Any] = {
    "parse_float": _decimal,
    "parse_constant": _refuse,
    "object_pairs_hook": _object,
}
