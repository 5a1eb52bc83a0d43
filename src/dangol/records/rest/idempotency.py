"""Sending a request twice does it once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records.models.idempotency import IdempotencyKey
from dangol.records.rest.problems import Problem, parameter_problem

KEPT_HOURS = 24
REPEATED = ("ETag", "Location", "Content-Type")
_SWEEP = """
DELETE FROM records_idempotencykey WHERE id IN (
    SELECT id FROM records_idempotencykey WHERE created_at < now() - make_interval(hours => %s)
    ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED
)
"""
_CLAIM = """
INSERT INTO records_idempotencykey (user_id, key, digest, headers, body) VALUES (%s, %s, %s, '{}', '')
ON CONFLICT (user_id, key) DO NOTHING RETURNING id
"""


def once(request: HttpRequest, actor: Actor, key: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Do `act` unless this actor's key did it within a day; then give the same answer, `Idempotency-Replayed: true`.

    Key, effect and answer are one transaction: after a crash either all are there or none, and a second request
    that arrives while the first is at work waits for it. A refused request leaves the key free.

    Raises Problem: 400 for an unusable key, 422 for a key that stood for another request. Four queries beside `act`.
    """
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise parameter_problem("Idempotency-Key", _("A key has 1 to 255 printable ASCII characters."), "key")
    if actor.user_id is None:
        return act()  # the system calls no API; there would be nobody to keep the key for
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).digest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SWEEP, [KEPT_HOURS])
            cursor.execute(_CLAIM, [actor.user_id, key, digest])
            claimed = cursor.fetchone()
        if claimed is None:
            return _repeated(actor.user_id, key, digest)
        response = act()
        IdempotencyKey.objects.filter(pk=claimed[0]).update(
            status=response.status_code,
            headers={name: response[name] for name in REPEATED if response.has_header(name)},
            body=response.content,
        )
        return response


def _repeated(user_id: int, key: str, digest: bytes) -> HttpResponse:
    kept = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if kept is None or kept.status is None:
        raise Problem(409, "in_progress", _("The first request with this key has just ended. Send it again."))
    if bytes(kept.digest) != digest:
        raise Problem(
            422,
            "key_reused",
            _("This Idempotency-Key stood for another request. Use a new key for a new request."),
        )
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    response["Cache-Control"] = "private, no-cache"
    return response
