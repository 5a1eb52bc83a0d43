"""Bytes to lines: UTF-8, any line ending, flat memory even when a line has no end."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem

BLOCK = 1 << 18
SAMPLE = 1 << 20
LONGEST_LINE = 1 << 20
"""Characters. A longer line is cut: its row is rejected with its beginning."""


class Source(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Lines:
    """The lines of a UTF-8 text, each ending in a line feed.

    A file whose first megabyte is not UTF-8 is refused as a whole. Later bytes that are not UTF-8 are kept as lone
    surrogates, so that the row they stand in can be rejected and still be written out byte by byte.

    `is_suspicious` turns true once a block held NUL or such bytes: only then need rows be looked at one by one.
    `cut` is true while the line last given is only the beginning of a longer one.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self.is_suspicious = False
        self.cut = False
        self._first = source.read(SAMPLE)
        offset = len(codecs.BOM_UTF8) if self._first.startswith(codecs.BOM_UTF8) else 0
        self._first = self._first[offset:]
        try:
            self.sample = codecs.getincrementaldecoder("utf-8")().decode(self._first)
        except UnicodeDecodeError as error:
            raise SourceProblem(
                _(
                    "The file is not UTF-8: byte %(byte)s, in line %(line)s, does not fit. "
                    "In Excel, save it as “CSV UTF-8” and try again."
                )
                % {"byte": offset + error.start + 1, "line": self._first.count(b"\n", 0, error.start) + 1}
            ) from error
        # Old Macintosh files end lines with CR alone; elsewhere a lone CR is a stray character.
        self._bare_cr = "\n" not in self.sample and "\r" in self.sample

    def _blocks(self) -> Iterator[str]:
        block = self._first
        self._first = b""
        while block:
            text = self._decoder.decode(block)
            if not self.is_suspicious:
                self.is_suspicious = "\0" in text or not _is_clean(text)
            yield text
            block = self._source.read(BLOCK)
        rest = self._decoder.decode(b"", final=True)
        if rest:
            self.is_suspicious = True
            yield rest

    def __iter__(self) -> Iterator[str]:
        tail = ""
        dropping = False
        for block in self._blocks():
            text = tail + block if tail else block
            # A CR at the end may be the first half of a CRLF: leave it for the next block.
            held = "\r" if text.endswith("\r") else ""
            if held:
                text = text[:-1]
            if "\r" in text:
                text = text.replace("\r\n", "\n")
                if self._bare_cr:
                    text = text.replace("\r", "\n")
            lines = text.split("\n")
            tail = lines.pop() + held
            if dropping and lines:
                # What is left of a line that was cut already.
                lines.pop(0)
                dropping = False
            for line in lines:
                if len(line) > LONGEST_LINE:
                    yield from self._cut_line(line)
                else:
                    yield line + "\n"
            if len(tail) > LONGEST_LINE:
                if not dropping:
                    yield from self._cut_line(tail)
                    dropping = True
                tail = ""
        tail = tail.removesuffix("\r")
        if tail and not dropping:
            yield tail + "\n"

    def _cut_line(self, line: str) -> Iterator[str]:
        self.cut = True
        yield line[:LONGEST_LINE] + "\n"
        self.cut = False


def _is_clean(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
