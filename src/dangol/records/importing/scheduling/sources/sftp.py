"""Files on an SFTP server whose key somebody has confirmed."""

from __future__ import annotations

import io
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.outbound import addresses
from dangol.outbound.services import call_noted
from dangol.records.importing import storage
from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.scheduling.sources import base
from dangol.records.importing.scheduling.sources.places import sftp_place
from dangol.records.models import ImportSchedule, ScheduleAccess, ScheduleAfter

TIMEOUT = 30.0
AHEAD = 64
"""Requests under way at the same time, of 32 KB each: fast over long lines, and memory stays flat."""
USUAL_PORTS = frozenset({22})
_SECOND = 1_000_000_000


class SftpFolder:
    """A folder on the server, by the library paramiko (`dangol[sftp]`)."""

    calm_after = 3_600.0  # the server's clock may be another
    asks_again = False

    def __init__(self, schedule: ImportSchedule, secret: str) -> None:
        try:
            import paramiko
        except ImportError as error:
            raise SourceProblem(
                _("SFTP needs a further part of Dangol on the server: pip install 'dangol[sftp]'.")
            ) from error
        place = sftp_place(schedule.location)
        self.folder = place.folder
        self.host = place.host
        with call_noted(purpose=base.PURPOSE, method="SFTP", url=schedule.location):
            line = addresses.connect(place.host, place.port, usual_ports=USUAL_PORTS, timeout=TIMEOUT)
            try:
                self.transport = paramiko.Transport(line)
            except BaseException:
                line.close()
                raise
            try:
                self._shake_hands(schedule.host_key)
                self._sign_in(schedule, secret)
                client = paramiko.SFTPClient.from_transport(self.transport)
                assert client is not None
                channel = client.get_channel()
                assert channel is not None
                channel.settimeout(TIMEOUT)
                self.client = client
            except (paramiko.SSHException, OSError, EOFError) as error:
                self.transport.close()
                raise self._broken(error) from error
            except BaseException:
                self.transport.close()
                raise

    def _broken(self, error: BaseException) -> SourceProblem:
        return SourceProblem(
            _("“%(host)s” is no SFTP server that can be talked to: %(why)s")
            % {"host": self.host, "why": str(error)[:200] or type(error).__name__}
        )

    def _shake_hands(self, confirmed: str) -> None:
        if confirmed:
            kind = confirmed.partition(" ")[0]
            # The server may have several keys; it must show the one that was confirmed.
            wanted = ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)
            self.transport.get_security_options().key_types = wanted
        self.transport.start_client(timeout=TIMEOUT)
        key = self.transport.get_remote_server_key()
        offered = f"{key.get_name()} {key.fingerprint}"
        if not confirmed:
            raise base.HostKeyUnknown(offered)
        if offered != confirmed:
            raise SourceProblem(
                _(
                    "The server shows another key (%(offered)s) than the confirmed one (%(confirmed)s). Somebody may stand in"
                    " between, or the server was set up anew: ask whoever runs it, then forget the key and confirm the new one."
                )
                % {"offered": offered, "confirmed": confirmed}
            )

    def _sign_in(self, schedule: ImportSchedule, secret: str) -> None:
        import paramiko

        try:
            if schedule.access == ScheduleAccess.KEY:
                self.transport.auth_publickey(schedule.username, private_key(secret))
            else:
                self.transport.auth_password(schedule.username, secret)
        except paramiko.AuthenticationException as error:
            raise SourceProblem(
                _("“%(host)s” does not let “%(user)s” in. Check the user name and the password or key.")
                % {"host": self.host, "user": schedule.username}
            ) from error

    def _at(self, name: str) -> str:
        return f"{self.folder.rstrip('/')}/{name}"

    @contextmanager
    def _words(self, name: str) -> Iterator[None]:
        import paramiko

        try:
            yield
        except FileNotFoundError as error:
            raise SourceProblem(_("%(name)s is not there on the server.") % {"name": name}) from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise SourceProblem(
                _("%(name)s on the server cannot be used: %(why)s")
                % {"name": name, "why": str(error)[:200] or type(error).__name__}
            ) from error

    def found(self) -> list[base.Found]:
        """Plain files only."""
        with self._words(self.folder):
            entries = self.client.listdir_attr(self.folder)
        if len(entries) > base.MOST_ENTRIES:
            raise base.too_many()
        return [
            base.Found(entry.filename, entry.st_size, _modified(entry))
            for entry in entries
            if base.is_name(entry.filename) and entry.st_mode is not None and stat.S_ISREG(entry.st_mode)
        ]

    def bring(self, file: base.Found, tags: Mapping[str, str]) -> base.Brought:
        """Copy the file into the folder of imports."""
        with self._words(file.name), self.client.open(self._at(file.name), "rb") as source:
            if file.size and file.size <= storage.largest_upload():
                source.prefetch(file.size, max_concurrent_requests=AHEAD)
            path, size, sha256 = storage.keep_upload(_blocks(source.read))
        return base.Brought(path, size, sha256)

    def put_away(self, file: base.Found, after: ScheduleAfter) -> bool:
        """Move it to `done` beside it, or delete it."""
        with self._words(file.name):
            now = self._state_of(self._at(file.name))
            if now is None:
                return True
            if (now.st_size, _modified(now)) != (file.size, file.modified):
                return False
            if after == ScheduleAfter.DELETE:
                self.client.remove(self._at(file.name))
                return True
            done = self._at(base.DONE_FOLDER)
            if self._state_of(done) is None:
                self.client.mkdir(done, 0o770)
            target = f"{done}/{file.name}"
            if self._state_of(target) is not None:
                target = f"{done}/{time.time_ns()}-{file.name}"
            self.client.rename(self._at(file.name), target)
        return True

    def _state_of(self, path: str) -> Any:
        try:
            return self.client.lstat(path)
        except FileNotFoundError:
            return None

    def close(self) -> None:
        self.transport.close()


def private_key(text: str) -> Any:
    """A private key as it stands in its file. Raises SourceProblem."""
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.replace("\r\n", "\n").strip() + "\n"))
        except paramiko.PasswordRequiredException as error:
            raise SourceProblem(
                _("The private key is protected by a password. Make one for this purpose without.")
            ) from error
        except (paramiko.SSHException, ValueError, IndexError, TypeError):
            continue  # of another kind
    raise SourceProblem(
        _("This is no private key. Enter the whole file, from -----BEGIN to END-----: Ed25519, ECDSA or RSA.")
    )


def _modified(entry: Any) -> int | None:
    return None if entry.st_mtime is None else int(entry.st_mtime) * _SECOND


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(storage.BLOCK):
        yield block
