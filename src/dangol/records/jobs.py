"""Background work of the kernel: imports that were started on a page."""

from dangol.records.importing import jobs

__all__ = ["jobs"]
