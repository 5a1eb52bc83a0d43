"""Settings → fields → layout: order, headings, and what stands in no form, for all and for a role."""

from __future__ import annotations

import pytest

from dangol.identity import revisions
from dangol.identity.models import AccessChange, Role
from dangol.records import registry, writing
from dangol.records.layouts import arranging
from dangol.records.models import Layout
from dangol.records.own import services as own
from tests.cast import SYSTEM, Person

pytestmark = pytest.mark.django_db
CHANGE = "/settings/fields/machine/layout/change/"


@pytest.fixture(autouse=True)
def _nothing_left_behind(db: None):
    revisions.forget()
    revisions.look()
    yield
    revisions.forget()


def order(person: Person) -> list[str]:
    return [
        name
        for section in arranging.sections(person.actor, registry.get("machine"))
        for name in section.fields
    ]


def in_form(person: Person) -> set[str]:
    found = arranging.form_sections(person.actor, registry.get("machine"))
    return {name for section in found for name in section.fields}


def test_everybody_sees_the_new_order_at_once(administrator: Person, insider: Person) -> None:
    pages = administrator.client
    page = pages.get("/settings/fields/machine/layout/").content.decode()
    assert "설비 번호" in page
    assert order(insider)[:3] == ["code", "name", "state"]
    pages.post(CHANGE, {"act": "up", "field": "name"})
    pages.post(CHANGE, {"act": "up", "field": "owner"})
    assert order(insider)[:2] == ["name", "code"]
    first, second = arranging.sections(insider.actor, registry.get("machine"))
    assert (first.fields[-1], second.fields[0]) == ("owner", "team")
    form = insider.client.get("/machines/new/").content.decode()
    assert form.index('data-field="name"') < form.index('data-field="code"')
    change = AccessChange.objects.filter(target_type="layout").latest("pk")
    assert change.act == "updated"


def test_a_role_has_a_layout_of_its_own(administrator: Person, insider: Person, manager: Person) -> None:
    role = Role.objects.get(code="sales")
    pages = administrator.client
    assert pages.get(f"/settings/fields/machine/layout/?role={role.pk}").status_code == 200
    pages.post(CHANGE, {"act": "hide", "field": "remark", "role": role.pk})
    pages.post(CHANGE, {"act": "add", "ko": "점검", "en": "Checks", "role": role.pk})
    pages.post(CHANGE, {"act": "to", "field": "checked_at", "section": "2", "role": role.pk})
    pages.post(CHANGE, {"act": "up", "section": "2", "role": role.pk})
    assert "remark" not in in_form(insider)
    assert "remark" in in_form(manager)
    labels = [str(section.label) for section in arranging.sections(insider.actor, registry.get("machine"))]
    assert labels == ["기본", "점검", "담당"]
    machine = registry.get("machine")
    given = {"code": "M-1", "name": "밀링", "remark": "남아야 한다", "state": "running"}
    record_id = writing.create(machine, given, actor=insider.actor)
    answer = insider.client.post(
        f"/machines/{record_id}/edit/",
        {"code": "M-1", "name": "선반", "state": "running", "remark": "바꾸기"},
    )
    assert answer.status_code == 302
    kept = machine.model.objects.get(pk=record_id)
    assert (kept.name, kept.remark) == ("선반", "남아야 한다")
    assert "남아야 한다" in administrator.client.get(f"/machines/{record_id}/").content.decode()
    pages.post(CHANGE, {"act": "forget", "role": role.pk})
    assert "remark" in in_form(insider)
    assert not Layout.objects.exists()


def test_what_came_later_stands_with_its_neighbours(administrator: Person, insider: Person) -> None:
    administrator.client.post(CHANGE, {"act": "down", "field": "code"})
    own.create(actor=SYSTEM, record_type="machine", kind="text", label_ko="비품", name="x_tool", group="기본")
    own.create(
        actor=SYSTEM, record_type="machine", kind="text", label_ko="바퀴", name="x_wheel", group="새 묶음"
    )
    found = arranging.sections(insider.actor, registry.get("machine"))
    assert found[0].fields[-1] == "x_tool"
    assert found[-1].fields == ("x_wheel",)
    own.switch(actor=SYSTEM, definition=_field("x_wheel"), active=False)
    assert "x_wheel" not in order(insider)


def _field(name: str):
    from dangol.records.models import OwnField

    return OwnField.objects.get(name=name)


def test_what_a_form_cannot_do_without_stays(administrator: Person, insider: Person) -> None:
    own.create(
        actor=SYSTEM, record_type="machine", kind="text", label_ko="사유", name="x_why", condition="power > 3"
    )
    for field in ("code", "power"):
        page = administrator.client.post(CHANGE, {"act": "hide", "field": field}, follow=True)
        assert "필요" in page.content.decode()
        assert field in in_form(insider)
    assert not Layout.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"act": "up", "field": "nothing"}, {"act": "to", "field": "nothing", "section": "0"}, {"act": "dance"},
        {"act": "rename", "section": "99"}, {"act": "rename", "section": "0", "ko": " "}, {"act": "add"},
    ],
)  # fmt: skip
def test_nonsense_changes_nothing(given, administrator: Person, insider: Person) -> None:
    before = order(insider)
    assert administrator.client.post(CHANGE, given).status_code == 302
    assert order(insider) == before


def test_only_administrators_arrange(insider: Person, manager: Person) -> None:
    for person in (insider, manager):
        assert person.client.get("/settings/fields/machine/layout/").status_code in (403, 404)
        assert person.client.post(CHANGE, {"act": "up", "field": "name"}).status_code in (403, 404)
    assert not Layout.objects.exists()
