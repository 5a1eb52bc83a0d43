"""How many queries each page and endpoint may cost, whatever the history. Raise a number only on purpose.

`DANGOL_UPDATE_BUDGETS=1` writes the numbers as they are now.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.identity.models import User
from dangol.records import boards, registry, writing
from dangol.records.bulk.selection import Selection
from dangol.records.models import ExportRun, ImportRun
from dangol.records.writing import Change

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_counts.json")
DETAIL_LIMIT = 8


@pytest.fixture
def busy(manager):
    """A customer with much history: sixty orders, a hundred interactions, changes, contacts."""
    actor = manager.actor
    customer = writing.create(registry.get("customer"), {"name": "바쁜 고객"}, actor=actor)

    def make(name, rows):
        return writing.write(registry.get(name), [Change(row) for row in rows], actor=actor).created

    make(
        "contact",
        [{"customer": customer, "name": f"담당 {i}", "phone": f"010-1111-{i:04}"} for i in range(12)],
    )
    make("product", [{"code": f"P{i}", "name": f"제품 {i}"} for i in range(5)])
    orders = make(
        "order",
        [
            {"number": f"SO-{i}", "customer": customer, "ordered_at": f"2026-{i % 11 + 1:02}-{i % 27 + 1:02}"}
            for i in range(60)
        ],
    )
    make(
        "order_line",
        [
            {
                "order": order,
                "ordinal": line,
                "product": {"code": f"P{line}"},
                "quantity": 2,
                "unit_price": 100,
            }
            for order in orders
            for line in range(1, 4)
        ],
    )
    make("interaction", [{"kind": "note", "subject": f"메모 {i}", "customer": customer} for i in range(100)])
    for city in ("창원시", "부산시", "서울시"):
        writing.update(registry.get("customer"), customer, {"city": city}, actor=actor)
    return customer, orders[0]


@dataclass(frozen=True)
class Files:
    """One of the runs that the lists show."""

    imported: ImportRun
    exported: ExportRun


@pytest.fixture
def files(manager, tmp_path, settings):
    """Twenty imports of the manager's with rejected rows, and as many exports."""
    settings.DATA = tmp_path
    owner = User.objects.get(pk=manager.id)
    imported = [
        ImportRun.objects.create(
            owner=owner,
            file_name=f"{number}.csv",
            path=str(tmp_path / f"{number}.csv"),
            size=9,
            record_types=["customer"],
            mapping={"records": [{"type": "customer", "key": ["external_id"], "fields": {"name": "이름"}}]},
            state="finished",
            rows=2,
            imported=1,
            rejected=1,
            created={"customer": 1},
        )
        for number in range(20)
    ]
    exported = [
        ExportRun.objects.create(
            owner=owner, record_type="customer", format="csv", columns=["name"], state="finished", rows=9
        )
        for _ in range(20)
    ]
    return Files(imported[0], exported[0])


def bulk_edit(actor, customer):
    """A finished bulk edit with one record refused."""
    from tests.records.bulk.conftest import change, done

    return done(actor, Selection(ids=(customer, 10**12)), settings=change(city={"set": "서울"}))


def test_no_page_costs_more_than_its_budget(manager, busy, files, monkeypatch):
    # On a busy machine pages leave out what takes long: their queries would be fewer than the budget is for.
    monkeypatch.setattr(boards, "PATIENCE_MS", 20_000)
    monkeypatch.setattr(boards, "LANE_PATIENCE_MS", 20_000)
    customer, order = busy
    act = bulk_edit(manager.actor, customer)
    pages = {
        "home": "/",
        "list": "/customers/",
        "list filtered": "/customers/?filter=city+contains+%22서울%22&sort=-name",
        "list by a to-many condition": "/customers/?filter=orders.any(kind+%3D+sale)",
        "list count": "/customers/count/",
        "list in groups": "/customers/?group=stage",
        "board": "/customers/?as=board&by=stage",
        "board totals": "/customers/board/totals/?as=board&by=stage",
        "calendar": "/customers/?as=calendar&by=created_at",
        "list beside record": "/customers/?as=split",
        "customer 360": f"/customers/{customer}/",
        "order": f"/orders/{order}/",
        "edit form": f"/customers/{customer}/edit/",
        "history": f"/customers/{customer}/history/",
        "cell": f"/customers/{customer}/cell/city/",
        "palette": "/search/?q=바쁜",
        "lookup": "/lookup/customer/?q=바쁜",
        "value": "/value/",
        "imports": "/imports/",
        "import file": "/imports/new/",
        "import result": f"/imports/{files.imported.key}/",
        "exports": "/exports/",
        "export dialog": "/customers/export/",
        "export": f"/exports/{files.exported.key}/",
        "activity stream": "/activity/?scope=all",
        "activity stream of what is followed": "/activity/",
        "notifications": "/notifications/",
        "bell": "/notifications/panel/",
        "comments, files and followers": f"/together/customer/{customer}/",
        "api activity": "/api/v1/activity?scope=all",
        "bin": "/customers/bin/",
        "bulk acts": "/bulk/",
        "bulk act": f"/bulk/{act.key}/",
        "bulk count": "/customers/bulk/count/",
        "paste": "/customers/paste/",
        "api list": "/api/v1/customers",
        "api record": f"/api/v1/customers/{customer}",
        "api timeline": f"/api/v1/customers/{customer}/timeline",
        "api history": f"/api/v1/customers/{customer}/history",
        "api search": "/api/v1/search?q=바쁜",
        "api bulk act": f"/api/v1/bulk/{act.key}",
    }
    counts = {}
    for name, path in pages.items():
        client = manager.api if name.startswith("api") else manager.client
        client.get(path)  # warm: what a process remembers between requests
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        counts[name] = len(queries)
    if os.environ.get("DANGOL_UPDATE_BUDGETS"):
        FILE.write_text(json.dumps(counts, indent=2, ensure_ascii=False) + "\n")
    budget = json.loads(FILE.read_text())
    assert counts.keys() == budget.keys()
    assert {name: count for name, count in counts.items() if count > budget[name]} == {}
