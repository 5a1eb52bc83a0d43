"""Input that has broken other systems, in every input of the builder, of approvals and of the API."""

from __future__ import annotations

import pytest

from dangol.automation.models import Rule
from tests.access.nasty import PAGES, SHORT

pytestmark = pytest.mark.django_db

NEW = "/automation/new/?type=customer"
CARDS = {
    "created": {"trigger-kind": "created"},
    "changed": {"trigger-kind": "changed", "trigger-fields[]": ["stage"], "trigger-to": "?"},
    "date": {"trigger-kind": "date", "trigger-field": "since", "trigger-days": "?"},
    "schedule": {
        "trigger-kind": "schedule",
        "trigger-every": "week",
        "trigger-weekday": "?",
        "trigger-at": "?",
    },
    "button": {"trigger-kind": "button", "trigger-label": "?"},
}
STEPS = {
    "set": {
        "s-0-kind": "set",
        "s-0-lines-0-field": "name",
        "s-0-lines-0-mode": "value",
        "s-0-lines-0-value": "?",
    },
    "formula": {
        "s-0-kind": "set",
        "s-0-lines-0-field": "name",
        "s-0-lines-0-mode": "formula",
        "s-0-lines-0-value": "?",
    },
    "owner": {
        "s-0-kind": "set",
        "s-0-lines-0-field": "owner",
        "s-0-lines-0-mode": "value",
        "s-0-lines-0-value": "?",
    },
    "create": {"s-0-kind": "create", "s-0-record_type": "?"},
    "assign": {
        "s-0-kind": "assign",
        "s-0-mode": "load",
        "s-0-people[]": ["?"],
        "s-0-team": "?",
        "s-0-open": "?",
    },
    "approval": {"s-0-kind": "approval", "s-0-who1": "people", "s-0-people1[]": ["?"], "s-0-days": "?"},
    "role": {"s-0-kind": "approval", "s-0-who1": "role", "s-0-role1": "?", "s-0-days": "3"},
    "wait": {"s-0-kind": "wait", "s-0-mode": "for", "s-0-count": "?", "s-0-unit": "?"},
    "until": {"s-0-kind": "wait", "s-0-mode": "until", "s-0-until": "since", "s-0-days": "?", "s-0-at": "?"},
    "branch": {"s-0-kind": "branch", "s-0-condition": "?", "s-0-then-0-kind": "stop"},
    "call": {"s-0-kind": "call", "s-0-url": "?", "s-0-fields[]": ["?"]},
    "act": {"s-0-kind": "act", "s-0-act": "hand_over", "s-0-input_owner": "?"},
    "notify": {"s-0-kind": "notify", "s-0-people[]": ["?"], "s-0-team": "?"},
    "comment": {"s-0-kind": "comment", "s-0-text": "?"},
    "unknown": {"s-0-kind": "?"},
}


def filled(form, nasty):
    return {
        name: [nasty if one == "?" else one for one in value]
        if isinstance(value, list)
        else nasty
        if value == "?"
        else value
        for name, value in form.items()
    }


@pytest.mark.parametrize("step", STEPS)
def test_the_builder_answers_whatever_is_entered_into_a_step(manager, step):
    form = {"name": "규칙", "order": "1", "hourly_limit": "10", "trigger-kind": "created", "condition": ""}
    for nasty in PAGES:
        answer = manager.client.post(NEW, {**form, **filled(STEPS[step], nasty), "do": "save"})
        assert answer.status_code in (200, 302, 422), nasty[:40]


@pytest.mark.parametrize("do", ["add:{}", "remove:s-{}", "up:{}", "line:s-{}", "{}"])
def test_the_builder_answers_whatever_is_pressed(manager, do):
    form = {"trigger-kind": "created", **STEPS["set"], **{f"add-{nasty[:50]}": "set" for nasty in SHORT}}
    for nasty in SHORT:
        answer = manager.client.post(NEW, {**form, "do": do.format(nasty[:50])})
        assert answer.status_code == 200, nasty[:40]


@pytest.mark.parametrize("card", CARDS)
def test_the_builder_answers_whatever_it_begins_with(manager, card):
    for nasty in PAGES:
        form = {"name": nasty, "order": nasty, "hourly_limit": nasty, "condition": nasty, "s-0-kind": "stop"}
        data = {**form, **filled(CARDS[card], nasty), "do": "save"}
        assert manager.client.post(NEW, data).status_code in (302, 422), nasty[:40]
        right = {"name": "규칙", "order": "1", "hourly_limit": "10", "condition": "", "do": "save"}
        assert manager.client.post(NEW, data | right).status_code in (302, 422), nasty[:40]
        tried = data | right | {"do": "try", "record": nasty, "record-title": nasty}
        assert manager.client.post(NEW, tried).status_code in (200, 422), nasty[:40]


def test_lists_and_decisions_answer_whatever_is_asked(manager):
    for nasty in PAGES:
        for name in ("rule", "record", "type", "state", "chain", "before"):
            assert manager.client.get("/automation/runs/", {name: nasty}).status_code == 200
            assert manager.api.get("/api/v1/rules/runs", {name: nasty}).status_code in (200, 400)
        assert manager.client.get("/automation/new/", {"type": nasty}).status_code == 200
        stand_in = {"delegate": nasty, "first_day": nasty, "last_day": nasty}
        assert manager.client.post("/approvals/stand-in/", stand_in).status_code == 302
        body = {"approve": nasty, "comment": nasty}
        answer = manager.api.post("/api/v1/approvals/1/decide", body, content_type="application/json")
        assert answer.status_code in (404, 422)
    assert not Rule.objects.exists()
