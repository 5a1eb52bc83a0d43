"""`/mcp`: assistants ask over HTTP, each request for itself, with a token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from dangol.identity.actors import Actor
from dangol.identity.middleware import unauthorized
from dangol.integrations.mcp import protocol
from dangol.records.rest.endpoints import json_response


@csrf_exempt
def mcp(request: HttpRequest) -> HttpResponse:
    """POST one message; the answer is JSON, 202 for what has none. There are no sessions and no streams: GET and DELETE 405."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or not getattr(request, "by_token", False):
        return unauthorized(code="sign_in_needed", detail="Send an API token: Authorization: Bearer dgl_…")
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    message = protocol.read(request.body)
    if message is None:
        return json_response(protocol.failed(None, protocol.PARSE, "This is no JSON object"), status=400)
    asked = request.headers.get("MCP-Protocol-Version")
    if asked is not None and asked not in protocol.VERSIONS:
        return json_response(protocol.unsupported(message.get("id"), asked), status=400)
    answer = protocol.answer(message, actor)
    if answer is None:
        return HttpResponse(status=202)
    is_malformed = answer.get("error", {}).get("code") == protocol.INVALID_REQUEST
    return json_response(answer, status=400 if is_malformed else 200)
