"""Tells the history triggers who acts and by which way in."""

from django.core.exceptions import PermissionDenied
from django.db import connection

from dangol.identity.actors import Actor


def sign(actor: Actor, origin: str) -> int:
    """Set actor, request and origin for the rest of the transaction, so that COPY is covered too. One query.

    Returns:
        The number of the transaction, under which history keeps what happens in it (`Change.changed_in`).

    Raises:
        PermissionDenied: an administrator looks through the actor's eyes; whatever way led here, nothing is written.
    """
    if actor.seen_by is not None:
        raise PermissionDenied("seen_by")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('dangol.actor', %s, true), set_config('dangol.request', %s, true),"
            " set_config('dangol.origin', %s, true), pg_current_xact_id()::text",
            ["" if actor.user_id is None else str(actor.user_id), actor.request_id, origin],
        )
        return int(cursor.fetchone()[3])
