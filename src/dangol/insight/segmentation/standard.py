"""The segments that the product brings along: the eight of RFM, one family."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.utils import translation

from dangol.identity import revisions
from dangol.insight.models import Segment
from dangol.insight.segmentation import index
from dangol.insight.segmentation.index import SYSTEM
from dangol.insight.segments import CHOICES
from dangol.records import registry, writing
from dangol.records.writing import Change

FAMILY: Final = "RFM"


def make() -> int:
    """Make them where none has ever been, so that movement is kept from the first day on. Returns how many.

    What the company renamed, changed or threw away stays so. One query when they are there.
    """
    if Segment.objects.filter(key__startswith="rfm.").exists():
        return 0
    revisions.look()
    values = []
    for code, label in CHOICES:
        with translation.override("ko"):
            name = str(label)
        with translation.override("en"):
            name_en = str(label)
        if index.named(name) or index.named(name_en):
            name, name_en = (
                f"{name} ({FAMILY})",
                f"{name_en} ({FAMILY})",
            )  # the company has such a segment already
        values.append(
            {
                "name": name,
                "name_en": name_en,
                "family": FAMILY,
                "made": "filter",
                "condition": f'rfm.segment = "{code}"',
            }
        )
    with transaction.atomic():
        written = writing.write(
            registry.get("segment"), [Change(one) for one in values], actor=SYSTEM, origin="system"
        )
        for number, (code, _label) in zip(written.created, CHOICES, strict=True):
            Segment.objects.filter(pk=number).update(key=f"rfm.{code}")
    return len(values)
