"""What bare code takes for the same: a hand-written statement, a bare INSERT, or the very statements of a request."""

from __future__ import annotations

import itertools
import os
import statistics
import time
from typing import Any

from benchmarks.asking import Case
from benchmarks.serving import p95

Statements = list[tuple[str, Any]]


def bare_sql(statements: dict[str, str]) -> dict[str, float]:
    """Median milliseconds of each statement by psycopg alone."""
    import psycopg

    times = {}
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for name, statement in statements.items():
            took = []
            for _ in range(15):
                start = time.perf_counter()
                connection.execute(statement).fetchall()
                took.append((time.perf_counter() - start) * 1000)
            times[name] = statistics.median(took)
    return times


def bare_insert() -> tuple[float, float]:
    """p50 and p95 in milliseconds of INSERT and COMMIT of one contact."""
    import psycopg

    took = []
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        for number in range(200):
            start = time.perf_counter()
            connection.execute(
                "INSERT INTO customers_contact (customer_id, name, phone, email) VALUES (%s, %s, %s, %s)",
                [number + 1, "홍길동", f"+8210{number:08d}", f"bare{number}@bench.example"],
            )
            connection.commit()
            took.append((time.perf_counter() - start) * 1000)
        connection.execute("DELETE FROM customers_contact WHERE email LIKE 'bare%@bench.example'")
    return statistics.median(took), p95(took)


def sent(case: Case, times: int) -> list[Statements]:
    """The statements that Dangol really sends for so many requests of a kind, with their parameters."""
    from django.db import connection
    from django.test import Client as Browser

    headers = {name: value for name, value in case.headers.items() if name != "Content-Type"}
    browser = Browser(headers={**headers, "host": "localhost"})
    found = []
    for _ in range(times):
        method, path, _body = case.ask()
        assert method == "GET", "only what changes nothing is asked twice"
        statements: Statements = []

        def noted(execute: Any, sql: str, params: Any, many: bool, context: Any, to: Any = statements) -> Any:
            to.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(noted):
            answer = browser.get(path)
        if answer.status_code != case.status:
            raise RuntimeError(f"{case.name}: {answer.status_code} {path}")
        found.append(statements)
    return found


def bare_requests(requests: list[Statements]) -> float:
    """Median milliseconds of the statements of a request, sent by psycopg alone."""
    import psycopg

    took = []
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for statements in itertools.chain(requests[:3], requests):  # the first ones warm up
            start = time.perf_counter()
            with connection.transaction(force_rollback=True):
                for sql, params in statements:
                    cursor = connection.execute(sql, params)
                    if cursor.description:
                        cursor.fetchall()
            took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took[3:])
