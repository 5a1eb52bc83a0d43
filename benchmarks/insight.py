"""Customer value at size: the nightly refresh, a segment's size while it is written, a dashboard's tiles, and the fit of models.

    python -m benchmarks.insight [--size S] [--data FOLDER] [--out FILE] [--only NAME …] [--lifetimes PYTHON]

PYTHON is an interpreter that has the package `lifetimes` (0.11, which needs an old numpy), the floor of the fit; without it
the fit has none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.asking import Headers
from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring
from benchmarks.serving import Client, p95, postgres_pid, web

if TYPE_CHECKING:
    import numpy as np

ROUNDS = 20
GIGABYTES = 8
CONDITIONS = {
    "a choice": ("stage = active", "c.stage = 'active'"),
    "a segment of RFM": (
        "rfm.segment = champions",
        (
            "EXISTS (SELECT FROM measures_score s WHERE s.record_type = 'customer' AND s.name = 'rfm.segment' "
            "AND s.label = 'champions' AND s.record_id = c.id)"
        ),
    ),
    "two scores": (
        "value.revenue_12m >= 10000000 and rfm.recency > 90",
        (
            "EXISTS (SELECT FROM measures_score s WHERE s.record_type = 'customer' AND s.name = 'value.revenue_12m' "
            "AND s.value >= 10000000 AND s.record_id = c.id) AND EXISTS (SELECT FROM measures_score s WHERE "
            "s.record_type = 'customer' AND s.name = 'rfm.recency' AND s.value > 90 AND s.record_id = c.id)"
        ),
    ),
    "a place and a grade": (
        'grade = vip and city = "영암군"',
        "c.grade = 'vip' AND c.city = '영암군'",
    ),
    "its orders": (
        "orders.any(status = placed)",
        (
            "EXISTS (SELECT FROM commerce_order o WHERE o.customer_id = c.id AND o.status = 'placed' "
            "AND o.deleted_at IS NULL)"
        ),
    ),
}
TILES: list[dict[str, Any]] = [
    {"chart": "number", "metric": "revenue"},
    {"chart": "number", "metric": "orders"},
    {"chart": "number", "metric": "average_order"},
    {"chart": "number", "metric": "active_customers"},
    {"chart": "line", "metric": "revenue"},
    {"chart": "line", "metric": "new_customers"},
    {"chart": "line", "metric": "lost_customers"},
    {"chart": "line", "metric": "repeat_rate"},
    {"chart": "bar", "metric": "revenue", "by": "customer.grade"},
    {"chart": "line", "metric": "purchase_frequency"},
    {"chart": "number", "metric": "activities"},
    {"chart": "number", "metric": "returning_customers"},
]
BARE_TILE = """
SELECT date_trunc('month', l.ordered_on) AS month, sum(l.amount)
FROM read_parquet($lines) l SEMI JOIN (SELECT id FROM read_parquet($customers) WHERE grade = 'vip') c ON c.id = l.customer_id
WHERE l.currency = 'KRW' AND l.ordered_on > (SELECT max(ordered_on) - INTERVAL 12 MONTH FROM read_parquet($lines))
GROUP BY 1
"""
FIT_FLOOR = """
import json, sys, time
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
data = pd.read_csv(sys.argv[1])
begin = time.perf_counter()
buying = BetaGeoFitter().fit(data["x"], data["last"], data["age"])
again = data[data.x > 0]
spending = GammaGammaFitter().fit(again.x, again.spend)
print(json.dumps({"seconds": time.perf_counter() - begin, "parameters": {**buying.params_, **spending.params_}}))
"""


def refresh(part: Part) -> None:
    """Everything anew, as each night, in a process of its own."""
    import psutil

    begin, peak, cpu = time.perf_counter(), 0, 0.0
    with subprocess.Popen(
        [sys.executable, "-m", "dangol.config", "refresh"], stdout=subprocess.PIPE, text=True
    ) as running:
        steps: list[tuple[float, str]] = []

        def listen() -> None:
            steps.extend((time.perf_counter() - begin, line.strip()) for line in running.stdout or ())

        listener = threading.Thread(target=listen)
        listener.start()
        watched = psutil.Process(running.pid)
        while running.poll() is None:
            try:
                whole = [watched, *watched.children(recursive=True)]
                peak = max(peak, sum(one.memory_info().rss for one in whole))
                cpu = sum(sum(one.cpu_times()[:2]) for one in whole)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.2)
        listener.join()
    if running.wait():
        raise SystemExit("The refresh failed.")
    part.add("nightly refresh, elapsed", time.perf_counter() - begin, "s", bar=1200)
    part.add("nightly refresh, CPU of its process", cpu, "s")
    part.add("nightly refresh, memory at its highest", peak / 2**20, "MB", bar=GIGABYTES * 1024)
    for at, line in steps[-4:]:
        print(f"  {at:7.1f} s  {line}")


def timed(ask: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after two rounds to warm up."""
    times = []
    for place in range(rounds + 2):
        begin = time.perf_counter()
        ask()
        if place > 1:
            times.append((time.perf_counter() - begin) * 1000)
    return sorted(times)[len(times) // 2], p95(times)


def previews(part: Part, client: Client, headers: Headers) -> None:
    """The size of a segment while its condition is written, beside the bare count."""
    from urllib.parse import urlencode

    from django.db import connection

    asked = client.connect()
    for name, (condition, sql) in CONDITIONS.items():
        path = "/value/segments/size/?" + urlencode({"made": "filter", "condition": condition})
        shown = ""

        def ask(path: str = path) -> None:
            nonlocal shown
            asked.request("GET", path, headers=headers)
            answer = asked.getresponse()
            shown = answer.read().decode()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} {path}")

        def bare(sql: str = sql) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(*) FROM customers_customer c WHERE c.deleted_at IS NULL AND {sql}"
                )  # noqa: S608
                cursor.fetchone()

        median, high = timed(ask)
        floor, _high = timed(bare, 5)
        part.add(f"size of a segment by {name}, p95", high, "ms", bar=300, floor=floor, floor_is="bare count")
        print(f"  median {median:.0f} ms; {' '.join(shown.split())[:160]}")
    asked.close()


