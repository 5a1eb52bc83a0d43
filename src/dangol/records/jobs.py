"""Background work of the kernel: imports and exports that were started on a page, indexes of own fields."""

from dangol.records.exporting import jobs as exports
from dangol.records.importing import jobs
from dangol.records.own import jobs as own

__all__ = ["exports", "jobs", "own"]
