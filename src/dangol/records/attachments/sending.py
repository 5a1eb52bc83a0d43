"""Giving a file out: as a download, whole or a range of it, and never as something a browser would run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

import structlog
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from dangol.records import registry
from dangol.records.attachments import storage
from dangol.records.looks import taking as looks
from dangol.records.models import Attachment

log = structlog.get_logger(__name__)

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_BLOCK = 64 * 1024
WHOLE, BEYOND = True, False
SANDBOX = "sandbox; default-src 'none'"


def sent(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """The contents as a download; one range is answered with 206, one beyond the end with 416.

    Raises:
        FileNotFoundError: the contents are not in the store.
    """
    file = attachment.file
    opened = storage.store().open(storage.place_of(file.digest))
    etag = f'"{file.digest[:32]}"'
    asked = request.headers.get("Range", "")
    if asked and request.headers.get("If-Range", etag) != etag:
        asked = ""
    span = _span(asked, file.size)
    response: HttpResponseBase
    if span is BEYOND:
        opened.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{file.size}"
    elif not isinstance(span, tuple):
        response = FileResponse(opened, content_type=file.content_type)
        response["Content-Length"] = str(file.size)
    else:
        first, last = span
        response = StreamingHttpResponse(
            _part(opened, first, last), status=206, content_type=file.content_type
        )
        response["Content-Range"] = f"bytes {first}-{last}/{file.size}"
        response["Content-Length"] = str(last - first + 1)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Content-Disposition"] = content_disposition_header(True, attachment.name) or "attachment"
    log.info(
        "attachment_sent", attachment=attachment.pk, record=f"{attachment.record_type} {attachment.record_id}"
    )
    record_type = registry.find(attachment.record_type)
    if record_type is not None:
        looks.note("download", record_type, [attachment.record_id], about=f"{attachment.key}")
    return _guarded(response, "private, no-store")


def sent_preview(attachment: Attachment) -> HttpResponseBase:
    """The small picture, which was drawn here.

    Raises:
        FileNotFoundError: it is not in the store.
    """
    opened = storage.store().open(storage.preview_of(attachment.file.digest))
    return _guarded(FileResponse(opened, content_type="image/webp"), "private, max-age=300")


def _guarded(response: HttpResponseBase, cache: str) -> HttpResponseBase:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = cache
    return response


def _span(asked: str, size: int) -> tuple[int, int] | bool:
    """First and last byte; BEYOND where the range lies beyond the end, WHOLE for the whole file."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        return WHOLE
    start, end = found.groups()
    if not start:
        return (max(size - int(end), 0), size - 1) if int(end) and size else BEYOND
    first, last = int(start), min(int(end or size - 1), size - 1)
    if first >= size:
        return BEYOND
    return (first, last) if first <= last else WHOLE


def _part(opened: IO[bytes], first: int, last: int) -> Iterator[bytes]:
    with opened:
        opened.seek(first)
        left = last - first + 1
        while left and (block := opened.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
