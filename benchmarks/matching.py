"""How well and how fast duplicates are found: Febrl 3, invented Korean customers, and one question at entry.

python -m benchmarks.matching [--records 20000] [--febrl FILE] [--data FOLDER]

Prints precision, recall and F1 over pairs, seconds and memory. `--febrl` names Febrl's dataset3.csv; with `--data`, the folder of
an installation, the question at entry is timed against its customers. The search of a whole installation is
`dangol duplicates scan customers --full`.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.doubles import RECORDS, entries

ASKED = 300
THRESHOLDS = (0.3, 0.5, 0.7, 0.9, 0.99)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--febrl", type=Path)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    if asked.febrl:
        febrl(asked.febrl)
    if asked.records:
        korean(asked.records)
    if asked.data:
        entry(asked.data)


def febrl(file: Path) -> None:
    """Febrl 3 without social security number and date of birth."""
    from dangol.methods.matching.kinds import Code, Name, Text, Value

    with file.open() as opened:
        rows = list(csv.DictReader(opened, skipinitialspace=True))
    kinds = {
        "given_name": Name(), "surname": Name(), "street_number": Code(), "address_1": Text(), "address_2": Text(),
        "suburb": Text(), "postcode": Code(), "state": Value(),
    }  # fmt: skip
    values = {name: [row[name] for row in rows] for name in kinds}
    measured("Febrl 3", values, kinds, [row["rec_id"].split("-")[1] for row in rows])


def korean(records: int) -> None:
    """Invented customers with known truth."""
    from dangol.methods.matching.kinds import PERSON, Date, Mail, Name, Number, Phone, Text
    from dangol.records.search.legal import without_legal_form
    from dangol.records.search.text import fold

    every = entries(records)
    kinds = {
        "name": Name(), "business_number": Number(), "phone": Phone(), "email": Mail(), "address": Text(), "birth_date": Date(),
    }  # fmt: skip
    values: dict[str, list[str]] = {
        "name": [
            fold(one.name) + PERSON if one.kind == "person" else without_legal_form(fold(one.name))
            for one in every
        ],
        "address": [f"{one.city} {one.street}" if one.street else "" for one in every],
    }
    for name in ("business_number", "phone", "email", "birth_date"):
        values[name] = [getattr(one, name) for one in every]
    measured(f"{records:,} Korean customers", values, kinds, [one.who for one in every])


def measured(
    title: str, values: Mapping[str, Sequence[str]], kinds: Mapping[str, object], truth: Sequence[object]
) -> None:
    """Find and hold against the truth."""
    from dangol.methods.matching import finding
    from dangol.methods.matching.columns import Column
    from dangol.methods.matching.kinds import Kind

    began = time.perf_counter()
    columns = [Column(name, kind, values[name]) for name, kind in kinds.items() if isinstance(kind, Kind)]
    found = finding.find(columns, threshold=min(THRESHOLDS))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    every = sum(count * (count - 1) // 2 for count in Counter(truth).values())
    print(f"{title}: {every:,} true pairs, {found.compared:,} compared, {seconds:.1f} s, {peak:,.0f} MB")
    for threshold in THRESHOLDS:
        chosen = found.probability >= threshold
        pairs = zip(found.left[chosen].tolist(), found.right[chosen].tolist(), strict=True)
        right = sum(truth[a] == truth[b] for a, b in pairs)
        precision, recall = right / max(int(chosen.sum()), 1), right / max(every, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"  from {threshold:.2f}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}")


def entry(folder: Path) -> None:
    """One question at entry, of customers that are there with a slip in them."""
    os.environ["DANGOL_DATA"] = str(folder)
    from dangol.config import installation

    with installation.opened():
        from dangol.customers.models import Customer
        from dangol.identity.actors import Actor
        from dangol.records import registry
        from dangol.records.matching.entering import similar

        actor, customer = Actor.system("benchmark"), registry.get("customer")
        ids = list(
            Customer.objects.order_by("pk").values_list("pk", flat=True)[
                :: max(1, Customer.objects.count() // ASKED)
            ]
        )
        times, hits = [], 0
        for one in Customer.objects.filter(pk__in=ids[:ASKED]):
            values = {"kind": one.kind, "name": one.name[:-1] + "빛", "phone": one.phone, "city": one.city}
            began = time.perf_counter()
            found = similar(actor=actor, record_type=customer, values=values, threshold=0.2)
            times.append((time.perf_counter() - began) * 1000)
            hits += any(like.id == one.pk for like in found.likes)
        ordered = statistics.quantiles(times, n=20)
        print(
            f"entry: median {statistics.median(times):.1f} ms, p95 {ordered[18]:.1f} ms, {hits} of {len(times)} found"
        )


if __name__ == "__main__":
    main()
