"""Customers of two teams, and patience enough for a busy machine."""

from __future__ import annotations

import pytest

from dangol.records import registry, writing


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine a page asks again sooner than a test would like."""
    from dangol.records import boards
    from dangol.records.views import calendars as calendar_pages
    from dangol.records.views import grouped

    monkeypatch.setattr(boards, "PATIENCE_MS", 20_000)
    monkeypatch.setattr(boards, "LANE_PATIENCE_MS", 20_000)
    monkeypatch.setattr(grouped, "PATIENCE_MS", 20_000)
    monkeypatch.setattr(calendar_pages, "PATIENCE_MS", 20_000)


@pytest.fixture
def customers():
    return registry.get("customer")


@pytest.fixture
def machines():
    return registry.get("machine")


@pytest.fixture
def some(insider, outsider, customers):
    """Three of the insider's team, one of the other."""
    made = {}
    for name, stage, city in (
        ("가나", "active", "서울"),
        ("다라", "active", "부산"),
        ("마바", "lost", "서울"),
    ):
        made[name] = writing.create(
            customers, {"name": name, "stage": stage, "city": city}, actor=insider.actor
        )
    made["남의것"] = writing.create(customers, {"name": "남의것", "stage": "active"}, actor=outsider.actor)
    return made
