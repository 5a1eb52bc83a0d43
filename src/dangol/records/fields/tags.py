"""The field in which a record bears the company's tags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from django.db.models import F, Func, JSONField, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, Field, FieldError, Locale
from dangol.records.fields.multiple import listed
from dangol.records.fields.text import Text

SEPARATORS = re.compile(r"[,;\n，、；]")
LONGEST = 50
MOST = 30
"""Tags on one record."""
_ONE = Text(max_length=LONGEST)
_PLAIN = re.compile(r"[a-z0-9_]+")


class TagMark(NamedTuple):
    """A tag as a record bears it."""

    id: int
    name: str
    tone: str = ""


def folded(name: str) -> str:
    """A tag's name without what nobody means by it: case, blanks, a leading #, composition of Hangul."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split()).lstrip("#")[:100]


class Tags(Field):
    """Any number of the company's tags. Given and stored in filters by name; a former name is understood too.

    A value is a tuple of TagMark in the order of the names; before the writer has looked them up, of names.
    """

    kind = "tags"
    operators = ("=", "!=", "in", "not in", "is empty", "is not empty")
    widget = "tags"

    def __init__(self, name: str, *, record_type: str, **options: Any) -> None:
        if not _PLAIN.fullmatch(record_type):
            raise ValueError(record_type)  # it stands in the statement as it is
        super().__init__(name, column="pk", sortable=False, **options)
        self.record_type = record_type

    # in

    def parse(self, raw: Any, locale: Locale) -> Any:
        raw = listed(raw)
        if isinstance(raw, list | tuple) and not raw:
            return None
        return super().parse(raw, locale)

    def convert(self, raw: Any, locale: Locale) -> tuple[str, ...] | None:
        if isinstance(raw, str):
            raw = SEPARATORS.split(raw)
        if not isinstance(raw, list | tuple):
            raise FieldError("type", _("Give tags as a list of names, or as text with commas between them."))
        names: dict[str, str] = {}
        for item in raw:
            name = item.name if isinstance(item, TagMark) else self.one(item, locale)
            if name:
                names.setdefault(folded(name), name)
        if len(names) > MOST:
            raise FieldError("too_many", _("At most %(limit)s tags fit on a record.") % {"limit": MOST})
        return tuple(names.values()) or None

    def clean(self, raw: Any, locale: Locale) -> Any:
        return self.parse(raw, locale) or ()

    def one(self, raw: Any, locale: Locale) -> str | None:
        """The name of one tag."""
        if not isinstance(raw, str):
            raise FieldError("type", _("Write the name of a tag as text."))
        name = _ONE.parse(raw.strip().removeprefix("#"), locale)
        if name is None:
            return None
        if SEPARATORS.search(name) or not folded(name):
            raise FieldError("tag", _("The name of a tag holds letters or digits, and no comma."))
        return str(name)

    # out

    def expression(self, path: str = "") -> Any:
        return _TagsOf(F(f"{path}pk"), record_type=self.record_type)

    def value_of(self, columns: Sequence[Any]) -> tuple[TagMark, ...]:
        return marks(columns[0])

    def to_json(self, value: Any) -> list[str]:
        return _names(value)

    def text(self, value: Any, locale: Locale) -> str:
        return ", ".join(_names(value))

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        chips = (f'<span class="chip {escape(one.tone)}">{escape(one.name)}</span>' for one in marks(value))
        return SafeString(f'<span class="tags">{"".join(chips)}</span>')

    # filter

    def is_empty(self, path: str = "") -> Q:
        return ~Q(**{f"{path}pk__in": self._links().values("record_id")})

    def q(self, op: str, value: Any, path: str = "") -> Q:
        """The condition: the record bears the tag, or one of them. Negations hold for records without tags too."""
        match op:
            case "is empty":
                return self.is_empty(path)
            case "is not empty":
                return ~self.is_empty(path)
            case "!=" | "not in":
                return ~self.q({"!=": "=", "not in": "in"}[op], value, path)
            case "=" | "in":
                names = [value] if op == "=" else list(value)
                bearing = self._links().filter(tag__words__word__in=[folded(name) for name in names])
                return Q(**{f"{path}pk__in": bearing.values("record_id")})
        raise ValueError(f"{self.name} has no operator {op!r}")

    def _links(self) -> Any:
        from dangol.records.models import TagLink

        return TagLink.objects.filter(record_type=self.record_type, tag__deleted_at=None).order_by()


class _TagsOf(Func):
    """The tags of the record as JSON, `[[id, name, tone], …]`, in one subselect."""

    template = (
        "(SELECT jsonb_agg(jsonb_build_array(tag.id, tag.name, tag.tone) ORDER BY tag.name) FROM records_taglink link "
        "JOIN records_tag tag ON tag.id = link.tag_id WHERE link.record_type = '%(record_type)s' "
        "AND link.record_id = %(expressions)s AND tag.deleted_at IS NULL)"
    )

    def __init__(self, record: Any, *, record_type: str) -> None:
        super().__init__(record, output_field=JSONField(), record_type=record_type)


def marks(value: Any) -> tuple[TagMark, ...]:
    """Tags out of what the database, history or a caller has of them."""
    if isinstance(value, str):
        value = [value]
    return tuple(one if isinstance(one, TagMark) else _mark(one) for one in value or ())


def _mark(one: Any) -> TagMark:
    return TagMark(0, one) if isinstance(one, str) else TagMark(*one)


def _names(value: Any) -> list[str]:
    return [one.name for one in marks(value)]
