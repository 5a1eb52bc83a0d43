"""Calls of the API inside the process, as if they had come from outside with the same key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, StreamingHttpResponse

from dangol.records.rest.endpoints import ORIGIN_KEY

ORIGIN = "mcp"
_CARRIED = ("REMOTE_ADDR", "HTTP_AUTHORIZATION", "HTTP_X_FORWARDED_FOR", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT",
            "SERVER_PROTOCOL", "wsgi.url_scheme", "HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API: `path` below `/api/v1/`, `query` for the address, `body` as JSON or None."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: status and body, which is JSON or None."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        return self.status < 400


@cache
def _handler() -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def environment(headers: Mapping[str, Any]) -> dict[str, Any]:
    """What an inner call takes over from the request that asked for it: who asks, and from where."""
    return {name: headers[name] for name in _CARRIED if name in headers}


def answer_to(call: Call, around: Mapping[str, Any]) -> Answer:
    """Make the call. `around` is WSGI's environment as `environment` gives it. Costs what the endpoint costs."""
    body = b"" if call.body is None else orjson.dumps(call.body)
    query = urlencode({name: value for name, value in call.query.items() if value not in (None, "")})
    request = WSGIRequest(
        {
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            **around,
            "REQUEST_METHOD": call.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": f"/api/v1/{call.path}",
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_ACCEPT": "application/json",
            "wsgi.input": BytesIO(body),
            ORIGIN_KEY: ORIGIN,
        }
    )
    response = _handler().get_response(request)
    if isinstance(response, StreamingHttpResponse):
        text = b"".join(cast(Iterable[bytes], response.streaming_content))
    else:
        text = cast(HttpResponse, response).content
    return Answer(response.status_code, orjson.loads(text) if text else None)
