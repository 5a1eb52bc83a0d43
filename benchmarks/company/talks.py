"""Conversations and tasks by time, with their entries on the timelines of customer and contact."""

from __future__ import annotations

import random
from array import array
from datetime import timedelta

import numpy as np

from benchmarks.company.plan import Array, Plan, times, visits
from benchmarks.company.sales import TABLES as SALES_TABLES
from benchmarks.company.sales import Item, Put
from benchmarks.company.sizes import DAYS, SEED

ENTRIES = "interactions_timelineentry"
TABLES = {
    "interactions_interaction": (
        "id, created_at, updated_at, owner_id, team_id, territory_id, kind, customer_id, contact_id, subject, body, "
        "occurred_at, due_at, done_at, duration_minutes, direction, outcome"
    ),
    ENTRIES: SALES_TABLES[ENTRIES],
}
KINDS = ("call", "mail", "note", "meeting", "task")
KIND_SHARES = (0.42, 0.63, 0.78, 0.90)
WITH_CONTACT = 0.7
NOTHING = r"\N"


def put_interactions(
    plan: Plan,
    owners: Array,
    first_contact: array[int],
    items: list[Item],
    total: int,
    puts: dict[str, Put],
    seed: int = SEED,
) -> int:
    """Rows for COPY of about `total` interactions, `puts` by table. Returns how many there are.

    Args:
        plan: who is there when. One talks to good customers more often, though not as much more as they buy, and to
            prospects too.
        owners: (customers × 3) owner, team and territory.
        first_contact: by customer number, see `put_customers`.
        items: what is talked of.
        total: how many.
        puts: where the rows of a table go.
        seed: of the company.
    """
    from dangol.config.demo import talk

    put, put_entry = puts["interactions_interaction"], puts[ENTRIES]
    chance = np.random.Generator(np.random.PCG64([seed, 3]))
    words = random.Random(f"{seed} words")
    templates = {"call": talk.CALLS, "meeting": talk.MEETINGS, "mail": talk.MAILS_OUT}
    weight = np.sqrt(plan.weight)
    weight[plan.weight == 0] = 0.3
    known = items[:400]
    number = 0
    for day, customers in visits(plan, weight, total, chance):
        count = len(customers)
        moment = plan.first_day + timedelta(days=day)
        date, due, done = (f"{moment + timedelta(days=further)} " for further in (0, 3, 2))
        kinds = np.searchsorted(KIND_SHARES, chance.random(count)).tolist()
        with_contact = (chance.random(count) < WITH_CONTACT).tolist()
        minutes = chance.integers(2, 50, count).tolist()
        people = owners[customers].tolist()
        for place, (customer, clock) in enumerate(
            zip(customers.tolist(), times(count, chance), strict=True), start=0
        ):
            number += 1
            customer += 1
            kind = KINDS[kinds[place]]
            owner, team, territory = people[place]
            template = words.choice(templates.get(kind, talk.CALLS))
            subject, body = said(template, words, known)
            contact = NOTHING
            first = first_contact[customer]
            if (several := first_contact[customer + 1] - first) and with_contact[place]:
                contact = str(first + number % several)
            at, when, ended, until = date + clock, date + clock, NOTHING, NOTHING
            if kind == "task":
                until = when = due + clock
                if day < DAYS - 10:
                    ended = when = done + clock
            length = minutes[place] if kind in ("call", "meeting") else NOTHING
            direction = "out" if kind in ("call", "mail") else ""
            outcome = template.outcome
            put(
                f"{number}\t{at}\t{at}\t{owner}\t{team}\t{territory}\t{kind}\t{customer}\t{contact}\t{subject}\t{body}\t"
                f"{at}\t{until}\t{ended}\t{length}\t{direction}\t{outcome}\n"
            )
            facts = f'{{"direction":"out","outcome":"{outcome}"}}' if outcome else "{}"
            entry = f"interaction\t{number}\t{kind}\t{when}\t{subject}\t{body}\t{facts}\t{owner}\n"
            put_entry(f"customer\t{customer}\t{entry}")
            if contact != NOTHING:
                put_entry(f"contact\t{contact}\t{entry}")
    return number


def said(template: object, words: random.Random, items: list[Item]) -> tuple[str, str]:
    """Subject and text of a template, its slots filled."""
    from dangol.config.demo import talk

    slots = {
        "product": items[int(len(items) * words.random() ** 2)].name,
        "order": f"O-{int(words.random() * 9_999):08d}",
        "contact": "담당자",
        "price": "1,200만 원",
        "days": 2 + int(words.random() * 28),
        "pct": 5,
        "pct2": 96,
        "month": 1 + int(words.random() * 12),
        "rival": talk.RIVALS[int(words.random() * len(talk.RIVALS))],
        "n": 2 + int(words.random() * 7),
        "line": talk.LINES[int(words.random() * len(talk.LINES))],
    }
    assert isinstance(template, talk.Template)
    return template.subject.format(**slots)[:200], template.body.format(**slots)
