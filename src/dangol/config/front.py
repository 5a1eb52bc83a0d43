"""What the server calls: pages and API go to Django in a thread, `/live/` stays in the event loop.

Granian speaks RSGI here, one coroutine per request. A page costs a hop into a thread and back; a stream costs no
thread at all, so hundreds of open pages leave the threads to the pages (decision 29).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import structlog

log = structlog.get_logger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Stream = Callable[[Any, Any], Any]
LIVE = "/live/stream/"
IN_MEMORY = 1024 * 1024  # a body larger than this waits in a file, not in memory
PIECE = 64 * 1024
PATIENCE = 60.0  # seconds a reader may take for one piece of a long answer
_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Front:
    """The application as Granian's RSGI interface wants it.

    Args:
        pages: the WSGI application.
        stream: coroutine function for the requests to `LIVE`, called with RSGI's scope and protocol; without one the
            pages answer there too.
        threads: how many pages are made at the same time; each thread holds one database connection.
        close: called once when the process stops, so that streams end and their browsers come back elsewhere.
    """

    def __init__(
        self, pages: Wsgi, stream: Stream | None, *, threads: int, close: Callable[[], None] = lambda: None
    ) -> None:
        self.pages = pages
        self.stream = stream
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self.close = close

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.close()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if self.stream is not None and scope.path == LIVE and scope.method == "GET":
            await self.stream(scope, protocol)
            return
        loop = asyncio.get_running_loop()
        body = await _body(scope, protocol)
        try:
            call = _Call(self.pages, scope, protocol, body, loop)
            whole = await loop.run_in_executor(self.pool, call.run)
            if whole is not None:
                protocol.response_bytes(call.status, call.headers, whole)
        finally:
            body.close()


async def _body(scope: Any, protocol: Any) -> IO[bytes]:
    """The request's body, whole, before a thread is taken: a slow sender holds no thread."""
    headers = scope.headers
    length = headers.get("content-length")
    if not (length and length != "0") and headers.get("transfer-encoding") is None:
        return BytesIO()
    if length and length.isdigit() and int(length) <= IN_MEMORY:
        return BytesIO(await protocol())
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the request closes it
    try:
        async for piece in protocol:
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _sent(transport: Any, piece: bytes) -> None:
    await transport.send_bytes(piece)


def _pieces(response: Iterable[bytes]) -> Iterator[bytes]:
    """What the application gives; the small pieces that Django cuts files into are put together."""
    if not getattr(response, "file_to_stream", None):
        yield from filter(None, response)
        return
    kept = bytearray()
    for part in response:
        kept += part
        if len(kept) >= PIECE:
            yield bytes(kept)
            kept.clear()
    if kept:
        yield bytes(kept)


class _Call:
    """One request to the WSGI application, from beginning to end in one thread, as Django's connections want it."""

    def __init__(
        self, pages: Wsgi, scope: Any, protocol: Any, body: IO[bytes], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.pages = pages
        self.scope = scope
        self.protocol = protocol
        self.body = body
        self.loop = loop
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def run(self) -> bytes | None:
        """The body of the answer when it is at hand; a long one has been sent piece by piece, and None comes back."""
        response = self.pages(self._environ(), self._start_response)
        try:
            if self.scope.method == "HEAD":
                return b""
            if not getattr(response, "streaming", True):
                return b"".join(response)
            self._send(response)
            return None
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()

    def _send(self, response: Iterable[bytes]) -> None:
        """The next piece is made when the reader has taken the last, and not at all once he is gone."""
        transport = self._in_loop(self._open())
        try:
            for piece in _pieces(response):
                self._in_loop(_sent(transport, piece))
        except (RuntimeError, TimeoutError, ConnectionError) as gone:
            log.info("reader gone", error=type(gone).__name__)

    def _in_loop(self, step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(PATIENCE)

    async def _open(self) -> Any:
        return self.protocol.response_stream(self.status, self.headers)

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = [(name.lower(), value) for name, value in headers]

    def _environ(self) -> dict[str, Any]:
        scope = self.scope
        server, _, port = scope.server.rpartition(":")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": scope.method,
            "SCRIPT_NAME": "",
            # WSGI wants the bytes of the path, decoded, as if they were Latin-1.
            "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
            "QUERY_STRING": scope.query_string,
            "SERVER_NAME": server,
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
            "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scope.scheme,
            "wsgi.input": self.body,
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in scope.headers.items():
            key = _UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
            if key in environ and key.startswith("HTTP_"):
                value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
            environ[key] = value
        if "HTTP_HOST" not in environ and scope.authority:
            environ["HTTP_HOST"] = scope.authority
        if "CONTENT_LENGTH" not in environ and self.body.seekable():
            environ["CONTENT_LENGTH"] = str(self.body.seek(0, 2))
            self.body.seek(0)
        return environ
