"""What the server calls: pages and API go to Django in a thread, `/live/` stays in the event loop.

Granian speaks RSGI here, one coroutine per request. A page costs a hop into a thread and back; a stream costs no
thread at all, so hundreds of open pages leave the threads to the pages (decision 29).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable
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
        stream: coroutine function for the requests to `LIVE`, called with RSGI's scope and protocol.
        threads: how many pages are made at the same time; each thread holds one database connection.
        close: called once when the process stops, so that streams end and their browsers come back elsewhere.
    """

    def __init__(
        self, pages: Wsgi, stream: Stream, *, threads: int, close: Callable[[], None] = lambda: None
    ) -> None:
        self.pages = pages
        self.stream = stream
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self.close = close

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.close()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.path == LIVE and scope.method == "GET":
            await self.stream(scope, protocol)
            return
        loop = asyncio.get_running_loop()
        body = await _body(scope, protocol)
        try:
            answer = await loop.run_in_executor(self.pool, _Call(self.pages, scope, body).start)
            if answer.whole is not None:
                protocol.response_bytes(answer.status, answer.headers, answer.whole)
            else:
                await self._send(answer, protocol, loop)
        finally:
            body.close()

    async def _send(self, answer: Answer, protocol: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Piece by piece; the next one is made when the reader has taken the last, and not at all once he is gone."""
        transport = protocol.response_stream(answer.status, answer.headers)
        try:
            while piece := await loop.run_in_executor(self.pool, answer.piece):
                await asyncio.wait_for(transport.send_bytes(piece), PATIENCE)
        except (RuntimeError, TimeoutError, ConnectionError) as gone:
            log.info("reader gone", error=type(gone).__name__)
        finally:
            await loop.run_in_executor(self.pool, answer.close)


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


class Answer:
    """What the WSGI application answered: `whole` when it is at hand, else made piece by piece."""

    def __init__(self, status: int, headers: list[tuple[str, str]], response: Iterable[bytes]) -> None:
        self.status = status
        self.headers = headers
        self.response = response
        self.whole: bytes | None = None
        self.pieces = iter(response)

    def piece(self) -> bytes:
        """The next piece, up to `PIECE` where the application gives less at a time; empty at the end."""
        kept = bytearray()
        for part in self.pieces:
            kept += part
            if kept and (len(kept) >= PIECE or not getattr(self.response, "file_to_stream", None)):
                break
        return bytes(kept)

    def close(self) -> None:
        """Let the application let go of what it holds."""
        close = getattr(self.response, "close", None)
        if close is not None:
            close()


class _Call:
    """One request to the WSGI application, run in a thread."""

    def __init__(self, pages: Wsgi, scope: Any, body: IO[bytes]) -> None:
        self.pages = pages
        self.scope = scope
        self.body = body
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def start(self) -> Answer:
        """Call the application; answers that are at hand are taken whole, and let go of at once."""
        response = self.pages(self._environ(), self._start_response)
        answer = Answer(self.status, self.headers, response)
        if not getattr(response, "streaming", True) or self.scope.method == "HEAD":
            try:
                answer.whole = b"" if self.scope.method == "HEAD" else b"".join(answer.pieces)
            finally:
                answer.close()
        return answer

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
