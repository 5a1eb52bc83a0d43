"""Calls of rules to other servers: kept with the run, sent by the worker, tried again, given up with words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.automation import ports
from dangol.automation.models import CallState, OutgoingCall, RuleRun, RunReason, RunState
from dangol.events import queue
from dangol.outbound.errors import OutboundProblem

log = structlog.get_logger(__name__)

SEND_TASK = "dangol.automation.send"
MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
TIMEOUT = 15.0
SWEEP_LIMIT = 200


def enqueue(url: str, bodies: Mapping[int, Any]) -> dict[int, uuid.UUID]:
    """Keep a call for each run (run id → body) and have it sent, in the caller's transaction. Returns the keys by run."""
    calls = OutgoingCall.objects.bulk_create(
        [OutgoingCall(run_id=run, url=url, body=body, next_at=timezone.now()) for run, body in bodies.items()]
    )
    for call in calls:
        queue.enqueue(SEND_TASK, call=call.pk)
    return {call.run_id: call.key for call in calls}


def send_due(*, limit: int = SWEEP_LIMIT) -> int:
    """Send calls whose next attempt is due. How many were tried."""
    due = OutgoingCall.objects.filter(state=CallState.WAITING, next_at__lte=timezone.now()).order_by(
        "next_at"
    )
    ids = list(due.values_list("pk", flat=True)[:limit])
    for pk in ids:
        send(pk)
    return len(ids)


def send(call_id: int) -> bool:
    """Try one call; true when the server took it.

    The attempt is counted and the next one set before the connection is made: a worker that dies in between leaves a call
    that is tried again. The receiver tells repeats by the header `webhook-id`.
    """
    with transaction.atomic():
        call = (
            OutgoingCall.objects.select_for_update(skip_locked=True)
            .filter(pk=call_id, state=CallState.WAITING, next_at__lte=timezone.now())
            .first()
        )
        if call is None:
            return False
        call.attempts += 1
        call.next_at = timezone.now() + min(FIRST_WAIT * 4 ** (call.attempts - 1), LONGEST_WAIT)
        call.save(update_fields=["attempts", "next_at"])
    status, error = _post(call)
    with transaction.atomic():
        call.status, call.error = status, error
        if not error:
            call.state = CallState.DONE
        elif call.attempts >= MAX_ATTEMPTS:
            call.state = CallState.FAILED
            RuleRun.objects.filter(pk=call.run_id, state=RunState.DONE).update(
                state=RunState.FAILED, reason=RunReason.REFUSED, detail=error
            )
            log.error("rule_call_given_up", call=str(call.key), attempts=call.attempts, error=error)
        call.save(update_fields=["status", "error", "state"])
    return not error


def _post(call: OutgoingCall) -> tuple[int | None, str]:
    """The status, and what went wrong in words; empty where the server took it."""
    import requests

    from dangol.outbound.sessions import guarded_session

    body = orjson.dumps(call.body)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(call.key),
        **ports.signed(str(call.key), body),
    }
    try:
        with guarded_session(purpose="automation", timeout=TIMEOUT, redirects=0) as session:
            answer = session.post(
                call.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            )
            answer.close()
    except (OutboundProblem, requests.RequestException, OSError) as problem:
        return None, f"{type(problem).__name__}: {problem}"[:500].replace("\0", "")
    if 200 <= answer.status_code < 300:
        return answer.status_code, ""
    return answer.status_code, _("The server answered with status %(status)s.") % {
        "status": answer.status_code
    }
