"""How history tells what a bulk act did."""

from __future__ import annotations

from dangol.records.batches import Signature
from dangol.records.bulk.acts import ORIGIN
from dangol.records.models import BulkRun

PREFIX = "bulk-"


def signature_of(run: BulkRun) -> Signature:
    """A record stays as it is when somebody changed since what the act had changed in it."""
    return Signature(f"{PREFIX}{run.key.hex}", ORIGIN, f"bulkundo-{run.key.hex}", by_field=True)
