"""Dashboards as tests make and read them."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

from dangol.insight.dashboards import keeping
from dangol.insight.models import Dashboard
from dangol.records import filters, registry
from dangol.records.lists import rows_for

TILES = [
    {"id": "orders", "chart": "number", "metric": "orders", "w": 3, "h": 2},
    {"id": "line", "chart": "line", "metric": "orders", "x": 3, "w": 6, "h": 4},
    {"id": "grades", "chart": "bar", "metric": "orders", "by": "customer.grade", "x": 9, "w": 3, "h": 4},
    {"id": "stack", "chart": "stacked", "metric": "orders", "by": "customer.grade", "y": 4},
    {"id": "heat", "chart": "heat", "metric": "active_customers", "by": "customer.grade", "y": 8, "w": 12},
    {"id": "table", "chart": "table", "metric": "orders", "by": "customer.grade", "x": 6, "y": 4},
    {"id": "funnel", "chart": "funnel", "metric": "customers", "by": "customer.grade", "y": 12},
    {"id": "lines", "chart": "line", "metric": "orders", "by": "customer.grade", "x": 6, "y": 12},
    {"id": "people", "chart": "number", "metric": "active_users", "y": 16, "w": 3, "h": 2},
    {"id": "note", "chart": "note", "text": "<b>주간</b>\n회의", "x": 3, "y": 16, "w": 3, "h": 2},
]


def make(person, tiles=TILES, **values) -> Dashboard:
    return keeping.dashboard_create(
        actor=person.actor, values={"name": "영업 현황", "period": "12m", "tiles": tiles, **values}
    )


def tile(person, dashboard, key, query="", status=200) -> str:
    answer = person.client.get(f"/dashboards/{dashboard.pk}/tiles/{key}/?{query}")
    assert answer.status_code == status, answer.content
    return answer.content.decode()


BIG = re.compile(r'class="big"><a class="link" href="([^"]+)">([^<]+)')
MARK = re.compile(r'<a[^>]*href="([^"]+)"[^>]*aria-label="[^"]*: ([^":]+)"')


def marks(html: str) -> list[tuple[str, Decimal]]:
    """Address and number of every mark."""
    return [
        (unescape(url), Decimal(re.sub(r"[^\d.-]", "", unescape(text)) or "0"))
        for url, text in BIG.findall(html) + MARK.findall(html)
    ]


def behind(person, url: str) -> int:
    """How many records an address opens for this person."""
    parts = urlsplit(url)
    record_type = registry.by_path(parts.path.strip("/"))
    text = parse_qs(parts.query).get("filter", [""])[0]
    return rows_for(person.actor, record_type, filters.parse(text, record_type, actor=person.actor)).count()
