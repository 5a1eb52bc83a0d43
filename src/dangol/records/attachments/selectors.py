"""Reads the files of records. That the actor may see the record, the caller has checked first, always at the same cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Sum

from dangol.records.models import Attachment, StoredFile
from dangol.records.types import RecordType

MOST_SHOWN = 100


def attachments_of(record_type: RecordType, record_id: int) -> QuerySet[Attachment]:
    """The files of a record that are not in the bin, newest first. Lazy."""
    rows = Attachment.objects.filter(record_type=record_type.name, record_id=record_id, deleted_at=None)
    return rows.select_related("file", "created_by").order_by("-id")


def attachment_of(
    record_type: RecordType, record_id: int, key: uuid.UUID, *, deleted: bool = False
) -> Attachment | None:
    """One file of a record. One query."""
    rows = Attachment.objects.filter(record_type=record_type.name, record_id=record_id, key=key)
    return (
        rows.filter(deleted_at__isnull=not deleted)
        .select_related("file", "created_by")
        .order_by("pk")
        .first()
    )


def bytes_used() -> int:
    """What all files take, each counted once. One query."""
    return int(StoredFile.objects.aggregate(size=Sum("size"))["size"] or 0)


def as_json(record_type: RecordType, found: Sequence[Attachment]) -> list[dict[str, Any]]:
    """Files as the API gives them."""
    return [
        {
            "id": str(item.key),
            "name": item.name,
            "size": item.file.size,
            "type": item.file.content_type,
            "width": item.file.width,
            "height": item.file.height,
            "state": item.file.state,
            "reason": item.file.reason or None,
            "sha256": item.file.digest if item.file.state == "ready" else None,
            "created_at": item.created_at.isoformat(),
            "created_by": {"id": item.created_by_id, "name": item.created_by.name}
            if item.created_by
            else None,
            "content": f"/api/v1/{record_type.path}/{item.record_id}/attachments/{item.key}/content",
        }
        for item in found
    ]
