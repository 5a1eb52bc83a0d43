"""Fetching a file by HTTP.

Written on the standard library: the connection to the checked address is made first (`addresses.connect`) and handed
to `http.client`, so that what was checked is what is talked to. Proxies of the environment are not used.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urljoin, urlsplit

from django.utils.translation import gettext_lazy as _

from dangol.outbound import addresses
from dangol.outbound.errors import Answered, Forbidden, OutboundProblem
from dangol.outbound.services import call_noted

LARGEST_REDIRECTS = 5
BLOCK = 1 << 16
USUAL_PORTS = frozenset({80, 443})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What may be said to another host than the one it was meant for.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent"})
_AGENT = "Dangol"
_ATTEMPTS = 3
_PAUSE = 1.0
_WORTH_TRYING_AGAIN = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back. `status` is 200, or 304 for "not changed since" (then there is no file).

    `headers` has its names in small letters; `url` is where the redirects ended.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken to pieces and checked for its form; where it leads is checked when it is called."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[bool, str, int]:
        return self.secure, self.host, self.port

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def fetch_to(
    path: Path,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    limit_bytes: int,
    timeout: float = 60.0,
    longest: float | None = None,
    purpose: str,
) -> Fetched:
    """Fetch a file. The body comes as it was sent: nothing is unpacked.

    Redirects are followed, at most five, each checked like the first address; to another host only harmless headers
    go on, and never from https to http. An answer of 502, 503 or 504 and a lost connection are tried three times.

    Args:
        path: where the file is to lie; must not exist. Not there when this raises, or answers 304.
        headers: also secret ones, such as `Authorization`.
        limit_bytes: more than that is refused.
        timeout: seconds for connecting and for each silence.
        longest: seconds for the whole call; ten times the time-out when it is not said.
        purpose: for the log.

    Raises:
        Forbidden: the address, or one it leads to, must not be called.
        Answered: the server says no.
        OutboundProblem: it cannot be reached, answers too slowly, or sends more than allowed or less than announced.
    """

    def write(response: http.client.HTTPResponse) -> tuple[int, str]:
        with path.open("xb") as target:
            path.chmod(0o600)
            return _copy(response, target, limit_bytes)

    try:
        return _call(
            url, headers or {}, timeout=timeout, longest=longest or timeout * 10, purpose=purpose, read=write
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def probe(
    url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 20.0, purpose: str
) -> Fetched:
    """Ask for a file and hang up after the headers. Raises as `fetch_to`."""
    return _call(
        url, headers or {}, timeout=timeout, longest=timeout, purpose=purpose, read=lambda response: (0, "")
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take: each silence, and all of it, in seconds; and when that is over."""

    silence: float
    whole: float
    over_at: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.over_at


Read = Callable[[http.client.HTTPResponse], tuple[int, str]]


def _call(
    url: str, headers: Mapping[str, str], *, timeout: float, longest: float, purpose: str, read: Read
) -> Fetched:
    patience = Patience(timeout, longest, time.monotonic() + longest)
    said = {"User-Agent": _AGENT, "Accept": "*/*", **headers, "Accept-Encoding": "identity"}
    target = parsed(url)
    for _hop in range(LARGEST_REDIRECTS + 1):
        answer = _patiently(url, target, said, patience, purpose, read)
        if answer.status not in REDIRECTS:
            return answer
        url = urljoin(url, answer.headers.get("location", ""))
        following = parsed(url)
        if target.secure and not following.secure:
            raise Forbidden(
                _(
                    "The server leads from https to http, where everybody could read along. It was not followed."
                )
            )
        if following.origin != target.origin:
            said = {name: value for name, value in said.items() if name.lower() in _HARMLESS}
            said["Accept-Encoding"] = "identity"
        target = following
    raise OutboundProblem(
        _("The server leads on from address to address (more than %(limit)s times).")
        % {"limit": LARGEST_REDIRECTS}
    )


