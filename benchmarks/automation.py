"""What 1,000 active rules add to a write: through the API, and to a batch of 2,000 rows.

    python -m benchmarks.automation [--size S] [--data FOLDER] [--rules N] [--out FILE]

The same writes are timed without rules and with them, in turns write by write, so that noise meets both alike. The rules
are all for customers: nine of ten wait for changes of fields that these writes do not touch, one of ten waits for the field
that is written, with a condition that the record does not meet. What the worker does afterwards is timed by itself.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring

RULES = 1_000
WRITES = 800
BATCHES = 8
BATCH = 2_000
BAR = 0.20
FIELDS = ("stage", "grade", "industry", "phone", "email", "postal_code", "region", "description", "website")


class Writes:
    """The writes that are timed, each with a value that was not there before."""

    def __init__(self, text: str) -> None:
        from django.test import Client

        from dangol.customers.models import Customer
        from dangol.identity.actors import Actor
        from dangol.records import registry

        self.client = Client(headers={"authorization": f"Bearer {text}"}, SERVER_NAME="localhost")
        self.system = Actor.system("benchmark")
        self.type = registry.get("customer")
        alive = Customer.objects.filter(deleted_at=None).order_by("pk")
        self.ids = list(alive.values_list("pk", flat=True)[:BATCH])
        self.number = 0

    def one(self, field: str) -> float:
        """Milliseconds of a PATCH."""
        self.number += 1
        address = f"/api/v1/customers/{self.ids[self.number % len(self.ids)]}"
        body = {field: f"시험 {self.number}"}
        start = time.perf_counter()
        answer = self.client.patch(address, body, content_type="application/json")
        seconds = time.perf_counter() - start
        if answer.status_code != 200:
            raise SystemExit(f"PATCH {address}: {answer.status_code}")
        return seconds * 1000

    def batch(self) -> float:
        """Milliseconds of one batch through the writer, as imports write."""
        from dangol.records import writing
        from dangol.records.writing import Change

        self.number += 1
        changes = [Change({"city": f"묶음 {self.number}"}, id=one) for one in self.ids]
        start = time.perf_counter()
        writing.write(self.type, changes, actor=self.system, origin="import")
        return (time.perf_counter() - start) * 1000


def run(part: Part, rules: int) -> None:
    """Writes with and without rules, in turns."""
    from dangol.automation import index
    from dangol.automation.models import Rule
    from dangol.events.models import Delivery
    from dangol.events.services import deliver
    from dangol.identity.actors import Actor, actor_for
    from dangol.identity.models import User
    from dangol.identity.services import token_create

    person = User.objects.filter(is_administrator=True, is_active=True).order_by("pk").first()
    if person is None:
        raise SystemExit("There is no administrator.")
    token, text = token_create(user=person, name="benchmark", actor=Actor.system("benchmark"))
    writes = Writes(text)
    made = _rules(actor_for(person), rules)

    def remembered(active: bool) -> Any:
        """What a process keeps in memory with the rules switched on, or off."""
        Rule.objects.filter(pk__in=made).update(is_active=active)
        index.read()
        return index._known

    known = {active: remembered(active) for active in (False, True)}
    if len(index.of_kind("customer", "changed")) < rules:
        raise SystemExit("The rules are not active.")

    def timed(label: str, write: Callable[[], float], times: int) -> None:
        found: dict[bool, list[float]] = {False: [], True: []}
        write()  # warm
        for turn in range(times):
            for active in (False, True) if turn % 2 else (True, False):
                index._known = known[active]
                found[active].append(write())
        without, having = (statistics.median(found[active]) for active in (False, True))
        part.add(f"{label}, no rules, median", without, "ms")
        part.add(f"{label}, {rules:,} active rules, median", having, "ms")
        part.add(f"{label}, added", max((having / without - 1) * 100, 0), "%", bar=BAR * 100)

    timed("write that no rule waits for", lambda: writes.one("street"), WRITES)
    timed("write that a tenth of them wait for", lambda: writes.one("city"), WRITES)
    timed(f"batch of {len(writes.ids):,} rows", writes.batch, BATCHES)
    index._known = known[True]
    waiting = Delivery.objects.filter(handler="automation.written", state="pending").order_by("-pk").first()
    if waiting is not None:
        start = time.perf_counter()
        deliver(waiting.pk)
        part.add("the worker: one delivery, all rules asked", (time.perf_counter() - start) * 1000, "ms")
    Rule.objects.filter(pk__in=made).delete()
    token.delete()


def _rules(actor: object, count: int) -> list[int]:
    """Rules as people would write them, through the service."""
    from dangol.automation import services
    from dangol.automation.models import Rule
    from dangol.records import registry

    customers = registry.get("customer")
    fields = [name for name in FIELDS if name in customers.editable_fields]
    made = []
    for number in range(count):
        watched = "city" if number % 10 == 0 else fields[number % len(fields)]
        rule = services.rule_save(
            actor=actor,  # type: ignore[arg-type]
            name=f"시험 {number}",
            record_type=customers,
            definition={
                "trigger": {"kind": "changed", "fields": [watched]},
                "condition": f'name = "없는 이름 {number}"',
                "steps": [{"kind": "stop", "settings": {}}],
            },
        )
        made.append(rule.pk)
    Rule.objects.filter(pk__in=made).update(is_active=False)
    return made


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--rules", type=int, default=RULES, help="so many active rules")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("automation", "What active rules add to a write", asked.out) as part,
    ):
        run(part, asked.rules)


if __name__ == "__main__":
    main()
