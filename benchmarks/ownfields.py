"""Lists by own fields beside the same lists by built-in ones.

    python -m benchmarks.ownfields [--size S] [--data FOLDER]

Gives the customers three own fields with an index – a choice, a text and a date, each a copy of a built-in column – and asks a
running server for the same list by both. The floor is the list by the built-in fields, so × is what an own field costs. A kept
company keeps the fields; the rows are written past history, as if the fields had been there from the start.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.asking import Case, get
from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring
from benchmarks.serving import PROCESSES, Client, postgres_pid, web

COPIES = {"x_bench_grade": "grade", "x_bench_city": "city", "x_bench_since": "since"}
LISTS = {
    "filter by a choice": {"filter": "{x_bench_grade} = vip", "sort": "-updated_at"},
    "filter by a text": {"filter": '{x_bench_city} = "영암군"', "sort": "-updated_at"},
    "sort by a date": {"sort": "-{x_bench_since}"},
    "two filters, sort by a date": {
        "filter": '{x_bench_grade} = vip and {x_bench_city} = "영암군"',
        "sort": "-{x_bench_since}",
    },
}


def make() -> None:
    """The three own fields with their values and indexes, unless they are there."""
    from django.db import connection

    from dangol.customers.models import Grade
    from dangol.identity.actors import Actor
    from dangol.records.models import IndexState, OwnField
    from dangol.records.own import indexing, services

    if OwnField.objects.filter(name__in=COPIES).count() == len(COPIES):
        return
    actor = Actor.system("benchmark")
    choices = [{"code": code, "ko": str(label)} for code, label in Grade.choices]
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "x_bench_grade": ("choice", {"choices": choices}),
        "x_bench_city": ("text", {}),
        "x_bench_since": ("date", {}),
    }
    made = []
    for name, (kind, settings) in kinds.items():
        made.append(
            services.create(
                actor=actor, record_type="customer", kind=kind, label_ko=name, name=name, settings=settings
            )
        )
    values = ", ".join(f"'{name}', {column}" for name, column in COPIES.items())
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"UPDATE customers_customer SET own = jsonb_strip_nulls(jsonb_build_object({values}))")
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE customers_customer")
    for definition in made:
        services.make_fast(actor=actor, definition=definition)
        indexing.settle(definition.pk)
        definition.refresh_from_db()
        if definition.index_state != IndexState.READY:
            raise SystemExit(f"The index of {definition.name} was not made: {definition.index_error}")


def run(part: Part) -> None:
    """Each list by built-in fields and by own ones."""
    from django.test import Client as Browser

    from dangol.identity.models import User

    make()
    browser = Browser()
    browser.force_login(User.objects.filter(is_administrator=True).order_by("pk")[0])
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    headers = {"Cookie": cookies, "Host": "localhost"}
    with web("dangol.config.settings") as (port, pid):
        client = Client(port, pid, postgres_pid())
        for name, query in LISTS.items():
            times = []
            for words in (COPIES, {own: own for own in COPIES}):
                address = {key: text.format(**words) for key, text in query.items()}
                case = Case(name, get("/customers/", **address), headers)
                times.append(client.measure(case, alone=3.0, together=1.0))
            built_in, own = times
            part.add(
                f"own fields: {name}, median", own.p50, "ms",
                floor=built_in.p50, floor_is="the same by built-in fields", ratio_bar=1.25,
            )  # fmt: skip
            part.add(f"own fields: {name}, p95", own.p95, "ms", bar=100)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("ownfields", f"Own fields, {PROCESSES} web processes", asked.out) as part,
    ):
        run(part)


if __name__ == "__main__":
    main()
