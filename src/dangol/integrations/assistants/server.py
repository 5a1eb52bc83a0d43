"""The server of the protocol, by the SDK: what tools there are, and what becomes of a call. Imported only when it is needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import mcp_types as types
import orjson
from jsonschema import Draft202012Validator
from mcp.server.lowlevel.server import Server

from dangol.integrations.assistants.calling import Answer, Call
from dangol.integrations.assistants.tools import BY_NAME, INSTRUCTIONS, TOOLS, Tool, Unclear

Caller = Callable[[Call], Awaitable[Answer]]
"""Makes a call of the API in the caller's name."""


def server_for(caller: Caller) -> Server[Any]:
    """A server whose tools call the API by `caller`. Keeps no state between calls."""

    async def on_list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_listed(tool) for tool in TOOLS])

    async def on_call_tool(_context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = BY_NAME.get(params.name)
        if tool is None:
            return _refused(f"There is no tool {params.name[:60]!r}. There are: {', '.join(BY_NAME)}.")
        given = params.arguments or {}
        if wrong := _wrong(tool, given):
            return _refused(wrong)
        try:
            call = tool.call(given)
        except Unclear as problem:
            return _refused(str(problem))
        answer = await caller(call)
        text = orjson.dumps(answer.body).decode() if answer.body is not None else "Done."
        structured = answer.body if isinstance(answer.body, dict) else None
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)],
            structured_content=structured,
            is_error=not answer.is_good,
        )

    return Server(
        "dangol",
        version=version("dangol"),
        title="Dangol",
        instructions=INSTRUCTIONS,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
    )


def _listed(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.reads,
            destructive_hint=tool.destroys,
            idempotent_hint=tool.repeats,
            open_world_hint=False,
        ),
    )


def _wrong(tool: Tool, given: dict[str, Any]) -> str:
    """What does not fit the tool's schema, in a sentence; empty when all is well."""
    found = sorted(Draft202012Validator(tool.schema).iter_errors(given), key=lambda one: list(one.path))
    return "; ".join(
        f"{'.'.join(map(str, one.path)) or 'arguments'}: {one.message[:200]}" for one in found[:5]
    )


def _refused(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)
