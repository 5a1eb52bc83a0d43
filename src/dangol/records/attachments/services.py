"""Taking files in, off their records, and out for good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.events import outbox, queue
from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.attachments import rules, scanning, storage
from dangol.records.attachments.errors import AttachmentProblem
from dangol.records.attachments.kinds import Kind, kind_of
from dangol.records.attachments.locking import forget, lock
from dangol.records.attachments.selectors import bytes_used
from dangol.records.events import FilesAttached, FilesRemoved
from dangol.records.models import Attachment, StoredFile, StoredState
from dangol.records.types import RecordType
from dangol.records.writing import Missing, RowError
from dangol.records.writing.context import sign
from dangol.records.writing.tagging import tell

PREPARE_TASK = "dangol.records.attachments.prepare"
MOST_ON_A_RECORD = 1_000
KEPT_IN_BIN = timedelta(days=30)
ORPHANED_AFTER = timedelta(days=1)


def attach(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    name: str,
    chunks: Iterable[bytes],
    origin: str = "page",
) -> Attachment:
    """Take a file in and put it on a record.

    Contents that are there already are kept once. Pictures, and with a scanner all files, wait for a job before anybody can
    fetch them.

    Args:
        actor: may edit the record.
        name: as the file is called; folders and what would mislead are taken off.
        chunks: the contents; read to the end, or until they are too large.

    Raises:
        Missing: there is no such record that the actor may edit.
        AttachmentProblem: too large, of a kind that is not taken, or there is no more room.

    About eight queries.
    """
    if not permissions.may(actor, record_type, "edit", record_id):
        raise Missing([RowError(0, "id", record_id, "missing", _("There is no such record."))])
    path = storage.draft()
    try:
        digest, size = _receive(path, chunks, name)
        kind = kind_of(path)
        kept_name = rules.fitting_name(name, kind)
        rules.require_kind(kind, kept_name)
        with transaction.atomic():
            sign(actor, origin)
            return _attached(actor, record_type, record_id, kept_name, path, digest, size, kind)
    finally:
        path.unlink(missing_ok=True)


def _receive(path: Path, chunks: Iterable[bytes], name: str) -> tuple[str, int]:
    digest, size, most = hashlib.sha256(), 0, rules.largest()
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                message = _("%(name)s is too large: at most %(limit)s MB.")
                raise AttachmentProblem("too_large", message % {"name": name[:100], "limit": most >> 20})
            digest.update(chunk)
            file.write(chunk)
    if size == 0:
        raise AttachmentProblem("empty", _("%(name)s is empty.") % {"name": name[:100]})
    return digest.hexdigest(), size


def _attached(
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    name: str,
    path: Path,
    digest: str,
    size: int,
    kind: Kind,
) -> Attachment:
    lock(digest)
    known = StoredFile.objects.filter(digest=digest).first()
    if known is None and rules.quota() and bytes_used() + size > rules.quota():
        message = _("There is no room for %(name)s: all files together may have %(limit)s GB.")
        raise AttachmentProblem("quota", message % {"name": name, "limit": rules.quota() >> 30})
    there = Attachment.objects.filter(record_type=record_type.name, record_id=record_id, deleted_at=None)
    if there.count() >= MOST_ON_A_RECORD:
        message = _("At most %(limit)s files fit on a record.")
        raise AttachmentProblem("too_many", message % {"limit": MOST_ON_A_RECORD})
    if known is None:
        storage.store().put(path, storage.place_of(digest))
        waits = kind.family == "image" or scanning.scanner() is not None
        known = StoredFile.objects.create(
            digest=digest,
            size=size,
            content_type=kind.content_type,
            state=StoredState.WAITING if waits else StoredState.READY,
        )
        if waits:
            queue.enqueue(PREPARE_TASK, file=known.pk)
    found = Attachment.objects.create(
        record_type=record_type.name,
        record_id=record_id,
        file=known,
        name=name,
        created_by_id=actor.user_id,
    )
    tell(record_type, "attachments", {record_id: (None, name)})
    outbox.announce(
        FilesAttached(record_type=record_type.name, record_id=record_id, by=actor.user_id, files=[found.pk]),
        actor=actor,
    )
    return found


def detach(*, actor: Actor, record_type: RecordType, attachment: Attachment, origin: str = "page") -> None:
    """Put a file of a record into the bin. Raises Missing where the actor may not edit the record. Six queries."""
    _require_edit(actor, record_type, attachment)
    with transaction.atomic():
        sign(actor, origin)
        rows = Attachment.objects.filter(pk=attachment.pk, deleted_at=None)
        if rows.update(deleted_at=timezone.now()):
            tell(record_type, "attachments", {attachment.record_id: (attachment.name, None)})
            outbox.announce(
                FilesRemoved(
                    record_type=record_type.name,
                    record_id=attachment.record_id,
                    by=actor.user_id,
                    files=[attachment.pk],
                ),
                actor=actor,
            )


def bring_back(
    *, actor: Actor, record_type: RecordType, attachment: Attachment, origin: str = "page"
) -> None:
    """Take a file out of the bin. Raises Missing where the actor may not edit the record. Five queries."""
    _require_edit(actor, record_type, attachment)
    with transaction.atomic():
        sign(actor, origin)
        if Attachment.objects.filter(pk=attachment.pk, deleted_at__isnull=False).update(deleted_at=None):
            tell(record_type, "attachments", {attachment.record_id: (None, attachment.name)})


def _require_edit(actor: Actor, record_type: RecordType, attachment: Attachment) -> None:
    if not permissions.may(actor, record_type, "edit", attachment.record_id):
        raise Missing([RowError(0, "id", None, "missing", _("There is no such record."))])


def remove(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take the files of records that go for good off them; the job removes what nobody needs. One statement."""
    Attachment.objects.filter(record_type=record_type.name, record_id__in=list(ids)).delete()


def forget_binned() -> int:
    """Remove files that have lain in the bin for a month from their records. Returns how many."""
    rows = Attachment.objects.filter(deleted_at__lt=timezone.now() - KEPT_IN_BIN)
    return rows.delete()[0]


def remove_orphans() -> int:
    """Remove contents that no record has had for a day, and drafts that nobody finishes. Returns how many contents.

    Each in a transaction of its own, under the lock that taking the same contents in waits for.
    """
    limit = timezone.now() - ORPHANED_AFTER
    store = storage.store()
    for path in storage.folder().glob(f"{storage.DRAFT}*"):
        if path.stat().st_mtime < limit.timestamp():
            path.unlink(missing_ok=True)
    digests = StoredFile.objects.filter(attachments=None, created_at__lt=limit).values_list(
        "digest", flat=True
    )
    removed = 0
    for digest in list(digests):
        with transaction.atomic():
            lock(digest)
            gone = StoredFile.objects.filter(digest=digest, attachments=None).delete()[0]
        if gone:
            forget(digest)
            removed += 1
    # What a transaction that never ended well has left: files that no row names.
    lying = iter(store.older_than(limit))
    while names := list(islice(lying, 1_000)):
        digests_here = {storage.digest_of(name) for name in names}
        known = set(
            StoredFile.objects.filter(digest__in=digests_here)
            .exclude(state=StoredState.REFUSED)
            .values_list("digest", flat=True)
        )
        for digest in digests_here - known:
            forget(digest)
            removed += 1
    return removed
