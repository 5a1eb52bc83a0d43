"""Rules of data quality that administrators add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from dangol.identity import revisions
from dangol.identity.services import role_save
from dangol.interactions.notifications.quality import tell_owners as told_owners
from dangol.interactions.notifications.selectors import notification_page
from dangol.measures.models import QualityChange, QualityRule, QualitySetting
from dangol.measures.quality import expecting, own, services
from dangol.measures.quality.rules import rules_of
from dangol.records import registry
from dangol.records.merging import merge
from dangol.records.own import services as own_fields
from tests.cast import SYSTEM, Person, person
from tests.measures.test_quality import GOOD, behind, customer, findings, make, quality

pytestmark = pytest.mark.django_db
WITHOUT_PHONE = {
    "name_ko": "거래 중인데 전화 없음", "name_en": "Active without phone", "dimension": "consistency", "weight": 3,
    "fails": "phone is empty", "applies": "stage = active",
}  # fmt: skip
NEW = "/settings/quality/customer/rules/new/"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    own._known = {}
    own.forget()
    registry.set_own(())
    revisions.forget()


def add(administrator: Person, **values: Any) -> QualityRule:
    return expecting.rule_save(
        actor=administrator.actor, record_type=customer(), values={**WITHOUT_PHONE, **values}
    )


def test_a_rule_of_the_company_finds_counts_and_leads_to_its_records(
    administrator: Person, insider: Person
) -> None:
    flawed = make(insider.actor, stage="active", name="가")
    fine = make(insider.actor, stage="active", name="나", phone="02-123-4567")
    other = make(insider.actor, stage="prospect", name="다")
    services.compute(customer())
    before = {one: quality(one).value for one in (flawed, fine, other)}
    rule = add(administrator)
    assert services.follow_changes() >= 0
    assert rule.code in findings(flawed)
    assert rule.code not in findings(fine) | findings(other)
    assert quality(flawed).value < before[flawed]
    assert quality(fine).value > before[fine]
    assert quality(other).value == before[other]
    page = insider.client.get("/quality/customer/").context
    (line,) = [one for one in page["findings"] if str(one["label"]) == "거래 중인데 전화 없음"]
    assert line["count"] == 1
    assert [row.pk for row in behind(insider, line["url"])] == [flawed]
    assert "거래 중인데 전화 없음" in insider.client.get(f"/customers/{flawed}/").content.decode()
    told = insider.api.get("/api/v1/quality/customer").json()
    assert {
        "code": rule.code,
        "label": "거래 중인데 전화 없음",
        "dimension": "consistency",
        "records": 1,
    } in told["findings"]
    assert (told["changes"][0]["code"], told["changes"][0]["act"]) == (rule.code, "made")
    with translation.override("en"):
        assert str(rules_of(customer())[rule.code].label) == "Active without phone"


def test_owners_are_told_of_findings_of_such_a_rule_too(administrator: Person, insider: Person) -> None:
    make(insider.actor, **GOOD, stage="lost")
    off = dict.fromkeys(rules_of(customer()), 0)
    expecting.weights_save(actor=administrator.actor, record_type=customer(), weights=off)
    services.compute_all()
    told_owners()
    assert not notification_page(actor=insider.actor).items
    add(administrator, fails="stage = lost", applies="")
    services.compute_all()
    told_owners()
    assert notification_page(actor=insider.actor).items


def test_a_change_of_a_rule_is_kept_and_shown_below_the_trend(administrator: Person, insider: Person) -> None:
    make(insider.actor, stage="active")
    rule = add(administrator)
    expecting.rule_save(
        actor=administrator.actor, record_type=customer(), values={**WITHOUT_PHONE, "weight": 5}, rule=rule
    )
    expecting.weights_save(actor=administrator.actor, record_type=customer(), weights={rule.code: 0})
    expecting.rule_delete(actor=administrator.actor, rule=rule)
    kept = list(QualityChange.objects.order_by("pk").values_list("act", "changes"))
    assert [act for act, _changes in kept] == ["made", "changed", "weighed", "deleted"]
    assert kept[1][1] == {"weight": [3, 5]}
    assert kept[2][1] == {"weight": [5, 0]}
    assert kept[3][1]["fails"] == ["phone is empty", None]
    services.compute_all()
    page = administrator.client.get("/quality/customer/")
    assert [one["what"] for one in page.context["changes"]] == [
        "지움",
        "가중치 5 → 0",
        "가중치 3 → 5",
        "더함",
    ]
    assert "거래 중인데 전화 없음" in page.content.decode()
    assert administrator.client.get("/quality/").context["changes"]
    assert not QualitySetting.objects.get(pk="customer").weights


def test_a_rule_that_comes_during_a_look_has_all_looked_at_again(administrator: Person) -> None:
    make(stage="active")
    services.compute(customer())
    seen = services.oldest_running

    def meanwhile() -> int:
        if not QualityRule.objects.exists():
            add(administrator)
        return seen()

    services.oldest_running = meanwhile
    try:
        services.compute(customer())
    finally:
        services.oldest_running = seen
    assert QualitySetting.objects.get(pk="customer").computed_at is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name_ko": ""}, "name_ko"),
        ({"name_ko": "가" * 121}, "name_ko"),
        ({"dimension": "beauty"}, "dimension"),
        ({"weight": "6"}, "weight"),
        ({"weight": "-1"}, "weight"),
        ({"fails": ""}, "fails"),
        ({"fails": "no_such = 1"}, "fails"),
        ({"fails": "quality < 50"}, "fails"),
        ({"fails": "quality.issues contains missing_phone"}, "fails"),
        ({"fails": "owner = me"}, "fails"),
        ({"fails": 'parent.name = "가"'}, "fails"),
        ({"applies": "phone is"}, "applies"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_field(
    administrator: Person, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        add(administrator, **values)
    assert list(refused.value.message_dict) == [field]
    answer = administrator.client.post(NEW, {**WITHOUT_PHONE, **values})
    assert answer.status_code == 422
    assert answer.context["errors"][field]
    assert not QualityRule.objects.exists()
    assert not QualityChange.objects.exists()


def test_only_administrators_make_rules(administrator: Person, insider: Person) -> None:
    rule = add(administrator)
    with pytest.raises(PermissionDenied):
        add(insider)
    with pytest.raises(PermissionDenied):
        expecting.rule_delete(actor=insider.actor, rule=rule)
    for path in (NEW, f"/settings/quality/customer/rules/{rule.pk}/"):
        assert insider.client.get(path).status_code == 403
        assert insider.client.post(path, WITHOUT_PHONE).status_code == 403
    assert QualityRule.objects.count() == 1


def test_the_page_counts_before_it_saves_and_changes_and_deletes(
    administrator: Person, insider: Person
) -> None:
    for at in range(3):
        make(insider.actor, stage="active", name=f"가{at}", **({"phone": "02-123-4567"} if at else {}))
    tried = administrator.client.post(NEW, {**WITHOUT_PHONE, "act": "try"})
    assert (tried.context["finds"].fails, tried.context["finds"].applies) == (1, 3)
    assert not QualityRule.objects.exists()
    assert administrator.client.post(NEW, WITHOUT_PHONE).status_code == 302
    rule = QualityRule.objects.get()
    place = f"/settings/quality/customer/rules/{rule.pk}/"
    assert 'value="phone is empty"' in administrator.client.get(place).content.decode()
    assert place in administrator.client.get("/settings/quality/customer/").content.decode()
    administrator.client.post(place, {**WITHOUT_PHONE, "name_ko": "다른 이름"})
    rule.refresh_from_db()
    assert rule.name_ko == "다른 이름"
    assert administrator.client.get(f"/settings/quality/contact/rules/{rule.pk}/").status_code == 404
    assert administrator.client.post(f"{place}delete/").status_code == 302
    assert administrator.client.get(place).status_code == 404
    services.compute(customer())
    assert rule.code not in rules_of(customer())


def test_who_may_not_read_the_field_is_not_told(administrator: Person, company: Any) -> None:
    role = role_save(
        actor=SYSTEM, code="thin", name="thin", grants=[("customer", "view", "all")],
        rules={("customer", "phone"): "hidden"},
    )  # fmt: skip
    thin = person("thin@example.com", "송하린", roles=(role.code,), team=company.busan)
    make(stage="active")
    add(administrator)
    services.compute_all()
    assert "거래 중인데 전화 없음" not in thin.client.get("/quality/customer/").content.decode()
    assert "own_" not in str(thin.api.get("/api/v1/quality/customer").json())


def test_a_rule_whose_field_is_deleted_counts_no_more_and_says_so(administrator: Person) -> None:
    field = own_fields.create(
        actor=SYSTEM, record_type="customer", name="x_grade", kind="text", label_ko="등급"
    )
    revisions.look()
    one = make(stage="active")
    rule = add(administrator, fails="x_grade is empty", applies="")
    services.compute(customer())
    assert rule.code in findings(one)
    own_fields.delete(actor=SYSTEM, definition=field)
    revisions.look()
    services.compute(customer())
    assert rule.code not in findings(one)
    page = administrator.client.get("/settings/quality/customer/").content.decode()
    assert f"/settings/quality/customer/rules/{rule.pk}/" in page
    assert "이 규칙은 이제 적용되지 않아요" in page


def test_a_rule_that_names_a_merged_record_means_the_survivor(administrator: Person) -> None:
    into, other = make(name="가온"), make(name="가온상사")
    below = make(name="지사", parent=other)
    rule = add(administrator, fails=f"parent = {other}", applies="")
    merge(actor=administrator.actor, record_type=customer(), into=into, others=[other])
    rule.refresh_from_db()
    assert rule.fails == f"parent = {into}"
    services.compute(customer())
    assert rule.code in findings(below)
