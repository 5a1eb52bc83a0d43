"""What tells who somebody is: names, numbers and addresses, as they stand in texts – now, and in history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from dangol.identity.models import User
from dangol.records.fields.masks import unmasked
from dangol.records.models import Change
from dangol.records.persons.gathering import Gathered
from dangol.records.registry import all_types, get

BLACK = "●●●"
SHORTEST_NAME = 2
_LETTER = "가-힣A-Za-z0-9"
_PARTICLES = "님|씨|은|는|이|가|을|를|의|에|께|와|과|도|만|로|으|고|부|팀|대|사|차|실|선|상|전"
_SPECIAL = re.compile(r"([\\.^$*+?()\[\]{}|])")


@dataclass
class Identity:
    """What identifies a person. What others share – a switchboard's number, a namesake – stands in `shared`: it says nothing
    of this person alone, and taking it away would take it from them."""

    names: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    mails: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def pattern(self, *, with_names: bool) -> str:
        """A regular expression of PostgreSQL that finds them in texts, however numbers are grouped; "" for none."""
        parts = [number_pattern(number) for number in sorted(self.numbers)]
        parts += [escaped(text) for text in sorted(self.mails, key=len, reverse=True)]
        if with_names:
            parts += [name_pattern(name) for name in sorted(self.names, key=len, reverse=True)]
        # as JSON in ASCII has them
        texts = self.mails | (self.names if with_names else set())
        parts += [escaped(json.dumps(text)[1:-1]) for text in sorted(texts) if not text.isascii()]
        return "|".join(parts)

    def literals(self, *, with_names: bool) -> list[bytes]:
        """The same as bytes of UTF-8 and CP949, for files."""
        texts = self.mails | (self.names if with_names else set())
        for number in self.numbers:
            texts |= {number, *_written(number)}
        found = {text.encode() for text in texts} | {text.encode("cp949", "ignore") for text in texts}
        found |= {json.dumps(text)[1:-1].encode() for text in texts}
        return sorted(item for item in found if len(item) > 3)


def escaped(text: str) -> str:
    """The text as a regular expression that means just it."""
    return _SPECIAL.sub(r"\\\1", text)


def name_pattern(name: str) -> str:
    """A name as a word of its own: not inside a longer word, but with the particles that Korean hangs on."""
    return f"(?<![{_LETTER}]){escaped(name)}(?=$|[^{_LETTER}]|{_PARTICLES})"


def number_pattern(number: str) -> str:
    """A phone number in E.164, as people write it: with the country's or the trunk's prefix and any grouping.

    Never without a prefix: then it could be a number of another kind, in JSON one without quotes.
    """
    digits = re.sub(r"\D", "", number)
    if digits.startswith("82") and len(digits) >= 10:
        rest = r"[-. ]?".join(digits[2:])
        return rf"(?<![0-9])(?:\+82[-. ]?0?|0){rest}(?![0-9])"
    return rf"(?<![0-9])\+{r'[-. ]?'.join(digits)}(?![0-9])"


def _written(number: str) -> Iterable[str]:
    from dangol.records.fields.reach import national

    shown = national(number)
    return shown, re.sub(r"\D", "", shown)


def identity_of(gathered: Gathered) -> Identity:
    """What identifies the person, out of the records that go and all that history knows of them. Two queries a type."""
    found = Identity()
    for name, ids in gathered.own.items():
        record_type = get(name)
        columns: dict[str, str] = {}
        for one in record_type.fields.values():
            kind = _kind(record_type.name, record_type.title, unmasked(one), one.name)
            if kind and one.name in record_type.table.columns:
                columns[record_type.table.columns[one.name].name] = kind
        if not columns:
            continue
        rows = record_type.model._default_manager.filter(pk__in=ids).values_list(*columns)
        for row in rows:
            for kind, value in zip(columns.values(), row, strict=True):
                _take(found, kind, value)
        history = Change.objects.filter(table=record_type.table.name, record_id__in=ids)
        for changes in history.values_list("changes", flat=True).iterator(chunk_size=1_000):
            for key, pair in changes.items():
                if key in columns:
                    for value in pair:
                        _take(found, columns[key], value)
    _leave_shared(found, gathered)
    return found


def _leave_shared(found: Identity, gathered: Gathered) -> None:
    """Set aside what other living records have, too. A query for each such column."""
    for record_type in all_types():
        if not record_type.personal:
            continue
        for one in record_type.fields.values():
            kind = _kind(record_type.name, record_type.title, one, one.name)
            if not kind or one.name not in record_type.table.columns:
                continue
            wanted = found.names if kind == "name" else found.numbers | found.mails
            if not wanted:
                continue
            others = record_type.model._default_manager.filter(
                **{f"{one.column}__in": wanted}, deleted_at=None
            ).exclude(pk__in=gathered.own.get(record_type.name, ()))
            found.shared.update(others.values_list(one.column, flat=True))
    colleagues = User.objects.filter(Q(name__in=found.names) | Q(email__in=found.mails))
    for name, mail in colleagues.values_list("name", "email"):
        found.shared |= {name, mail} & (found.names | found.mails)
    for part in (found.names, found.numbers, found.mails):
        part -= found.shared


def _kind(type_name: str, title: str, field_: object, name: str) -> str:
    """`phone`, `email`, `name` or `point` (either number or address); "" for what identifies nobody."""
    kind = getattr(field_, "kind", "")
    if kind in ("phone", "email"):
        return str(kind)
    if name == title and kind == "text" and type_name in ("customer", "contact"):
        return "name"
    return "point" if type_name == "contact_point" and name == title else ""


def _take(found: Identity, kind: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        return
    if kind == "point":
        kind = "email" if "@" in value else "phone"
    if kind == "name" and len(value) >= SHORTEST_NAME:
        found.names.add(value)
    elif kind == "phone" and len(re.sub(r"\D", "", value)) >= 8:
        found.numbers.add(value)
    elif kind == "email":
        found.mails.add(value)
