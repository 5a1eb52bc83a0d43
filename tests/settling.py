"""Waiting for the transactions of tests that run beside this one, on the same server."""

import time

from django.db import connection


def settle(seconds: float = 60) -> None:
    """Wait until every transaction that runs now has ended, those of tests beside this one as well.

    A refresh reads again what a transaction older than itself may still change, so what it copies depends on whoever
    else is at work on the server.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (now,) = cursor.fetchone()
        end = time.monotonic() + seconds
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] > now:
                return
            assert time.monotonic() < end, "a transaction of another test does not end"
            time.sleep(0.02)
