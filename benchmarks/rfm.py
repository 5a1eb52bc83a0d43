"""RFM over the lake against its floor: the same question written by hand for bare DuckDB.

python -m benchmarks.rfm [--size S] [--data FOLDER] [--out FILE]
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.company import SIZES, company
from benchmarks.company.sizes import today
from benchmarks.figures import Part, measuring

if TYPE_CHECKING:
    from dangol.measures.lake.manifest import Manifest

RATIO = 1.5
ROUNDS = 4

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
SELECT customer_id, r, f, m, $day::DATE - figures.last AS recency, figures.frequency, figures.monetary
FROM figures LEFT JOIN scored USING (customer_id)
"""


def bare(manifest: Manifest, day: date) -> int:
    """Customers found by the hand-written question."""
    import duckdb

    from dangol.measures.lake.manifest import folder

    engine = duckdb.connect()
    files, customers = (
        [str(folder() / file) for file in manifest.datasets[name].files]
        for name in ("order_lines", "customers")
    )
    values = {"files": files, "customers": customers, "day": day}
    return int(engine.sql(BARE, params=values).to_arrow_table().num_rows)


def ours(manifest: Manifest, day: date) -> int:
    """Customers found by Dangol."""
    from dangol.insight.customer_value import customer_scores
    from dangol.measures import lake

    with lake.connect(manifest) as opened:
        table = customer_scores(opened, as_of=day, currency="KRW")
        return int(opened.read(table).num_rows)


def run(part: Part) -> None:
    """Both in turn, some rounds; the best of each counts."""
    from dangol.measures import lake

    manifest, day = lake.extract(), today()
    results: dict[str, tuple[float, float]] = {}
    counts = {}
    for _ in range(ROUNDS):
        for name, ask in (("bare", bare), ("ours", ours)):
            wall, cpu = time.perf_counter(), time.process_time()
            counts[name] = ask(manifest, day)
            spent = (time.perf_counter() - wall, time.process_time() - cpu)
            results[name] = min(spent, results.get(name, spent))
    part.note(f"{manifest.datasets['order_lines'].rows:,} lines, {counts['ours']:,} customers with orders.")
    if counts["bare"] != counts["ours"]:
        part.note(f"The bare question found {counts['bare']:,} customers: the two are not the same question.")
    for place, what in enumerate(("elapsed", "CPU time")):
        part.add(
            f"RFM of all customers, {what}", results["ours"][place], "s", floor=results["bare"][place],
            floor_is="bare DuckDB", ratio_bar=RATIO,
        )  # fmt: skip


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("rfm", "RFM over the lake", asked.out) as part,
    ):
        run(part)


if __name__ == "__main__":
    main()
