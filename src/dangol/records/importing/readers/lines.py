"""Bytes to lines: any encoding, any line ending, flat memory even when a line has no end."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from dangol.records.formulas import may_be_guarded
from dangol.records.importing.readers.base import Source
from dangol.records.importing.readers.encoding import SAMPLE, bom_of, errors_of

BLOCK = 1 << 18
LONGEST_LINE = 1 << 20
"""Characters. A longer line is cut: its row is rejected with its beginning."""


class Lines:
    """The lines of a text, each ending in a line feed.

    Bytes that do not fit the encoding are kept as lone surrogates, so that the row they stand in can be rejected and
    still be written out byte by byte.

    `is_suspicious` turns true once a block held NUL or such bytes: only then need rows be looked at one by one.
    `is_guarded` turns true once a block held a text that an export kept from being taken for a formula.
    `cut` is true while the line last given is only the beginning of a longer one. `sample` is the beginning of the text.
    """

    def __init__(self, source: Source, encoding: str) -> None:
        self._source = source
        self.encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(errors=errors_of(encoding))
        self.is_suspicious = False
        self.is_guarded = False
        self.cut = False
        first = source.read(SAMPLE)
        self._first = first[bom_of(first, encoding) :]
        self.sample = codecs.getincrementaldecoder(encoding)(errors=errors_of(encoding)).decode(self._first)
        self._is_whole = len(first) < SAMPLE
        # Old Macintosh files end lines with CR alone; elsewhere a lone CR is a stray character.
        self._bare_cr = "\n" not in self.sample and "\r" in self.sample

    def first_lines(self) -> list[str]:
        """The lines at the beginning of the text, as far as a megabyte goes, without their ends."""
        text = self.sample.replace("\r\n", "\n")
        lines = (text.replace("\r", "\n") if self._bare_cr else text).split("\n")
        if len(lines) > 1 and (not self._is_whole or not lines[-1]):
            # Cut off, or nothing behind the last line end.
            lines.pop()
        return lines

    def blocks(self) -> Iterator[str]:
        """The text as it stands, in blocks; either these or the lines can be had."""
        block = self._first
        self._first = b""
        while block:
            text = self._decoder.decode(block)
            if not self.is_suspicious:
                self.is_suspicious = "\0" in text or not _is_clean(text)
            if not self.is_guarded:
                self.is_guarded = may_be_guarded(text)
            yield text
            block = self._source.read(BLOCK)
        try:
            rest = self._decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            # Half a character of UTF-16 at the end.
            rest = "".join(chr(0xDC00 + byte) for byte in error.object)
        if rest:
            self.is_suspicious = True
            yield rest

    def __iter__(self) -> Iterator[str]:
        tail = ""
        dropping = False
        for block in self.blocks():
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
            elif dropping:
                tail = held
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


def has_misfits(text: str) -> bool:
    """Whether a text holds bytes that did not fit the encoding."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _is_clean(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
