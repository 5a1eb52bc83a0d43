"""Field rules and the ways a list can be presented: what is kept from somebody makes no lane, day, group or sum, no saved
view tells it, and no card is moved by it."""

from __future__ import annotations

import json

import pytest

from dangol.records import permissions, registry, view_states, writing
from dangol.records.models import SavedView
from tests.access.test_field_rules import RULES, body_of, kept, own_ones, told, visitor
from tests.access.test_partial_sight import money
from tests.cast import SYSTEM
from tests.records.presenting.conftest import patience

pytestmark = pytest.mark.django_db

__all__ = ["kept", "own_ones", "patience"]

FIELDS = ("state", "is_leased", "installed_on", "checked_at", "price", "power")
PRICE, POWER = 73_519_284, 48_213
DAY = "1987-03-14"
NAME = "zq은밀한압착기qz"
TOLD = (NAME, "가동", "정지", *money(PRICE), *money(PRICE * 2), f"{POWER:,}", f"{POWER * 2:,}", ">1987<")
FRAGMENTS = {
    "lane": "/machines/board/cards/?as=board&by=state&lane=stopped&cols=name,price,power",
    "lane of yes or no": "/machines/board/cards/?as=board&by=is_leased&lane=true&cols=name,price,power",
    "lane sums": "/machines/board/totals/?as=board&by=state&total=price",
    "groups of a choice": "/machines/groups/?group=state&cols=name,price,power",
    "groups of days": "/machines/groups/?group=installed_on:year&cols=name",
    "groups of moments": "/machines/groups/?group=checked_at:year&cols=name",
    "days": f"/machines/calendar/?as=calendar&by=installed_on&day={DAY}",
    "moments": f"/machines/calendar/?as=calendar&by=checked_at&day={DAY}",
}
"""Each tells something of the fields; the word that it tells to those without rules stands in TOLD."""


@pytest.fixture
def presses(company):
    """Two machines with the same marked values."""
    values = {
        "name": NAME, "state": "stopped", "is_leased": True, "installed_on": DAY, "price": str(PRICE),
        "checked_at": f"{DAY}T03:00:00+00:00", "power": POWER, "team": company.busan.pk,
    }  # fmt: skip
    machines = registry.get("machine")
    return [writing.create(machines, {**values, "code": f"P-{n}"}, actor=SYSTEM) for n in (1, 2)]


def kept_from(company, rule, code="views"):
    return visitor(company, {("machine", name): rule for name in FIELDS}, code=code)


@pytest.mark.parametrize("rule", ["hidden", "masked"])
def test_what_is_kept_makes_no_lane_day_group_or_sum(company, presses, rule):
    who, free = kept_from(company, rule), visitor(company, {}, code="free")
    for what, address in FRAGMENTS.items():
        answer = free.client.get(address)
        assert answer.status_code == 200, what
        assert any(word in body_of(answer) for word in TOLD), f"{what} proves nothing"
        answer = who.client.get(address)
        assert answer.status_code in (200, 404), what
        text = body_of(answer)
        # Another field takes the place of one that is not there: what stands beside it is looked at below.
        assert not [word for word in TOLD[1:] if word in text], what
        assert NAME not in text or "calendar" not in address, what


@pytest.mark.parametrize("rule", ["hidden", "masked"])
@pytest.mark.parametrize("kind", ["table", "board", "calendar", "split"])
def test_no_list_tells_what_is_kept_whatever_it_is_asked_to_stand_by(company, presses, rule, kind):
    who = kept_from(company, rule)
    for name in FIELDS:
        for question in (
            f"by={name}&day={DAY}", f"by=owner&total={name}", f"group={name}&cols={name}", f"group={name}:month",
            f"group=owner&cols=name,{name}", f"cols=name,{name}&widths=name:90,{name}:80", f"sort=-{name}",
        ):  # fmt: skip
            answer = who.client.get(f"/machines/?as={kind}&{question}")
            assert answer.status_code in (200, 404, 422), question
            text = body_of(answer)
            assert not [word for word in TOLD[1:-1] if word in text], question
            assert f'data-by="{name}"' not in text
            assert f"by={name}&amp;lane=" not in text


@pytest.mark.parametrize("rule", ["hidden", "masked"])
def test_no_menu_offers_what_is_kept(company, presses, rule):
    who, free = kept_from(company, rule), visitor(company, {}, code="free")
    seen = permissions.fields_for(who.actor, registry.get("machine"))
    whole = permissions.fields_for(free.actor, registry.get("machine"))
    parts = {
        "state": ("by", "group", "sort"), "is_leased": ("by", "group", "sort"), "installed_on": ("by", "group", "sort"),
        "checked_at": ("by", "group", "sort"), "price": ("total", "sort"), "power": ("total", "sort"),
    }  # fmt: skip
    for name, possible in parts.items():
        for part in possible:
            assert view_states.usable(part, name, whole), (part, name)
            assert not view_states.usable(part, name, seen), (part, name)


@pytest.mark.parametrize("type_name", sorted({name for name, _field in RULES}))
def test_no_presentation_tells_a_value_that_is_kept(kept, secrets, type_name):
    path = registry.get(type_name).path
    fields = [name for record_type, name in RULES if record_type == type_name]
    every = ",".join(registry.get(type_name).fields)
    for name in fields:
        for question in (f"by={name}&total={name}", f"group={name}", f"sort={name}"):
            for address in (
                f"/{path}/?as=board&{question}", f"/{path}/?as=calendar&{question}", f"/{path}/?as=split&{question}",
                f"/{path}/?{question}&cols={every}", f"/{path}/groups/?{question}&cols={every}",
                f"/{path}/board/cards/?{question}&lane=", f"/{path}/board/totals/?{question}",
                f"/{path}/calendar/?{question}",
            ):  # fmt: skip
                answer = kept.client.get(address)
                assert answer.status_code < 500, address
                assert not told(body_of(answer)), address


