"""The lock of one file's contents, and removing contents under it."""

from __future__ import annotations

from django.db import connection, transaction

from dangol.records.attachments import storage
from dangol.records.models import StoredFile, StoredState


def lock(*digests: str) -> None:
    """Until the end of the transaction nobody else takes the same contents in or removes them."""
    with connection.cursor() as cursor:
        for digest in sorted(digests):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [digest])


def forget(digest: str) -> None:
    """Remove contents and their preview, unless somebody has them. To be called after the row that named them has gone."""
    with transaction.atomic():
        lock(digest)
        if not StoredFile.objects.filter(digest=digest).exclude(state=StoredState.REFUSED).exists():
            for place in (storage.place_of(digest), storage.preview_of(digest)):
                storage.store().remove(place)
