"""All benchmarks at one size, and the page of figures.

    python -m benchmarks [--size S|M|L] [--data FOLDER] [--write] [NAME …]

Makes a company (or takes the one kept in FOLDER) and runs every benchmark, or those named, each in a process of its own.
`--write` keeps the figures in docs/performance/SIZE.json and makes docs/performance.md anew; parts that were not run keep
their figures, and so do other sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import machine, rendering
from benchmarks.company import SIZES, company
from benchmarks.figures import Part, line_of, measuring, part_of
from benchmarks.printed import figures_in

LINES = 12_000_000


def main() -> int:
    """Run them one after the other; the exit code says whether all came to their end."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join((*BENCHMARKS, *ASIDE)))
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS) - set(ASIDE):
        parser.error(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join((*BENCHMARKS, *ASIDE))}"
        )
    failed = []
    parts: list[Part] = []
    with tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary:
        folder = Path(temporary)
        data = asked.data or folder / "data"
        with company(SIZES[asked.size], data):
            database = machine.database_version()
        os.environ.pop("DATABASE_URL", None)
        for name in asked.names or BENCHMARKS:
            print(f"\n## {name}, size {asked.size}\n", flush=True)
            if name in ASIDE:
                done: Part | bool | None = aside(name, asked.size)
            else:
                done = BENCHMARKS[name](name, asked.size, data, folder / f"{name}.json")
            if done is False:
                failed.append(name)
            elif isinstance(done, Part):
                parts.append(done)
    if asked.write:
        rendering.keep(rendering.DOCUMENT.with_suffix(""), asked.size, machine.described(database), parts)
        rendering.write()
    missed = [figure for part in parts for figure in part.figures if figure.missed]
    print(
        f"\n{len(missed)} figures miss what was asked for:"
        if missed
        else "\nEverything asked for is reached."
    )
    print("\n".join(line_of(figure) for figure in missed))
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


def module(name: str, size: str, data: Path, out: Path) -> Part | bool | None:
    """Run `benchmarks.NAME`. Returns its part, None when it left itself out, False when it failed."""
    command = [
        sys.executable,
        "-m",
        f"benchmarks.{name}",
        "--size",
        size,
        "--data",
        str(data),
        "--out",
        str(out),
    ]
    if subprocess.run(command, check=False).returncode:
        return False
    return part_of(json.loads(out.read_text(encoding="utf-8"))) if out.is_file() else None


def lake(name: str, size: str, data: Path, out: Path) -> Part | bool | None:
    """The lake's benchmark works in a database of its own and prints its figures; like `module`."""
    from dangol.config import postgres

    with tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary, postgres.running(Path(temporary)):
        lines = ["--lines", str(round(LINES * SIZES[size]))]
        with measuring(name, "Lake: PostgreSQL to Parquet", None) as part:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.lake", *lines],
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
            print(done.stdout)
            part.figures += figures_in(done.stdout, "lake")
    return False if done.returncode or not part.figures else part


def aside(name: str, size: str) -> bool | None:
    """A benchmark that only prints, on data of its own."""
    done = subprocess.run([sys.executable, "-m", *ASIDE[name](SIZES[size])], check=False)
    return False if done.returncode else None


Run = Callable[[str, str, Path, Path], Part | bool | None]
BENCHMARKS: dict[str, Run] = {
    "startup": module,
    "pages": module,
    "imports": module,
    "exports": module,
    "streams": module,
    "ownfields": module,
    "bulk": module,
    "webhooks": module,
    "lake": lake,
    "rfm": module,
    "insight": module,
}
ASIDE: dict[str, Callable[[float], list[str]]] = {
    # How each kind of query does on many names, under several scopes.
    "search": lambda share: ["benchmarks.search", str(int(1_000_000 * share))],
}


if __name__ == "__main__":
    sys.exit(main())
