"""The stream itself: server-sent events over RSGI, one coroutine per open page."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from django.conf import settings
from django.db import DatabaseError

from dangol.identity.in_force import sessions_in_force
from dangol.interactions.live import checking, presence
from dangol.interactions.live.hub import Hub, Stream, suppress_gone
from dangol.interactions.notifications.selectors import unread_count

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 20.0
BREATH_SECONDS = 1.0  # between two looks of one page: a flood of changes costs one look a second
SHARE_SECONDS = (
    0.02  # the same for each page that is open: all of them together look fifty times a second at most
)
SEND_SECONDS = 20.0
PER_USER = 20
BROWSER_PAUSE = 3_000  # milliseconds, for browsers that come back by themselves
HEADERS = [
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),  # nginx would keep the events until a buffer is full
    ("x-content-type-options", "nosniff"),
    ("vary", "Cookie"),
]


class Streams:
    """Answers `GET /live/stream/`. `limit` is the most streams of this process."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        self.hub: Hub | None = None
        self.per_user: Counter[int] = Counter()
        self.open = 0

    def close(self) -> None:
        """End all streams: the process stops."""
        if self.hub is not None:
            self.hub.close()

    async def __call__(self, scope: Any, protocol: Any) -> None:
        """Check who asks and what may be seen, then tell until one of both has enough."""
        if scope.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _refuse(protocol, 403)
        query = parse_qs(scope.query_string, max_num_fields=40)
        try:
            shown = checking.read_shown(query.get("on", []), query.get("here", [""])[0])
        except checking.NotUnderstood:
            return _refuse(protocol, 400)
        if self.open >= self.limit:
            return _refuse(protocol, 503, again=30)
        if self.hub is None:
            self.hub = Hub()
        hub = self.hub
        self.open += 1
        try:
            session_key = _session_key([value for name, value in scope.headers.items() if name == "cookie"])
            try:
                users = await hub.ask(sessions_in_force, [session_key]) if session_key else {}
            except DatabaseError as error:
                log.warning("stream refused", error=type(error).__name__)
                return _refuse(protocol, 503, again=10)
            user = users.get(session_key)
            if user is None:
                return _refuse(protocol, 401)
            if self.per_user[user.pk] >= PER_USER:
                return _refuse(protocol, 429, again=60)
            self.per_user[user.pk] += 1
            try:
                await self._tell(hub, Stream(session_key, user.pk, shown), protocol)
            finally:
                self.per_user[user.pk] -= 1
                if not self.per_user[user.pk]:
                    del self.per_user[user.pk]
        finally:
            self.open -= 1
        return None

    async def _tell(self, hub: Hub, stream: Stream, protocol: Any) -> None:
        hub.add(stream)  # before the first look, so that nothing falls between the two
        gone = asyncio.ensure_future(protocol.client_disconnect())
        gone.add_done_callback(lambda _done: stream.cut())
        is_here = False
        transport = protocol.response_stream(200, HEADERS)
        try:
            is_here = await hub.ask(_arrive, stream)
            stream.look_at_all()
            with suppress_gone():
                await _send(
                    transport, f"retry: {BROWSER_PAUSE}\n" + _event("hello", {"key": str(stream.key)})
                )
                await self._go_on(hub, stream, transport)
        except DatabaseError as error:  # the browser comes back by itself
            log.warning("stream ended", error=type(error).__name__)
        finally:
            gone.cancel()
            hub.remove(stream)
            if is_here:
                # The thread is closed when the process ends, the database may be away: the row times out by itself.
                with contextlib.suppress(RuntimeError, DatabaseError):
                    await asyncio.shield(hub.ask(presence.leave, stream.key))

    async def _go_on(self, hub: Hub, stream: Stream, transport: Any) -> None:
        while True:
            try:
                await asyncio.wait_for(stream.wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await _send(transport, ": still here\n\n")
                continue
            if stream.is_cut:
                return
            stream.wake.clear()
            changed = stream.take()
            is_counted, stream.is_counted = stream.is_counted, False
            is_present, stream.is_present = stream.is_present and stream.shown.here is not None, False
            news = await hub.ask(_look, stream, changed, is_counted, is_present)
            if news is None:
                return
            if news:
                await _send(transport, news)
            await asyncio.sleep(max(BREATH_SECONDS, len(hub.streams) * SHARE_SECONDS))


def _arrive(stream: Stream) -> bool:
    """Note that the page of a record is open, when its user may see that record."""
    here = stream.shown.here
    actor = checking.actor_now(stream.user_id)
    if here is None or actor is None or not checking.versions_now(actor, {here[0]: [here[1]]}).get(here[0]):
        return False
    presence.arrive(key=stream.key, user_id=stream.user_id, record_type=here[0], record_id=here[1])
    return True


def _look(stream: Stream, changed: dict[str, set[int]], is_counted: bool, is_present: bool) -> str | None:
    """The events for what may have changed, by the rights of this moment; None ends the stream."""
    actor = checking.actor_now(stream.user_id)
    if actor is None:
        return None
    events = []
    if is_counted:
        events.append(_event("count", {"unread": unread_count(stream.user_id)}))
    asked = {name: set(ids) for name, ids in changed.items()}
    if is_present and stream.shown.here:
        asked.setdefault(stream.shown.here[0], set()).add(stream.shown.here[1])
    now = checking.versions_now(actor, asked)
    for name, ids in changed.items():
        newer = {}
        for pk in ids:
            version = now.get(name, {}).get(pk)
            known = stream.versions[name].get(pk, 0)
            if version is not None and version != known:
                stream.versions[name][pk] = version
                if known:
                    newer[str(pk)] = version
        if newer:
            events.append(_event("changed", {"type": name, "versions": newer}))
    if is_present and stream.shown.here and stream.shown.here[1] in now.get(stream.shown.here[0], {}):
        events.append(_event("present", {"type": stream.shown.here[0], "id": stream.shown.here[1]}))
    return "".join(events)


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {orjson.dumps(data).decode()}\n\n"


async def _send(transport: Any, text: str) -> None:
    await asyncio.wait_for(transport.send_str(text), SEND_SECONDS)


def _refuse(protocol: Any, status: int, again: int = 0) -> None:
    headers = [("cache-control", "no-store"), ("content-type", "text/plain; charset=utf-8")]
    if again:
        headers.append(("retry-after", str(again)))
    protocol.response_str(status, headers, "")


def _session_key(cookies: list[str]) -> str:
    try:
        jar: SimpleCookie = SimpleCookie("; ".join(cookies))
    except CookieError:
        return ""
    morsel = jar.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""
