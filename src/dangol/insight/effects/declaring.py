"""What follows when a programme is made or changed, and what holds for the lists it keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity.actors import Actor
from dangol.insight.effects import drawing
from dangol.insight.effects.outcomes import EFFECT_TASK
from dangol.insight.models import Made, Programme
from dangol.records.fields import FieldError
from dangol.records.types import Draft, WrittenRows


def written(rows: WrittenRows, actor: Actor) -> None:
    """Draw the groups of new programmes, and have what came of all these found out. In the writer's transaction."""
    made = [row.id for row in rows.created if row.id]
    if made:
        for programme in Programme.objects.filter(pk__in=made, drawn_on=None).order_by("pk"):
            drawing.draw(programme, actor=actor)
    changed = [row.id for row in (*rows.created, *rows.updated) if row.id]
    if changed:
        queue.enqueue(EFFECT_TASK, queue=queue.ANALYTICS, programmes=sorted(changed))


def lists_stay(rows: Sequence[Draft]) -> Iterable[tuple[int, str, FieldError]]:
    """A list that a programme keeps its customers in becomes no condition. One query where any list becomes one."""
    turned = {
        row.id: row.index
        for row in rows
        if row.id is not None and row.values.get("made", Made.LIST) != Made.LIST
    }
    if not turned:
        return
    numbers = list(turned)
    kept = Programme.objects.filter(Q(reached__in=numbers) | Q(compared__in=numbers), deleted_at=None)
    for pair in kept.values_list("reached_id", "compared_id"):
        for number in pair:
            if number in turned:
                text = _("A programme keeps its customers in this list, so it stays a list.")
                yield turned[number], "made", FieldError("kept", text)
