"""The tab that shows how the record itself was changed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.interactions.timeline.presenting import Shown
from dangol.interactions.timeline.store import TimelineError
from dangol.records.fields import Locale
from dangol.records.history import HistoryItem, history, shown
from dangol.records.ports import TimelinePage
from dangol.records.types import RecordType

FIELDS_SHOWN = 6


def changes_page(
    *, actor: Actor, record_type: RecordType, record_id: int, limit: int = 30, after: str | None = None
) -> TimelinePage:
    """The record's history in the shape of a timeline. The caller has checked permission. Three queries at most.

    Raises:
        TimelineError: the cursor is none of ours.
    """
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise TimelineError(_("The cursor is not valid. Start from the first page."))
    page = history(record_type, record_id, actor=actor, limit=limit, after=int(after) if after else None)
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    entries = [_shown(record_type, item, locale, record_id) for item in page.items]
    return TimelinePage(entries, str(page.next) if page.next else None)


def _shown(record_type: RecordType, item: HistoryItem, locale: Locale, record_id: int) -> Shown:
    titles = {"bin": _("Deleted"), "restore": _("Restored")}
    lines = []
    for change in item.fields[:FIELDS_SHOWN]:
        before, now = shown(record_type, change, locale)
        lines.append(f"{change.label}: {before} → {now}")
    if len(item.fields) > FIELDS_SHOWN:
        lines.append(_("and %(more)s more") % {"more": len(item.fields) - FIELDS_SHOWN})
    return Shown(
        id=item.id,
        at=item.at,
        kind="change",
        icon={"bin": "trash", "restore": "arrow-back-up"}.get(item.action, "pencil"),
        title=titles.get(item.action)
        or ", ".join(str(change.label) for change in item.fields[:3])
        or _("Edited"),
        body="\n".join(lines),
        chips=(
            (item.actor_name, ""),
            *(((f"#{item.record_id}", "g"),) if item.record_id != record_id else ()),
        ),
        source=(record_type.name, record_id),
        actor_id=item.actor_id,
        actor_name=item.actor_name,
    )
