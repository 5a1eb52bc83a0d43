"""Conditions in the builder: rows as in the lists, text for whoever wants it."""

from __future__ import annotations

import html
import re

import pytest

from dangol.automation.models import Rule
from tests.automation.work import make_rule, set_to

pytestmark = pytest.mark.django_db
NEW = "/automation/new/?type=customer"


def row(name, at, field, op="=", **more):
    """One row as the form sends it."""
    start = f"{name}-rows-{at}"
    return {
        f"{start}-field": field,
        f"{start}-op": op,
        **{f"{start}-{key}": value for key, value in more.items()},
    }


def form(do, **more):
    return {
        "name": "서울의 새 고객",
        "order": "100",
        "hourly_limit": "100",
        "trigger-kind": "created",
        "condition-how": "rows",
        "s-0-kind": "set",
        "s-0-id": "s1",
        "s-0-lines-0-field": "city",
        "s-0-lines-0-mode": "value",
        "s-0-lines-0-value": "부산시",
        "do": do,
        **more,
    }


def fields_in(page):
    """Names of the form's inputs."""
    return re.findall(r' name="(condition[^"]*)"', page)


def test_rows_are_kept_as_a_filter(manager):
    sent = form(
        "save",
        **row("condition", 0, "city", "=", value="서울시"),
        **row("condition", 1, "stage", "in", values=["new", "active"]),
        **row("condition", 2, "owner", "=", title="최민준", value=str(manager.id)),
        **row("condition", 3, ""),
    )
    answer = manager.client.post(NEW, sent)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    kept = Rule.objects.get().current
    assert kept.condition_text == (f'city = "서울시" and stage in ("new", "active") and owner = {manager.id}')


def test_kept_conditions_come_back_as_rows_with_names_for_ids(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        condition=f'city = "서울시" or owner = {manager.id}',
        steps=[set_to(city="부산시")],
        active=False,
    )
    page = html.unescape(manager.client.get(f"/automation/{rule.pk}/edit/").content.decode())
    assert "condition-rows-1-field" in page
    assert 'value="최민준"' in page
    assert '<option value="or" selected>' in page
    said = html.unescape(manager.client.get(f"/automation/{rule.pk}/").content.decode())
    assert "담당 = 최민준" in said


def test_what_rows_cannot_say_comes_back_as_text(manager):
    text = 'city = "서울시" and (stage = "new" or stage = "active")'
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        condition=text,
        steps=[set_to(city="부산시")],
        active=False,
    )
    page = html.unescape(manager.client.get(f"/automation/{rule.pk}/edit/").content.decode())
    assert f'value="{text}"' in page
    assert "condition-rows-0-field" not in page
    again = manager.client.post(
        f"/automation/{rule.pk}/edit/", form("save", **{"condition-how": "text", "condition": text})
    )
    assert again.status_code == 302
    assert Rule.objects.get().current.condition_text == text


def test_buttons_add_drop_and_change_to_text_and_back(manager):
    two = {
        **row("condition", 0, "city", value="서울시"),
        **row("condition", 1, "name", "contains", value="한빛"),
    }
    more = manager.client.post(NEW, form("row-add:condition", **two)).content.decode()
    assert "condition-rows-2-field" in fields_in(more)
    assert "autofocus" in more
    less = html.unescape(manager.client.post(NEW, form("row-drop:condition:0", **two)).content.decode())
    assert "condition-rows-1-field" not in fields_in(less)
    assert 'value="한빛"' in less
    text = html.unescape(manager.client.post(NEW, form("row-text:condition", **two)).content.decode())
    assert 'value="city = "서울시" and name contains "한빛""' in text
    sent = form("row-rows:condition", **{"condition-how": "text", "condition": "시 = 서울시"})
    back = manager.client.post(NEW, sent).content.decode()
    assert "condition-rows-0-field" in fields_in(back) or 'name="condition"' in back


def test_a_wrong_row_says_so_and_nothing_is_kept(manager):
    sent = form(
        "save", **row("condition", 0, "city", value="서울시"), **row("condition", 1, "stage", value="")
    )
    answer = manager.client.post(NEW, sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="c-condition-rows-1-e"' in page
    assert 'id="c-condition-rows-0-e"' not in page
    assert not Rule.objects.exists()


def test_a_branch_has_rows_of_its_own(manager):
    branch = {
        "s-0-kind": "branch",
        "s-0-id": "s1",
        "s-0-condition-how": "rows",
        **row("s-0-condition", 0, "name", "contains", value='한"빛'),
        "s-0-then-0-kind": "set",
        "s-0-then-0-id": "s2",
        "s-0-then-0-lines-0-field": "city",
        "s-0-then-0-lines-0-mode": "value",
        "s-0-then-0-lines-0-value": "부산시",
    }
    sent = {key: one for key, one in form("save").items() if not key.startswith("s-0-")} | branch
    answer = manager.client.post(NEW, sent)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    kept = Rule.objects.get().current.steps[0]["settings"]["condition"]
    assert kept == {"field": "name", "op": "contains", "value": '한"빛'}


def test_nobody_reaches_fields_that_are_hidden_from_him(manager, monkeypatch):
    sent = form("save", **row("condition", 0, "nothing_like_it", value="x"))
    assert manager.client.post(NEW, sent).status_code == 422
    assert not Rule.objects.exists()
