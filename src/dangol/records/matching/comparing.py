"""What two records of a type have in common when they are about the same: declared in `RecordType.matching`.

    matching = (SimilarName("name", person=True), SimilarPhone("phone"), SameRecord("customer"))

Values go folded into `methods.matching.kinds`, which compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dangol.methods.matching import kinds
from dangol.methods.matching.kinds import Kind
from dangol.records import fields
from dangol.records.fields import Field, Ref
from dangol.records.fields.masks import Masked
from dangol.records.search.legal import without_legal_form
from dangol.records.search.text import fold


class Compare:
    """One field, or two that belong together, and how they are compared."""

    kind: Kind

    def __init__(self, field: str) -> None:
        self.name = field

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it reads."""
        return (self.name,)

    def text(self, values: Mapping[str, Any]) -> str | None:
        """What is compared, from values by field name; None for what is missing."""
        value = values.get(self.name)
        if isinstance(value, Ref):
            value = value.id
        return None if value in (None, "") else self.form(str(value))

    def form(self, value: str) -> str:
        return fold(value)


class SimilarName(Compare):
    """A name, without its legal form; of somebody with `person=True`, or where the field `kind` says `person`."""

    def __init__(self, field: str, *, kind: str = "", person: str | bool = False) -> None:
        super().__init__(field)
        self.decided_by = kind
        self.person = person
        self.kind = kinds.Name(person=person is True)

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.name, self.decided_by) if self.decided_by else (self.name,)

    def text(self, values: Mapping[str, Any]) -> str | None:
        value = values.get(self.name)
        if not value:
            return None
        folded = fold(str(value))
        if self.person is True:
            return folded
        if self.decided_by and values.get(self.decided_by) == self.person:
            return folded + kinds.PERSON
        return without_legal_form(folded)


class SimilarPhone(Compare):
    kind = kinds.Phone()


class SimilarMail(Compare):
    kind = kinds.Mail()


class SameNumber(Compare):
    """A number that belongs to one only."""

    kind = kinds.Number()


class SimilarCode(Compare):
    kind = kinds.Code()


class SimilarText(Compare):
    kind = kinds.Text()


class SimilarAddress(Compare):
    """A street within a city: both, since every city has a 중앙로."""

    kind = kinds.Text()

    def __init__(self, field: str, *, within: str) -> None:
        super().__init__(field)
        self.within = within

    @property
    def fields(self) -> tuple[str, ...]:
        return self.name, self.within

    def text(self, values: Mapping[str, Any]) -> str | None:
        street = values.get(self.name)
        return fold(f"{values.get(self.within) or ''} {street}") if street else None


class SimilarDate(Compare):
    kind = kinds.Date()

    def form(self, value: str) -> str:
        return value


class SameValue(Compare):
    kind = kinds.Value()


class SameRecord(Compare):
    """The record that both belong to."""

    kind = kinds.Reference()


def comparable(field: Field) -> bool:
    """Whether administrators may choose the field for their own objects."""
    return _made_for(field) is not None


def chosen(record_fields: Mapping[str, Field], title: str, names: Sequence[str]) -> tuple[Compare, ...]:
    """How the fields that an administrator chose are compared, each by what it holds."""
    found = []
    for name in names:
        field = record_fields.get(name)
        made = None if field is None else _made_for(field)
        if made is not None:
            found.append(SimilarName(name) if name == title else made(name))
    return tuple(found)


def _made_for(field: Field) -> type[Compare] | None:
    if isinstance(field, Masked) or field.computed or not field.editable:
        return None
    for kind, made in _BY_KIND:
        if isinstance(field, kind):
            return made
    return None


_BY_KIND: tuple[tuple[type[Field], type[Compare]], ...] = (
    (fields.Phone, SimilarPhone),
    (fields.Email, SimilarMail),
    (fields.BusinessNumber, SameNumber),
    (fields.MultiChoice, SameValue),
    (fields.Choice, SameValue),
    (fields.Boolean, SameValue),
    (fields.LongText, SimilarText),
    (fields.Url, SimilarText),
    (fields.Text, SimilarText),
    (fields.DateTime, SimilarDate),
    (fields.Date, SimilarDate),
    (fields.Integer, SimilarCode),
    (fields.Reference, SameRecord),
)
