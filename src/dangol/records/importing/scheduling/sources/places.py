"""Places as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from dangol.outbound import addresses
from dangol.records.importing.errors import SourceProblem

SFTP_PORT = 22


@dataclass(frozen=True, slots=True)
class SftpPlace:
    """A folder on an SFTP server."""

    host: str
    port: int
    folder: str


def sftp_place(location: str) -> SftpPlace:
    """`sftp://host[:port]/folder` taken apart. Raises SourceProblem, Forbidden."""
    wrong = SourceProblem(
        _("Write the place as sftp://files.example.com/folder. User name and password have their own fields.")
    )
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "sftp" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise wrong
    folder = unquote(parts.path) or "/"
    if "\0" in folder or "\n" in folder:
        raise wrong
    return SftpPlace(addresses.normalized(parts.hostname), port or SFTP_PORT, folder)


def web_origin(location: str) -> str:
    """Scheme, host and port of a web address. Raises SourceProblem, Forbidden."""
    wrong = SourceProblem(
        _(
            "Write the place as https://files.example.com/orders.csv. User name, password and token have fields of their own."
        )
    )
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise wrong
    return f"{parts.scheme}://{addresses.normalized(parts.hostname)}:{port or ''}"
