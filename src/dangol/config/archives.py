"""A backup: one tar file with the database (PostgreSQL's own dump), the uploaded files, and a note of what it is."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dangol.config import environment, postgres
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _

FORMAT: Final = 1
NOTE: Final = "dangol.json"
DUMP: Final = "database.dump"
# What people uploaded, and the files and rejects of imports. The lake is not here: it can be computed again.
FOLDERS: Final = ("media", "imports")
ERASURES: Final = "erasures.jsonl"
"""The list of erasures (`records.persons.ledger`): a copy goes along; a restore adds to the one that is there."""
KEY: Final = "secret-key"
BACKUPS: Final = "backups"
"""The folder for backups that the settings page asked for; never part of a backup."""
# Worth nothing after a restore: who was signed in, and what was cached.
EMPTY_TABLES: Final = ("config_cache", "django_session", "usersessions_usersession")


def save(file: Path, *, url: str, data: Path, version: str, with_secret_key: bool = False) -> dict[str, Any]:
    """Write a backup; the file appears when it is whole, readable by its owner only.

    The database is dumped in one snapshot while it is in use; files come after it, so every file that the
    database names is there.

    Returns:
        The note inside the backup, with `bytes` added.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    note: dict[str, Any] = {
        "format": FORMAT,
        "dangol": version,
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "server": _server_version(url),
        "secret_key": with_secret_key,
    }
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".dangol-backup-") as folder:
        dump, draft = Path(folder) / DUMP, Path(folder) / "backup.tar"
        excluded = [f"--exclude-table-data=public.{table}" for table in EMPTY_TABLES]
        _run(
            "pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", *excluded, "--file", str(dump)
        )
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            with tarfile.open(fileobj=out, mode="w") as archive:
                _add_text(archive, NOTE, json.dumps(note))
                archive.add(dump, DUMP)
                for name in FOLDERS:
                    if (data / name).is_dir():
                        archive.add(data / name, name)
                if (data / ERASURES).is_file():
                    archive.add(data / ERASURES, ERASURES)
                if with_secret_key:
                    _add_text(archive, KEY, environment.secret_key())
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    return {**note, "bytes": file.stat().st_size}


def back_up() -> Path:
    """Save everything into a new file in the data folder's `backups`, named by the moment (UTC). Returns the file.

    The settings page does this; for a backup elsewhere there is `dangol backup FILE`.
    """
    from importlib.metadata import version

    data = environment.data_directory()
    file = data / BACKUPS / f"dangol-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.tar"
    save(file, url=environment.database_url(), data=data, version=version("dangol"))
    return file


def read_note(file: Path) -> dict[str, Any]:
    """What a backup says of itself.

    Raises:
        CommandFailed: it is not a backup, or one of a later format.
    """
    try:
        with tarfile.open(file, mode="r:") as archive:
            member = archive.extractfile(NOTE)
            note = json.load(member) if member else {}
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise CommandFailed(_("%s is not a backup of Dangol.") % file) from error
    if note.get("format") != FORMAT:
        raise CommandFailed(_("%s was made by a later Dangol.") % file, _("use that version"))
    return dict(note)


def bring_back(file: Path, *, url: str, data: Path, force: bool = False) -> None:
    """Replace database and files by those of a backup.

    The database is filled beside the present one and takes its place when it is whole; where the account may not
    make databases (`DATABASE_URL` of somebody else's server) the schema is emptied first.

    Raises:
        CommandFailed: there is something already and `force` is not given, or the backup cannot be read.
    """
    note = read_note(file)
    if not force and not _is_empty(url):
        raise CommandFailed(_("This installation is not empty."), _("--force replaces what is there"))
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".dangol-restore-") as name:
        folder = Path(name)
        with tarfile.open(file, mode="r:") as archive:
            archive.extractall(folder, filter="data")
        _fill(url, folder / DUMP)
        for kept in FOLDERS:
            if (data / kept).exists():
                (data / kept).rename(folder / f"{kept}.old")
            if (folder / kept).is_dir():
                (folder / kept).rename(data / kept)
        add_erasures(folder / ERASURES, data)
        if note["secret_key"]:
            key = data / KEY
            key.unlink(missing_ok=True)
            shutil.copyfile(folder / KEY, key)
            key.chmod(0o600)


def add_erasures(file: Path, data: Path) -> None:
    """Add the lines of a list of erasures to the one of this installation, where they are not in it yet."""
    if not file.is_file():
        return
    kept = data / ERASURES
    there = kept.read_bytes() if kept.is_file() else b""
    lines = set(there.split(b"\n"))
    more = [line for line in file.read_bytes().split(b"\n") if line and line not in lines]
    if more:
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as out:
            out.write(b"".join(line + b"\n" for line in more))
            out.flush()
            os.fsync(out.fileno())


def _fill(url: str, dump: Path) -> None:
    target = str(conninfo_to_dict(url).get("dbname") or environment.DATABASE)
    fresh, old = f"{target}_restored", f"{target}_before"
    try:
        with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
            _drop(server, fresh, old)
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(fresh))
            )
    except psycopg.errors.InsufficientPrivilege:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        _restore(url, dump)
        return
    try:
        _restore(make_conninfo(url, dbname=fresh), dump)
    except CommandFailed:
        with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
            _drop(server, fresh)
        raise
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [target],
        )
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        server.execute(rename.format(sql.Identifier(target), sql.Identifier(old)))
        server.execute(rename.format(sql.Identifier(fresh), sql.Identifier(target)))
        _drop(server, old)


def _restore(url: str, dump: Path) -> None:
    jobs = str(min(os.cpu_count() or 1, 4))
    _run("pg_restore", url, "--no-owner", "--no-privileges", "--exit-on-error", "--jobs", jobs, str(dump))


def _drop(server: psycopg.Connection[Any], *names: str) -> None:
    for name in names:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _is_empty(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('public.django_migrations') IS NULL").fetchone()
    return bool(row and row[0])


def _server_version(url: str) -> str:
    with psycopg.connect(url) as connection:
        return str(connection.info.server_version)


def _run(program: str, url: str, *arguments: str) -> None:
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    # A password is given by the environment: arguments can be read by everybody on the machine.
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    done = subprocess.run(
        [postgres.binary(program), "--dbname", make_conninfo(**parts), *arguments],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"{program}: {done.stderr.strip()[-1500:]}")


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text.encode())
    member.mode = 0o600
    member.mtime = int(time.time())
    archive.addfile(member, io.BytesIO(text.encode()))
