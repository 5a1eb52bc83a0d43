"""Sessions of `requests`, for libraries that make their calls by themselves: through the guard, and noted.

Imports `requests`, which takes its time: import this module inside of functions.
"""

from __future__ import annotations

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from dangol.outbound import addresses
from dangol.outbound.errors import OutboundProblem
from dangol.outbound.http import USUAL_PORTS
from dangol.outbound.services import call_noted

SCHEMES = ("http://", "https://")
LONGEST_SILENCE = 20.0
"""Seconds, for calls that set no time-out."""


def guarded_session(*, purpose: str, timeout: float, redirects: int = 3) -> requests.Session:
    """A session whose connections go to checked addresses only (`addresses.connect`), redirects too.

    Neither proxies nor passwords of the environment are used. Each hop is noted in the log of calls, one query each.

    Args:
        purpose: for the log.
        timeout: seconds for connecting and for each silence, where a call says nothing else.
        redirects: how many are followed.

    The session's calls raise `requests.ConnectionError` where `addresses.connect` raises; why is in the log of calls.
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = redirects
    for scheme in SCHEMES:
        session.mount(scheme, _GuardedAdapter(purpose, timeout))
    return session


def _connected(connection: HTTPConnection) -> socket.socket:
    """A socket to a checked address of the connection's host. What it raises goes through urllib3 as it is."""
    waits = connection.timeout
    seconds = float(waits) if isinstance(waits, int | float) else LONGEST_SILENCE
    return addresses.connect(connection.host, connection.port, usual_ports=USUAL_PORTS, timeout=seconds)


class _GuardedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _GuardedSecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _GuardedConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _GuardedSecureConnection


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, purpose: str, timeout: float) -> None:
        self.purpose = purpose
        self.seconds = timeout
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """One call. Raises as any adapter of requests does."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.seconds
        try:
            with call_noted(
                purpose=self.purpose, method=request.method or "", url=request.url or ""
            ) as noted:
                answer = super().send(request, *args, **kwargs)
                noted.status = answer.status_code
                noted.received = len(answer.content) if not kwargs.get("stream") else 0
                return answer
        except OutboundProblem as problem:
            raise requests.ConnectionError(str(problem), request=request) from problem
