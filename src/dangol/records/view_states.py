"""What of a saved view somebody can use: parts that name fields which are not there for that person are left out."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from dangol.identity.actors import Actor
from dangol.records import boards, calendars, filters, groups
from dangol.records.fields import Field
from dangol.records.types import RecordType

NAMING = ("cols", "widths", "sort", "by", "group", "total")
"""The parts of a state that are names of fields, with commas between them."""


def usable(part: str, name: str, known: Mapping[str, Field]) -> bool:
    """Whether the field can stand in that part: a masked one makes no order, lanes, days, groups or sums."""
    field = known.get(name)
    if field is None:
        return False
    match part:
        case "sort":
            return field.sortable
        case "by":
            return boards.boardable(field) or calendars.datable(field)
        case "group":
            return groups.groupable(field)
        case "total":
            return groups.summable(field)
    return True


def usable_part(part: str, text: str, known: Mapping[str, Field]) -> tuple[str, list[str]]:
    """The part without the items that cannot stand in it, and the names of the fields of those."""
    kept, lost = [], []
    for item in (item.strip() for item in text.split(",")):
        name = item.removeprefix("-").partition(":")[0]
        if name and usable(part, name, known):
            kept.append(item)
        elif name:
            lost.append(name)
    return ",".join(kept), lost


def stands(kind: str, record_type: RecordType, known: dict[str, Field]) -> bool:
    """Whether a field is there that the list can stand by as a board or calendar; every list is a table."""
    if kind == "board":
        return boards.board_field(record_type, known, "") is not None
    return kind != "calendar" or calendars.calendar_field(record_type, known, "") is not None


def readable_state(
    actor: Actor, record_type: RecordType, known: dict[str, Field], state: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """A state that somebody else made, as an actor with field rules may know it. No query.

    Neither what such a field is called nor what it is compared with is told: a filter that names one goes as a whole.

    Args:
        actor: who opens the view.
        record_type: of the list.
        known: the fields that exist for the actor.
        state: what is kept of the view.

    Returns:
        The state, and which of its parts something was left out of.
    """
    readable: dict[str, str] = {}
    left_out: list[str] = []
    for part, text in state.items():
        kept, lost = text, False
        if part in NAMING:
            kept, names = usable_part(part, text, known)
            lost = bool(names)
        elif (part == "filter" and not _is_read(actor, record_type, text)) or (
            part == "as" and not stands(text, record_type, known)
        ):
            kept, lost = "", True
        if kept:
            readable[part] = kept
        if lost:
            left_out.append(part)
    return readable, tuple(left_out)


def _is_read(actor: Actor, record_type: RecordType, text: str) -> bool:
    """Whether the filter says something to the actor."""
    try:
        if text.startswith("{"):
            filters.from_json(orjson.loads(text), record_type, actor=actor)
        else:
            filters.parse(text, record_type, actor=actor)
    except (filters.FilterError, orjson.JSONDecodeError):
        return False
    return True
