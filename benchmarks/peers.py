"""Others at the same work: 100,000 contacts, eight connections on loopback, two cores; units per second · p50/p95 ms."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("Odoo 17", "EspoCRM 8.4", "Frappe CRM 1.17", "DjangoCRM")


@dataclass(frozen=True)
class Row:
    """One kind of work: what the others do, in the order of `NAMES`, and what is asked of Dangol."""

    work: str
    others: tuple[str, str, str, str]
    bar: float
    goal: float


ROWS = {
    "list-api": Row(
        "list of 50, API", ("81 · 99/129", "53 · 151/187", "5 · 1374/2357", "–"), 250, 400
    ),
    "list-page": Row("list of 50, page", ("–", "–", "–", "6 · 1159/2045"), 100, 160),
    "search-api": Row(
        "search by name, API", ("85 · 94/121", "57 · 140/168", "9 · 749/1478", "2 · 3675/4205"), 250, 400
    ),
    "read-api": Row(
        "read one record, API", ("46 · 171/209", "97 · 83/99", "257 · 28/54", "26 · 272/551"), 300, 500
    ),
    "board": Row(
        "pipeline board, page", ("16 · 486/596", "16 · 489/550", "4 · 907/3203", "–"), 40, 80
    ),
    "360": Row(
        "360 page, all its requests", ("25 · 322/396", "21 · 370/401", "105 · 72/119", "26 · 272/551"), 60, 110
    ),
    "create-api": Row(
        "create a contact, API",
        ("87 · 91/109", "3 (69 without duplicate check)", "62 · 111/232", "46 · 153/299"), 180, 260,
    ),
    "import": Row(
        "import by the user's path, rows/s, with company look-up",
        ("15 (381 without)", "33 (107)", "115", "54"), 10_000, 20_000,
    ),
}  # fmt: skip
