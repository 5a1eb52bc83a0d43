"""What PostgreSQL does for the statements of lists, searches, counts and the 360, as they are really sent.

    python -m benchmarks.plans --data FOLDER [--only TEXT] [--all]

Prints EXPLAIN (ANALYZE, BUFFERS) of those that take more than three milliseconds, of the others the time; `--all` prints
every plan. Statements that change something are only named.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from benchmarks.asking import Case, cases
from benchmarks.company import company
from benchmarks.floors import Statements, sent

SLOW = 3.0


def _limit(sql: str) -> str:
    """What sets a time limit before the statement, in one go with it."""
    found = re.match(r"\s*SELECT set_config\('statement_timeout'[^;]*;\s*", sql)
    return found[0] if found else ""


def explain(case: Case, statements: Statements, *, everything: bool) -> None:
    """Print the plans of one request."""
    from django.db import connection

    print(f"\n##### {case.name}: {len(statements)} statements")
    for sent_sql, params in statements:
        sql = sent_sql.removeprefix(_limit(sent_sql))  # the plan is wanted even where the page would give up
        if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
            print(f"  - {sql[:110]}")
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql, params)
            plan = [str(row[0]) for row in cursor.fetchall()]
        took = float(plan[-1].split()[2])
        print(f"  - {took:.2f} ms: {sql[:160]}")
        if everything or took > SLOW:
            print("\n".join(f"        {line}" for line in plan if "never executed" not in line))
            print(f"        {sql}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, help="the folder of the company; without it one of size S is made"
    )
    parser.add_argument("--only", default="", help="requests with this in their name")
    parser.add_argument("--all", action="store_true", help="print the plans of fast statements too")
    asked = parser.parse_args()
    with company(None, asked.data):
        for case in cases()[0]:
            if asked.only in case.name and case.ask()[0] == "GET":
                sent(case, 1)  # what is read once for all requests is not shown
                explain(case, sent(case, 1)[0], everything=asked.all)


if __name__ == "__main__":
    main()
