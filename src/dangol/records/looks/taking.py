"""Taking down who looked at whose data: collected while a request runs, written in one statement before the answer leaves.

What was read is noted where it is read – lists, records, search, the writer –, so that no page or endpoint can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection

from dangol.records import registry
from dangol.records.looks import settings
from dangol.records.models.looks import LookAct

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

READS = frozenset({LookAct.VIEW.value, LookAct.LIST.value, LookAct.SEARCH.value})
MOST_ABOUT = 500
_INSERT = (
    "INSERT INTO records_look"
    " (user_id, seen_by, ip, act, via, record_type, ids, through, count, about, request_id)"
)


@dataclass
class Looks:
    """What one request has done so far: (act, type, about) → ids in the order they came."""

    found: dict[tuple[str, str, str], dict[int, None]] = field(default_factory=dict)
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(
        self, act: str, record_type: RecordType, ids: Iterable[int], about: str = "", count: int = 0
    ) -> None:
        key = (act, record_type.name, about)
        self.found.setdefault(key, {}).update(dict.fromkeys(ids))
        self.counts[key] = self.counts.get(key, 0) + count

    def settled(self, *, was_shown: bool) -> list[tuple[str, str, str, list[int], int]]:
        """What to write. What was changed need not be said to have been looked at; of an answer that shows nothing only
        what was refused is left, and what was done all the same."""
        changed: dict[str, set[int]] = {}
        for (act, name, _about), ids in self.found.items():
            if act not in READS and act != LookAct.REFUSED.value:
                changed.setdefault(name, set()).update(ids)
        rows = []
        for key, ids in self.found.items():
            act, name, about = key
            left = list(ids)
            if act in READS:
                if not was_shown:
                    continue
                left = [number for number in ids if number not in changed.get(name, ())]
            if left or self.counts[key]:
                rows.append((act, name, about, left, self.counts[key] or len(left)))
        return rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is done from: the address, and the way in (`page`, `api`, `job`)."""

    ip: str | None = None
    via: str = "job"


_looks: ContextVar[Looks | None] = ContextVar("dangol_looks", default=None)
_here: ContextVar[Place | None] = ContextVar("dangol_place", default=None)


def begin(place: Place) -> Looks:
    """Collect from now on, for the request under way."""
    looks = Looks()
    _looks.set(looks)
    _here.set(place)
    return looks


def end() -> None:
    """Collect no longer."""
    _looks.set(None)
    _here.set(None)


def here() -> Place:
    """Where the request under way comes from; outside of requests, a job."""
    return _here.get() or Place()


def is_personal(record_type: RecordType) -> bool:
    """Whether looks at records of the type are logged: it is about people, or an own field of it was set to be."""
    return record_type.personal or record_type.name in settings.current().personal_types


def note(act: str, record_type: RecordType, ids: Iterable[int], *, about: str = "", count: int = 0) -> None:
    """Have it taken down that the request did this with these records. No query; nothing outside of requests.

    Args:
        count: how many records it were, where their ids are not known.
    """
    looks = _looks.get()
    if looks is not None and is_personal(record_type):
        # What is no number of a record was asked for, but nobody's data.
        looks.add(act, record_type, [number for number in ids if number < 2**63], about[:MOST_ABOUT], count)


_SOON = "CASE WHEN set_config('synchronous_commit', 'off', true) = 'off' THEN %s::bigint END"
"""The user's id, and the word to PostgreSQL that this transaction need not wait for the disk."""


def write(
    rows: Sequence[tuple[str, str, str, Sequence[int], int]],
    *,
    actor: Actor,
    place: Place | None = None,
    waits: bool = True,
) -> None:
    """Write lines into the log, in the caller's transaction. One query.

    Args:
        rows: act, record type, what else tells of it, ids, how many.
        place: where from; the request under way where none is given.
        waits: whether the lines have to be on disk before it goes on. Lines that only tell of pages that were read need not:
            PostgreSQL writes them within a second, and would lose them only if the machine itself failed in that moment.
    """
    if not rows:
        return
    place = place or here()
    sql: list[str] = []
    parameters: list[Any] = []
    user = "%s" if waits or connection.in_atomic_block else _SOON
    for act, name, about, ids, count in rows:
        numbers = list(ids)
        through, given = _through(name, numbers)
        sql.append(f"({user}, %s, %s, %s, %s, %s, %s::bigint[], {through}, %s, %s, %s)")
        parameters += [
            actor.user_id, actor.seen_by, place.ip, act, place.via, name, numbers, *given, count, about,
            actor.request_id[:64],
        ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"{_INSERT} VALUES {', '.join(sql)}", parameters)


def _through(name: str, ids: list[int]) -> tuple[str, list[Any]]:
    """The ids of the records that these belong to – the customers of contacts –, as the database finds them."""
    record_type = registry.find(name)
    steps = _steps(record_type) if record_type is not None and ids else ()
    if not steps:
        return "ARRAY[]::bigint[]", []
    joins = "".join(
        f' JOIN "{table}" t{place} ON t{place}.id = t{place - 1}."{steps[place - 1][1]}"'
        for place, (table, _column) in enumerate(steps)
        if place
    )
    last = len(steps) - 1
    column = f't{last}."{steps[last][1]}"'
    return (
        f'ARRAY(SELECT DISTINCT {column} FROM "{steps[0][0]}" t0{joins} WHERE t0.id = ANY(%s) AND {column} IS NOT NULL)',  # noqa: S608
        [ids],
    )


def _steps(record_type: RecordType) -> tuple[tuple[str, str], ...]:
    """Table and column of each step up to the records that these belong to."""
    steps = []
    step: RecordType | None = record_type
    for part in record_type.scope.through:
        if step is None or part not in step.table.columns:
            break  # kept in `own`, or of people: no column leads to a record
        steps.append((step.table.name, step.table.columns[part].name))
        step = registry.find(step.fields[part].target or "")
    return tuple(steps)
