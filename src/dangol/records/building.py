"""Builds Field objects from Django models: the one place in the kernel that reads `model._meta`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from dangol.records import fields as kinds
from dangol.records.fields import Field, Reference
from dangol.records.fields.own import Own

if TYPE_CHECKING:
    from dangol.records.types import RecordType, Relation

_KINDS: tuple[tuple[type[models.Field[Any, Any]], type[Field]], ...] = (
    (models.EmailField, kinds.Email),
    (models.URLField, kinds.Url),
    (models.TextField, kinds.LongText),
    (models.CharField, kinds.Text),
    (models.BooleanField, kinds.Boolean),
    (models.DateTimeField, kinds.DateTime),
    (models.DateField, kinds.Date),
    (models.DecimalField, kinds.Number),
    (models.IntegerField, kinds.Integer),
)
_SYSTEM = {"id", "version", "changed_in", "deleted_at", "own"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column the writer stores into."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Side:
    """A table with one row beside each record, where what is computed of it is kept: its name, and the column with the id."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Table:
    """Where a record type's rows lie. `columns` maps field names to columns, `sides` those that are kept beside the record."""

    name: str
    columns: dict[str, Column]
    defaults: dict[str, Any]
    has_scope: bool
    sides: dict[str, Side]


def fields_of(
    record_type: RecordType, contributed: Iterable[Field], own: Iterable[Field] = ()
) -> dict[str, Field]:
    """The fields of a record type by name: in the model's order, then its own fields, system fields last."""
    built: dict[str, Field] = {}
    late: dict[str, Field] = {}
    for column in record_type.model._meta.concrete_fields:
        if column.name in _SYSTEM or column.name in record_type.exclude:
            continue
        field = _field(record_type, column)
        (built if column.editable or field.kind == "money" or column.generated else late)[field.name] = field
    for field in (*record_type.extra, *contributed, *own):
        built[field.name] = field
    if record_type.tagged and "tags" not in built:
        built["tags"] = kinds.Tags("tags", label=_("Tags"), record_type=record_type.name)
    identity = kinds.Integer("id", label=_("Id"), column="pk", editable=False, nullable=False, high=2**63 - 1)
    return {**built, **late, "id": identity}


def leads_index(record_type: RecordType, field: Field) -> bool:
    """Whether an index leads from the field's values to the rows. No query."""
    if isinstance(field, Own):
        return field.indexed
    meta = record_type.model._meta
    firsts = {
        index.fields[0].lstrip("-") for index in meta.indexes if index.fields and index.condition is None
    }
    return field.column in firsts or any(
        column.name == field.column and (column.unique or getattr(column, "db_index", False))
        for column in meta.concrete_fields
    )


def _field(record_type: RecordType, column: models.Field[Any, Any]) -> Field:
    options: dict[str, Any] = {
        "label": column.verbose_name,
        "column": column.name,
        "nullable": column.null,
        "required": column.editable and not (column.blank or column.null or column.has_default()),
        "unique": column.unique or _unique_alone(record_type.model, column.name),
        "editable": column.editable and not column.generated,
        "help": column.help_text,
        **record_type.options.get(column.name, {}),
    }
    if column.has_default():
        options.setdefault("default", _plain(column.get_default()))
    if isinstance(column, models.ForeignKey):
        return _reference(column, options)
    kind = record_type.kinds.get(column.name)
    if column.choices and kind is None:
        choices = [(str(code), label) for code, label in column.flatchoices if code != ""]
        return kinds.Choice(column.name, choices=choices, **options)
    if kind is None:
        kind = next((field for of, field in _KINDS if isinstance(column, of)), kinds.Text)
    if issubclass(kind, (kinds.Phone, kinds.BusinessNumber)):
        options.setdefault("max_length", 60)  # as typed; what is stored is shorter
    elif issubclass(kind, kinds.Text) and column.max_length:
        options.setdefault("max_length", column.max_length)
    if issubclass(kind, kinds.Number) and isinstance(column, models.DecimalField):
        options.setdefault("digits", column.max_digits)
        options.setdefault("places", column.decimal_places)
    if isinstance(column, models.PositiveIntegerField) and issubclass(kind, kinds.Integer):
        options.setdefault("low", 0)
    if issubclass(kind, kinds.Boolean):
        options["required"] = False
    return kind(column.name, **options)


def _reference(column: models.ForeignKey[Any, Any], options: dict[str, Any]) -> Reference:
    from dangol.records import registry

    model = column.related_model
    target = registry.by_model(model)
    return Reference(
        column.name,
        model=model,
        target=target.name if target else None,
        title=target.title if target else "name",
        path=target.path if target else None,
        **options,
    )


def _plain(value: Any) -> Any:
    """The code of a choice instead of the enumeration's member."""
    return value.value if isinstance(value, models.Choices) else value


def _unique_alone(model: type[models.Model], name: str) -> bool:
    return any(
        isinstance(constraint, models.UniqueConstraint)
        and tuple(constraint.fields) == (name,)
        and constraint.condition is None
        for constraint in model._meta.constraints
    )


def table_of(record_type: RecordType) -> Table:
    """Table and column names and types, for the writer's set-based statements."""
    meta = record_type.model._meta
    columns: dict[str, Column] = {}
    defaults: dict[str, Any] = {}
    for field in meta.concrete_fields:
        if field.generated or field.primary_key:
            continue
        columns[field.name] = Column(str(field.column), field.db_type(connection) or "text")
        if field.has_default():
            defaults[field.name] = _plain(field.get_default())
        elif not field.null and isinstance(field, models.CharField | models.TextField):
            defaults[field.name] = ""
    names = set(columns) - set(record_type.exclude)
    return Table(
        meta.db_table, columns, defaults, {"owner", "team", "territory"} <= names, _sides(record_type)
    )


def _sides(record_type: RecordType) -> dict[str, Side]:
    """The declared fields whose value stands in a table of one row for each record."""
    beside = {
        reverse.get_accessor_name(): reverse
        for reverse in record_type.model._meta.related_objects
        if reverse.one_to_one
    }
    found = {}
    for field in record_type.extra:
        place, _underscores, column = field.column.partition("__")
        if place in beside and column and "__" not in column:
            model = beside[place].related_model
            found[field.name] = Side(model._meta.db_table, str(beside[place].field.column))
    return found


def relations_of(record_type: RecordType) -> dict[str, Relation]:
    """To-many relations: every registered record type that points here under a related name."""
    from dangol.records import registry
    from dangol.records.types import Relation

    found: dict[str, Relation] = {}
    for reverse in record_type.model._meta.related_objects:
        target = registry.by_model(reverse.related_model)
        name = reverse.get_accessor_name()
        if target is None or name is None or reverse.one_to_one or reverse.hidden:
            continue
        found[name] = Relation(name, target.label_plural, target.name, name)
    return found
