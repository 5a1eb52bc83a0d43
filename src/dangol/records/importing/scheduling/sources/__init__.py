"""Where files come from: a folder of the server, an SFTP server, a web address."""

from __future__ import annotations

from dangol.records.importing.scheduling.sources.base import Brought, Found, HostKeyUnknown, Source
from dangol.records.importing.scheduling.sources.opening import open_source, party, require_location

__all__ = ["Brought", "Found", "HostKeyUnknown", "Source", "open_source", "party", "require_location"]
