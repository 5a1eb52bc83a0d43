"""RFM over the lake against its floor: the same question written by hand for bare DuckDB.

    python -m benchmarks.rfm [--lines 1200000]

Needs DATABASE_URL; works in a database of its own, which is dropped afterwards.
"""

import time
from datetime import date

from benchmarks import orders

BARE = """
WITH orders AS (
    SELECT customer_id, order_id, min(ordered_on) AS day, bool_or(order_kind = 'sale') AS sale, sum(amount) AS amount
    FROM read_parquet($files) l SEMI JOIN read_parquet($customers) c ON c.id = l.customer_id
    GROUP BY ALL
),
figures AS (
    SELECT customer_id, max(day) FILTER (WHERE sale) AS last, min(day) FILTER (WHERE sale) AS first,
           count(DISTINCT day) FILTER (WHERE sale) AS days, count(*) FILTER (WHERE sale) AS frequency,
           sum(amount) AS monetary
    FROM orders GROUP BY customer_id
),
scored AS (
    SELECT *, 1 + 5 * (rank() OVER (ORDER BY last) - 1) // count(*) OVER () AS r,
           1 + 5 * (rank() OVER (ORDER BY frequency) - 1) // count(*) OVER () AS f,
           1 + 5 * (rank() OVER (ORDER BY monetary) - 1) // count(*) OVER () AS m
    FROM figures WHERE frequency > 0
)
SELECT customer_id, r, f, m, $day::DATE - last AS recency, frequency, monetary FROM scored
"""


def bare(manifest) -> int:
    import duckdb

    from dangol.measures.lake.manifest import folder

    engine = duckdb.connect()
    files, customers = (
        [str(folder() / file) for file in manifest.datasets[name].files] for name in ("order_lines", "customers")
    )
    values = {"files": files, "customers": customers, "day": date(2026, 11, 20)}
    return engine.execute(BARE, values).to_arrow_table().num_rows


def ours(manifest) -> int:
    from dangol.insight.customer_value import customer_scores
    from dangol.measures import lake

    with lake.connect(manifest) as opened:
        table = customer_scores(opened, as_of=date(2026, 11, 20), currency="KRW")
        return opened.read(table).num_rows


def main() -> None:
    with orders.company() as (lines, _folder):
        from dangol.measures import lake

        manifest = lake.extract()
        results: dict[str, float] = {}
        for _ in range(3):
            for name, run in (("bare", bare), ("ours", ours)):
                start = time.perf_counter()
                customers = run(manifest)
                seconds = time.perf_counter() - start
                results[name] = min(seconds, results.get(name, seconds))
        print(f"lines, customers   {lines:>12,} {customers:>12,}")
        print(f"bare DuckDB        {results['bare']:>12.2f} s")
        print(f"Dangol             {results['ours']:>12.2f} s")
        print(f"ratio              {results['ours'] / results['bare']:>12.2f}   bar ≤ 1.5")


if __name__ == "__main__":
    main()
