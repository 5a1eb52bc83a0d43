"""What every record is made of. Rooms derive their tables from `Record` or `OwnedRecord`."""

from dangol.records.models.attachments import Attachment, StoredFile, StoredState
from dangol.records.models.base import OwnedRecord, Record
from dangol.records.models.bulk import BulkChunk, BulkRefusal, BulkRun, BulkState
from dangol.records.models.exports import ExportRun, ExportState
from dangol.records.models.history import Change
from dangol.records.models.idempotency import IdempotencyKey
from dangol.records.models.imports import (
    ImportChunk,
    ImportCounter,
    ImportMemory,
    ImportReject,
    ImportRun,
    ImportState,
    UndoState,
)
from dangol.records.models.layouts import Layout
from dangol.records.models.looks import Look, LookAct, LookReview, LookSeal, PrivacySettings
from dangol.records.models.matching import (
    DuplicatePair,
    DuplicateScan,
    FoundBy,
    MatchingRule,
    PairState,
    ScanState,
)
from dangol.records.models.merges import Merge, Merged, MergeMove
from dangol.records.models.own_fields import IndexState, OwnField, OwnKind, OwnState
from dangol.records.models.own_objects import ObjectState, OwnObject
from dangol.records.models.persons import Erasure, ErasureState, RetentionRule
from dangol.records.models.roll_ups import RollUpCheck, RollUpValue
from dangol.records.models.saved_mappings import SavedMapping
from dangol.records.models.saved_views import Audience, Favourite, SavedView, ViewDefault
from dangol.records.models.schedules import (
    FileState,
    ImportSchedule,
    ImportScheduleFile,
    ImportScheduleState,
    ScheduleAccess,
    ScheduleAfter,
    ScheduleResult,
    ScheduleRule,
    ScheduleSource,
)
from dangol.records.models.search import SearchEntry, SearchIdentifier, SearchScope, SearchToken
from dangol.records.models.tags import Tag, TagLink, TagWord

__all__ = [
    "Attachment",
    "Audience",
    "BulkChunk",
    "BulkRefusal",
    "BulkRun",
    "BulkState",
    "Change",
    "DuplicatePair",
    "DuplicateScan",
    "Erasure",
    "ErasureState",
    "ExportRun",
    "ExportState",
    "Favourite",
    "FileState",
    "FoundBy",
    "IdempotencyKey",
    "ImportChunk",
    "ImportCounter",
    "ImportMemory",
    "ImportReject",
    "ImportRun",
    "ImportSchedule",
    "ImportScheduleFile",
    "ImportScheduleState",
    "ImportState",
    "IndexState",
    "Layout",
    "Look",
    "LookAct",
    "LookReview",
    "LookSeal",
    "MatchingRule",
    "Merge",
    "MergeMove",
    "Merged",
    "ObjectState",
    "OwnField",
    "OwnKind",
    "OwnObject",
    "OwnState",
    "OwnedRecord",
    "PairState",
    "PrivacySettings",
    "Record",
    "RetentionRule",
    "RollUpCheck",
    "RollUpValue",
    "SavedMapping",
    "SavedView",
    "ScanState",
    "ScheduleAccess",
    "ScheduleAfter",
    "ScheduleResult",
    "ScheduleRule",
    "ScheduleSource",
    "SearchEntry",
    "SearchIdentifier",
    "SearchScope",
    "SearchToken",
    "StoredFile",
    "StoredState",
    "Tag",
    "TagLink",
    "TagWord",
    "UndoState",
    "ViewDefault",
]
