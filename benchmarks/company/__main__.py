"""Make a company and keep it, or write its customers as a CSV."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import benchmarks.company as described
from benchmarks.company.customers import CONTACTS, CUSTOMERS_CSV, write_csv
from benchmarks.company.installation import company, opened
from benchmarks.company.sizes import SIZES, Size, today


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.company",
        description=described.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--data", type=Path, help="the folder to keep it in")
    parser.add_argument("--last-day", type=date.fromisoformat, help="up to which it has orders; today")
    parser.add_argument(
        "--organisation", action="store_true", help="make only teams and sellers, to import customers for"
    )
    parser.add_argument(
        "--csv", choices=[CUSTOMERS_CSV, CONTACTS], help="write these to standard output instead"
    )
    parser.add_argument("--rows", type=int, default=10_000, help="customers in the CSV")
    asked = parser.parse_args()
    if asked.csv:
        out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)  # noqa: PTH123, SIM115
        write_csv(out, asked.rows, asked.last_day or today(), kind=asked.csv)
        out.flush()
        return 0
    if asked.data is None:
        parser.error("--data says where to keep it")
    if asked.organisation:
        from benchmarks.company.filling import make_organisation

        with opened(asked.data):
            make_organisation(Size.of(SIZES[asked.size]).teams)
        return 0
    with company(SIZES[asked.size], asked.data, last_day=asked.last_day):
        return 0


if __name__ == "__main__":
    sys.exit(main())
