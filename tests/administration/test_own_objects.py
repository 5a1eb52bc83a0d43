"""Settings → own objects: made, changed, ordered, switched off and deleted by an administrator."""

from __future__ import annotations

import pytest

from dangol.identity import revisions
from dangol.identity.models import FieldRule, Role
from dangol.records import registry, writing
from dangol.records.models import ObjectState, OwnObject
from tests.administration.test_field_rules import form_of
from tests.cast import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_left_behind(db: None):
    revisions.forget()
    revisions.look()
    yield
    registry.set_own(())
    revisions.forget()


def make(pages, label="설비", **given):
    answer = pages.post(
        "/settings/objects/new/",
        {"label_ko": label, "icon": "tool", "owned": "on", **given},
    )
    assert answer.status_code == 302, answer.content.decode()
    return OwnObject.objects.get(label_ko=label)


def test_an_administrator_makes_an_object_and_everybody_has_it_at_once(
    administrator: Person, insider: Person
) -> None:
    pages = administrator.client
    assert "사용자 개체" in pages.get("/settings/").content.decode()
    assert "사용자 개체가 없어요" in pages.get("/settings/objects/").content.decode()
    assert pages.get("/settings/objects/new/").status_code == 200
    made = make(pages, label_en="Equipment", title_ko="설비명", prefix="EQ-", tone="b", timeline="on")
    assert (made.name, made.icon, made.tone, made.made_by_id) == (
        "x_equipment",
        "tool",
        "b",
        administrator.id,
    )
    page = pages.get(f"/settings/objects/{made.pk}/").content.decode()
    assert f"/settings/fields/{made.name}/" in page
    assert (
        pages.post(f"/settings/fields/{made.name}/new/?kind=integer", {"label_ko": "출력"}).status_code == 302
    )
    new = insider.client.get("/x-equipment/new/").content.decode()
    assert "설비명" in new
    assert "출력" in new
    assert insider.client.post("/x-equipment/new/", {"name": "선반", "x_chullyeok": "12"}).status_code == 302
    shown = insider.client.get("/x-equipment/").content.decode()
    assert "EQ-000001" in shown
    assert "출력" in shown
    role = pages.get("/settings/roles/new/").content.decode()
    assert "x_equipment:view" in role
    log = pages.get("/settings/access-log/").content.decode()
    assert "사용자 개체" in log


def test_what_makes_no_object_is_said_beside_the_input(administrator: Person) -> None:
    answer = administrator.client.post(
        "/settings/objects/new/", {"label_ko": "", "icon": "wrong", "name": "equipment", "prefix": "1"}
    )
    assert answer.status_code == 422
    answer = administrator.client.post(
        "/settings/objects/new/", {"label_ko": "설비", "icon": "tool", "name": "equipment"}
    )
    assert answer.status_code == 422
    assert "x_" in answer.content.decode()
    assert not OwnObject.objects.exists()


def test_objects_are_changed_ordered_switched_off_and_deleted(administrator: Person, insider: Person) -> None:
    pages = administrator.client
    one, two = make(pages, "하나"), make(pages, "둘")
    pages.post(f"/settings/objects/{two.pk}/move/", {"step": "up"})
    assert [str(item.label) for item in registry.own_types()] == ["둘", "하나"]
    assert "하나" in pages.get("/settings/objects/").content.decode()
    changed = {"label_ko": "첫째", "icon": "cube", "owned": "on"}
    assert pages.post(f"/settings/objects/{one.pk}/", changed).status_code == 302
    assert str(registry.get(one.name).label) == "첫째"
    pages.post(f"/settings/objects/{one.pk}/switch/")
    assert registry.find(one.name) is None
    assert "꺼" in pages.get(f"/settings/objects/{one.pk}/").content.decode()
    assert insider.client.get(f"/{one.path}/").status_code == 404
    pages.post(f"/settings/objects/{one.pk}/switch/")
    writing.create(registry.get(one.name), {"name": "기록"}, actor=administrator.actor)
    pages.post(f"/settings/objects/{one.pk}/delete/")
    one.refresh_from_db()
    assert one.state == ObjectState.ACTIVE
    page = pages.get(f"/settings/objects/{one.pk}/", follow=True).content.decode()
    assert "기록이 1건 있어요" in page
    pages.post(f"/settings/objects/{one.pk}/delete/", {"confirmed": "첫째"})
    one.refresh_from_db()
    assert one.state == ObjectState.DELETING
    assert pages.get(f"/settings/objects/{one.pk}/").status_code == 404
    assert pages.get("/settings/objects/").status_code == 200


