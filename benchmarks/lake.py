"""Lake: full extract against its floor, ADBC straight into one Parquet file; refresh after 1 % random changes.

    python -m benchmarks.lake [--lines 1200000]

Needs DATABASE_URL; works in a database of its own, which is dropped afterwards.
"""

import time
from pathlib import Path

from benchmarks import orders


def floor(target: Path) -> int:
    """Rows of the bare way: one COPY in binary form into one file, decimals as text. Returns the rows."""
    import pyarrow.parquet as pq
    from adbc_driver_postgresql import dbapi

    from dangol.commerce.facts import ORDER_LINES
    from dangol.measures.lake.extraction import database_address

    rows = 0
    with dbapi.connect(database_address()) as source, source.cursor() as cursor:
        cursor.execute(ORDER_LINES.query())
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(target / "floor.parquet", reader.schema, compression="zstd") as writer:
            for batch in reader:
                rows += batch.num_rows
                writer.write_batch(batch)
    return rows


CHANGE = """
UPDATE commerce_orderline SET quantity = quantity + 1
WHERE id IN (SELECT id FROM commerce_orderline TABLESAMPLE BERNOULLI (1))
"""


def main() -> None:
    with orders.company() as (lines, folder):
        from django.db import connection

        from dangol.measures import lake

        results: dict[str, float] = {}

        def took(name: str, start: float) -> None:
            seconds = time.perf_counter() - start
            results[name] = min(seconds, results.get(name, seconds))

        for name in ("floor", "full", "floor", "full"):
            start = time.perf_counter()
            rows = floor(folder) if name == "floor" else lake.extract().datasets["order_lines"].rows
            took(name, start)
            assert rows == lines
        for _again in range(3):
            with connection.cursor() as cursor:
                cursor.execute(CHANGE)
                changed = cursor.rowcount
            start = time.perf_counter()
            part = lake.refresh().datasets["order_lines"]
            took("refresh", start)
            assert part.rows == lines
            assert part.deltas[-1].rows == changed
        for name in ("merged", "base"):
            with lake.connect() as opened:
                table = opened.table("order_lines")
                start = time.perf_counter()
                opened.read(table.group_by("customer_id").aggregate(amount=table.amount.sum()))
                took(name, start)
            start = time.perf_counter()
            lake.compact()
            if name == "merged":
                took("compaction", start)
        print(f"lines                {lines:>12,}")
        print(f"floor (ADBC→Parquet) {lines / results['floor']:>12,.0f} rows/s")
        print(f"full extract         {lines / results['full']:>12,.0f} rows/s   bar ≥ 300,000")
        print(f"ratio                {results['full'] / results['floor']:>12.2f}")
        print(f"refresh after 1 %    {results['refresh']:>12.3f} s")
        print(f"share of full        {results['refresh'] / results['full']:>12.1%}   bar ≤ 5 %")
        print(f"compaction           {results['compaction']:>12.3f} s")
        print(f"reading with deltas  {results['merged'] / results['base']:>12.2f} × without")
        print(f"peak memory          {orders.peak_megabytes():>12,.0f} MB")


if __name__ == "__main__":
    main()