@pytest.mark.parametrize("rule", ["hidden", "masked", "read_only"])
def test_no_card_is_moved_by_a_field_that_one_may_not_change(company, presses, rule):
    who, free = kept_from(company, rule), visitor(company, {}, code="free")
    machines, number = registry.get("machine"), presses[0]
    moves = (
        ("board", "state", "running"), ("board", "is_leased", "false"),
        ("calendar", "installed_on", "2026-10-09"), ("calendar", "checked_at", "2026-10-09"),
    )  # fmt: skip
    before = machines.model.objects.values().get(pk=number)
    for page, name, to in moves:
        form = {"id": number, "version": before["version"], "by": name, "to": to}
        assert who.client.post(f"/machines/{page}/move/", form).status_code == 404, name
    assert machines.model.objects.values().get(pk=number) == before
    for page, name, to in moves:
        version = machines.model.objects.get(pk=number).version
        form = {"id": number, "version": version, "by": name, "to": to}
        assert free.client.post(f"/machines/{page}/move/", form).status_code == 200, name


def test_a_read_only_field_makes_lanes_whose_cards_stay_where_they_are(company, presses):
    who = kept_from(company, "read_only")
    text = body_of(who.client.get("/machines/?as=board&by=state&total=price"))
    assert 'data-by="state"' in text
    assert NAME in text
    assert "movable" not in text
    free = visitor(company, {}, code="free")
    assert "movable" in body_of(free.client.get("/machines/?as=board&by=state"))


STATE = {
    "filter": f"price > {PRICE - 1} and state = stopped", "cols": "name,price,code", "sort": "-price,name",
    "by": "state", "group": "installed_on:month", "total": "power", "widths": "name:200,power:90",
}  # fmt: skip


def view_of(administrator, **state):
    return SavedView.objects.create(
        record_type="machine", name="남의 보기", owner=administrator.user, audience="everyone", state=state
    )


@pytest.mark.parametrize("kind", ["table", "board", "calendar", "split"])
def test_a_view_of_somebody_else_does_not_tell_what_is_hidden(company, administrator, presses, kind):
    who, free = kept_from(company, "hidden"), visitor(company, {}, code="free")
    view = view_of(administrator, **STATE, **{"as": kind})
    page = body_of(who.client.get(f"/machines/?view={view.pk}"))
    answer = body_of(who.api.get(f"/api/v1/views/machines/{view.pk}"))
    listed = body_of(who.api.get("/api/v1/views/machines"))
    for text in (page, answer, listed):
        assert "남의 보기" in text
        for word in ("price", "installed_on", "power", str(PRICE - 1), "stopped", *money(PRICE)):
            assert word not in text, word
    assert "이 보기에서 뺐어요" in page
    assert "조건이 빠져서" in page
    assert "변경됨" not in page
    shown = json.loads(answer)
    # No other field of the type makes lanes; another date makes days.
    stands = {} if kind == "board" else {"as": kind}
    assert shown["state"] == {"cols": "name,code", "sort": "name", "widths": "name:200", **stands}
    assert set(shown["left_out"]) == set(STATE) | ({"as"} if kind == "board" else set())
    whole = json.loads(body_of(free.api.get(f"/api/v1/views/machines/{view.pk}")))
    assert whole["state"] == {**STATE, "as": kind}
    assert whole["left_out"] == []


def test_a_view_stands_by_nothing_that_is_masked_and_its_column_is_a_mask(company, administrator, presses):
    who = kept_from(company, "masked")
    view = view_of(administrator, **STATE)
    answer = who.client.get(f"/machines/?view={view.pk}")
    page = body_of(answer)
    assert answer.status_code == 200
    assert NAME in page
    assert "•••" in page
    assert "이 보기에서 뺐어요" in page
    assert str(PRICE - 1) not in page
    assert not [word for word in money(PRICE) if word in page]
    shown = who.api.get(f"/api/v1/views/machines/{view.pk}").json()
    assert shown["state"]["cols"] == "name,price,code"
    assert shown["state"]["sort"] == "name"
    assert "filter" not in shown["state"]


def test_a_copy_of_such_a_view_has_no_more_than_was_shown(company, administrator, presses):
    who = kept_from(company, "hidden")
    view = view_of(administrator, **STATE)
    assert who.client.post(f"/machines/views/{view.pk}/", {"act": "copy"}).status_code == 302
    copy = SavedView.objects.get(owner=who.user)
    assert copy.state == {"cols": "name,code", "sort": "name", "widths": "name:200"}
    view.refresh_from_db()
    assert view.state == STATE


def test_ones_own_view_that_is_sorted_by_what_is_masked_meanwhile_says_so_and_opens(company, presses):
    who = kept_from(company, "masked")
    SavedView.objects.create(
        record_type="machine", name="내 것", owner=who.user, audience="private", state={"sort": "-price"}
    )
    view = SavedView.objects.get()
    answer = who.client.get(f"/machines/?view={view.pk}")
    assert answer.status_code == 200
    assert NAME in body_of(answer)
    assert "볼 수 없는 필드가 있어요: price" in body_of(answer)
