"""Drawing a programme's groups: once, when it is made, by sets in PostgreSQL, and kept as two fixed lists of customers.

By chance means by the order of a digest of the programme's and the customer's number: as good as a lot for any question that
could be asked of customers, and the same whenever it is drawn again.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dangol.commerce.models import Order
from dangol.identity.actors import Actor
from dangol.insight.models import Control, Made, Programme, SegmentStay
from dangol.insight.segmentation import conditions, index, snapshot
from dangol.insight.segmentation.fields import stays_on
from dangol.insight.segmentation.index import SYSTEM
from dangol.records import registry, writing
from dangol.records.filters.tree import Tree
from dangol.records.lists import rows_for

MOST_OTHERS: Final = 100_000
"""Of all others, so many are drawn by chance at most: more would make no interval visibly narrower."""
REACHED: Final = gettext_noop("%(name)s: reached")
COMPARED: Final = gettext_noop("%(name)s: control group")

_LOTS: Final = """
CREATE TEMPORARY TABLE programme_lots ON COMMIT DROP AS
SELECT found.customer_id, row_number() OVER (
    ORDER BY md5(%s || ':' || found.customer_id), found.customer_id) AS place, count(*) OVER () AS size
FROM ({rows}) found(customer_id)
"""
_KEPT: Final = """
INSERT INTO insight_segmentstay (segment_id, customer_id, entered_on)
SELECT %s, customer_id, %s FROM programme_lots WHERE
"""
_HELD: Final = "place <= greatest(1, round(size * %s / 100.0))"


def there_before(programme: Programme) -> QuerySet[Any]:
    """All customers who were there before the start: since before, entered before, or with an order from before."""
    orders = Order.objects.filter(
        customer=OuterRef("pk"), ordered_at__date__lt=programme.starts_on, deleted_at=None
    )
    rows = registry.get(conditions.CUSTOMER).model._default_manager.filter(deleted_at__isnull=True)
    before = (
        Q(since__lt=programme.starts_on) | Q(created_at__date__lt=programme.starts_on) | Q(Exists(orders))
    )
    return rows.filter(before).order_by()


def group_of(programme: Programme, actor: Actor) -> QuerySet[Any]:
    """Ids of the customers that the programme is for, whoever of them is reached in the end. Lazy.

    A segment is asked as it was at the end of the first day where that is past, else as it is now; a condition as it holds now.

    Raises:
        FieldError: the condition cannot be.
    """
    rows = there_before(programme)
    if programme.group_segment_id is None:
        return rows.filter(pk__in=_by_filter(programme.group_filter, actor)).values("pk")
    return rows.filter(pk__in=_by_segment(programme.group_segment_id, programme)).values("pk")


def control_of(programme: Programme, actor: Actor) -> QuerySet[Any]:
    """Ids of those it is compared with, where they are not held out of the group itself. Lazy.

    Raises:
        FieldError: the condition cannot be.
    """
    rows = there_before(programme).exclude(pk__in=group_of(programme, actor))
    if programme.control == Control.SEGMENT and programme.control_segment_id is not None:
        rows = rows.filter(pk__in=_by_segment(programme.control_segment_id, programme))
    elif programme.control == Control.FILTER:
        rows = rows.filter(pk__in=_by_filter(programme.control_filter, actor))
    return rows.values("pk")


def _by_filter(text: str, actor: Actor) -> QuerySet[Any]:
    return _rows(conditions.parsed(text, actor=actor), actor)


def _rows(tree: Tree, actor: Actor) -> QuerySet[Any]:
    rows: QuerySet[Any] = rows_for(actor, registry.get(conditions.CUSTOMER), tree).order_by().values("pk")
    return rows


def _by_segment(number: int, programme: Programme) -> QuerySet[Any]:
    segment = index.of_id(number)
    today = snapshot.today()
    if segment is not None and segment.tree is not None and programme.starts_on >= today:
        return _rows(segment.tree, SYSTEM)
    day = None if segment is not None and segment.fixed else min(programme.starts_on, today)
    stays: QuerySet[SegmentStay] = stays_on([number], day)
    return stays.values("customer_id")


def draw(programme: Programme, *, actor: Actor) -> None:
    """Draw both groups and keep them, in the caller's transaction. About forty statements, whatever the size."""
    with connection.cursor() as cursor:
        reached, compared = (_list(programme, text, actor) for text in (REACHED, COMPARED))
        day = snapshot.today()
        _lots(cursor, programme, group_of(programme, actor))
        if programme.control == Control.HELD_OUT:
            share = programme.held_out_percent
            cursor.execute(f"{_KEPT} NOT {_HELD}", [reached, day, share])
            cursor.execute(f"{_KEPT} {_HELD}", [compared, day, share])
        else:
            cursor.execute(f"{_KEPT} true", [reached, day])
            _lots(cursor, programme, control_of(programme, actor))
            cursor.execute(f"{_KEPT} place <= %s", [compared, day, MOST_OTHERS])
        cursor.execute("DROP TABLE programme_lots")
    snapshot.take(segments=[reached, compared])
    Programme.objects.filter(pk=programme.pk).update(
        reached=reached, compared=compared, drawn_on=day, by_chance=programme.control == Control.HELD_OUT
    )


def drawn(programme: Programme, actor: Actor) -> tuple[list[int], list[int]]:
    """The customers that would be reached and compared if the groups were drawn now; nothing is kept. Five statements.

    Call it in a transaction.

    Raises:
        FieldError: a condition cannot be.
    """
    select = "SELECT customer_id FROM programme_lots WHERE"
    with connection.cursor() as cursor:

        def read(where: str, *parameters: int) -> list[int]:
            cursor.execute(f"{select} {where}", parameters)
            return [row[0] for row in cursor.fetchall()]

        _lots(cursor, programme, group_of(programme, actor))
        if programme.control == Control.HELD_OUT:
            share = programme.held_out_percent
            return read(f"NOT {_HELD}", share), read(_HELD, share)
        group = read("true")
        _lots(cursor, programme, control_of(programme, actor))
        return group, read("place <= %s", MOST_OTHERS)


def _lots(cursor: Any, programme: Programme, rows: QuerySet[Any]) -> None:
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        sql, parameters = "SELECT NULL::bigint WHERE false", ()
    cursor.execute("DROP TABLE IF EXISTS programme_lots")
    cursor.execute(_LOTS.format(rows=sql), [str(programme.pk), *parameters])


def list_names(name: str) -> dict[str, tuple[str, str]]:
    """What the lists of a programme are called, in Korean and English."""
    found = {}
    for text in (REACHED, COMPARED):
        said = []
        for language in ("ko", "en"):
            with translation.override(language):
                said.append(_(text) % {"name": name})
        found[text] = (said[0], said[1])
    return found


def _list(programme: Programme, text: str, actor: Actor) -> int:
    korean, english = list_names(programme.name)[text]
    values = {
        "name": korean,
        "name_en": english,
        "made": Made.LIST.value,
        "description": programme.description[:2_000],
    }
    return writing.create(registry.get("segment"), values, actor=actor)
