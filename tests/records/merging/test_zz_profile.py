from __future__ import annotations
import cProfile, pstats, time, os
from collections import defaultdict
import pytest
from django.db import connection
from dangol.records import registry, writing
from dangol.records.writing import Change
from dangol.records.merging import merge, undo
pytestmark = pytest.mark.django_db

def timed(name, act):
    spent = defaultdict(lambda: [0, 0.0, 0])
    def wrap(execute, sql, params, many, context):
        t = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            s = spent[" ".join(sql.split())[:150]]
            s[0] += 1; s[1] += time.perf_counter() - t
    prof = cProfile.Profile() if os.environ.get("PROF") else None
    t = time.perf_counter()
    with connection.execute_wrapper(wrap):
        if prof: prof.enable()
        got = act()
        if prof: prof.disable()
    whole = time.perf_counter() - t
    print(f"\n== {name}: {whole:.2f} s, in SQL {sum(s[1] for s in spent.values()):.2f} s")
    for sql, (n, secs, _r) in sorted(spent.items(), key=lambda i: -i[1][1])[:14]:
        print(f"{secs:7.2f} s {n:4d}× {sql}")
    if prof:
        pstats.Stats(prof).sort_stats("tottime").print_stats(18)
    return got

@pytest.mark.parametrize("n", [int(x) for x in os.environ.get("SIZES", "2000").split(",")])
def test_profile(insider, n):
    customer, order = registry.get("customer"), registry.get("order")
    into, other = (writing.create(customer, {"name": x}, actor=insider.actor) for x in ("가온", "나루"))
    for whose, count in ((other, n), (into, n // 4)):
        for start in range(0, count, 1000):
            writing.write(order, [Change({"number": f"{whose}-{i}", "customer": whose, "ordered_at": "2026-11-01T09:00:00+09:00"}) for i in range(start, min(start + 1000, count))], actor=insider.actor)
    if os.environ.get("ANALYZE"):
        with connection.cursor() as c: c.execute("ANALYZE")
    done = timed(f"merge {n}", lambda: merge(actor=insider.actor, record_type=customer, into=into, others=[other]))
    timed(f"undo {n}", lambda: undo(actor=insider.actor, merge=done))
