"""One file at a web address, taken when it has changed."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from dangol.outbound import http
from dangol.records.importing import storage
from dangol.records.importing.scheduling.sources import base
from dangol.records.models import ImportSchedule, ScheduleAccess, ScheduleAfter

LONGEST = 3_600.0
"""Seconds that a file may take to come."""
_ASKED_BY = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class WebAddress:
    """A file that a web server gives. Nothing there can be moved or deleted."""

    calm_after = 0.0
    asks_again = True

    def __init__(self, schedule: ImportSchedule, secret: str) -> None:
        self.url = schedule.location
        self.headers: dict[str, str] = {}
        if schedule.access == ScheduleAccess.TOKEN:
            self.headers["Authorization"] = f"Bearer {secret}"
        elif schedule.access == ScheduleAccess.PASSWORD:
            pair = base64.b64encode(f"{schedule.username}:{secret}".encode()).decode("ascii")
            self.headers["Authorization"] = f"Basic {pair}"

    @property
    def name(self) -> str:
        last = unquote(PurePosixPath(urlsplit(self.url).path).name)
        return last if base.is_name(last) else "download"

    def found(self) -> list[base.Found]:
        """The one file; whether it is there, and new, is known when it is asked for."""
        return [base.Found(self.name)]

    def looked_at(self) -> base.Found:
        """Ask for the file and hang up: what a test of the connection shows."""
        answer = http.probe(self.url, headers=self.headers, purpose=base.PURPOSE)
        length = answer.headers.get("content-length", "")
        return base.Found(self.name, int(length) if length.isascii() and length.isdigit() else None)

    def bring(self, file: base.Found, tags: Mapping[str, str]) -> base.Brought | None:
        """Fetch it unless the server says that it is the one we have."""
        conditions = {header: tags[tag] for tag, header in _ASKED_BY.items() if tags.get(tag)}
        path = storage.folder() / uuid.uuid4().hex
        got = http.fetch_to(
            path,
            self.url,
            headers={**self.headers, **conditions},
            limit_bytes=storage.largest_upload(),
            longest=LONGEST,
            purpose=base.PURPOSE,
        )
        if got.status == 304:
            return None
        kept = {tag: got.headers[tag] for tag in _ASKED_BY if got.headers.get(tag)}
        return base.Brought(path, got.size, got.sha256, kept)

    def put_away(self, file: base.Found, after: ScheduleAfter) -> bool:
        return True

    def close(self) -> None:
        return
