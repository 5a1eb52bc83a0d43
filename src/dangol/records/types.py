"""What a room declares about a business object to get everything the kernel offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.functional import Promise

from dangol.records import building
from dangol.records.fields import Field, Reference

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.fields import FieldError
    from dangol.records.fields.own import Own

Label = str | Promise


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of fields on forms and on the record's page."""

    label: Label
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """How a type's list stands as a board unasked: a lane for each value of `column`, and the sum of `total`."""

    column: str
    total: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """Records of another type that point at this one; filters walk it as `orders.any(…)`."""

    name: str
    label: Label
    target: str
    path: str


Contributor = Callable[["RecordType"], Iterable[Field]]
_contributors: list[Contributor] = []


def contributing(source: Contributor) -> None:
    """Have fields on every type that the source gives any for, also on types that are made while the project runs.

    The source is asked while a type's fields are put together, so it cannot ask for these. To be called while the
    project starts.
    """
    from dangol.records import registry

    _contributors.append(source)
    for record_type in registry.all_types():
        for cached in ("fields", "editable_fields"):
            record_type.__dict__.pop(cached, None)
        record_type.edition += 1


def _called(label: Label, name: str) -> bool:
    """Whether a section is called so in any language."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            if str(label) == name:
                return True
    return False


class Scope:
    """Which columns say whose a record is. `through` is the chain of references that leads to them."""

    through: tuple[str, ...] = ()
    open = False
    administered = False
    governed = False

    def prefix(self) -> str:
        """The ORM path in front of `owner`, `team` and `territory`."""
        return "".join(f"{part}__" for part in self.through)

    def paths(self) -> dict[str, str | None]:
        """ORM paths of the scope columns; None where the record has none."""
        if self.open:
            return {"owner": None, "team": None, "territory": None}
        return {part: f"{self.prefix()}{part}_id" for part in ("owner", "team", "territory")}


class Owned(Scope):
    """The row itself carries owner, team and territory."""


class Inherited(Scope):
    """The row belongs where another record belongs: `Inherited(through="customer")`, or `"order.customer"`."""

    def __init__(self, through: str) -> None:
        self.through = tuple(through.split("."))


class Open(Scope):
    """Nobody's in particular: whoever may see the type sees every row; who may change only what is his own changes none.
    For catalogues."""

    open = True


class Vocabulary(Open):
    """The company's words: whoever may see them sees all, whoever may create adds some; changed and taken away only by
    those who administer the company."""

    governed = True


class Administered(Scope):
    """Only those who administer the company see and change such rows, whatever else their roles say."""

    open = True
    administered = True


class RecordType:
    """A business object: a Django model plus what users call it and how it is shown, found and guarded.

    Subclass, set the attributes, and `@register` it. Fields are built from the model; `kinds` replaces the
    kind of single fields (a `CharField` that is a phone number), `options` adds to them, `extra` adds fields
    that are no columns of the model.
    """

    name: str
    path: str
    label: Label
    label_plural: Label
    icon: str = "file"
    tone: str = ""
    """Colour of the icon on the record's page: p, o, g, r or b; empty for none."""
    department: str = ""
    """Key of the department; empty for types that stand in no menu."""
    menu_group: str = ""
    """Key of the group (`web.menu.Group`) that its menu entry is folded into; most stand by themselves."""
    order: int = 50
    model: type[models.Model]
    title: str = "name"
    subtitle: tuple[str, ...] = ()
    list_fields: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    default_sort: tuple[str, ...] = ("-updated_at",)
    board: Board | None = None
    """The board unasked; any other choice or yes-or-no field makes one too."""
    calendar: str = ""
    """The date or moment by which the calendar stands unasked; any other makes one too."""
    card_fields: tuple[str, ...] = ()
    """What a card of the board shows below its title, in this order; the subtitle where nothing is said."""
    page_sort: tuple[str, ...] = ()
    """How the list's page stands unasked, where that is not `default_sort`; a higher room contributes it."""
    scope: Scope = Owned()
    search: tuple[Any, ...] = ()
    keys: tuple[str, ...] = ()
    """Unique fields by which imports and API callers may name a record."""
    matching: tuple[Any, ...] = ()
    """What two records have in common when they are about the same (`records/matching/comparing.py`); for own objects
    administrators choose it."""
    kinds: Mapping[str, type[Field]] = {}
    options: Mapping[str, Mapping[str, Any]] = {}
    extra: Sequence[Field] = ()
    exclude: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = {}
    """What other programs' files call the fields: field name, or `reference.key` for a reference that is found by a key
    (`customer.external_id`) → names in any language, the likeliest first. Labels and field names need no mention."""
    cascade: tuple[str, ...] = ()
    """Relations whose records follow this one into the recycle bin and back."""
    personal: bool = False
    """Whether its records are about people, so that taking them out asks for the reason (안전성 확보조치 기준 제8조)."""
    append_only: bool = False
    """Whether its records are made once and never changed or taken away, whoever asks."""
    tagged: bool = True
    """Whether its records bear the company's tags."""
    whole: RecordType | None = None
    """Of a record type as it is for somebody, the record type itself; see `fieldrules.seen_by`."""
    rules: Mapping[tuple[str, str], str] | None = None
    """The field rules under which it is as it is."""
    timeline: bool = False
    """Whether the record's page carries a timeline and the composer."""

    edition: int = 0
    """Goes up whenever the fields become others: what is kept of them elsewhere goes by it."""

    def __init__(self) -> None:
        self._contributed: list[Field] = []
        self._own: tuple[Own, ...] = ()
        self._declared_sections = tuple(self.sections)

    def __repr__(self) -> str:
        return f"<RecordType {self.name}>"

    @cached_property
    def table(self) -> building.Table:
        return building.table_of(self)

    @cached_property
    def fields(self) -> dict[str, Field]:
        """All fields by name: the model's, the extra ones, those that higher rooms contributed, and own ones."""
        return building.fields_of(self, self._all_contributed(), self._own)

    @cached_property
    def own_fields(self) -> dict[str, Own]:
        """The fields that an administrator made, by name."""
        return {field.name: field for field in self._own}

    @cached_property
    def relations(self) -> dict[str, Relation]:
        return building.relations_of(self)

    @cached_property
    def editable_fields(self) -> dict[str, Field]:
        return {name: field for name, field in self.fields.items() if field.editable}

    @cached_property
    def title_field(self) -> Field:
        return self.fields[self.title]

    def contribute(
        self,
        *fields: Field,
        columns: Mapping[str, str] | None = None,
        page_sort: tuple[str, ...] = (),
        card_fields: tuple[str, ...] = (),
    ) -> None:
        """Add fields from a higher room, while the project starts.

        Args:
            fields: what to add.
            columns: which of them lists show unasked, each with the column it stands behind.
            page_sort: how the list's page stands unasked, for those who may see these fields.
            card_fields: what cards of the board show, before what they showed so far.
        """
        self.card_fields = tuple(dict.fromkeys((*card_fields, *self.card_fields)))
        self.page_sort = page_sort or self.page_sort
        self._contributed.extend(fields)
        for name, behind in (columns or {}).items():
            shown = [column for column in self.list_fields if column != name]
            place = shown.index(behind) + 1 if behind in shown else len(shown)
            self.list_fields = (*shown[:place], name, *shown[place:])
        for cached in ("fields", "editable_fields"):
            self.__dict__.pop(cached, None)
        self.edition += 1

    def _all_contributed(self) -> list[Field]:
        return [*self._contributed, *(field for source in _contributors for field in source(self))]

    def take_own(self, fields: Sequence[Own], sections: Sequence[tuple[Label, str, tuple[str, ...]]]) -> None:
        """Have these own fields from now on, instead of those before.

        Whoever is reading the fields at this moment keeps the dictionary that was: new ones are built aside and then put
        in their places.

        Args:
            fields: all of them, in the order of forms.
            sections: label, name and fields of the groups they stand in. A group that has the name of a declared section
                joins it.
        """
        own = tuple(fields)
        known = building.fields_of(self, self._all_contributed(), own)
        joined = list(self._declared_sections)
        for label, name, names in sections:
            place = next((at for at, known in enumerate(joined) if _called(known.label, name)), None)
            if place is None:
                joined.append(Section(label, names))
            else:
                joined[place] = Section(joined[place].label, (*joined[place].fields, *names))
        self._own = own
        self.sections = tuple(joined)
        self.__dict__["own_fields"] = {field.name: field for field in own}
        self.__dict__["editable_fields"] = {name: field for name, field in known.items() if field.editable}
        self.__dict__["fields"] = known
        self.edition += 1

    def form_sections(self) -> list[Section]:
        """The sections with only editable fields; fields that no section names are not on forms."""
        kept = (
            Section(section.label, tuple(name for name in section.fields if name in self.editable_fields))
            for section in self.sections
        )
        return [section for section in kept if section.fields]

    def reference_to(self, target: str) -> Reference | None:
        """The first field that points at records of another type."""
        for field in self.fields.values():
            if isinstance(field, Reference) and field.target == target:
                return field
        return None

    # what a room may add to writing; called set-based, inside the writer's transaction

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Rules across fields or rows. Yields (index of the draft, field, error). Keep it to a query or two."""
        return ()

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """Derive values from others before they are stored."""

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Keep side tables and timeline entries in step with the rows just written."""


@dataclass(slots=True)
class Draft:
    """A row about to be written: `values` are the new values by field, `current` those stored (None: a new row)."""

    index: int
    id: int | None
    values: dict[str, Any]
    current: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        """The value the row will have."""
        if name in self.values:
            return self.values[name]
        return self.current.get(name) if self.current else None


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """The drafts just stored, with their ids set."""

    created: Sequence[Draft]
    updated: Sequence[Draft]
    origin: str
    removed: Sequence[int] = ()
    restored: Sequence[int] = ()