def parsed(url: str) -> Target:
    """The address in pieces.

    Raises:
        Forbidden: no http or https, a user name in it, or no address at all.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden(
            _("This is not an address. Write it as https://files.example.com/orders.csv.")
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden(_("The address must begin with https:// or http://."))
    if "@" in parts.netloc:
        raise Forbidden(_("A user name in the address is not accepted. Enter it as credentials."))
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in url) or "\\" in parts.netloc:
        raise Forbidden(_("This is not an address. Write it as https://files.example.com/orders.csv."))
    secure = parts.scheme == "https"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    host = addresses.normalized(parts.hostname)
    if port == 0:
        raise Forbidden(_("Port %(port)s is not one for such calls.") % {"port": port})
    return Target(secure, host, port or (443 if secure else 80), f"{path}?{query}" if parts.query else path)


def _patiently(
    url: str,
    target: Target,
    headers: Mapping[str, str],
    patience: Patience,
    purpose: str,
    read: Read,
) -> Fetched:
    for attempt in range(1, _ATTEMPTS + 1):
        again = attempt < _ATTEMPTS and time.monotonic() + _PAUSE * attempt < patience.over_at
        try:
            return _once(url, target, headers, patience, purpose, read)
        except Answered as answered:
            if not again or answered.status not in _WORTH_TRYING_AGAIN:
                raise
        except Lost:
            if not again:
                raise
        time.sleep(_PAUSE * attempt)
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


class Lost(OutboundProblem):
    """The connection broke before the answer had begun."""


def _once(
    url: str,
    target: Target,
    headers: Mapping[str, str],
    patience: Patience,
    purpose: str,
    read: Read,
) -> Fetched:
    with call_noted(purpose=purpose, method="GET", url=url) as noted:
        connection = http.client.HTTPConnection(target.host, target.port, timeout=patience.silence)
        line = addresses.connect(target.host, target.port, usual_ports=USUAL_PORTS, timeout=patience.silence)
        if target.secure:
            line = secured(line, target)
        # Silence has its own limit; this one is for a server that says a little for ever.
        watch = threading.Timer(max(patience.over_at - time.monotonic(), 0.1), hang_up, [line])
        watch.daemon = True
        watch.start()
        response: http.client.HTTPResponse | None = None
        try:
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            connection.sock = line
            connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", target.host_header)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders()
            response = connection.getresponse()
            noted.status = response.status
            known = {name.lower(): value for name, value in response.getheaders()}
            if response.status in REDIRECTS or response.status == 304:
                return Fetched(response.status, url, known)
            if response.status != 200:
                raise Answered(_words(response.status, target.host), response.status)
            size, sha256 = read(response)
            if patience.is_over:
                raise TimeoutError  # what came ended because we hung up
            noted.received = size
            return Fetched(200, url, known, size, sha256)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise explained(error, target, patience, begun=response is not None) from error
        finally:
            watch.cancel()
            if response is not None:
                response.close()
            connection.close()
            line.close()


def hang_up(line: socket.socket) -> None:
    """End a connection under whoever waits for it."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


def secured(line: socket.socket, target: Target) -> ssl.SSLSocket:
    """TLS round the connection, the handshake still to come. The certificate must be that of the name."""
    context = ssl.create_default_context()
    return context.wrap_socket(line, server_hostname=target.host, do_handshake_on_connect=False)


def explained(error: Exception, target: Target, patience: Patience, *, begun: bool) -> OutboundProblem:
    """What an error of the connection means, in words; `begun`: the answer had begun."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return OutboundProblem(
            _("The certificate of “%(host)s” cannot be trusted: %(why)s.")
            % {"host": target.host, "why": error.verify_message}
        )
    if isinstance(error, TimeoutError) or patience.is_over:
        seconds = patience.whole if patience.is_over else patience.silence
        return OutboundProblem(
            _("“%(host)s” (port %(port)s) did not answer within %(seconds)s seconds.")
            % {"host": target.host, "port": target.port, "seconds": f"{seconds:g}"}
        )
    kind = OutboundProblem if begun else Lost
    return kind(
        _("The connection to “%(host)s” broke off (%(why)s).")
        % {"host": target.host, "why": type(error).__name__}
    )


def _words(status: int, host: str) -> str:
    if status in (401, 403):
        text = _("“%(host)s” refuses the access (%(status)s). Check the user name, password or token.")
    elif status in (404, 410):
        text = _("“%(host)s” has no file at this address (%(status)s). Check the path.")
    else:
        text = _("“%(host)s” answers with status %(status)s instead of a file.")
    return text % {"host": host, "status": status}


def _copy(response: http.client.HTTPResponse, target: BinaryIO, limit: int) -> tuple[int, str]:
    announced = response.length
    too_large = OutboundProblem(_("The file is larger than %(limit)s MB.") % {"limit": limit >> 20})
    if announced is not None and announced > limit:
        raise too_large
    digest = hashlib.sha256()
    size = 0
    while block := response.read(BLOCK):
        size += len(block)
        if size > limit:
            raise too_large
        digest.update(block)
        target.write(block)
    if announced is not None and size < announced:
        raise OutboundProblem(
            _("Only %(size)s of %(announced)s bytes came. The file was not taken.")
            % {"size": size, "announced": announced}
        )
    return size, digest.hexdigest()
