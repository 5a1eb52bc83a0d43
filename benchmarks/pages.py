"""Pages and API of a running server, as browsers and programs ask for them, beside hand-written code for the same.

    python -m benchmarks.pages [--size S] [--data FOLDER] [--only TEXT] [--quick]

Starts the web server as `dangol serve` does with two processes, and asks over loopback with one connection and with eight.
Printed are p50 and p95 in milliseconds, requests a second, and the CPU time a request takes in client, web and PostgreSQL:
on a busy machine the CPU time is the steadier figure. The floor of a list is a Django view of its own with one hand-written
statement for the same rows in a plain table, on the same server program; that of a search is its own SQL through psycopg.
"""

from __future__ import annotations

import argparse
import json
import urllib.parse
from pathlib import Path

from benchmarks.asking import Case, cases, get
from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring
from benchmarks.floors import bare_insert, bare_requests, bare_sql, sent
from benchmarks.serving import PROCESSES, Client, Timing, memory_of, postgres_pid, web

HEAD = (
    "| request | p50 | p95 | /s at 8 | p50 at 8 | p95 at 8 | CPU ms: client · web · PostgreSQL | KB | floor p50 | × floor |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
)
MEGABYTES = 300
SEARCH_FLOOR = "its SQL by psycopg"
VIEW_FLOOR = "bare view"
Floors = dict[str, tuple[float, str]]


def run(part: Part, *, only: str, quick: bool) -> None:
    """Measure everything that has `only` in its name."""
    asked, statements = cases()
    chosen = [case for case in asked if only in case.name]
    if not chosen:
        raise SystemExit(f"No request has “{only}” in its name.")
    alone, together = (0.3, 0.6) if quick else (3.0, 5.0)
    postgres = postgres_pid()
    floors = measure_floors(chosen, asked, statements, postgres, (alone, together / 2))
    part.table += HEAD
    with web("dangol.config.settings") as (port, pid):
        client = Client(port, pid, postgres)
        for case in chosen:
            add(part, case, client.measure(case, alone=alone, together=together), floors.get(case.name))
        for place, size in enumerate(memory_of(pid), start=1):
            part.add(f"memory of web process {place}", size, "MB", bar=MEGABYTES)
    named = {case.floor: statements[case.floor] for case in chosen if case.floor}
    if named:
        bare = ", ".join(f"{name} {took:.1f} ms" for name, took in bare_sql(named).items())
        part.note(f"The hand-written statements alone, by psycopg: {bare}.")


def measure_floors(
    chosen: list[Case],
    asked: list[Case],
    statements: dict[str, str],
    postgres: int,
    seconds: tuple[float, float],
) -> Floors:
    """By the name of a case: milliseconds of its floor, and what that is."""
    floors: Floors = {}
    with web("benchmarks.floor.settings", FLOOR_SQL=json.dumps(statements)) as (port, pid):
        client = Client(port, pid, postgres)
        cookies = next(case.headers for case in asked if case.headers.get("Cookie"))
        for name in dict.fromkeys(case.floor for case in chosen if case.floor):
            kind = "data" if name == "API" else "page"
            bare = Case(f"floor {name}", get(f"/{kind}/{urllib.parse.quote(name)}/"), cookies)
            took = client.measure(bare, alone=seconds[0], together=seconds[1]).p50
            floors.update({case.name: (took, VIEW_FLOOR) for case in chosen if case.floor == name})
    for case in chosen:
        if case.name.startswith("search:"):
            floors[case.name] = (bare_requests(sent(case, 20)), SEARCH_FLOOR)
        if case.name.startswith("API: create"):
            floors[case.name] = (bare_insert()[0], "bare INSERT and COMMIT")
    return floors


def add(part: Part, case: Case, timing: Timing, floor: tuple[float, str] | None) -> None:
    """The figures of one kind of request, and its line in the table."""
    if floor:
        part.add(
            f"{case.name}, median",
            timing.p50,
            "ms",
            floor=floor[0],
            floor_is=floor[1],
            ratio_bar=case.ratio or None,
        )
    part.add(f"{case.name}, p95", timing.p95, "ms", bar=case.p95 or None)
    part.add(f"{case.name}, at 8", timing.per_second, "/s", bar=case.per_second or None, peer=case.peer)
    ratio = f"{floor[0]:.1f} | {timing.p50 / floor[0]:.1f}" if floor else " | "
    part.table.append(
        f"| {case.name} | {timing.p50:.1f} | {timing.p95:.1f} | {timing.per_second:.0f} | {timing.busy_p50:.0f} "
        f"| {timing.busy_p95:.0f} | {timing.cpu[0]:.1f} · {timing.cpu[1]:.1f} · {timing.cpu[2]:.1f} "
        f"| {timing.size / 1024:.0f} | {ratio} |"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--only", default="", help="requests with this in their name")
    parser.add_argument("--quick", action="store_true", help="only to see that all works")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("pages", f"Pages and API, {PROCESSES} web processes", asked.out) as part,
    ):
        part.note(
            "Client, web and PostgreSQL share the cores with whatever else runs: read the times with the load, and compare "
            "the CPU time."
        )
        run(part, only=asked.only, quick=asked.quick)


if __name__ == "__main__":
    main()
