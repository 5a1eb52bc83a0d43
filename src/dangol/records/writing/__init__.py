"""The one writer: every change to a record, from whichever door, goes through here."""

from dangol.records.writing.deleting import delete, delete_unlocked, restore
from dangol.records.writing.errors import Change, Conflict, Missing, RowError, WriteError, Written
from dangol.records.writing.purging import also_remove, purge
from dangol.records.writing.writer import create, update, write

__all__ = [
    "Change",
    "Conflict",
    "Missing",
    "RowError",
    "WriteError",
    "Written",
    "also_remove",
    "create",
    "delete",
    "delete_unlocked",
    "purge",
    "restore",
    "update",
    "write",
]
