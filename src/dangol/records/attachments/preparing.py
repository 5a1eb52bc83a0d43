"""What happens to a file before anybody can fetch it: the scanner looks, pictures lose what the camera wrote."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from dangol.records.attachments import images, scanning, storage
from dangol.records.attachments.locking import forget, lock
from dangol.records.models import Attachment, StoredFile, StoredState


def prepare(file_id: int) -> None:
    """Look at a file and make it ready. Done twice is done once; a scanner that cannot look leaves it waiting (raises)."""
    file = StoredFile.objects.filter(pk=file_id, state=StoredState.WAITING).first()
    if file is None:
        return
    source, cleaned, preview = storage.draft(), storage.draft(), storage.draft()
    try:
        with storage.store().open(storage.place_of(file.digest)) as stored, source.open("wb") as copy:
            shutil.copyfileobj(stored, copy)
        scanner = scanning.scanner()
        found = scanner(source) if scanner else ""
        if found:
            _refuse(file, _("The scanner found: %(what)s.") % {"what": found[:120]})
        elif file.content_type in images.FORMATS:
            _clean(file, source, cleaned, preview)
        else:
            StoredFile.objects.filter(pk=file.pk).update(state=StoredState.READY)
    finally:
        for path in (source, cleaned, preview):
            path.unlink(missing_ok=True)


def _clean(file: StoredFile, source: Path, cleaned: Path, preview: Path) -> None:
    try:
        size = images.clean(source, file.content_type, cleaned, preview)
    except images.NotAPicture:
        _refuse(
            file, _("It cannot be read as a picture. Open it in a program for pictures and save it again.")
        )
        return
    digest = hashlib.sha256(cleaned.read_bytes()).hexdigest()
    length = cleaned.stat().st_size
    store = storage.store()
    with transaction.atomic():
        lock(*{file.digest, digest})
        store.put(preview, storage.preview_of(digest))
        store.put(cleaned, storage.place_of(digest))
        facts = {
            "size": length,
            "width": size.width,
            "height": size.height,
            "has_preview": True,
            "state": StoredState.READY,
            "reason": "",
        }
        ready, _made = StoredFile.objects.update_or_create(
            digest=digest, defaults={**facts, "content_type": file.content_type}
        )
        if ready.pk != file.pk:
            Attachment.objects.filter(file=file).update(file=ready)
            file.delete()
    if digest != file.digest:
        forget(file.digest)


def _refuse(file: StoredFile, reason: str) -> None:
    """The contents go; the entry stays and says why."""
    StoredFile.objects.filter(pk=file.pk).update(state=StoredState.REFUSED, reason=reason, size=0)
    forget(file.digest)
