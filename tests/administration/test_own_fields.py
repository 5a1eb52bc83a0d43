"""Settings → fields: made, changed, ordered, made fast and deleted by an administrator."""

from __future__ import annotations

import pytest

from dangol.identity import revisions
from dangol.identity.models import AccessChange
from dangol.records import registry
from dangol.records.models import OwnField, OwnState
from tests.cast import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_left_behind(db: None):
    revisions.forget()
    revisions.look()
    yield
    revisions.forget()


def test_an_administrator_makes_a_field_and_everybody_has_it_at_once(
    administrator: Person, insider: Person
) -> None:
    pages = administrator.client
    assert "설비" in pages.get("/settings/fields/").content.decode()
    form = pages.get("/settings/fields/machine/new/?kind=choice")
    assert form.status_code == 200
    given = {
        "label_ko": "상태 등급", "label_en": "Condition", "group": "점검", "required": "on",
        "choice_ko": ["좋음", "나쁨", ""], "choice_en": ["Good", "", ""], "choice_code": ["", "bad", ""], "choice_tone": ["p", "r", ""],
        "choice_place": ["2", "1", "3"],
    }  # fmt: skip
    preview = pages.post("/settings/fields/machine/preview/?kind=choice", given).content.decode()
    assert "좋음" in preview
    assert "<select" in preview
    answer = pages.post("/settings/fields/machine/new/?kind=choice", given)
    assert answer.status_code == 302
    definition = OwnField.objects.get(record_type="machine")
    assert definition.name == "x_condition"
    assert [item["code"] for item in definition.settings["choices"]] == ["bad", "good"]
    new = insider.client.get("/machines/new/").content.decode()
    assert "상태 등급" in new
    assert "점검" in new
    assert "좋음" in new
    assert "x_condition" in insider.client.get("/machines/").content.decode()
    change = AccessChange.objects.filter(target_type="ownfield").latest("pk")
    assert (change.act, change.target_name) == ("created", "상태 등급")


def test_what_makes_no_field_is_said_beside_the_input(administrator: Person) -> None:
    answer = administrator.client.post(
        "/settings/fields/machine/new/?kind=integer",
        {"label_ko": "수", "name": "nummer", "low": "5", "high": "1", "condition": "wrong = 1"},
    )
    assert answer.status_code == 422
    assert not OwnField.objects.exists()
    assert "x_" in answer.content.decode()


def test_fields_are_changed_ordered_switched_off_and_deleted(administrator: Person, insider: Person) -> None:
    pages = administrator.client
    for label in ("하나", "둘"):
        assert pages.post("/settings/fields/machine/new/?kind=text", {"label_ko": label}).status_code == 302
    one, two = OwnField.objects.order_by("position")
    assert (one.name, two.name) == ("x_hana", "x_dul")
    pages.post(f"/settings/fields/{two.pk}/move/", {"step": "up"})
    assert list(registry.get("machine").own_fields) == ["x_dul", "x_hana"]
    assert pages.get(f"/settings/fields/{one.pk}/").status_code == 200
    pages.post(f"/settings/fields/{one.pk}/", {"label_ko": "첫째", "max_length": "20"})
    assert str(registry.get("machine").fields["x_hana"].label) == "첫째"
    pages.post(f"/settings/fields/{one.pk}/switch/")
    assert "x_hana" not in registry.get("machine").fields
    assert "x_hana" not in insider.client.get("/machines/").content.decode()
    pages.post(f"/settings/fields/{one.pk}/switch/")
    assert "x_hana" in registry.get("machine").fields
    pages.post(f"/settings/fields/{one.pk}/index/")
    one.refresh_from_db()
    assert one.index_state == "building"
    assert "만드는 중" in pages.get("/settings/fields/machine/").content.decode()
    pages.post(f"/settings/fields/{one.pk}/delete/")
    one.refresh_from_db()
    assert one.state == OwnState.DELETING
    assert "x_hana" not in registry.get("machine").fields
