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
        [str(folder() / file) for file in manifest.datasets[name].files]
        for name in ("order_lines", "customers")
    )
    values = {"files": files, "customers": customers, "day": date(2026, 11, 20)}
    return engine.sql(BARE, params=values).to_arrow_table().num_rows


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
        results: dict[str, tuple[float, float]] = {}
        for _ in range(4):
            for name, run in (("bare", bare), ("ours", ours)):
                wall, cpu = time.perf_counter(), time.process_time()
                customers = run(manifest)
                spent = (time.perf_counter() - wall, time.process_time() - cpu)
                results[name] = min(spent, results.get(name, spent))
        print(f"lines, customers   {lines:>12,} {customers:>12,}")
        print("                      elapsed       CPU")
        print(f"bare DuckDB        {results['bare'][0]:>8.2f} s {results['bare'][1]:>8.2f} s")
        print(f"Dangol             {results['ours'][0]:>8.2f} s {results['ours'][1]:>8.2f} s")
        elapsed, cpu = (ours / bare for ours, bare in zip(results["ours"], results["bare"], strict=True))
        print(f"ratio              {elapsed:>8.2f}   {cpu:>8.2f}     bar ≤ 1.5")


if __name__ == "__main__":
    main()
