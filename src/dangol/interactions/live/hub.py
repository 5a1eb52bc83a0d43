"""The streams of one process, and the one database connection that listens for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson
import psycopg
import structlog
from django.db import close_old_connections, connection

from dangol.events.wire import CHANNEL
from dangol.identity.in_force import sessions_in_force
from dangol.interactions.live import checking, presence

log = structlog.get_logger(__name__)

RECHECK_SECONDS = 20.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
T = TypeVar("T")


class Stream:
    """One open page: what it shows, and what is to be looked at before it is told anything.

    What waits is a set, so a flood of changes makes it no longer than the page's list of records.
    """

    def __init__(self, session_key: str, user_id: int, shown: checking.Shown) -> None:
        self.key = uuid.uuid4()
        self.session_key = session_key
        self.user_id = user_id
        self.shown = shown
        self.versions = {name: dict(ids) for name, ids in shown.versions.items()}
        self.changed: dict[str, set[int]] = defaultdict(set)
        self.is_counted = False
        self.is_present = False
        self.is_cut = False
        self.wake = asyncio.Event()

    def look(self, record_type: str, ids: Iterable[int] | None) -> None:
        """Records of this type have changed; None: any of them."""
        known = self.versions.get(record_type, {})
        hit = set(known) if ids is None else known.keys() & set(ids)
        if hit:
            self.changed[record_type] |= hit
            self.wake.set()

    def take(self) -> dict[str, set[int]]:
        """What is to be looked at; nothing is left."""
        changed, self.changed = self.changed, defaultdict(set)
        return dict(changed)

    def look_at_all(self) -> None:
        """Hints may have been lost: compare everything the page shows."""
        for record_type in self.versions:
            self.look(record_type, None)
        self.is_counted = self.is_present = True
        self.wake.set()

    def cut(self) -> None:
        """End the stream."""
        self.is_cut = True
        self.wake.set()


class Hub:
    """Gives hints to the streams they concern.

    Everything here runs in one event loop. Questions to the database run in one thread, so the streams of a process hold
    two connections, however many they are: this thread's, and the one that listens.
    """

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.by_record: dict[tuple[str, int], set[Stream]] = defaultdict(set)
        self.by_user: dict[int, set[Stream]] = defaultdict(set)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="live")
        self.tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()

    async def ask(self, question: Callable[..., T], *arguments: Any) -> T:
        """Run a question to the database in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, _asked, question, *arguments)

    def add(self, stream: Stream) -> None:
        """From now on the stream is told. Starts listening with the first one."""
        if not self.tasks:
            self.tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._recheck())]
        self.streams.add(stream)
        self.by_user[stream.user_id].add(stream)
        for record in self._records(stream):
            self.by_record[record].add(stream)

    def remove(self, stream: Stream) -> None:
        """The page has gone."""
        self.streams.discard(stream)
        _discard(self.by_user, stream.user_id, stream)
        for record in self._records(stream):
            _discard(self.by_record, record, stream)

    def close(self) -> None:
        """End all streams and stop listening."""
        for stream in list(self.streams):
            stream.cut()
        for task in self.tasks:
            task.cancel()

    @staticmethod
    def _records(stream: Stream) -> set[tuple[str, int]]:
        shown = {(name, pk) for name, ids in stream.shown.versions.items() for pk in ids}
        return shown | ({stream.shown.here} if stream.shown.here else set())

    # hints

    def heard(self, text: str) -> None:
        """A hint from the wire."""
        hint = orjson.loads(text)
        kind, record_type, ids, by = hint["kind"], hint["type"], hint["ids"], hint["by"]
        if kind == "user":
            for user_id in ids or ():
                for stream in self.by_user.get(user_id, ()):
                    stream.is_counted = True
                    stream.wake.set()
            return
        for stream in self._concerned(record_type, ids):
            if stream.user_id == by:
                continue  # a page knows what its own user does
            if kind == "changed":
                stream.look(record_type, ids)
            elif kind == "present" and stream.shown.here in {(record_type, pk) for pk in ids or ()}:
                stream.is_present = True
                stream.wake.set()

    def _concerned(self, record_type: str, ids: list[int] | None) -> set[Stream]:
        if ids is None:
            return {stream for stream in self.streams if record_type in stream.versions}
        return {stream for pk in ids for stream in self.by_record.get((record_type, pk), ())}

    async def _listen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_address(), autocommit=True) as wire:
                    await wire.execute(f"LISTEN {CHANNEL}")
                    pause = FIRST_PAUSE
                    self.listening.set()
                    for stream in self.streams:
                        stream.look_at_all()
                    async for notify in wire.notifies():
                        self.heard(notify.payload)
            except (OSError, psycopg.Error) as error:
                self.listening.clear()
                log.warning("not listening", error=type(error).__name__, again_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _recheck(self) -> None:
        """Cut the streams whose session has ended; say of the others that their pages are still open."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                await self.recheck()
            except Exception as error:  # noqa: BLE001 - the database may be away; asked again at the next round
                log.warning("sessions not checked", error=type(error).__name__)

    async def recheck(self) -> None:
        """One round. Four statements, however many streams."""
        streams = list(self.streams)
        if not streams:
            return
        alive = await self.ask(sessions_in_force, {stream.session_key for stream in streams})
        for stream in streams:
            user = alive.get(stream.session_key)
            if user is None or user.pk != stream.user_id:
                stream.cut()
        await self.ask(presence.touch, [stream.key for stream in streams if stream.shown.here])


def _asked(question: Callable[..., T], *arguments: Any) -> T:
    close_old_connections()
    try:
        return question(*arguments)
    finally:
        close_old_connections()


def _discard(index: dict[Any, set[Stream]], key: Any, stream: Stream) -> None:
    index[key].discard(stream)
    if not index[key]:
        del index[key]


def _address() -> dict[str, Any]:
    """How Django reaches the database, without what only Django's own connections want."""
    parameters = dict(connection.get_connection_params())
    for name in ("context", "cursor_factory", "prepare_threshold", "server_side_binding"):
        parameters.pop(name, None)
    parameters["application_name"] = "dangol-live"
    return parameters


def suppress_gone() -> contextlib.suppress:
    """What a reader who has gone away looks like."""
    return contextlib.suppress(RuntimeError, ConnectionError, TimeoutError)
