"""Reading a mapping from JSON. Every message names the place in the JSON it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.records.fields import Field, Reference, Text
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping.checking import a_text, an_object, one_of
from dangol.records.importing.mapping.making import TITLE, lookups_of, made_record
from dangol.records.importing.mapping.sources import read_source
from dangol.records.importing.mapping.spec import (
    NUMBER,
    Cell,
    Condition,
    Constant,
    Every,
    Expression,
    FieldPlan,
    FirstOf,
    FromRecord,
    Mapping,
    Not,
    Ordinal,
    Plain,
    RecordPlan,
    Some,
    Template,
    Test,
)
from dangol.records.importing.mapping.transforms import SettingProblem, make_transform
from dangol.records.types import RecordType

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
EXISTING = ("update", "keep", "reject")
REPEATED = ("update", "keep", "reject")
SIMILAR = ("ignore", "queue", "reject")
MISSING = ("create", "reject", "skip")
_POLICIES = ("update", "keep", "fill")
_SOURCES = ("column", "constant", "template", "ordinal", "record", "first")
_TESTS = ("is", "equals", "in", "starts_with", "less_than")


def read_mapping(data: Any, *, name: str = "") -> Mapping:
    """Check a mapping's JSON and read it.

    Args:
        data: the parsed JSON.
        name: what to call it where the JSON does not say.

    Raises:
        MappingProblem: with the path of what is wrong and what would be right.
    """
    return _Reader().mapping(data, name)


class _Reader:
    def __init__(self) -> None:
        self.zone: str | None = None
        self.types: dict[str, RecordType] = {}
        self.ordinals: list[Ordinal] = []
        self.made: list[RecordPlan] = []

    def mapping(self, data: Any, name: str) -> Mapping:
        top = an_object(data, "", ("name", "title", "source", "time_zone", "records"))
        source = read_source(top.get("source", {}))
        title = top.get("title", {})
        if isinstance(title, str):
            title = {"": title}
        title = {key: a_text(text, f"title.{key}") for key, text in an_object(title, "title").items()}
        self.zone = self._time_zone(top.get("time_zone"))
        records = top.get("records")
        if not isinstance(records, list) or not records:
            raise MappingProblem("records", _("A list with at least one record is needed here."))
        plans: list[RecordPlan] = []
        for index, item in enumerate(records):
            plan = self._record(item, f"records[{index}]")
            plans += [*self.made, plan]
            self.made.clear()
        return Mapping(
            name=a_text(top.get("name", name or "mapping"), "name"),
            title=title,
            records=tuple(plans),
            data=dict(data),
            source=source,
            time_zone=self.zone,
            ordinals=tuple(self.ordinals),
        )

    def _time_zone(self, name: Any) -> str | None:
        if name is None:
            return None
        try:
            return ZoneInfo(a_text(name, "time_zone")).key
        except (ZoneInfoNotFoundError, ValueError):
            raise MappingProblem(
                "time_zone", _("There is no such time zone. Write it as Asia/Seoul.")
            ) from None

    def _record(self, data: Any, path: str) -> RecordPlan:
        record = an_object(
            data, path, ("as", "type", "when", "key", "existing", "repeated", "missing", "similar", "fields")
        )
        type_name = a_text(record.get("type"), f"{path}.type")
        record_type = registry.find(type_name)
        if record_type is None:
            names = ", ".join(known.name for known in registry.all_types())
            raise MappingProblem(
                f"{path}.type", _("There is no such record type. Possible are: %(names)s.") % {"names": names}
            )
        alias = a_text(record.get("as", type_name), f"{path}.as")
        if alias in self.types:
            raise MappingProblem(
                f"{path}.as", _("Two records have the same name; give each its own by “as”.")
            )
        existing = one_of(record.get("existing", "update"), f"{path}.existing", EXISTING)
        repeated = one_of(record.get("repeated", "update"), f"{path}.repeated", REPEATED)
        missing = one_of(record.get("missing", "create"), f"{path}.missing", MISSING)
        similar = one_of(record.get("similar", "ignore"), f"{path}.similar", SIMILAR)
        if similar != "ignore" and not record_type.matching:
            raise MappingProblem(
                f"{path}.similar",
                _("Records of this type are not compared with each other. Leave “similar” out."),
            )
        fields = an_object(record.get("fields"), f"{path}.fields")
        if not fields:
            raise MappingProblem(f"{path}.fields", _("At least one field is needed here."))
        plans = tuple(
            self._field(name, item, f"{path}.fields.{name}", record_type, existing, alias)
            for name, item in fields.items()
        )
        key = record.get("key", [])
        if isinstance(key, str):
            key = [key]
        if not key and (existing == "reject" or missing != "create" or repeated != "update"):
            raise MappingProblem(
                f"{path}.key", _("Without a key no record is known to be there already. Name the key field.")
            )
        if not isinstance(key, list):
            raise MappingProblem(f"{path}.key", _("A list of field names is needed here."))
        for index, part in enumerate(key):
            if part not in fields:
                raise MappingProblem(
                    f"{path}.key[{index}]", _("The key field must stand among the fields of this record.")
                )
            plan = next(plan for plan in plans if plan.name == part)
            if isinstance(record_type.fields[part], Reference) and not isinstance(
                plan.expression, FromRecord
            ):
                raise MappingProblem(
                    f"{path}.key[{index}]",
                    _("A reference is a key only when its record comes from the same row."),
                )
        when = self._condition(record["when"], f"{path}.when") if "when" in record else None
        self.types[alias] = record_type
        return RecordPlan(
            alias, type_name, path, tuple(key), existing, when, plans, missing, repeated, similar
        )

    def _field(
        self, name: str, data: Any, path: str, record_type: RecordType, existing: str, alias: str
    ) -> FieldPlan:
        field = record_type.fields.get(name)
        if field is None or not field.editable:
            names = ", ".join(record_type.editable_fields)
            raise MappingProblem(
                path, _("There is no such field to write. Possible are: %(names)s.") % {"names": names}
            )
        # Where records that are there are refused, their fields' policy never comes to bear.
        usual = existing if existing in _POLICIES else "update"
        policy, fallback, clears, make = usual, None, False, False
        if isinstance(data, AnyMapping):
            data = dict(data)
            make = data.pop("make", False)
            if not isinstance(make, bool):
                raise MappingProblem(f"{path}.make", _("Enter yes or no."))
            policy = one_of(data.pop("existing", usual), f"{path}.existing", _POLICIES)
            clears = one_of(data.pop("empty", "keep"), f"{path}.empty", ("keep", "clear")) == "clear"
            if "fallback" in data:
                fallback = self._plain(data.pop("fallback"), f"{path}.fallback")
        expression = self._expression(data, path)
        if isinstance(expression, FromRecord):
            target = self.types[expression.alias]
            if not isinstance(field, Reference) or field.target != target.name:
                raise MappingProblem(path, _("This field does not point at records of that type."))
        if isinstance(expression, Cell) and expression.lookup:
            expression = replace(expression, lookup=self._lookup(field, expression.lookup, f"{path}.lookup"))
        if make:
            if not isinstance(field, Reference) or not isinstance(expression, Cell):
                raise MappingProblem(f"{path}.make", _("Only a reference from a column can be made."))
            made_alias = f"{alias}.{name}"
            target, plan = made_record(made_alias, field, expression, path)
            self.types[made_alias] = target
            self.made.append(plan)
            expression = FromRecord(made_alias)
        if isinstance(expression, Cell) and expression.optional and not isinstance(field, Reference):
            raise MappingProblem(f"{path}.unmatched", _("Only a reference is found by another field."))
        if isinstance(expression, Ordinal) and expression.template and not isinstance(field, Text):
            raise MappingProblem(f"{path}.template", _("Only a text can be made of a template."))
        return FieldPlan(name, path, expression, policy, fallback, clears)

    def _lookup(self, field: Field, lookup: str, path: str) -> str:
        """The way in which a reference is found, with the title under one name."""
        if not isinstance(field, Reference):
            raise MappingProblem(path, _("Only a reference is found by another field."))
        possible = lookups_of(field)
        target = registry.find(field.target) if field.target else None
        if lookup not in possible and lookup == (target.title if target else field.title):
            return TITLE
        if lookup not in possible:
            raise MappingProblem(
                path,
                _("The record pointed at is not found by that. Possible are: %(names)s.")
                % {"names": ", ".join(possible)},
            )
        return lookup

    def _expression(self, data: Any, path: str) -> Expression:
        if isinstance(data, AnyMapping):
            if "ordinal" in data:
                source = an_object(data, path, ("ordinal", "template"))
                ordinal = source["ordinal"]
                columns = ordinal if isinstance(ordinal, list) else [ordinal]
                if not columns:
                    raise MappingProblem(f"{path}.ordinal", _("At least one column is needed here."))
                cells = tuple(
                    self._cell(item, f"{path}.ordinal[{index}]") for index, item in enumerate(columns)
                )
                template = (
                    self._template(source["template"], f"{path}.template", counts=True)
                    if "template" in source
                    else None
                )
                self.ordinals.append(Ordinal(cells, len(self.ordinals), template))
                return self.ordinals[-1]
            if "record" in data:
                alias = a_text(an_object(data, path, ("record",))["record"], f"{path}.record")
                if alias not in self.types:
                    raise MappingProblem(
                        f"{path}.record", _("No record of that name comes before this one in the mapping.")
                    )
                return FromRecord(alias)
        return self._plain(data, path)

    def _plain(self, data: Any, path: str) -> Plain:
        if isinstance(data, str):
            return Cell(data, path)
        source = an_object(data, path)
        if "constant" in source:
            value = an_object(data, path, ("constant",))["constant"]
            if not isinstance(value, str | int | float | bool | None):
                raise MappingProblem(f"{path}.constant", _("Text or a number is needed here."))
            return Constant(value)
        if "template" in source:
            return self._template(an_object(data, path, ("template",))["template"], f"{path}.template")
        if "first" in source:
            cases = an_object(data, path, ("first",))["first"]
            if not isinstance(cases, list) or not cases:
                raise MappingProblem(f"{path}.first", _("A list with at least one case is needed here."))
            return FirstOf(
                tuple(self._case(case, f"{path}.first[{index}]") for index, case in enumerate(cases))
            )
        if "column" in source:
            return self._cell(data, path)
        raise MappingProblem(
            path, _("The value's source is missing. Use one of: %(names)s.") % {"names": ", ".join(_SOURCES)}
        )

    def _case(self, data: Any, path: str) -> tuple[Condition | None, Plain]:
        case = an_object(data, path)
        when = self._condition(case.pop("when"), f"{path}.when") if "when" in case else None
        return when, self._plain(case, path)

    def _cell(self, data: Any, path: str) -> Cell:
        if isinstance(data, str):
            return Cell(a_text(data, path), path)
        source = an_object(data, path, ("column", "transform", "default", "lookup", "unmatched"))
        default = source.get("default")
        if not isinstance(default, str | int | float | bool | None):
            raise MappingProblem(f"{path}.default", _("Text or a number is needed here."))
        lookup = source.get("lookup", "")
        if not isinstance(lookup, str):
            raise MappingProblem(f"{path}.lookup", _("Text is needed here."))
        return Cell(
            a_text(source.get("column"), f"{path}.column"),
            path,
            self._transforms(source.get("transform", []), f"{path}.transform"),
            default,
            lookup,
            one_of(source.get("unmatched", "reject"), f"{path}.unmatched", ("reject", "empty")) == "empty",
        )

    def _transforms(self, steps: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(steps, list):
            steps = [steps]
        made = []
        for index, step in enumerate(steps):
            try:
                made.append(make_transform(step, self.zone))
            except SettingProblem as problem:
                where = f"{path}[{index}]" + (f".{problem.where}" if problem.where else "")
                raise MappingProblem(where, str(problem)) from None
        return tuple(made)

    def _template(self, text: Any, path: str, *, counts: bool = False) -> Template:
        """The parts of a text with columns; with `counts`, `{#}` is left standing for a number."""
        text = a_text(text, path)
        parts: list[str | Cell] = []
        position = 0
        for found in _PLACEHOLDER.finditer(text):
            if found.start() > position:
                parts.append(text[position : found.start()])
            column, *steps = (part.strip() for part in found[1].split("|"))
            if counts and column == "#":
                parts.append(NUMBER)
                position = found.end()
                continue
            parts.append(Cell(a_text(column, path), path, self._transforms(steps, path)))
            position = found.end()
        if position < len(text):
            parts.append(text[position:])
        if counts and not (NUMBER in parts and any(isinstance(part, Cell) for part in parts)):
            raise MappingProblem(path, _("The template needs {#} for the number and at least one column."))
        return Template(tuple(parts))

    def _condition(self, data: Any, path: str) -> Condition:
        source = an_object(data, path)
        for word, combine in (("all", Every), ("any", Some)):
            if word in source:
                items = an_object(data, path, (word,))[word]
                if not isinstance(items, list) or not items:
                    raise MappingProblem(
                        f"{path}.{word}", _("A list with at least one condition is needed here.")
                    )
                return combine(
                    tuple(self._condition(item, f"{path}.{word}[{n}]") for n, item in enumerate(items))
                )
        if "not" in source:
            return Not(self._condition(an_object(data, path, ("not",))["not"], f"{path}.not"))
        found = [name for name in _TESTS if name in source]
        if len(found) != 1:
            raise MappingProblem(
                path, _("One test is needed here: %(names)s.") % {"names": ", ".join(_TESTS)}
            )
        kind, operand = found[0], source.pop(found[0])
        cell = self._cell(source, path)
        if kind == "is":
            return Test(cell, one_of(operand, f"{path}.is", ("filled", "empty")))
        operands = tuple(operand) if isinstance(operand, list) else (operand,)
        if not operands or not all(isinstance(item, str | int | float) for item in operands):
            raise MappingProblem(f"{path}.{kind}", _("Text or a number is needed here."))
        if kind == "starts_with" and not all(isinstance(item, str) for item in operands):
            raise MappingProblem(f"{path}.{kind}", _("Text is needed here."))
        if kind == "less_than" and (len(operands) != 1 or isinstance(operands[0], str)):
            raise MappingProblem(f"{path}.{kind}", _("A number is needed here."))
        return Test(cell, kind, operands)
