"""A stream without a web server: the protocol as Granian hands it over, and a reader at its other end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connections

from dangol.interactions.live import stream as streaming
from dangol.interactions.live.stream import Streams

PATIENCE = 5.0


class Headers(dict):
    """As many as a test needs."""


class Reader:
    """What the browser gets. `gone` is set when it closes the page."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.gone = asyncio.Event()

    # the protocol

    async def client_disconnect(self) -> None:
        await self.gone.wait()

    def response_str(self, status, headers, body):
        self.status, self.headers = status, dict(headers)

    def response_stream(self, status, headers):
        self.status, self.headers = status, dict(headers)
        return self

    async def send_str(self, text: str) -> None:
        if self.gone.is_set():
            raise RuntimeError("closed")
        await self.texts.put(text)

    # the reader

    async def event(self, seconds: float = PATIENCE) -> tuple[str, dict]:
        """The next event; heartbeats are passed over."""
        while True:
            for block in self._blocks():
                return block
            self.kept = getattr(self, "kept", "") + await asyncio.wait_for(self.texts.get(), seconds)

    def _blocks(self):
        while "\n\n" in getattr(self, "kept", ""):
            block, self.kept = self.kept.split("\n\n", 1)
            lines = dict(
                line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":"
            )
            if "event" in lines:
                yield lines["event"], json.loads(lines["data"])

    async def until(self, name: str, seconds: float = PATIENCE) -> dict:
        """The data of the next event of this name."""
        async with asyncio.timeout(seconds):
            while True:
                found, data = await self.event(seconds)
                if found == name:
                    return data

    async def silence(self, seconds: float = 0.6) -> None:
        """Nothing but the present state comes for so long."""
        try:
            found = await self.event(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"not silent: {found}")


@pytest.fixture
def streams(transactional_db, monkeypatch) -> Callable[[], AsyncIterator[Streams]]:
    """`async with streams() as streams:`: the streams of one process, closed in the end."""
    monkeypatch.setattr(streaming, "BREATH_SECONDS", 0.05)

    @asynccontextmanager
    async def opened(limit: int = 1000):
        streams = Streams(limit=limit)
        try:
            yield streams
        finally:
            streams.close()
            for _ in range(100):
                if not streams.open:
                    break
                await asyncio.sleep(0.02)
            if streams.hub is not None:
                await asyncio.get_running_loop().run_in_executor(streams.hub.thread, connections.close_all)
                streams.hub.thread.shutdown()

    return opened


def cookie_of(person) -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={person.client.cookies[name].value}" if person else ""


@asynccontextmanager
async def page(streams: Streams, cookie: str, query: str = "", **headers):
    """An open page. Yields its reader once the stream listens, with the first state read (`count`, `present`)."""
    reader = Reader()
    scope = SimpleNamespace(query_string=query, headers=Headers({"cookie": cookie, **headers}))
    task = asyncio.create_task(streams(scope, reader))
    try:
        for _ in range(500):
            if reader.status is not None or task.done():
                break
            await asyncio.sleep(0.01)
        if task.done():
            task.result()
        if reader.status == 200:
            reader.hello = await reader.until("hello")
            await asyncio.wait_for(streams.hub.listening.wait(), PATIENCE)
            reader.first = [await reader.event()]
            with suppress(TimeoutError):
                async with asyncio.timeout(0.6):
                    while True:
                        reader.first.append(await reader.event())
        yield reader
    finally:
        reader.gone.set()
        await asyncio.wait_for(task, PATIENCE)
