"""List and record side by side."""

from __future__ import annotations

from typing import Any

from dangol.records.lists import Page
from dangol.records.views import presenting
from dangol.records.views.presenting import Asked
from dangol.records.views.state import query


def content(asked: Asked, page: Page, at: str) -> dict[str, Any]:
    """What the template of the split view needs; the record itself comes from its own page. No query."""
    fields = [asked.known[name] for name in asked.columns if name != asked.record_type.title][:2]
    ids = [str(row["id"]) for row in page.rows]
    chosen = at if at.isascii() and at.isdigit() and 0 < int(at[:19]) < 2**63 and len(at) < 20 else ""
    chosen = chosen or (ids[0] if ids else "")
    return {
        "body": "records/parts/split.html",
        "items": [
            {
                "id": row["id"],
                "title": presenting.title_text(asked.record_type, row, asked.locale),
                "values": [markup for _label, markup in presenting.shown_values(fields, row, asked.locale)],
                "url": f"/{asked.record_type.path}/{row['id']}/",
                "here": f"?{query(asked.base, at=str(row['id']))}",
                "on": str(row["id"]) == chosen,
            }
            for row in page.rows
        ],
        "record_url": f"/{asked.record_type.path}/{chosen}/" if chosen else "",
    }
