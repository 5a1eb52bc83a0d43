"""Lake: full extract against its floor, ADBC straight into one Parquet file.

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

    from dangol.commerce.metrics import ORDER_LINES
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


def main() -> None:
    with orders.company() as (lines, folder):
        from dangol.measures import lake

        results = {}
        for name in ("floor", "lake", "floor", "lake"):
            start = time.perf_counter()
            rows = floor(folder) if name == "floor" else lake.extract().datasets["order_lines"].rows
            seconds = time.perf_counter() - start
            results[name] = min(seconds, results.get(name, seconds))
            assert rows == lines
        print(f"lines                {lines:>12,}")
        print(f"floor (ADBC→Parquet) {lines / results['floor']:>12,.0f} rows/s")
        print(f"full extract         {lines / results['lake']:>12,.0f} rows/s   bar ≥ 300,000")
        print(f"ratio                {results['lake'] / results['floor']:>12.2f}")
        print(f"peak memory          {orders.peak_megabytes():>12,.0f} MB")


if __name__ == "__main__":
    main()
