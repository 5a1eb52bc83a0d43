"""Files in a folder of the server, below the roots that `DANGOL_IMPORT_FOLDERS` names."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dangol.records.importing import storage
from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.scheduling.sources import base
from dangol.records.models import ScheduleAfter

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not to hang on a pipe that has the name of a file.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def roots() -> list[Path]:
    """The folders below which schedules may look; the inbox of the data folder is made when it is not there."""
    chosen = [Path(text).expanduser() for text in settings.DANGOL_IMPORT_FOLDERS]
    inbox = Path(settings.DATA) / "inbox"
    if inbox in chosen:
        inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [root.resolve() for root in chosen]


def resolved(location: str) -> Path:
    """The folder meant, links followed: absolute, or inside the first root.

    Raises:
        SourceProblem: it lies outside the allowed folders, or is no folder.
    """
    allowed = roots()
    if "\0" in location:
        raise SourceProblem(_("This is not a folder."))
    path = Path(location.strip())
    if not path.is_absolute():
        path = allowed[0] / path
    # Judged before it is looked for: nobody learns what else lies on the server.
    plain = Path(os.path.normpath(path))
    try:
        real = plain.resolve()
    except (OSError, RuntimeError):
        real = plain
    if not any(real == root or real.is_relative_to(root) for root in allowed):
        raise SourceProblem(
            _(
                "Files are taken only from these folders: %(folders)s. Whoever runs the server can allow others: %(setting)s."
            )
            % {"folders": ", ".join(str(root) for root in allowed), "setting": "DANGOL_IMPORT_FOLDERS"}
        )
    if not real.is_dir():
        raise SourceProblem(_("There is no folder %(folder)s.") % {"folder": real})
    return real


class Folder:
    """A folder, held open: what happens to its path meanwhile leads nowhere else."""

    calm_after = 60.0
    asks_again = False

    def __init__(self, location: str) -> None:
        self.path = resolved(location)
        try:
            self.handle = os.open(self.path, _DIRECTORY)
        except OSError as error:
            raise self._problem(error) from error

    def _problem(self, error: OSError) -> SourceProblem:
        return SourceProblem(
            _("The folder %(folder)s cannot be used: %(why)s")
            % {"folder": self.path, "why": error.strerror or "?"}
        )

    def found(self) -> list[base.Found]:
        """Plain files only: links are passed over, wherever they lead."""
        files = []
        try:
            with os.scandir(self.handle) as entries:
                for entry in entries:
                    if not base.is_name(entry.name) or not entry.is_file(follow_symlinks=False):
                        continue
                    now = entry.stat(follow_symlinks=False)
                    files.append(base.Found(entry.name, now.st_size, now.st_mtime_ns))
                    if len(files) > base.MOST_ENTRIES:
                        raise base.too_many()
        except OSError as error:
            raise self._problem(error) from error
        return files

    def bring(self, file: base.Found, tags: Mapping[str, str]) -> base.Brought:
        """Copy the file into the folder of imports."""
        try:
            handle = os.open(file.name, _FILE, dir_fd=self.handle)
        except OSError as error:
            raise SourceProblem(
                _("The file %(name)s cannot be opened: %(why)s") % {"name": file.name, "why": error.strerror}
            ) from error
        with os.fdopen(handle, "rb") as source:
            if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
                raise SourceProblem(_("%(name)s is not a file any more.") % {"name": file.name})
            path, size, sha256 = storage.keep_upload(_blocks(source.read))
        return base.Brought(path, size, sha256)

    def put_away(self, file: base.Found, after: ScheduleAfter) -> bool:
        """Move it to `done` beside it, or delete it."""
        try:
            now = os.stat(file.name, dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return True
        if (now.st_size, now.st_mtime_ns) != (file.size, file.modified):
            return False
        try:
            if after == ScheduleAfter.DELETE:
                os.unlink(file.name, dir_fd=self.handle)
            else:
                self._move(file.name)
        except OSError as error:
            raise SourceProblem(
                _(
                    "%(name)s was imported, but cannot be moved or deleted: %(why)s. Give Dangol the right to write there."
                )
                % {"name": file.name, "why": error.strerror}
            ) from error
        return True

    def _move(self, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(base.DONE_FOLDER, mode=0o770, dir_fd=self.handle)
        done = os.open(base.DONE_FOLDER, _DIRECTORY, dir_fd=self.handle)
        try:
            target = name
            try:
                os.stat(name, dir_fd=done, follow_symlinks=False)
                target = f"{time.time_ns()}-{name}"
            except FileNotFoundError:
                pass
            os.rename(name, target, src_dir_fd=self.handle, dst_dir_fd=done)
        finally:
            os.close(done)

    def close(self) -> None:
        os.close(self.handle)


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(storage.BLOCK):
        yield block
