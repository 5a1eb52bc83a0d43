"""Where the lake lies: a folder of this machine, or an object store.

Files are written once and never changed; only the manifest is replaced. Whoever writes finishes a file in the local
working folder first and hands it over with `put`.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    import duckdb

DRAFT: Final = ".draft-"
"""How the names of unfinished things in the working folder begin."""


class Store(Protocol):
    """A place for files with names like `order_lines/20261121T…/month=2026-11/part.parquet`."""

    def read(self, name: str) -> str:
        """The text of a small file. Raises FileNotFoundError."""
        ...

    def replace(self, name: str, text: str) -> None:
        """Write a small file in one step: readers see the old text or the new one, also after a power cut."""
        ...

    def put(self, files: Iterable[tuple[Path, str]]) -> None:
        """Take over finished local files under the names given; when it returns they outlive a power cut."""
        ...

    def names(self) -> list[str]:
        """Every file there is."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those already gone are no matter."""
        ...

    def address(self, name: str) -> str:
        """What an engine opens the file by."""
        ...

    def attach(self, engine: "duckdb.DuckDBPyConnection") -> None:
        """Teach an engine to open the addresses."""
        ...


def folder() -> Path:
    """The working folder in the data folder; the lake itself, unless `DANGOL_LAKE` names an object store."""
    return Path(settings.DATA) / "lake"


def store() -> Store:
    """The place that `DANGOL_LAKE` names.

    Raises:
        ImproperlyConfigured: it is an object store of a kind whose library is not installed.
    """
    address: str = getattr(settings, "DANGOL_LAKE", "")
    if "://" in address:
        return Objects(address)
    return Folder(Path(address) if address else folder())


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def replace(self, name: str, text: str) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        draft = self.root / f"{DRAFT}{name}"
        with draft.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.root / name)
        _sync(self.root)

    def put(self, files: Iterable[tuple[Path, str]]) -> None:
        folders: set[Path] = set()
        for local, name in files:
            with local.open("rb") as file:
                os.fsync(file.fileno())
            place = self.root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                local.rename(place)
            except OSError:  # the lake lies on another disk than the working folder
                shutil.copyfile(local, place)
                with place.open("rb") as file:
                    os.fsync(file.fileno())
            above = place.parent
            while above != self.root and above not in folders:
                folders.add(above)
                above = above.parent
        for path in (*folders, self.root):
            _sync(path)

    def names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return [
            str(path.relative_to(self.root))
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
            and not any(part.startswith(DRAFT) for part in path.relative_to(self.root).parts)
        ]

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            path = self.root / name
            path.unlink(missing_ok=True)
            above = path.parent
            while above != self.root and not any(above.iterdir()):
                above.rmdir()
                above = above.parent

    def address(self, name: str) -> str:
        return str(self.root / name)

    def attach(self, engine: "duckdb.DuckDBPyConnection") -> None:
        """Local files need nothing."""


class Objects:
    """A prefix in an object store that fsspec knows, such as `s3://bucket/prefix`.

    Endpoint, region and keys come from the store's usual variables (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` …).
    One put of an object is atomic there, which is all that publishing needs; writers are kept apart by PostgreSQL.
    """

    def __init__(self, address: str) -> None:
        import fsspec  # type: ignore[import-untyped]

        try:
            # Listings are not kept: another process may have written meanwhile.
            self.system, self.root = fsspec.url_to_fs(
                address.rstrip("/"), use_listings_cache=False, skip_instance_cache=True
            )
        except ImportError as error:
            raise ImproperlyConfigured(
                f"DANGOL_LAKE={address!r} needs a library that is not installed ({error}): "
                "pip install 'dangol[s3]'"
            ) from error
        except ValueError as error:
            raise ImproperlyConfigured(f"DANGOL_LAKE={address!r}: {error}") from error
        self.scheme = address.split("://", 1)[0]

    def read(self, name: str) -> str:
        text: bytes = self.system.cat_file(f"{self.root}/{name}")
        return text.decode()

    def replace(self, name: str, text: str) -> None:
        self.system.pipe_file(f"{self.root}/{name}", text.encode())

    def put(self, files: Iterable[tuple[Path, str]]) -> None:
        for local, name in files:
            self.system.put_file(str(local), f"{self.root}/{name}")
            local.unlink()

    def names(self) -> list[str]:
        found: list[str] = self.system.find(self.root)
        return sorted(name.removeprefix(self.root).lstrip("/") for name in found)

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self.system.rm_file(f"{self.root}/{name}")
            except FileNotFoundError:
                continue

    def address(self, name: str) -> str:
        return f"{self.scheme}://{self.root}/{name}"

    def attach(self, engine: "duckdb.DuckDBPyConnection") -> None:
        system: Any = self.system
        engine.register_filesystem(system)


def _sync(path: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
