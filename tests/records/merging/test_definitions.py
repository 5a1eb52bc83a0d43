"""What people wrote down about a record – conditions, defaults, rules, webhooks – means the one that stands for it now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dangol.automation import definitions, index
from dangol.automation.models import Rule, RuleRun
from dangol.identity import revisions
from dangol.integrations import services as webhooks
from dangol.records import favourites, lists, registry, saved_views, writing
from dangol.records.filters import parse
from dangol.records.merging import merge, undo
from dangol.records.models import OwnField, RetentionRule
from dangol.records.own import rolling
from dangol.records.own import services as own_fields
from dangol.records.types import RecordType
from tests.automation.work import make_rule, set_to, work
from tests.cast import Person
from tests.records.merging.conftest import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> Iterator[None]:
    yield
    index._known = index._Known()
    definitions._programs.clear()


def own(record_type: str, name: str, kind: str, **more: Any) -> OwnField:
    found = own_fields.create(
        actor=SYSTEM, record_type=record_type, name=name, kind=kind, label_ko=name, **more
    )
    revisions.forget()
    revisions.look()
    return found


def test_own_fields_mean_the_survivor_and_after_undoing_the_other_again(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    payer = own("order", "x_payer", "reference", settings={"target": "customer"}, default=str(other))
    note = own("order", "x_note", "text", condition=f"customer = {other}")
    total = own(
        "customer", "x_orders", "roll_up",
        settings={
            "child": "order", "through": "customer", "function": "count", "where": f"x_payer = {other}"
        },
    )  # fmt: skip
    rolling.settle(total.pk)

    def said() -> tuple[Any, ...]:
        for field in (payer, note, total):
            field.refresh_from_db()
        return payer.default, note.condition, total.settings["where"]

    before = said()
    assert before == (other, f"customer = {other}", f"x_payer = {other}")
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    assert said() == (into, f"customer = {into}", f"x_payer = {into}")

    rolling.settle(total.pk)
    revisions.look()
    order = writing.create(
        registry.get("order"),
        {"number": "O-1", "customer": into, "ordered_at": "2026-11-01T09:00:00+09:00"},
        actor=insider.actor,
    )
    row = lists.record_get(
        actor=insider.actor, record_type=registry.get("order"), record_id=order, columns=["x_payer"]
    )
    assert row["x_payer"].id == into
    counted = lists.record_get(
        actor=insider.actor, record_type=registry.get("customer"), record_id=into, columns=["x_orders"]
    )
    assert counted["x_orders"] == 1

    own_fields.change(actor=SYSTEM, definition=note, condition="customer is not empty", default=None)
    undo(actor=insider.actor, merge=done)
    assert said() == (other, "customer is not empty", f"x_payer = {other}")


def test_a_favourite_view_and_its_count_follow(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    contacts = registry.get("contact")
    writing.create(contacts, {"name": "담당", "customer": other}, actor=insider.actor)
    view = saved_views.view_save(
        actor=insider.actor,
        record_type=contacts,
        values={"name": "가온상사 담당", "state": {"filter": f"customer = {other}"}},
    )
    favourites.favour(actor=insider.actor, record_type=contacts, view_id=view.id, on=True)
    merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    (found,) = favourites.favourites_of(insider.actor)
    assert found.view.state["filter"] == f"customer = {into}"
    assert found.count is not None
    assert found.count.value == 1


def test_a_rule_gets_a_version_that_names_the_survivor_and_waiting_runs_go_on_with_it(
    administrator: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    rule = make_rule(
        administrator.actor,
        record_type="contact",
        trigger={"kind": "changed", "fields": ["customer"], "to": other},
        condition=f"customer = {other}",
        steps=[
            {"kind": "wait", "settings": {"count": 1, "unit": "d"}},
            {
                "kind": "branch",
                "settings": {"condition": f"customer = {other}"},
                "then": [set_to(customer=other), set_to(job_title="가온 담당")],
            },
        ],
    )
    first = rule.current
    assert first is not None
    third = writing.create(customer, {"name": "다른 곳"}, actor=administrator.actor)
    contact = writing.create(
        registry.get("contact"), {"name": "담당", "customer": third}, actor=administrator.actor
    )
    writing.update(registry.get("contact"), contact, {"customer": other}, actor=administrator.actor)
    work()
    (run,) = RuleRun.objects.filter(rule=rule)
    assert (run.state, run.version_id) == ("waiting", first.pk)

    done = merge(actor=administrator.actor, record_type=customer, into=into, others=[other])
    rule = Rule.objects.select_related("current").get(pk=rule.pk)
    now = rule.current
    assert now is not None
    assert (now.number, now.author_id) == (first.number + 1, first.author_id)
    assert now.trigger["to"] == into
    assert now.condition_text == f"customer = {into}"
    branch = now.steps[1]
    assert branch["settings"]["condition"]["value"] == into
    assert branch["then"][0]["settings"]["lines"][0]["value"] == into
    first.refresh_from_db()
    assert first.condition_text == f"customer = {other}"
    RuleRun.objects.filter(pk=run.pk).update(due_at=run.due_at - timedelta(days=2))
    work()
    row = registry.get("contact").model._default_manager.get(pk=contact)
    assert (row.job_title, row.customer_id) == ("가온 담당", into)

    undo(actor=administrator.actor, merge=done)
    rule.refresh_from_db()
    assert rule.current_id == first.pk


def test_a_rule_that_does_not_name_the_record_keeps_its_version(
    administrator: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    rule = make_rule(
        administrator.actor,
        record_type="order",
        trigger={"kind": "created"},
        condition=f'number = "{other}" or lines_count = {other}',
        steps=[set_to(memo=str(other))],
    )
    merge(actor=administrator.actor, record_type=customer, into=into, others=[other])
    before = rule.current_id
    rule.refresh_from_db()
    assert rule.current_id == before


def test_webhooks_and_retention_rules_ask_for_the_survivor(
    administrator: Person, pair: tuple[int, int], customer: RecordType, settings: Any
) -> None:
    into, other = pair
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    endpoint, _secret = webhooks.endpoint_save(
        actor=administrator.actor, name="ERP", url="http://127.0.0.1:9/hook", owner=administrator.user,
        events=["contact.updated"], filter=f"customer in ({other}, {into})",
    )  # fmt: skip
    rule = RetentionRule.objects.create(
        name="퇴사", record_type="contact", filter=f"customer = {other}", months=12
    )
    done = merge(actor=administrator.actor, record_type=customer, into=into, others=[other])
    endpoint.refresh_from_db()
    rule.refresh_from_db()
    assert parse(endpoint.filter, registry.get("contact")) == parse(
        f"customer in ({into})", registry.get("contact")
    )
    assert rule.filter == f"customer = {into}"
    undo(actor=administrator.actor, merge=done)
    endpoint.refresh_from_db()
    rule.refresh_from_db()
    assert (endpoint.filter, rule.filter) == (f"customer in ({other}, {into})", f"customer = {other}")
