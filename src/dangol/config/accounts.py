"""The account that the own PostgreSQL runs as, and the folders that are its own."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

SYSTEM_USER: Final = "dangol"


class AccountError(Exception):
    """There is no account or folder that the server can use; the text says what to do."""


def server_user() -> tuple[int, int] | None:
    """The account to run as: PostgreSQL refuses root, so root gets an account made for it."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program is None:
            raise AccountError(
                "PostgreSQL does not run as root: start dangol as another user, or set DATABASE_URL"
            ) from None
        subprocess.run(
            [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=False,  # another process may have been faster
            capture_output=True,
        )
        try:
            entry = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            raise AccountError(f"the account {SYSTEM_USER} for PostgreSQL could not be made") from None
    return entry.pw_uid, entry.pw_gid


def let_through(path: Path) -> None:
    """Let the server's account pass (not read) the folders above `path`; only needed as root."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            if folder != path:  # that one is our own
                log.warning("folder opened for passing", folder=str(folder))
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def own_folder(folder: Path, user: tuple[int, int] | None) -> None:
    """Make a folder that only the server's account may enter; refuse one of somebody else's."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    owners = {os.geteuid(), *((user[0],) if user else ())}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise AccountError(f"{folder} belongs to somebody else; remove it or set another DANGOL_DATA")
    if user:
        os.chown(folder, *user)
    folder.chmod(0o700)


def as_server_user() -> dict[str, Any]:
    """Arguments for `subprocess` with which a process runs as the account of the server."""
    user = server_user()
    return {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
