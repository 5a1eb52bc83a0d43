"""Export of all customers by the command `dangol export`, in each format it knows; skipped where there is no such command.

    python -m benchmarks.exports [--size S] [--data FOLDER] [--out FILE]

The floor is COPY of the whole table as CSV.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.commands import dangol
from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring

FORMATS = ("csv", "xlsx", "parquet", "jsonl")


def bare() -> tuple[int, float]:
    """How many customers there are, and rows a second of COPY to CSV."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        cursor = connection.cursor()
        start = time.perf_counter()
        with cursor.copy("COPY customers_customer TO STDOUT WITH (FORMAT csv)") as out:
            for _piece in out:
                pass
        return cursor.rowcount, cursor.rowcount / (time.perf_counter() - start)


def run(part: Part, described: str, folder: Path) -> None:
    """Each format once."""
    rows, floor = bare()
    reason = ["--reason", "benchmark"] if "--reason" in described else []
    for kind in FORMATS:
        target = folder / f"customers.{kind}"
        done = dangol("export", "customers", "--format", kind, "--out", str(target), *reason)
        if done.code or not target.stat().st_size:
            raise SystemExit(f"The export as {kind} failed: {done.complaint}")
        part.add(
            f"export of customers, {kind}", rows / done.seconds, "rows/s", floor=floor, floor_is="COPY to CSV"
        )
        part.add(f"export of customers, {kind}, peak memory", done.megabytes, "MB")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    if find_spec("dangol.records.exporting") is None:
        print("skipped: this version has no export (dangol.records.exporting).")
        return
    described = dangol("export", "--help")
    if described.code:
        print("skipped: this version has no command `dangol export`.")
        return
    with (
        company(SIZES.get(asked.size), asked.data),
        tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary,
        measuring("exports", "Export, `dangol export customers`", asked.out) as part,
    ):
        run(part, described.output, Path(temporary))


if __name__ == "__main__":
    main()
