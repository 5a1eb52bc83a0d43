"""One query serves several cards of a record's page: what was read is kept with the record that is being shown.

Such a query is put together from many parts, each with the actor's permissions in it. Writing its text takes the ORM longer
than the database takes to answer, so that the text is kept for the next record (`composed`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from django.db.models import QuerySet

from dangol.identity.actors import Actor
from dangol.records import registry

T = TypeVar("T")
Written = tuple[str, Sequence[Any]]

RECORD: Final = 0x5EA7_0F_A11_0F_5EA7
"""Stands for the record's id in a text that is kept: no id comes near."""
NOW: Final = datetime(7777, 7, 7, tzinfo=UTC)
"""Stands for the present moment; moments within ten years of it are so far from the present."""
_NEAR = timedelta(days=3_653)
_MOST = 512
_kept: dict[Hashable, Written] = {}


def composed(
    actor: Actor, name: str, write: Callable[[int, datetime], Written], *, record_id: int, now: datetime
) -> Written:
    """The text and parameters that `write(record_id, now)` gives. It is called once for all records and moments.

    Args:
        actor: whose permissions are in the text: those who may do the same share it.
        name: of the statement, with all else that it depends on.
        write: gives the text of the actor's statement; id and moment may stand in parameters only.
    """
    place = (name, actor.rights(), registry.generation())
    kept = _kept.get(place)
    if kept is None:
        if len(_kept) >= _MOST:
            _kept.clear()
        kept = _kept[place] = write(RECORD, NOW)
    text, parameters = kept
    return text, [_filled(value, record_id, now) for value in parameters]


def _filled(value: Any, record_id: int, now: datetime) -> Any:
    if value == RECORD:
        return record_id
    if isinstance(value, datetime) and abs(value - NOW) < _NEAR:
        return now + (value - NOW)
    return value


def once(record: Mapping[str, Any], key: str, read: Callable[[], T]) -> T:
    """What `read` gives; the second card that asks for the same record gets it without a query."""
    if not isinstance(record, dict):
        return read()
    place = f"~{key}"
    if place not in record:
        record[place] = read()
    found: T = record[place]
    return found


def subselect(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """A queryset as SQL text and parameters, to stand inside a hand-written statement.

    Raises:
        django.core.exceptions.EmptyResultSet: no row can match.
    """
    return rows.query.sql_with_params()