def test_nobody_else_comes_near(insider: Person) -> None:
    for path in ("/settings/objects/", "/settings/objects/new/"):
        assert insider.client.get(path).status_code == 403


def test_the_page_of_a_role_has_rules_for_its_fields(administrator: Person, insider: Person) -> None:
    pages = administrator.client
    made = make(pages, label_en="Equipment", prefix="EQ-")
    pages.post(f"/settings/fields/{made.name}/new/?kind=text", {"label_ko": "제조사", "label_en": "Maker"})
    record = writing.create(
        registry.get(made.name), {"name": "선반", "x_maker": "한빛기계"}, actor=insider.actor
    )
    role = Role.objects.get(users=insider.user)
    address = f"/settings/roles/{role.pk}/"
    form = form_of(pages.get(address).content.decode())
    assert (form["rule:x_equipment:number"], form["rule:x_equipment:x_maker"]) == ("", "")
    assert "rule:x_equipment:team" in form
    given = {"name": role.name, "code": role.code, "description": role.description}
    assert pages.post(address, {**form, **given, "rule:x_equipment:x_maker": "hidden"}).status_code == 302
    for path in ("/x-equipment/", f"/x-equipment/{record}/", f"/x-equipment/{record}/edit/"):
        page = insider.client.get(path)
        assert page.status_code == 200
        assert "제조사" not in page.content.decode()
        assert "제조사" in pages.get(path).content.decode()
    assert pages.post(f"/settings/objects/{made.pk}/switch/").status_code == 302
    form = form_of(pages.get(address).content.decode())
    assert "rule:x_equipment:x_maker" not in form
    pages.post(address, {**form, **given})
    assert FieldRule.objects.get().rule == "hidden", "it stays while the object is off"
    pages.post(f"/settings/objects/{made.pk}/delete/", {"confirmed": "설비"})
    made.refresh_from_db()
    assert made.state == ObjectState.DELETING
    assert not FieldRule.objects.exists()


def test_an_administrator_sees_its_records_as_a_user_does_and_changes_nothing(
    administrator: Person, insider: Person, outsider: Person
) -> None:
    make(administrator.client, label_en="Equipment")
    record_type = registry.get("x_equipment")
    mine = writing.create(record_type, {"name": "선반"}, actor=insider.actor)
    other = writing.create(record_type, {"name": "절단기"}, actor=outsider.actor)
    look = {"reason": "설비가 안 보인다는 문의 확인"}
    assert administrator.client.post(f"/settings/users/{insider.id}/see-as/", look).status_code == 302
    page = administrator.client.get("/x-equipment/").content.decode()
    assert "선반" in page
    assert "절단기" not in page
    assert administrator.client.get(f"/x-equipment/{mine}/").status_code == 200
    assert administrator.client.get(f"/x-equipment/{other}/").status_code == 404
    assert administrator.client.get("/settings/objects/").status_code == 403
    for path in (f"/x-equipment/{mine}/edit/", f"/x-equipment/{mine}/delete/", "/x-equipment/new/"):
        assert administrator.client.post(path, {"name": "다른 이름"}).status_code == 403, path
    assert list(record_type.model.objects.order_by("pk").values_list("name", "deleted_at")) == [
        ("선반", None),
        ("절단기", None),
    ]
