"""MCP over stdin and stdout: one JSON message a line."""

from __future__ import annotations

import uuid
from typing import BinaryIO
from zoneinfo import ZoneInfo

import orjson
import structlog
from django.db import close_old_connections
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dangol.identity.actors import actor_for
from dangol.identity.keys import call_counted
from dangol.identity.selectors import token_for
from dangol.identity.services.tokens import token_used
from dangol.integrations.mcp import protocol

log = structlog.get_logger(__name__)
LONGEST_LINE = 10 * 1024 * 1024
REFUSED = -32001


def is_usable(text: str) -> bool:
    """Whether this is a token that can be used now. One query."""
    return token_for(text) is not None


def serve(text: str, source: BinaryIO, target: BinaryIO) -> None:
    """Answer line by line until the source ends. The token is looked at anew for each message: when it is revoked, nothing
    more is told."""
    while line := source.readline(LONGEST_LINE):
        if not line.strip():
            continue
        answer = _answer(text, line)
        if answer is not None:
            target.write(orjson.dumps(answer) + b"\n")
            target.flush()


def _answer(text: str, line: bytes) -> protocol.Message | None:
    message = protocol.read(line) if line.endswith(b"\n") or len(line) < LONGEST_LINE else None
    if message is None:
        return protocol.failed(None, protocol.PARSE, "This is no JSON object")
    close_old_connections()
    token = token_for(text)
    number = message.get("id")
    if token is None:
        return protocol.failed(number, REFUSED, _("This API token is unknown, has expired or was revoked."))
    allowance = call_counted(token)
    if allowance is not None and allowance.is_used_up:
        return protocol.failed(
            number,
            REFUSED,
            _("This API token may make %(limit)s calls a minute. Go on in %(seconds)s seconds.")
            % {"limit": allowance.limit, "seconds": allowance.seconds},
        )
    token_used(token=token)
    actor = actor_for(token.user, request_id=str(uuid.uuid4()), token=token)
    try:
        with translation.override(actor.language), timezone.override(ZoneInfo(actor.time_zone)):
            return protocol.answer(message, actor)
    # One call that fails for a fault of ours must not end the conversation; it is logged with its traceback.
    except Exception:
        log.exception("mcp_call_failed", method=str(message.get("method"))[:60])
        return protocol.failed(number, -32603, "Internal error; it is in the server's log")
