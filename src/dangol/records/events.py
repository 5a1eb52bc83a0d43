"""Facts about records. They carry ids, never contents."""

from dataclasses import dataclass, field
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class RecordsWritten(Event):
    """Records of one type were created or changed, in one batch.

    `given` are pairs of a record and whoever owns it now, other than the one who wrote it (see `RecordsAssigned`).
    `fields` are the names of the fields that any of the updated records got another value of; `transaction` is the one in
    which it happened, by which history finds what each value was before.
    """

    name: ClassVar[str] = "records.written"
    record_type: str
    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    origin: str = ""
    given: list[tuple[int, int]] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    transaction: int = 0


@dataclass(frozen=True)
class RecordsAssigned(Event):
    """Records were given to other people than the one who wrote them: `users[i]` now owns `ids[i]`."""

    name: ClassVar[str] = "records.assigned"
    record_type: str
    ids: list[int] = field(default_factory=list)
    users: list[int] = field(default_factory=list)
    by: int | None = None


@dataclass(frozen=True)
class RecordsDeleted(Event):
    """Records were put into the recycle bin."""

    name: ClassVar[str] = "records.deleted"
    record_type: str
    ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class RecordsRestored(Event):
    """Records came back from the recycle bin."""

    name: ClassVar[str] = "records.restored"
    record_type: str
    ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class RecordsPurged(Event):
    """Records were removed for good; only history tells of them."""

    name: ClassVar[str] = "records.purged"
    record_type: str
    ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class FilesAttached(Event):
    """Files were put on a record; `files` are ids of attachments."""

    name: ClassVar[str] = "records.files_attached"
    record_type: str
    record_id: int
    by: int | None = None
    files: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class FilesRemoved(Event):
    """Files of a record were put into the bin."""

    name: ClassVar[str] = "records.files_removed"
    record_type: str
    record_id: int
    by: int | None = None
    files: list[int] = field(default_factory=list)
