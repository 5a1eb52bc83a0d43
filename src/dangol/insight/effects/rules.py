"""What a programme must be so that its groups can be drawn, and what stays as it was when they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.effects import drawing
from dangol.insight.effects.policies import can_make_programmes
from dangol.insight.models import Control, Programme, SegmentDay
from dangol.insight.segmentation import index, reading
from dangol.insight.segmentation.snapshot import today
from dangol.records.fields import FieldError, Ref
from dangol.records.fields.tags import SEPARATORS
from dangol.records.types import Draft

DRAWN: Final = (
    "starts_on", "group_segment", "group_filter", "control", "held_out_percent", "control_segment", "control_filter",
)  # fmt: skip
"""What the groups were drawn by."""
Problem = tuple[int, str, FieldError]


def programme_of(row: Draft) -> Programme:
    """The programme that a draft says, not stored."""
    return Programme(
        name=row.get("name") or "",
        starts_on=row.get("starts_on"),
        ends_on=row.get("ends_on"),
        group_segment_id=_number(row.get("group_segment")),
        group_filter=row.get("group_filter") or "",
        control=row.get("control") or Control.HELD_OUT,
        control_segment_id=_number(row.get("control_segment")),
        control_filter=row.get("control_filter") or "",
    )


def _number(value: Ref | int | None) -> int | None:
    return value.id if isinstance(value, Ref) else value


def _plain(value: Any) -> Any:
    return value.id if isinstance(value, Ref) else value


def problems(rows: Sequence[Draft], actor: Actor) -> Iterable[Problem]:
    """All that is wrong with drafts of programmes. Four queries for each new one."""
    for row in rows:
        starts, ends = row.get("starts_on"), row.get("ends_on")
        if starts and ends and ends < starts:
            yield row.index, "ends_on", FieldError("order", _("The end lies before the start."))
        if row.id is None:
            yield from _new(row, actor)
        else:
            yield from _changed(row)


def _changed(row: Draft) -> Iterable[Problem]:
    for name in DRAWN:
        if name in row.values and _plain(row.values[name]) != _plain((row.current or {}).get(name)):
            text = _("The groups were drawn by this and stay so. Make another programme.")
            yield row.index, name, FieldError("drawn", text)


def _new(row: Draft, actor: Actor) -> Iterable[Problem]:
    if not can_make_programmes(actor):
        text = _("Programmes are made by those who see all customers and orders and may make segments.")
        yield row.index, "name", FieldError("forbidden", text)
        return
    found = list(_said(row, actor))
    yield from ((row.index, name, error) for name, error in found)
    if found or row.get("starts_on") is None or not row.get("name"):
        return
    programme = programme_of(row)
    where = "group_filter" if programme.group_segment_id is None else "group_segment"
    try:
        size = drawing.group_of(programme, actor).count()
    except FieldError as problem:
        yield row.index, where, problem
        return
    if size < (2 if programme.control == Control.HELD_OUT else 1):
        text = _("Nobody who was there before the start belongs to it.")
        yield row.index, where, FieldError("empty", text)
        return
    if programme.control == Control.HELD_OUT:
        return
    where = {Control.SEGMENT: "control_segment", Control.FILTER: "control_filter"}.get(
        Control(programme.control), "control"
    )
    try:
        there = drawing.control_of(programme, actor).exists()
    except FieldError as problem:
        yield row.index, where, problem
        return
    if not there:
        text = _("There is nobody to compare with who was there before the start and is not reached.")
        yield row.index, where, FieldError("empty", text)


def _said(row: Draft, actor: Actor) -> Iterable[tuple[str, FieldError]]:
    name, starts = row.get("name") or "", row.get("starts_on")
    if SEPARATORS.search(name) or '"' in name or "\\" in name:
        yield "name", FieldError("name", _("A programme's name holds neither comma nor quotation mark."))
    elif any(index.named(text) for pair in drawing.list_names(name).values() for text in pair):
        yield "name", FieldError("taken", _("Another programme was called so. Give it a name of its own."))
    control = row.get("control") or Control.HELD_OUT
    if bool(row.get("group_segment")) == bool(row.get("group_filter")):
        yield "group_filter", FieldError("one", _("Give a segment or a condition, one of the two."))
    if control == Control.SEGMENT and not row.get("control_segment"):
        yield "control_segment", FieldError("required", _("Say which segment it is compared with."))
    if control == Control.FILTER and not row.get("control_filter"):
        yield "control_filter", FieldError("required", _("Say which customers it is compared with."))
    if control == Control.HELD_OUT and starts is not None and starts <= today():
        text = _(
            "Only before the start can customers be held out by chance. Start tomorrow, or compare with others."
        )
        yield "starts_on", FieldError("too_late", text)
    fields = ("group_segment", *(("control_segment",) if control == Control.SEGMENT else ()))
    for field in fields:
        problem = _segment(_number(row.get(field)), row, actor)
        if problem is not None:
            yield field, problem


def _segment(number: int | None, row: Draft, actor: Actor) -> FieldError | None:
    """Whether a segment can be asked as of the start."""
    segment = index.of_id(number) if number else None
    if number and (segment is None or not reading.seen_by(actor, [segment]).everything):
        return FieldError("segment", _("Of this segment you may not know everybody."))
    starts = row.get("starts_on")
    if segment is None or segment.fixed or starts is None or starts >= today():
        return None
    days = SegmentDay.objects.filter(segment_id=segment.id).order_by("day")
    first = days.values_list("day", flat=True).first()
    if first is not None and first <= starts:
        return None
    since = first.isoformat() if first else "–"
    return FieldError(
        "not_kept",
        _("Who was in the segment on that day is not known: it was kept from %(day)s.") % {"day": since},
    )
