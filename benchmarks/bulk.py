"""A bulk edit of 100,000 customers through the engine of the pages: previewed, carried out with history, taken back.

    python -m benchmarks.bulk [--size S] [--data FOLDER] [--rows N] [--out FILE]

One chosen field of all customers (at most `--rows`) gets a new value, then the whole act is undone, so that a kept company has
its values back; its history is longer by two entries for each customer. The floor is one bare UPDATE of the same column, with
the same triggers, rolled back.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring

ROWS = 100_000
SECONDS = 60.0
CITY = "일괄시"


def bare(rows: int) -> float:
    """Seconds of one UPDATE of the same column of as many rows, rolled back."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        start = time.perf_counter()
        connection.execute(
            "UPDATE customers_customer SET city = %s WHERE id IN "
            "(SELECT id FROM customers_customer WHERE deleted_at IS NULL ORDER BY id LIMIT %s)",
            [CITY, rows],
        )
        seconds = time.perf_counter() - start
        connection.rollback()
    return seconds


def run(part: Part, rows: int) -> None:
    """Preview, edit, undo."""
    import psutil

    from dangol.customers.models import Customer
    from dangol.identity.actors import Actor
    from dangol.records import registry
    from dangol.records.bulk import acts, engine, runs, undoing
    from dangol.records.bulk.previewing import preview
    from dangol.records.bulk.selection import Selection
    from dangol.records.models import Change

    actor = Actor.system("benchmark")
    customer = registry.get("customer")
    act = acts.find("edit", customer)
    if act is None:
        raise SystemExit("There is no bulk edit.")
    alive = Customer.objects.filter(deleted_at__isnull=True).order_by("pk")
    last = list(alive.values_list("pk", flat=True)[rows - 1 : rows])
    selection = Selection(filter=f"id <= {last[0]}" if last else "")
    settings = {"change": {"city": {"set": CITY}}}
    start = time.perf_counter()
    seen = preview(
        record_type=customer,
        act=act,
        settings=act.read(customer, settings, actor),
        selection=selection,
        actor=actor,
    )
    part.add("preview of the bulk edit", (time.perf_counter() - start) * 1000, "ms")
    process = psutil.Process()
    before = process.memory_info().rss
    made = runs.run_create(runs.plan_of(customer, act, settings, selection, seen), actor=actor)
    start = time.perf_counter()
    done = engine.run(made, actor)
    seconds = time.perf_counter() - start
    told = Change.objects.filter(table=customer.table.name, origin="bulk", request_id=f"bulk-{done.key.hex}")
    if done.changed != seen.changing or told.count() != done.changed:
        raise SystemExit(f"{done.changed:,} of {seen.changing:,} changed, {told.count():,} in history.")
    scale = ROWS / done.rows
    what = f"bulk edit of {done.rows:,} customers, with history"
    part.add(what, seconds, "s", bar=SECONDS / scale, floor=bare(done.rows), floor_is="one bare UPDATE")
    part.add("bulk edit, growth of memory", (process.memory_info().rss - before) / 2**20, "MB")
    start = time.perf_counter()
    back = undoing.undo(done, actor)
    seconds = time.perf_counter() - start
    if back.undone["put_back"] != {"customer": done.changed}:
        raise SystemExit(f"Taken back: {back.undone}, of {done.changed:,}.")
    part.add(f"undo of it, {done.changed:,} customers", seconds, "s", bar=SECONDS / scale)
    made.delete()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--rows", type=int, default=ROWS, help="so many customers at most")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("bulk", "Bulk edit and its undo", asked.out) as part,
    ):
        run(part, asked.rows)


if __name__ == "__main__":
    main()
