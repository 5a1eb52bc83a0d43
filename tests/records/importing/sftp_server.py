"""A small SFTP server over a folder, on loopback."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "crm", "sehr-geheimes-passwort"


class _Files(paramiko.SFTPServerInterface):
    root = Path("/nowhere")
    readonly = False

    def __init__(self, server: Any, *args: Any, **options: Any) -> None:
        super().__init__(server, *args, **options)
        self.root, self.site = server.site.root, server.site

    def _real(self, path: str) -> str:
        return str(self.root / self.canonicalize(path).lstrip("/"))

    def list_folder(self, path: str) -> Any:
        try:
            found = []
            for entry in Path(self._real(path)).iterdir():
                attributes = paramiko.SFTPAttributes.from_stat(entry.lstat())
                attributes.filename = entry.name
                found.append(attributes)
            return [*found, *self.site.smuggled]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(Path(self._real(path)).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def lstat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(os.lstat(self._real(path)))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        self.site.opened.append(path)
        try:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = Path(self._real(path)).open("rb")  # noqa: SIM115 - the library closes it
            return handle
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def _do(self, act: Any, *paths: str) -> int:
        if self.site.readonly:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            act(*(self._real(path) for path in paths))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK

    def remove(self, path: str) -> int:
        return self._do(os.remove, path)

    def rename(self, old: str, new: str) -> int:
        return self._do(os.rename, old, new)

    def mkdir(self, path: str, attr: Any) -> int:
        return self._do(os.mkdir, path)


class _Door(paramiko.ServerInterface):
    def __init__(self, site: SftpSite) -> None:
        self.site = site

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        self.site.signed_in.append(password)
        return paramiko.AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: Any) -> int:
        fits = username == USER and key.asbytes() == self.site.client_key.asbytes()
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED


class SftpSite:
    """The server: its folder, its key, and what was asked of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key = paramiko.ECDSAKey.generate()
        self.client_key = paramiko.ECDSAKey.generate()
        self.opened: list[str] = []
        self.signed_in: list[str] = []
        self.smuggled: list[Any] = []
        self.readonly = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.transports: list[paramiko.Transport] = []
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    @property
    def location(self) -> str:
        return f"sftp://127.0.0.1:{self.port}/"

    @property
    def fingerprint(self) -> str:
        return f"{self.key.get_name()} {self.key.fingerprint}"

    def _accept(self) -> None:
        while True:
            try:
                line, _address = self.listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
            self.transports.append(transport)
            try:
                transport.start_server(server=_Door(self))
            except (paramiko.SSHException, EOFError, OSError):
                continue  # the client hung up after the key

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for transport in self.transports:
            transport.close()
            transport.join(5)