def tiles(part: Part, client: Client, headers: Headers, owner: Any) -> None:
    """A dashboard of twelve standing tiles, asked one after the other; then one tile with a filter of customers."""
    from urllib.parse import quote

    from dangol.identity.actors import actor_for
    from dangol.insight.dashboards import keeping

    placed = [
        {"id": f"t{at}", "x": at % 4 * 3, "y": at // 4 * 3, "w": 3, "h": 3, **one}
        for at, one in enumerate(TILES)
    ]
    actor = actor_for(owner)
    row = keeping.dashboard_create(
        actor=actor, values={"name": "benchmark", "period": "12m", "tiles": placed}
    )
    asked = client.connect()

    def get(path: str) -> str:
        asked.request("GET", path, headers=headers)
        answer = asked.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {path}: {body[:300]}")
        return body

    def whole() -> None:
        get(f"/dashboards/{row.pk}/")
        for one in placed:
            get(f"/dashboards/{row.pk}/tiles/{one['id']}/?period=12m")

    filtered = f"/dashboards/{row.pk}/tiles/t4/?period=12m&filter=" + quote("grade = vip")
    median, high = timed(whole)
    part.add("dashboard of 12 standing tiles, p95 of page and all tiles in turn", high, "ms", bar=500)
    print(f"  median {median:.0f} ms")
    begin = time.perf_counter()
    get(filtered)
    first = (time.perf_counter() - begin) * 1000
    median, high = timed(lambda: get(filtered))
    floor, _high = timed(bare_tile, 5)
    part.add(
        "a tile with a free filter, the first time",
        first,
        "ms",
        bar=3000,
        floor=floor,
        floor_is="bare DuckDB",
    )
    part.add("a tile with a free filter again, p95", high, "ms", bar=3000)
    asked.close()
    keeping.dashboard_delete(actor=actor, dashboard_id=row.pk)


def bare_tile() -> None:
    """The filtered tile's question, written by hand for DuckDB."""
    import duckdb

    from dangol.measures.lake import manifest

    known = manifest.current()
    files = {
        name: [str(manifest.folder() / file) for file in known.datasets[dataset].files]
        for name, dataset in (("lines", "order_lines"), ("customers", "customers"))
    }
    duckdb.connect().execute(BARE_TILE, files).fetchall()


def models(part: Part, customers: int, lifetimes: str) -> None:
    """BG/NBD and Gamma-Gamma fitted on customers made by them, beside `lifetimes` on the same; once before, to warm up."""
    from dangol.methods import bgnbd, gamma_gamma
    from dangol.methods.histories import Histories

    x, last, age, spend = made(customers)

    def fit() -> dict[str, float]:
        buying = bgnbd.fit(Histories.of(x, last, age))
        spending = gamma_gamma.fit(x, spend)
        return {**buying.parameters(), **spending.fit.parameters()}

    fit()
    begin = time.perf_counter()
    found = fit()
    took = time.perf_counter() - begin
    floor: dict[str, Any] = {}
    if lifetimes:
        with tempfile.TemporaryDirectory(prefix="dangol-bench-") as folder:
            path = Path(folder) / "buyers.csv"
            with path.open("w") as file:
                file.write("x,last,age,spend\n")
                for row in zip(x, last, age, spend, strict=True):
                    file.write(",".join(repr(float(one)) for one in row) + "\n")
            done = subprocess.run(
                [lifetimes, "-W", "ignore", "-c", FIT_FLOOR, str(path)],
                capture_output=True,
                text=True,
                check=True,
            )
            floor = json.loads(done.stdout)
    part.add(
        f"BG/NBD and Gamma-Gamma, {customers:,} customers, folding included", took, "s", bar=3.0,
        **({"floor": floor["seconds"], "floor_is": "lifetimes", "ratio_bar": 1 / 3} if floor else {}),
    )  # fmt: skip
    if floor:
        theirs = list(floor["parameters"].values())
        furthest = max(abs(a - b) / abs(b) for a, b in zip(found.values(), theirs, strict=True))
        part.note(
            f"Parameters {', '.join(f'{name} {value:.4f}' for name, value in found.items())}; "
            f"furthest from those of lifetimes by {furthest:.1e} of their size."
        )


def made(customers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Repeat purchases, week of the last, weeks known and mean spend of customers made by BG/NBD and Gamma-Gamma."""
    import numpy as np

    from dangol.methods.bgnbd import BgNbd
    from tests.methods.buyers import made_by

    chance = np.random.default_rng(1)
    histories, _later = made_by(
        BgNbd(0.243, 4.414, 0.793, 2.426), chance.integers(7, 1000, customers) / 7, chance
    )
    x, age = histories.frequencies(), histories.spread(histories.age)
    last = np.where(x > 0, np.clip(np.round(histories.spread(histories.recency) * 7), 1, age * 7) / 7, 0.0)
    many = np.maximum(x, 1)
    spend = np.where(x > 0, chance.gamma(6.25 * many) / chance.gamma(3.74, 1 / 15.44, len(x)) / many, 0.0)
    return x, last, age, spend


def run(part: Part, only: list[str], lifetimes: str) -> None:
    """The parts named, or all."""
    from django.test import Client as Browser

    from dangol.identity.actors import Actor
    from dangol.identity.models import User
    from dangol.identity.services import user_create

    if "models" in only:
        models(part, 1_000_000, lifetimes)
    if "refresh" in only:
        refresh(part)
    if not {"previews", "tiles"} & set(only):
        return
    email = "bench-admin@bench.example"
    owner = User.objects.filter(email=email).first() or user_create(
        actor=Actor.system("benchmark"),
        email=email,
        name="bench-admin",
        team=None,
        roles=[],
        is_administrator=True,
    )
    browser = Browser()
    browser.force_login(owner)
    headers = {
        "Cookie": "; ".join(f"{name}={one.value}" for name, one in browser.cookies.items()),
        "Host": "localhost",
    }
    with web("dangol.config.settings") as (port, pid):
        client = Client(port, pid, postgres_pid())
        if "previews" in only:
            previews(part, client, headers)
        if "tiles" in only:
            tiles(part, client, headers, owner)


PARTS = ("models", "refresh", "previews", "tiles")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument(
        "--lifetimes",
        default=os.environ.get("LIFETIMES_PYTHON", ""),
        help="an interpreter that has the package lifetimes; $LIFETIMES_PYTHON when left out",
    )
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("insight", "Customer value", asked.out) as part,
    ):
        run(part, asked.only, asked.lifetimes)


if __name__ == "__main__":
    main()
