"""Background work of the kernel: imports, exports and bulk acts that were started on a page."""

from dangol.records.bulk import jobs as bulk
from dangol.records.exporting import jobs as exports
from dangol.records.importing import jobs

__all__ = ["bulk", "exports", "jobs"]
