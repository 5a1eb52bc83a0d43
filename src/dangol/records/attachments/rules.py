"""What files are taken: kinds, sizes, and all of them together."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records.attachments.errors import AttachmentProblem
from dangol.records.attachments.kinds import Kind
from dangol.records.fields.resident import has_resident_number
from dangol.records.fields.text import RESIDENT_NUMBER, RESIDENT_REFUSAL

FAMILIES: Final = ("image", "pdf", "office", "hwp", "text", "mail", "archive", "audio", "video")
"""Kinds that are taken unless `DANGOL_FILES_TYPES` says others."""
LABELS: Final = {
    "image": gettext_lazy("pictures (JPEG, PNG, GIF, WebP)"),
    "pdf": gettext_lazy("PDF"),
    "office": gettext_lazy("Office documents"),
    "hwp": gettext_lazy("Hangul documents"),
    "text": gettext_lazy("text"),
    "mail": gettext_lazy("mails"),
    "archive": gettext_lazy("archives"),
    "audio": gettext_lazy("sound"),
    "video": gettext_lazy("videos"),
}
LONGEST_NAME: Final = 150
_CONTROL: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def largest() -> int:
    """Bytes that one file may have."""
    return int(getattr(settings, "DANGOL_FILES_MAX_MB", 25)) << 20


def quota() -> int:
    """Bytes that all files may have together; 0 for no limit."""
    return int(getattr(settings, "DANGOL_FILES_QUOTA_GB", 0)) << 30


def families() -> frozenset[str]:
    """The kinds that are taken."""
    return frozenset(getattr(settings, "DANGOL_FILES_TYPES", ()) or FAMILIES)


def require_kind(kind: Kind, name: str) -> None:
    """Raise AttachmentProblem unless files of this kind are taken."""
    allowed = families()
    if kind.family in allowed:
        return
    special = {
        "heic": _("Pictures in HEIC hold where they were taken and cannot be shown here. Save it as JPEG."),
        "web": _("Web pages and SVG drawings can run scripts. Save it as PDF or as a picture."),
        "macro": _("The document holds macros. Save it without them."),
        "program": _("Programs are not taken."),
    }.get(kind.family)
    listed = ", ".join(str(label) for family, label in LABELS.items() if family in allowed)
    message = special or _("The contents are of no kind that is taken. Taken are: %(kinds)s.") % {
        "kinds": listed
    }
    raise AttachmentProblem("type", f"{name}: {message}")


def fitting_name(name: str, kind: Kind) -> str:
    """The name to keep: no folders, no control characters, and an extension that says what is inside.

    A text called `x.html` becomes `x.html.txt`: on somebody's computer the name would decide what is done with it.
    """
    tidy = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    tidy = "".join(char for char in tidy if unicodedata.category(char) not in _CONTROL).strip(" .")
    if has_resident_number(PurePath(tidy).stem):
        raise AttachmentProblem(RESIDENT_NUMBER, str(RESIDENT_REFUSAL))
    path = PurePath(tidy or _("File"))
    suffix = path.suffix[1:].lower()
    if kind.extensions and suffix not in kind.extensions:
        return f"{tidy[:LONGEST_NAME] or _('File')}.{kind.extensions[0]}"
    return f"{path.stem[:LONGEST_NAME]}{path.suffix}"
