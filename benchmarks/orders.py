"""A generated company for benchmarks: customers, orders and lines by SQL, in a database that is dropped afterwards."""

import argparse
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

NAME = "dangol_benchmark"
GENERATE = """
INSERT INTO customers_customer (name) SELECT 'customer ' || g FROM generate_series(1, %(customers)s) g;
INSERT INTO commerce_order (number, customer_id, kind, status, ordered_at, currency)
SELECT 'B' || g, 1 + (power(random(), 2) * (%(customers)s - 1))::bigint,
       CASE WHEN random() < 0.05 THEN 'return' ELSE 'sale' END, 'delivered',
       timestamptz '2024-11-21' + random() * interval '729 days', 'KRW'
FROM generate_series(1, %(orders)s) g;
INSERT INTO commerce_orderline (order_id, ordinal, kind, quantity, unit_price)
SELECT 1 + (g - 1) %% %(orders)s, 1 + (g - 1) / %(orders)s, 'sale', (1 + random() * 20)::int,
       (random() * 100000)::numeric(18, 2)
FROM generate_series(1, %(lines)s) g;
"""


@contextmanager
def company() -> Iterator[tuple[int, Path]]:
    """A company of the size asked for on the command line; yields its number of lines and a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_200_000, help="order lines; 1,200,000 is size M")
    lines = parser.parse_args().lines
    server = os.environ["DATABASE_URL"]
    folder = Path(tempfile.mkdtemp(prefix="dangol-benchmark-"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
    os.environ |= {
        "DANGOL_DATA": str(folder),
        "DATABASE_URL": make_conninfo(server, dbname=NAME),
        "DJANGO_SETTINGS_MODULE": "dangol.config.settings",
        "DANGOL_LOG_LEVEL": "WARNING",
    }
    try:
        _fill(lines)
        yield lines, folder
    finally:
        from django.db import connections

        connections.close_all()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        shutil.rmtree(folder, ignore_errors=True)


def _fill(lines: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    sizes = {"lines": lines, "orders": lines * 5 // 12, "customers": max(100, lines // 12)}
    with connection.cursor() as cursor:
        for statement in GENERATE.split(";\n"):
            if statement.strip():
                cursor.execute(statement, sizes)
        cursor.execute("ANALYZE")


def peak_megabytes() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
