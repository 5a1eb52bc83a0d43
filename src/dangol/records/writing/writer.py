"""The set-based writer. A single write is a batch of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dangol.events import outbox
from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records.arrays import one_of
from dangol.records.events import RecordsWritten
from dangol.records.fields import Locale, Ref, Reference
from dangol.records.fields.masks import Masked, is_there
from dangol.records.fields.own import COLUMN as OWN
from dangol.records.fields.own import Own
from dangol.records.looks import taking as looks
from dangol.records.search import index
from dangol.records.types import Draft, RecordType, WrittenRows
from dangol.records.writing import assigning, locks, owned, storing, tagging
from dangol.records.writing.conflicts import conflict_message
from dangol.records.writing.context import sign
from dangol.records.writing.errors import Change, Conflict, Missing, RowError, WriteError, Written
from dangol.records.writing.parsing import Parser
from dangol.records.writing.resolving import resolve_references
from dangol.records.writing.scoping import guard_new_scope


def create(record_type: RecordType, values: Mapping[str, Any], *, actor: Actor, origin: str = "page") -> int:
    """Create one record and return its id. Raises WriteError with one RowError for each field that is wrong."""
    written = write(record_type, [Change(values)], actor=actor, origin=origin)
    return written.created[0]


def update(
    record_type: RecordType,
    record_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    version: int | None = None,
    origin: str = "page",
) -> Written:
    """Change one record. Raises Missing, Conflict (someone was faster), or WriteError."""
    return write(record_type, [Change(values, id=record_id, version=version)], actor=actor, origin=origin)


def write(
    record_type: RecordType,
    changes: Sequence[Change],
    *,
    actor: Actor,
    collect: bool = False,
    origin: str = "page",
    entrance: index.Entrance | None = None,
) -> Written:
    """Create and change records of one type: validate, check, store, index, announce – in one transaction.

    Args:
        record_type: of all the changes.
        changes: up to some thousands; larger jobs come in chunks.
        actor: who does it; permissions, defaults of owner and team, history.
        collect: keep what is right and return errors, instead of refusing the batch for one of them.
        origin: the way in, as history shows it: page, api, import, automation, …
        entrance: what puts the new records into the search index, for callers that could work it out ahead; used where all
            of them are stored as it says.

    Returns:
        Ids, and what became of each change. Changes that change nothing leave no trace.

    Raises:
        WriteError: something is wrong (Missing, Conflict for single reasons); nothing was written.

    Costs about twelve queries, whatever the size of the batch.
    """
    with transaction.atomic():
        transaction_id = sign(actor, origin)
        batch = _Batch(fieldrules.whole(record_type), changes, actor, collect, origin, entrance)
        return batch.run(transaction_id)


class _Batch:
    def __init__(
        self,
        record_type: RecordType,
        changes: Sequence[Change],
        actor: Actor,
        collect: bool,
        origin: str,
        entrance: index.Entrance | None,
    ) -> None:
        self.type = record_type
        self.changes = changes
        self.actor = actor
        self.collect = collect
        self.origin = origin
        self.entrance = entrance
        self.locale = Locale(actor.language, ZoneInfo(actor.time_zone))
        self.errors: list[RowError] = []
        self.refused: set[int] = set()
        self.masked: set[str] = set()
        self.failure: type[WriteError] = WriteError

    def run(self, transaction_id: int) -> Written:
        drafts = self._parse()
        self._load_current(drafts)
        drafts = self._kept(drafts)
        for error in resolve_references(self.type, drafts, actor=self.actor, locale=self.locale):
            self._refuse(error)
        for error in tagging.resolve(self.type, self._kept(drafts), actor=self.actor):
            self._refuse(error)
        drafts = self._kept(drafts)
        self.type.before_write(drafts, actor=self.actor)
        self._check(drafts)
        drafts = self._kept(drafts)
        written = Written(ids=[None] * len(self.changes))
        created = [draft for draft in drafts if draft.current is None]
        updated = [draft for draft in drafts if draft.current is not None and self._differs(draft)]
        try:
            with transaction.atomic():
                self._insert(created)
                self._update(updated)
                tagging.store(self.type, [*created, *updated])
        except IntegrityError as problem:
            raise WriteError([self._integrity_error(problem)]) from problem
        guard_new_scope(self.type, [*created, *updated], self.actor)
        looks.note("change", self.type, [draft.id for draft in (*created, *updated) if draft.id])
        if created or updated:
            self.type.after_write(WrittenRows(created, updated, self.origin), actor=self.actor)
            self._index(created, updated)
            given = assigning.given_by(self.type, [*created, *updated], actor=self.actor, origin=self.origin)
            outbox.announce(
                RecordsWritten(
                    record_type=self.type.name,
                    created=[draft.id for draft in created if draft.id],
                    updated=[draft.id for draft in updated if draft.id],
                    origin=self.origin,
                    given=given,
                    fields=sorted(set().union(*(draft.values for draft in updated))),
                    transaction=transaction_id,
                ),
                actor=self.actor,
            )
            assigning.announce_assigned(self.type, given, actor=self.actor)
        changed = {id(draft) for draft in updated}
        for draft in drafts:
            written.ids[draft.index] = draft.id
            if draft.current is not None and id(draft) not in changed:
                written.unchanged.append(draft.id or 0)
        written.created = [draft.id or 0 for draft in created]
        written.updated = [draft.id or 0 for draft in updated]
        written.errors = sorted(self.errors, key=lambda error: error.index)
        return written

    # refusing

    def _refuse(self, error: RowError) -> None:
        self.errors.append(error)
        self.refused.add(error.index)

    def _kept(self, drafts: list[Draft]) -> list[Draft]:
        if self.errors and not self.collect:
            raise self.failure(self.errors)
        return [draft for draft in drafts if draft.index not in self.refused] if self.refused else drafts

    # steps

    def _parse(self) -> list[Draft]:
        creates = [index_ for index_, change in enumerate(self.changes) if change.id is None]
        if creates and not self.actor.may(self.type.name, "create"):
            self.failure = Missing
            for index_ in creates:
                self._refuse(RowError(index_, "", None, "forbidden", _("You may not create such records.")))
        parser = Parser(self.type, self.actor, self.locale)
        if parser.seen is not self.type:
            self.masked = {name for name, field in parser.seen.fields.items() if isinstance(field, Masked)}
        drafts = []
        for index_, change in enumerate(self.changes):
            if index_ in self.refused:
                continue
            draft, errors = parser.draft(index_, change)
            drafts.append(draft)
            for error in errors:
                self._refuse(error)
        return drafts

    def _load_current(self, drafts: Sequence[Draft]) -> None:
        """Lock and read the rows to change: all fields that any of the changes names. One query."""
        wanted = {draft.id: draft for draft in drafts if draft.id is not None}
        if not wanted:
            return
        for draft in drafts:
            if draft.id is not None and wanted[draft.id] is not draft:
                self._refuse(
                    RowError(draft.index, "id", draft.id, "twice", _("The record stands in the batch twice."))
                )
        names = [name for name in self.type.editable_fields if name in self.type.table.columns]
        own = owned.named(self.type, drafts)
        columns = [self._raw_column(name) for name in names]
        if own:
            columns.append(OWN)
        rows = permissions.visible_to(self.actor, self.type, "edit").select_for_update(of=("self",))
        locked = rows.filter(pk__in=list(wanted)).order_by("pk").values_list("pk", "version", *columns)
        stored: dict[int, tuple[int, dict[str, Any]]] = {}
        for record_id, version, *values in locked:
            held = values.pop() if own else {}
            current = {
                name: Ref(id=value)
                if value is not None and isinstance(self.type.fields[name], Reference)
                else value
                for name, value in zip(names, values, strict=True)
            }
            current.update((field.name, field.loaded(held.get(field.name))) for field in own)
            stored[record_id] = (version, current)
        for draft in drafts:
            if draft.id is None:
                continue
            if draft.id not in stored:
                self.failure = Missing
                self._refuse(RowError(draft.index, "id", draft.id, "missing", _("There is no such record.")))
                continue
            version, draft.current = stored[draft.id]
            asked = self.changes[draft.index].version
            if asked is not None and asked != version:
                self.failure = Conflict
                message = conflict_message(self.type, draft.id, asked, self.locale, self.actor)
                self._refuse(RowError(draft.index, "version", asked, "conflict", message))
        tagging.load(self.type, drafts)
        for draft in drafts if self.masked else ():
            self._keep_masked(draft)

    def _keep_masked(self, draft: Draft) -> None:
        """Refuse to change what the writer sees masked, whether the new value differs or not: else a guess is confirmed."""
        given = self.changes[draft.index].values
        for name in self.masked & given.keys():
            if is_there((draft.current or {}).get(name)):
                message = _(
                    "You see this value masked, so you cannot change it. Ask somebody who may read it."
                )
                self._refuse(RowError(draft.index, name, given[name], "masked", message))

    def _raw_column(self, name: str) -> str:
        column = self.type.fields[name].column
        return f"{column}_id" if isinstance(self.type.fields[name], Reference) else column

    def _check(self, drafts: Sequence[Draft]) -> None:
        for name, field in self.type.editable_fields.items():
            if field.unique:
                self._check_unique(name, drafts)
        for error in locks.refusals(self.type, drafts, self.actor):
            self._refuse(error)
        for error in owned.missing(self.type, drafts, self.actor):
            self._refuse(error)
        for index_, name, problem in self.type.check(drafts, actor=self.actor):
            draft = next(draft for draft in drafts if draft.index == index_)
            # Of a stored value that the writer may not see, the error says nothing either.
            told = name in self.changes[index_].values or fieldrules.is_clear(
                self.actor, self.type.name, name
            )
            value = draft.get(name) if told else None
            self._refuse(RowError(index_, name if told else "", value, problem.code, problem.message))

    def _check_unique(self, name: str, drafts: Sequence[Draft]) -> None:
        """Refuse values that another record has, or that stand twice in the batch. One query."""
        holders: dict[Any, list[Draft]] = defaultdict(list)
        for draft in drafts:
            value = draft.values.get(name)
            if name in self.changes[draft.index].free:
                continue
            if value not in (None, "") and (draft.current is None or draft.current.get(name) != value):
                holders[storing.column_value(value)].append(draft)
        if not holders:
            return
        message = _("Another record has this value already.")
        for value, rows in holders.items():
            for draft in rows[1:]:
                self._refuse(RowError(draft.index, name, value, "unique", message))
        field = self.type.fields[name]
        if isinstance(field, Own):
            taken = owned.holding(self.type, field, list(holders))
        else:
            column = self._raw_column(name)
            values = one_of(holders, self.type.table.columns[name].type)
            same = self.type.model._default_manager.filter(**{f"{column}__in": values})
            taken = list(same.values_list("pk", column))
        for record_id, value in taken:
            draft = holders[value][0]
            if draft.id != record_id and draft.index not in self.refused:
                self._refuse(RowError(draft.index, name, value, "unique", message))

    def _differs(self, draft: Draft) -> bool:
        """Drop values that are stored already; true when any is left."""
        current = draft.current or {}
        draft.values = {name: value for name, value in draft.values.items() if current.get(name) != value}
        return bool(draft.values)

    def _insert(self, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        table = self.type.table
        drawn = [self.changes[draft.index].new_id for draft in drafts]
        ids = [number for number in drawn if number is not None]
        if len(ids) < len(drafts):
            ids = storing.draw_ids(table, len(drafts))
        names = sorted(set().union(*(draft.values for draft in drafts)) & table.columns.keys())
        defaults = [table.defaults.get(name) for name in names]
        references = [
            place
            for place, name in enumerate(names, start=3)
            if isinstance(self.type.fields[name], Reference)
        ]
        user_id = self.actor.user_id
        rows = []
        for record_id, draft in zip(ids, drafts, strict=True):
            draft.id = record_id
            row: list[Any] = [record_id, user_id, user_id, *map(draft.values.get, names, defaults)]
            for place in references:
                row[place] = storing.column_value(row[place])
            rows.append(row)
        columns = ["id", "created_by", "updated_by", *names]
        if owned.any_in(self.type, drafts):
            columns.append(OWN)
            for row, draft in zip(rows, drafts, strict=True):
                row.append(owned.new(self.type, draft))
        storing.insert(table, columns, rows)

    def _update(self, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        table = self.type.table
        names = sorted(set().union(*(draft.values for draft in drafts)) & table.columns.keys())
        rows = [
            [*(storing.column_value(draft.get(name)) for name in names), self.actor.user_id]
            for draft in drafts
        ]
        columns = [*names, "updated_by"]
        if owned.any_in(self.type, drafts):
            columns.append(OWN)
            for row, draft in zip(rows, drafts, strict=True):
                row.append(owned.patch(self.type, draft))
        storing.update(table, columns, [draft.id or 0 for draft in drafts], rows)

    def _index(self, created: Sequence[Draft], updated: Sequence[Draft]) -> None:
        scope = {"owner", "team", "territory"}
        if self.type.search:
            searched = index.columns_of(self.type)
            ids = [draft.id or 0 for draft in updated if searched & draft.values.keys()]
            if index.stands_alone(self.type):
                self._enter(created)
            else:  # found by what another record says
                ids += [draft.id or 0 for draft in created]
            if ids:
                index.reindex(self.type, ids)
        moved = [
            draft.id or 0
            for draft in updated
            if (scope | set(self.type.scope.through[:1])) & draft.values.keys()
        ]
        if moved:
            index.refresh_scope(self.type, moved, registry.inheriting(self.type))

    def _enter(self, created: Sequence[Draft]) -> None:
        """New records into the search index, by the values they were just stored with."""
        if not created:
            return
        tokenize = index.Tokenizer(self.type)
        rows = []
        for draft in created:
            values = tokenize.values_of(draft.values)
            made = self.changes[draft.index].tokens
            if made is None or made.read != values:
                made = tokenize(values)
            rows.append((draft.id or 0, made))
        index.enter(self.type, rows, self.entrance)

    def _integrity_error(self, problem: IntegrityError) -> RowError:
        """The database refused what the checks let pass: someone stored the same key at the same moment, or a rule."""
        detail = getattr(problem.__cause__, "diag", None)
        constraint = (detail.constraint_name or "") if detail else ""
        return RowError(
            0,
            "",
            None,
            "constraint",
            _("The database refused the change (%(rule)s). Reload and try again.") % {"rule": constraint},
        )
