"""Import of customers and contacts from a CSV, the way people do it: the command, on an installation of its own.

    python -m benchmarks.imports [--size S] [--rows N] [--out FILE]

Imports the customers of the company as a CSV (checked, told apart by their number, with history), then the same file again,
then contacts with their company looked up. A tenth of the rows goes before, as a rehearsal, to see whether memory stays
flat. The floor is COPY of the same rows into a table with the same columns, defaults
and indexes. `--data` is taken and left alone: an import needs a company that has no customers yet.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.commands import dangol
from benchmarks.company.customers import CONTACTS, CUSTOMERS_CSV, write_csv
from benchmarks.company.filling import make_organisation
from benchmarks.company.installation import opened
from benchmarks.company.sizes import CUSTOMERS, SIZES, Size, today
from benchmarks.figures import Part, measuring

ROWS_PER_SECOND = 10_000
PROBE = 200
FLAT = 1.25
"""Times the memory that ten times as many rows may take, when a tenth fills a chunk of the import."""
CHUNK = 10_000
MAPPINGS = Path(__file__).resolve().parent / "mappings"


@dataclass(frozen=True)
class Import:
    """What the command said, the wall seconds of the whole command, and the most memory it held."""

    said: dict[str, Any]
    seconds: float
    megabytes: float

    @property
    def rows_per_second(self) -> float:
        """Of the whole command, its start included."""
        return float(self.said["rows"]) / self.seconds


def imported(path: str, file: Path, *more: str) -> Import | None:
    """Run `dangol import`; None when it could not."""
    done = dangol("import", path, str(file), "--json", *more)
    if done.code:
        print(f"dangol import {path}: {done.complaint}", file=sys.stderr)
        return None
    return Import(json.loads(done.output), done.seconds, done.megabytes)


def beginning(file: Path, rows: int, folder: Path) -> Path:
    """A file with the header and the first rows."""
    target = folder / f"beginning-{rows}.csv"
    with file.open("rb") as source, target.open("wb") as out:
        out.writelines(islice(source, rows + 1))
    return target


def mapping_for(part: Part, path: str, file: Path, folder: Path) -> list[str]:
    """The arguments that choose the mapping: none when the columns are matched by their names alone."""
    found = imported(path, beginning(file, PROBE, folder), "--dry-run")
    if found is not None and not found.said["rejected"]:
        return []
    part.note(
        f"The columns of {path} are not all matched by name; imported with benchmarks/mappings/{path}.json."
    )
    return ["--mapping", str(MAPPINGS / f"{path}.json")]


def copied(table: str) -> float:
    """Rows a second of COPY of what is in a table into one with the same columns, defaults and indexes."""
    import psycopg

    with tempfile.TemporaryFile() as rows, psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        columns = ", ".join(
            row[0]
            for row in connection.execute(
                "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
                "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
                [table],
            )
        )
        with connection.cursor().copy(f"COPY {table} ({columns}) TO STDOUT") as out:
            for piece in out:
                rows.write(piece)
        connection.execute(f"CREATE TABLE bench_copy (LIKE {table} INCLUDING ALL)")
        connection.commit()
        rows.seek(0)
        start = time.perf_counter()
        cursor = connection.cursor()
        with cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as into:
            while piece := rows.read(1 << 20):
                into.write(piece)
        count = cursor.rowcount
        connection.commit()
        seconds = time.perf_counter() - start
        connection.execute("DROP TABLE bench_copy")
    return count / seconds


def run(part: Part, rows: int, folder: Path) -> None:
    """Import, import again, look up."""
    day = today()
    files = {}
    for kind in (CUSTOMERS_CSV, CONTACTS):
        files[kind] = folder / f"{kind}.csv"
        with files[kind].open("w", encoding="utf-8", newline="") as target:
            write_csv(target, rows, day, kind=kind)
    part.note(f"{rows:,} customers in {files[CUSTOMERS_CSV].stat().st_size / 2**20:,.0f} MB of CSV.")
    for kind, table in ((CUSTOMERS_CSV, "customers_customer"), (CONTACTS, "customers_contact")):
        chosen = mapping_for(part, kind, files[kind], folder)
        tenth = imported(kind, beginning(files[kind], rows // 10, folder), *chosen, "--dry-run")
        first = imported(kind, files[kind], *chosen)
        if first is None or tenth is None:
            raise SystemExit(f"The import of {kind} failed.")
        if first.said["rejected"]:
            part.note(f"{first.said['rejected']:,} of {first.said['rows']:,} rows of {kind} were rejected.")
        what = f"import of {kind}" + (", company looked up" if kind == CONTACTS else "")
        part.add(
            what, first.rows_per_second, "rows/s", bar=ROWS_PER_SECOND, floor=copied(table), floor_is="COPY",
            peer="import" if kind == CONTACTS else "",
        )  # fmt: skip
        part.add(
            f"{what}, peak memory", first.megabytes, "MB", floor=tenth.megabytes, floor_is="a tenth of the rows",
            ratio_bar=FLAT if rows // 10 >= CHUNK else None,
        )  # fmt: skip
        part.note(
            f"The import of {kind} itself, without the start of the command: {first.said['rows_per_second']:,.0f} rows/s."
        )
        again = imported(kind, files[kind], *chosen)
        if again is None:
            raise SystemExit(f"The second import of {kind} failed.")
        if again.said["unchanged"] != first.said["imported"]:
            part.note(
                f"The second import of {kind} left {again.said['unchanged']:,} rows unchanged, not all."
            )
        part.add(f"the same file of {kind} again, all unchanged", again.rows_per_second, "rows/s")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--rows", type=int, help="customers in the file; those of the size when left out")
    parser.add_argument("--data", type=Path, help="left alone")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    rows = asked.rows or Size.of(SIZES[asked.size]).customers
    with tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary:
        folder = Path(temporary)
        with opened(folder / "data"):
            make_organisation(Size.of(rows / CUSTOMERS).teams)
            with measuring("imports", "Import, `dangol import FILE`", asked.out) as part:
                run(part, rows, folder)


if __name__ == "__main__":
    main()
