"""The protocol over standard input and output, for an assistant on the same machine."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async

from dangol.integrations.assistants.calling import Answer, Call, answer_to


def serve(key: str) -> None:
    """Answer messages until the input ends, in the name of the key's owner. Nothing but messages goes to the output."""
    asyncio.run(_serve(key))


async def _serve(key: str) -> None:
    from mcp.server.stdio import stdio_server

    from dangol.integrations.assistants.server import server_for

    around = {
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_USER_AGENT": "dangol mcp",
    }

    async def caller(call: Call) -> Answer:
        return await sync_to_async(answer_to, thread_sensitive=True)(call, around)

    server = server_for(caller)
    async with stdio_server() as (read_stream, write_stream):
        await server.run(read_stream, write_stream, server.create_initialization_options())
