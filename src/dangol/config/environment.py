"""What the environment says, read in one place and without Django, so that commands start fast.

Every name is described in `docs/settings.md`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

# A unix socket address holds 107 bytes on Linux and 103 on macOS, its file name included.
LONGEST_SOCKET_PATH: Final = 103
SOCKET_NAME: Final = ".s.PGSQL.5432"
DATABASE: Final = "dangol"
DATABASE_USER: Final = "dangol"


class UnusableSetting(ValueError):
    """A setting in the environment cannot be used; the text names it and says what would be right."""


def text(name: str, default: str = "") -> str:
    """The variable's value, stripped; an empty value counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """A yes or no: `1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise UnusableSetting(f"{name}={value!r}: use 1 or 0")


def number(name: str, default: int) -> int:
    """A whole number."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise UnusableSetting(f"{name}={value!r}: use a whole number, for example {default}") from None


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list, separated by commas."""
    value = text(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def data_directory() -> Path:
    """The folder that holds everything an installation owns (`DANGOL_DATA`)."""
    value = text("DANGOL_DATA")
    if value:
        return Path(value).expanduser().absolute()
    base = text("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "dangol"


def socket_directory(data: Path) -> Path:
    """Where the own PostgreSQL of this data folder listens.

    Inside the data folder, or, when that path is too long for a unix socket, in a folder of the
    temporary directory that is named after it.
    """
    inside = data / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - a short path is the point; ownership is checked
        candidate = base / f"dangol-{name}"
        if len(os.fsencode(candidate / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return candidate
    raise UnusableSetting(f"DANGOL_DATA={data}: the path is too long, use a shorter one")


def embedded_url(data: Path, database: str = DATABASE) -> str:
    """The address of the own PostgreSQL of this data folder."""
    host = quote(str(socket_directory(data)), safe="")
    return f"postgresql://{DATABASE_USER}@/{database}?host={host}"


def database_url() -> str:
    """The address of the database: `DATABASE_URL`, else the own PostgreSQL."""
    return text("DATABASE_URL") or embedded_url(data_directory())


def secret_key() -> str:
    """`DANGOL_SECRET_KEY`, else the key kept in the data folder, made at first use (mode 600).

    The file appears whole or not at all: two first starts at once end with the same key.
    """
    value = text("DANGOL_SECRET_KEY")
    if value:
        return value
    path = data_directory() / "secret-key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-key-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
    return path.read_text().strip()
