"""Which encoding a text is in. Decided once, for the whole file.

Korean spreadsheets write CP949, so that is looked for as soon as a text is not UTF-8. What is decided holds for every
row: a row that does not fit is rejected, never guessed at one by one.
"""

from __future__ import annotations

import codecs
import re

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.base import Source

SAMPLE = 1 << 20
_LOOK_AHEAD = 256 << 20
"""Bytes of plain ASCII after which no other letter is waited for."""
_WEIGHED = 1 << 17
"""Bytes that show which script a text is written in."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KOREAN_NAMES = ("euc_kr", "ms949", "ks_c_5601_1987", "ksc5601", "korean", "euckr", "uhc", "cp949")
_SHOWN_NAMES = {
    "utf-8": "UTF-8", "cp949": "CP949", "cp1252": "Windows-1252", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
}  # fmt: skip
_PAIR = re.compile(rb"[\x81-\xfe][\x41-\xfe]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_HIGH = re.compile(rb"[\x80-\xff]")


def known_encoding(name: str) -> str:
    """The codec that a name means; the Korean ones are all read as CP949, which contains them.

    Raises:
        SourceProblem: there is no such encoding.
    """
    plain = name.strip().lower().replace("-", "_")
    if plain in _KOREAN_NAMES:
        return "cp949"
    try:
        found = codecs.lookup(plain).name
        "a".encode(found).decode(found)
    except (LookupError, UnicodeError) as error:
        raise SourceProblem(_("The encoding %(name)s is not known.") % {"name": name}) from error
    return "utf-8" if found == "utf-8-sig" else found


def shown_encoding(encoding: str) -> str:
    """The name that people know an encoding by."""
    return _SHOWN_NAMES.get(encoding, encoding.upper())


def bom_of(content: bytes, encoding: str) -> int:
    """The length of the byte order mark at the start of a text in this encoding."""
    return next(
        (
            len(bom)
            for bom, of in _BOMS
            if (of == encoding or encoding == "utf-16") and content.startswith(bom)
        ),
        0,
    )


def errors_of(encoding: str) -> str:
    """How bytes that do not fit are kept. Half a pair in UTF-16 is a lone surrogate already."""
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def original_text(cell: str, encoding: str) -> str:
    """A cell with bytes that did not fit, as UTF-8 that was never decoded otherwise.

    Written out as UTF-8 with `surrogateescape` it gives the bytes of the file, each one. A value in UTF-8 within
    a file in CP949 so becomes readable in the file of rejected rows.
    """
    try:
        if not encoding.startswith("utf-16"):
            return cell.encode(encoding, "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Half a pair, or a letter that the encoding does not have, written as an escape in JSON or HTML.
        pass
    return cell.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


def decided_encoding(source: Source) -> tuple[str, bool]:
    """The encoding of a text read from its start, and whether some rows near the start do not fit it.

    Raises:
        SourceProblem: it is in none that is known.
    """
    sample = source.read(SAMPLE)
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding, False
    wide = _utf16_without_mark(sample)
    if wide:
        return wide, False
    before, looked = 1, len(sample)
    while sample.isascii() and looked < _LOOK_AHEAD:
        # Where the first megabytes are plain ASCII, the first other letter further on tells.
        block = source.read(SAMPLE)
        if not block:
            return "utf-8", False
        looked += len(block)
        before += sample.count(b"\n")
        sample = sample[sample.rfind(b"\n") + 1 :][-SAMPLE:] + block
    return _of_lines(sample, before)


def _of_lines(sample: bytes, first_line: int) -> tuple[str, bool]:
    if len(sample) >= SAMPLE and b"\n" in sample[:-4]:
        # The last line may be cut.
        sample = sample[: sample.rfind(b"\n")]
    elif len(sample) >= SAMPLE:
        sample = sample[: max(0, len(sample) - 4)]
    ending = b"\n" if b"\n" in sample else b"\r"
    lines = [line for line in sample.split(ending) if not line.isascii()]
    if not lines:
        return "utf-8", False
    fits = sum(_fits(line, "utf-8") for line in lines)
    if fits == len(lines):
        return "utf-8", False
    korean = [line for line in lines if _fits(line, "cp949")]
    is_korean = bool(korean) and _hangul_share(b"\n".join(korean)[:_WEIGHED]) >= 0.5
    if is_korean and len(korean) == len(lines):
        return "cp949", False
    if fits * 2 >= len(lines):
        return "utf-8", True
    if is_korean and len(korean) * 2 >= len(lines):
        return "cp949", True
    if not fits and _is_western(b"\n".join(lines)):
        return "cp1252", False
    start = _first_misfit(sample)
    raise SourceProblem(
        _(
            "The encoding of the file cannot be told: line %(line)s is neither UTF-8 nor CP949. "
            "In Excel, save it as “CSV UTF-8” and try again."
        )
        % {"line": first_line + sample.count(ending, 0, start)}
    )


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _first_misfit(sample: bytes) -> int:
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _hangul_share(content: bytes) -> float:
    """How much of what is not ASCII is Hangul in daily use."""
    high = len(_HIGH.findall(content))
    pairs = sum(0xB0 <= pair[0] <= 0xC8 and pair[1] >= 0xA1 for pair in _PAIR.findall(content))
    return 2 * pairs / high if high else 0.0


def _is_western(content: bytes) -> bool:
    """Few letters with accents among plain ones: Windows-1252. Anything denser is another script."""
    if not _fits(content, "cp1252"):
        return False
    text = content.decode("cp1252")
    foreign = [letter for letter in text if letter > "\x7f"]
    accented = sum(letter.isalpha() or letter in "€’‘“”–—°£§" for letter in foreign)
    in_runs = sum(len(run) for run in _HIGH_RUN.findall(content))
    plain = sum(letter.isascii() and letter.isalpha() for letter in text)
    return accented * 10 >= len(foreign) * 7 and in_runs * 10 <= len(foreign) and plain >= 2 * len(foreign)


def _utf16_without_mark(sample: bytes) -> str | None:
    start = sample[: 1 << 14]
    start = start[: len(start) // 2 * 2]
    if len(start) < 4:
        return None
    even, odd = start[::2].count(0), start[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        # Delimiters, digits and line ends have a zero byte on one side only.
        if zeros * 10 >= len(start) // 2 and others * 20 <= zeros:
            text = start.decode(encoding, "replace")
            if "\ufffd" not in text[:-1] and sum(ord(letter) < 32 for letter in text) * 4 < len(text):
                return encoding
    return None
