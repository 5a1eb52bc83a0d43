"""Posting many small bodies to one address, over a connection that is kept.

As `http`, on the standard library: the connection goes to a checked address, and what was checked is what is talked to.
A kept connection cannot be led elsewhere; a new one is checked anew. Redirects are never followed, proxies not used.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dangol.outbound import addresses
from dangol.outbound.errors import OutboundProblem
from dangol.outbound.http import (
    USUAL_PORTS,
    Lost,
    Patience,
    Target,
    explained,
    hang_up,
    parsed,
    secured,
)
from dangol.outbound.models import OutboundCall
from dangol.outbound.services import call_noted

EXCERPT = 1_000
"""Bytes of an answer that are kept."""
_DRAINED = 64 * 1024
"""Bytes of an answer that are read so that the connection can be used again; after more it is closed."""
_KEPT_IDLE = 30.0


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back. `excerpt` holds the first bytes of the body; `retry_after` the header of that name, or ""."""

    status: int
    excerpt: bytes
    milliseconds: int
    retry_after: str = ""


class Line:
    """Posts to one address. Not for several threads at a time; each has its own.

    Args:
        url: where to. https or http, without user name.
        timeout: seconds for connecting and for each silence.
        longest: seconds for a whole post.
        purpose: for the log of calls.
        keep: takes the notes for that log, which the caller stores (`services.calls_note`).

    Raises:
        Forbidden: the address must not be called.
    """

    def __init__(
        self, url: str, *, timeout: float, longest: float, purpose: str, keep: Callable[[OutboundCall], None]
    ) -> None:
        self.url = url
        self.timeout = timeout
        self.longest = longest
        self.purpose = purpose
        self.keep = keep
        self._target: Target = parsed(url)
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def post(self, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post a body. Any status is an answer, also that of a redirect.

        A kept connection that the other side has closed meanwhile is replaced once; so the body may arrive twice, and
        should carry a name of its own.

        Raises:
            Forbidden: the address, or one that its name stands for now, must not be called.
            OutboundProblem: it cannot be reached, or answers too slowly.
        """
        patience = Patience(self.timeout, self.longest, time.monotonic() + self.longest)
        if self._connection is not None and time.monotonic() - self._used > _KEPT_IDLE:
            self.close()
        was_kept = self._connection is not None
        try:
            return self._once(body, headers, patience)
        except Lost:
            if not was_kept:
                raise
        return self._once(body, headers, patience)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _once(self, body: bytes, headers: Mapping[str, str], patience: Patience) -> Posted:
        start = time.monotonic()
        with call_noted(purpose=self.purpose, method="POST", url=self.url, keep=self.keep) as noted:
            connection = self._connected(patience)
            line = connection.sock
            watch = threading.Timer(max(patience.over_at - time.monotonic(), 0.1), hang_up, [line])
            watch.daemon = True
            watch.start()
            begun = False
            try:
                if isinstance(line, ssl.SSLSocket):
                    line.do_handshake()  # nothing where it is done already
                self._send(connection, body, headers)
                response = connection.getresponse()
                begun = True
                noted.status = response.status
                excerpt = self._read(response)
                if patience.is_over:
                    raise TimeoutError
                noted.received = len(excerpt)
                self._used = time.monotonic()
                spent = int((self._used - start) * 1_000)
                retry_after = response.getheader("Retry-After") or ""
                return Posted(response.status, excerpt, spent, retry_after[:100])
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                raise explained(error, self._target, patience, begun=begun) from error
            except OutboundProblem:
                self.close()
                raise
            finally:
                watch.cancel()

    def _connected(self, patience: Patience) -> http.client.HTTPConnection:
        if self._connection is not None and self._connection.sock is not None:
            return self._connection
        target = self._target
        connection = http.client.HTTPConnection(target.host, target.port, timeout=patience.silence)
        connection.auto_open = 0  # by itself it would connect past the guard
        line = addresses.connect(target.host, target.port, usual_ports=USUAL_PORTS, timeout=patience.silence)
        # Head and body leave in two pieces; the second must not wait for word of the first.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = secured(line, target) if target.secure else line
        self._connection = connection
        return connection

    def _send(self, connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]) -> None:
        connection.putrequest("POST", self._target.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", self._target.host_header)
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Accept-Encoding", "identity")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """The first bytes; the rest is read away, or the connection given up."""
        excerpt = response.read(EXCERPT)
        rest = 0
        while rest < _DRAINED and (block := response.read(8_192)):
            rest += len(block)
        if response.will_close or not response.isclosed():
            response.close()
            self.close()
        return excerpt
