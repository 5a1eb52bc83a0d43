"""Background work of the kernel: imports and exports that were started on a page."""

from dangol.records.attachments import jobs as attachments
from dangol.records.exporting import jobs as exports
from dangol.records.importing import jobs

__all__ = ["attachments", "exports", "jobs"]
