"""JSON-RPC 2.0 as MCP uses it: one message in, one answer out, nothing kept between them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

import orjson
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.integrations.mcp import registry
from dangol.integrations.mcp.registry import BadArguments

VERSIONS: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Those that are spoken, the newest first."""
PARSE, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
UNSUPPORTED_VERSION: Final = -32022
Message = dict[str, Any]


def read(raw: bytes) -> Message | None:
    """The message in these bytes; None where they are no JSON object."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return data if isinstance(data, dict) else None


def failed(number: Any, code: int, text: str, data: Any = None) -> Message:
    """An answer that is an error of the protocol."""
    error: Message = {"code": code, "message": text}
    return {"jsonrpc": "2.0", "id": number, "error": error if data is None else {**error, "data": data}}


def unsupported(number: Any, asked: str) -> Message:
    """The answer to a version that is not spoken here; it names those that are."""
    return failed(
        number,
        UNSUPPORTED_VERSION,
        "Unsupported protocol version",
        {"supported": list(VERSIONS), "requested": asked[:40]},
    )


def answer(message: Message, actor: Actor) -> Message | None:
    """The answer to a message; None for a notification, which has none.

    Args:
        actor: who asks, with the rights of this moment.
    """
    number, method = message.get("id"), message.get("method")
    if (
        message.get("jsonrpc") != "2.0"
        or not isinstance(method, str)
        or not isinstance(number, int | str | None)
    ):
        return failed(None, INVALID_REQUEST, "This is no request of JSON-RPC 2.0")
    if "id" not in message:
        return None
    params = message.get("params", {})
    if not isinstance(params, dict):
        return failed(number, INVALID_PARAMS, "params must be an object")
    handler = _METHODS.get(method)
    if handler is None:
        return failed(number, NO_METHOD, f"There is no method {method[:60]}")
    try:
        return {"jsonrpc": "2.0", "id": number, "result": handler(params, actor)}
    except BadArguments as error:
        return failed(number, INVALID_PARAMS, str(error))


def _initialize(params: Message, actor: Actor) -> Message:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "dangol", "title": "Dangol", "version": version("dangol")},
        "instructions": _(
            "Customers, contacts, orders and what is said about them. Begin with describe_types; names of fields come from"
            ' describe_fields, filters look like: grade = "A" and owner = me. You see and change what your user may.'
        ),
    }


def _tools(params: Message, actor: Actor) -> Message:
    return {"tools": [tool.described() for tool in registry.tools()]}


def _call(params: Message, actor: Actor) -> Message:
    tool = registry.find(params.get("name"))
    if tool is None:
        raise BadArguments(f"There is no tool {str(params.get('name'))[:60]}")
    result, is_error = registry.called(tool, params.get("arguments") or {}, actor)
    return {
        "content": [{"type": "text", "text": orjson.dumps(result, default=str).decode()}],
        "structuredContent": orjson.loads(orjson.dumps(result, default=str)),
        "isError": is_error,
    }


_METHODS: dict[str, Callable[[Message, Actor], Message]] = {
    "initialize": _initialize,
    "ping": lambda params, actor: {},
    "tools/list": _tools,
    "tools/call": _call,
}
