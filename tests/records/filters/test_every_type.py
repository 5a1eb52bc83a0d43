"""Every field of every record type can be filtered by every comparison it offers, also through references."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dangol.records import filters, permissions, registry
from dangol.records.filters import Compare, Not, Or, Relative, from_json, parse, to_chips, to_json, to_text
from dangol.records.filters import names as filter_names
from dangol.records.filters.names import allowed_operators, target_of

SAMPLES = {
    "integer": 3,
    "number": Decimal("1.5"),
    "money": Decimal(1000),
    "date": date(2026, 11, 21),
    "datetime": datetime(2026, 11, 21, tzinfo=UTC),
    "boolean": True,
    "reference": 7,
    "phone": "+821012345678",
    "email": "a@example.com",
    "business_number": "1248100998",
    "url": "https://example.com",
}


@pytest.fixture(autouse=True)
def real_registry(lab_registry, monkeypatch):
    """The types that are registered, not the lab's."""
    monkeypatch.setattr(filter_names, "registry", registry)
    filter_names._label_tables.clear()


def conditions(record_type, path=()):
    for name, field in record_type.fields.items():
        sample = (
            field.codes()[0]
            if field.kind in ("choice", "multi_choice") and field.codes()
            else SAMPLES.get(field.kind, "한빛")
        )
        for op in allowed_operators(field)[: 2 if path else None]:
            if op in ("is empty", "is not empty"):
                value = None
            elif op in ("in", "not in"):
                value = (sample,)
            elif op == "between":
                value = (sample, sample)
            elif op in ("contains", "not contains", "starts with", "ends with"):
                value = sample if field.kind == "multi_choice" else "한"
            else:
                value = sample
            yield Compare((*path, name), op, value)
        if field.kind in ("date", "datetime"):
            yield Compare((*path, name), ">=", Relative("today", "-30d"))
            yield Compare((*path, name), "=", date(2026, 11, 21))
        target = target_of(field)
        if target is not None and len(path) < 1:
            yield from conditions(target, (*path, name))


def test_every_condition_is_a_statement_that_runs(insider, administrator):
    for actor in (insider.actor, administrator.actor):
        visible = permissions.visible_callback(actor)
        for record_type in registry.all_types():
            rows = permissions.visible_to(actor, record_type)
            every = list(conditions(record_type))
            for start in range(0, len(every), 20):
                some = every[start : start + 20]
                compiled = filters.compile(
                    Or.of(*some, *map(Not, some)),
                    record_type,
                    actor=actor,
                    visible=visible,
                    revealed=permissions.revealed_callback(actor),
                )
                assert list(rows.filter(compiled).values_list("pk", flat=True)) == [], some


def test_every_condition_survives_text_and_json(insider):
    for record_type in registry.all_types():
        for condition in conditions(record_type):
            assert parse(to_text(condition), record_type) == condition
            assert from_json(to_json(condition), record_type) == condition
            assert to_chips(condition, record_type, actor=insider.actor)[0].label_text


def test_every_relation_can_be_asked(insider):
    actor = insider.actor
    visible = permissions.visible_callback(actor)
    for record_type in registry.all_types():
        for name in record_type.relations:
            for text in (f"{name}.any()", f"{name}.none(created_at = today)", f"{name}.count > 1"):
                compiled = filters.compile(
                    parse(text, record_type), record_type, actor=actor, visible=visible
                )
                assert not permissions.visible_to(actor, record_type).filter(compiled).exists()


def test_customers_by_the_questions_people_ask(insider):
    record_type = registry.get("customer")
    text = (
        'stage in (active, new) and not (city contains "강남" or email is empty) and owner = me and team = mine'
        " and created_at >= 30일 전 and phone = 010-1234-5678 and orders.none(ordered_at >= today - 1y)"
    )
    tree = parse(text, record_type, actor=insider.actor)
    assert to_text(tree).startswith(
        'stage in ("active", "new") and not (city contains "강남" or email is empty)'
    )
    compiled = filters.compile(
        tree, record_type, actor=insider.actor, visible=permissions.visible_callback(insider.actor)
    )
    assert not permissions.visible_to(insider.actor, record_type).filter(compiled).exists()
