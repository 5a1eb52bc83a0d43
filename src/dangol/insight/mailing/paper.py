"""A sheet of paper: a PDF whose text can be read and searched, with the same charts as on the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.web import formats

LAYOUT: Final = Path(__file__).with_name("sheet.typ")
FONTS: Final = ("Pretendard-Regular.otf", "Pretendard-SemiBold.otf")


class FontMissing(RuntimeError):
    """The font of the paper is not installed; the message says what brings it."""


@cache
def fonts() -> tuple[str, ...]:
    """The folders of the font. Raises FontMissing."""
    folders = set()
    for name in FONTS:
        found = finders.find(f"vendor/pretendard/{name}")
        if not isinstance(found, str):
            raise FontMissing(f"{name} is missing; run `python -m dangol.web.assets node_modules`")
        folders.add(str(Path(found).parent))
    return tuple(sorted(folders))


def box(key: str, kind: str, title: str, *, w: int = 12, y: int = 0) -> dict[str, Any]:
    """One box of a sheet, still empty.

    `w` of twelve columns, on the line `y`; `said` stands there instead of all else; `drawn` is a chart as SVG; `heads` and
    `cells` a table – each row a name, then texts with their shade, −1 for none –, `left` which of its columns are words,
    `wide` how many points each takes (0: what it needs, −1: what is left), `total` whether its last row is one, and `size`
    the height of its letters in points.
    """
    return {
        "id": key, "kind": kind, "title": title, "w": w, "y": y, "said": "", "text": "", "number": "", "trend": "",
        "good": "", "detail": "", "heads": [], "cells": [], "left": [], "wide": [], "total": False, "size": 9,
        "rest": "", "drawn": "",
    }  # fmt: skip


def sheet_pdf(
    *,
    title: str,
    description: str,
    heads: Sequence[str],
    boxes: Sequence[dict[str, Any]],
    actor: Actor,
    at: datetime,
) -> bytes:
    """A sheet of boxes as PDF, in the language of the actor, which is active. No queries.

    Args:
        title: stands above.
        description: below the title.
        heads: what holds for all: days, filter.
        boxes: from `box`, in reading order.
        actor: whose permissions held; the foot names the person.
        at: the moment that stands on the paper.

    Raises:
        FontMissing: the font was not copied.
    """
    import typst

    charts = {f"{one['id']}.svg": one["drawn"].encode() for one in boxes if one["drawn"]}
    content = {
        "language": "ko" if actor.language.startswith("ko") else "en",
        "title": title,
        "description": description,
        "heads": list(heads),
        "foot": _("For %(name)s, %(moment)s. Of what this person may see.")
        % {"name": actor.name, "moment": formats.moment(at, actor.language, ZoneInfo(actor.time_zone))},
        "rows": _rows(boxes),
        "tiles": [{**one, "drawn": bool(one["drawn"])} for one in boxes],
    }
    source: Any = {  # several files; the library's types know one
        "main": LAYOUT.read_bytes(), "data.json": json.dumps(content, ensure_ascii=False).encode(), **charts,
    }  # fmt: skip
    made = typst.compile(source, format="pdf", font_paths=list(fonts()), ignore_system_fonts=True)
    if not isinstance(made, bytes):
        raise TypeError("one PDF was expected")
    return made


def _rows(boxes: Sequence[dict[str, Any]]) -> list[list[int]]:
    """The boxes by line of paper, as many beside each other as have room in twelve columns."""
    rows: list[list[int]] = []
    room = 0
    for at, one in enumerate(boxes):
        if one["w"] > room or one["y"] != boxes[rows[-1][0]]["y"]:
            rows.append([])
            room = 12
        rows[-1].append(at)
        room -= one["w"]
    return rows
