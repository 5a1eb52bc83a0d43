"""Where the contents of files lie: a folder of this machine, or an object store.

Names come from the contents (`ab/abcd…`), so a file is never changed, and putting it twice is harmless.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DRAFT: Final = ".draft-"


class Store(Protocol):
    """A place for files."""

    def put(self, local: Path, name: str) -> None:
        """Take over a finished local file; when it returns the file outlives a power cut. The local one is gone."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """The contents, seekable. Raises FileNotFoundError."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no matter."""
        ...

    def older_than(self, moment: datetime) -> Iterator[str]:
        """The names of files that were put before that moment."""
        ...


def folder() -> Path:
    """The folder for drafts, and for the files themselves unless `DANGOL_FILES` names another place. It is in the backup."""
    path = Path(settings.DATA) / "media" / "attachments"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def draft() -> Path:
    """A local place for a file that is not finished, readable for its owner only."""
    path = folder() / f"{DRAFT}{uuid.uuid4().hex}"
    path.touch(mode=0o600, exist_ok=False)
    return path


def store() -> Store:
    """The place that `DANGOL_FILES` names.

    Raises:
        ImproperlyConfigured: it is an object store of a kind whose library is not installed.
    """
    address: str = getattr(settings, "DANGOL_FILES", "")
    if "://" in address:
        return Objects(address)
    return Folder(Path(address) if address else folder())


def place_of(digest: str) -> str:
    """The name under which contents lie."""
    return f"{digest[:2]}/{digest}"


def digest_of(name: str) -> str:
    """The digest of the contents that lie under a name, or whose preview does."""
    return name.rpartition("/")[2].partition(".")[0]


def preview_of(digest: str) -> str:
    """The name under which the small picture of contents lies."""
    return f"{place_of(digest)}.preview"


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, local: Path, name: str) -> None:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with local.open("rb") as file:
            os.fsync(file.fileno())
        try:
            local.replace(place)
        except OSError:  # on another disk: copied beside it first, so that nobody ever reads half a file
            beside = place.with_name(f"{DRAFT}{uuid.uuid4().hex}")
            shutil.copyfile(local, beside)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(place)
            local.unlink()
        place.chmod(0o600)
        for path in (place.parent, self.root):
            _sync(path)

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def older_than(self, moment: datetime) -> Iterator[str]:
        for path in self.root.glob("??/*"):
            try:
                old = path.stat().st_mtime < moment.timestamp()
            except FileNotFoundError:
                continue
            if old and not path.name.startswith(DRAFT):
                yield str(path.relative_to(self.root))


class Objects:
    """A prefix in an object store that fsspec knows, such as `s3://bucket/prefix`; keys as for the lake."""

    def __init__(self, address: str) -> None:
        import fsspec  # type: ignore[import-untyped]

        try:
            self.system, self.root = fsspec.url_to_fs(
                address.rstrip("/"), use_listings_cache=False, skip_instance_cache=True
            )
        except ImportError as error:
            raise ImproperlyConfigured(
                f"DANGOL_FILES={address!r} needs a library that is not installed ({error}): pip install 'dangol[s3]'"
            ) from error
        except ValueError as error:
            raise ImproperlyConfigured(f"DANGOL_FILES={address!r}: {error}") from error

    def put(self, local: Path, name: str) -> None:
        self.system.put_file(str(local), f"{self.root}/{name}")
        local.unlink()

    def open(self, name: str) -> IO[bytes]:
        opened: Any = self.system.open(f"{self.root}/{name}", "rb")
        found: IO[bytes] = opened
        return found

    def remove(self, name: str) -> None:
        try:
            self.system.rm_file(f"{self.root}/{name}")
        except FileNotFoundError:
            return

    def older_than(self, moment: datetime) -> Iterator[str]:
        found: dict[str, dict[str, Any]] = self.system.find(self.root, detail=True)
        for name, facts in found.items():
            put = facts.get("LastModified") or facts.get("mtime") or facts.get("created")
            if isinstance(put, int | float):
                put = datetime.fromtimestamp(put, tz=UTC)
            if isinstance(put, datetime) and put < moment:
                yield name.removeprefix(self.root).lstrip("/")


def _sync(path: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
