"""The protocol over HTTP, at `/api/mcp`: stateless, one request and one answer, so that any web process can serve it."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse

from dangol.identity.actors import Actor
from dangol.integrations.assistants.calling import Answer, Call, answer_to, environment
from dangol.records.rest.endpoints import json_response
from dangol.records.rest.problems import Problem

MOST_BYTES = 4 * 1024 * 1024
_PASSED_ON = ("content-type", "mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name")


def serve(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`POST /api/mcp`: a message of the Model Context Protocol. With an API key only: a browser's session is not enough.

    Costs what the calls of the API cost, and one query more for the key.
    """
    if not request.headers.get("Authorization", "").lower().startswith("bearer "):
        raise Problem(
            401,
            "key_needed",
            "Send an API token: Authorization: Bearer dgl_…",
            headers={"WWW-Authenticate": 'Bearer realm="dangol"'},
        )
    if len(request.body) > MOST_BYTES:
        raise Problem(413, "too_large", "A message may have 4 MB.")
    status, headers, body = async_to_sync(_answered)(request)
    response = HttpResponse(body, status=status, headers=headers)
    response["Cache-Control"] = "no-store"
    return response


def closed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET` and `DELETE`: there is no stream to listen to, and no session to end."""
    response = json_response({"error": "This server keeps no sessions: POST only."}, status=405)
    response["Allow"] = "POST, OPTIONS"
    return response


def _passed_on(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode(), value.encode("latin-1", "replace"))
        for name, value in request.headers.items()
        if name.lower() in _PASSED_ON or name.lower().startswith("mcp-param-")
    ]


async def _answered(request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from dangol.integrations.assistants.server import server_for

    around = environment(request.META)

    async def caller(call: Call) -> Answer:
        return await sync_to_async(answer_to, thread_sensitive=True)(call, around)

    manager = StreamableHTTPSessionManager(server_for(caller), json_response=True, stateless=True)
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"accept", b"application/json, text/event-stream"), *_passed_on(request)],
        "client": None,
        "server": None,
    }
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    kept = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], {name: value for name, value in kept.items() if name != "content-length"}, body
