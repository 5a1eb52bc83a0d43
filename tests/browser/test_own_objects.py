"""An administrator makes 설비 with fields in the browser; then somebody of a team works with it."""

import pytest
from playwright.sync_api import expect

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.models import OwnObject
from dangol.records.objects import services
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nothing_left_behind(transactional_db):
    revisions.forget()
    revisions.look()
    yield
    # Its table goes before the database is emptied, which knows nothing of it.
    for definition in OwnObject.objects.filter(state__in=("active", "inactive")):
        services.delete(actor=Actor.system("test"), definition=definition, confirmed=str(definition))
    registry.set_own(())
    revisions.forget()


def make_equipment(page):
    page.get_by_role("link", name="새 개체").first.click()
    page.locator("#id_label_ko").fill("설비")
    page.locator("#id_label_en").fill("Equipment")
    page.locator("#id_title_ko").fill("설비명")
    page.locator("#id_prefix").fill("EQ-")
    page.locator('label:has(input[value="tool"])').click()
    page.get_by_label("타임라인과 활동").check()
    page.get_by_role("button", name="저장").click()
    page.wait_for_url("**/settings/objects/*/")


def add_field(page, kind, label, **more):
    page.goto(f"/settings/fields/x_equipment/new/?kind={kind}")
    page.locator("#id_label_ko").fill(label)
    for name, value in more.items():
        element = page.locator(f'[name="{name}"]').first
        if name == "target":
            element.select_option(value)
        else:
            element.fill(value)
    page.locator("#own-field button[type=submit]").click()
    page.wait_for_url("**/settings/fields/x_equipment/")


def test_equipment_is_made_with_fields_and_then_used(visit, administrator, insider, world):
    page = visit(administrator, "/settings/objects/")
    make_equipment(page)
    add_field(page, "text", "제조사")
    add_field(page, "money", "취득가")
    add_field(page, "choice", "가동 상태", choice_ko="가동")
    add_field(page, "reference", "설치 고객", target="customer")
    page = visit(insider, "/")
    page.locator('a[href="/x-equipment/"]').first.click()
    page.wait_for_url("**/x-equipment/")
    page.goto("/x-equipment/new/")
    page.get_by_label("설비명").fill("한빛 선반")
    page.get_by_label("제조사").fill("한빛기계")
    page.get_by_label("취득가").fill("12,500,000")
    page.get_by_label("가동 상태").select_option(label="가동")
    page.get_by_role("button", name="저장").first.click()
    page.wait_for_url("**/x-equipment/*/")
    expect(page.get_by_role("heading", name="한빛 선반")).to_be_visible()
    expect(page.locator("dl.f").first).to_contain_text("EQ-000001")
    expect(page.locator("dl.f").first).to_contain_text("12,500,000")
    page.locator("#composer textarea").fill("베어링 교체함")
    page.locator("#composer").get_by_role("button", name="남기기").click()
    expect(page.locator("#timeline")).to_contain_text("베어링 교체함")
    page.goto("/x-equipment/")
    expect(page.locator("#list")).to_contain_text("한빛기계")


@pytest.mark.parametrize(("language", "theme", "width"), [("ko", "light", 390), ("en", "dark", 1440)])
def test_the_pages_of_objects_fit_a_telephone_and_axe_finds_nothing(
    visit, administrator, world, language, theme, width
):
    administrator.user.language, administrator.user.theme = language, theme
    administrator.user.save()
    definition = services.create(
        actor=administrator.actor,
        label_ko="아주 긴 이름을 가진 설비와 장비",
        label_en="Equipment",
        prefix="EQ-",
        timeline=True,
    )
    page = visit(administrator, "/settings/objects/", color_scheme=theme, width=width)
    found = {}
    for place in (
        "/settings/objects/",
        "/settings/objects/new/",
        f"/settings/objects/{definition.pk}/",
        "/x-equipment/",
        "/x-equipment/new/",
    ):
        page.goto(place)
        if findings := axe_findings(page):
            found[place] = findings
        assert sideways(page) == 0, place
    assert found == {}
