"""Data quality: what is found, how it adds up, and that each number opens the very records it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone

from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.interactions.notifications.quality import tell_owners as told_owners
from dangol.interactions.notifications.selectors import notification_page
from dangol.measures.models import QualityDay, QualitySetting, Score
from dangol.measures.quality import expecting, pages, selectors, services
from dangol.measures.quality.rules import in_force, rules_of
from dangol.records import filters, lists, registry, writing
from dangol.records.lists import rows_for
from dangol.records.models import ImportChunk, ImportRun
from dangol.records.objects import services as objects
from dangol.records.own import services as own_fields

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
GOOD = {
    "kind": "company", "name": "한빛정밀", "business_number": "124-81-00998", "phone": "02-123-4567",
    "email": "info@hanbit.kr", "city": "서울시", "street": "테헤란로 1", "postcode": "06234", "industry": "기계",
}  # fmt: skip


def customer():
    return registry.get("customer")


def make(actor=SYSTEM, **values):
    return writing.create(customer(), {"kind": "company", "name": "가나", **values}, actor=actor)


def quality(record_id, name="customer"):
    return Score.objects.get(record_type=name, record_id=record_id, name="quality")


def findings(record_id, name="customer"):
    return set(quality(record_id, name).findings or ())


def behind(person, url):
    parts = urlsplit(url)
    record_type = registry.by_path(parts.path.strip("/"))
    tree = filters.parse(parse_qs(parts.query)["filter"][0], record_type, actor=person.actor)
    return rows_for(person.actor, record_type, tree)


def test_a_record_that_meets_everything_has_a_hundred(insider):
    one = make(insider.actor, **GOOD)
    services.compute(customer())
    assert quality(one).value == 100
    assert quality(one).findings is None


def test_each_shortcoming_is_named(insider):
    bare = make(name="빈 회사")
    services.compute(customer())
    assert findings(bare) >= {
        "missing_business_number",
        "unreachable",
        "missing_owner",
        "missing_phone",
        "missing_email",
    }
    person = make(kind="person", name="홍길동")
    services.compute(customer())
    assert "missing_business_number" not in findings(person)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("phone", "+82119991234", "form_phone"),
        ("phone", "+8210123456", "form_phone"),
        ("email", "kim@hanbit", "form_email"),
        ("business_number", "1248100999", "form_business_number"),
        ("business_number", "12481", "form_business_number"),
        ("postcode", "135-08", "postcode_form"),
    ],
)
def test_what_is_malformed_is_found_also_when_it_did_not_come_through_the_writer(
    insider, column, value, code
):
    one = make(insider.actor, **GOOD)
    services.compute(customer())
    assert quality(one).findings is None
    Customer.objects.filter(pk=one).update(**{column: value})
    services.compute(customer())
    assert findings(one) == {code}
    assert 0 < quality(one).value < 100


def test_valid_numbers_of_all_kinds_are_left_alone(insider):
    numbers = (
        "010-1234-5678",
        "02-123-4567",
        "031-123-4567",
        "070-1234-5678",
        "1588-1234",
        "080-123-4567",
        "+1 202 555 0143",
    )
    made = [make(insider.actor, name=f"고객 {at}", phone=number) for at, number in enumerate(numbers)]
    services.compute(customer())
    assert not [number for one, number in zip(made, numbers, strict=True) if "form_phone" in findings(one)]


def test_contradictions_are_found(insider):
    lost = make(**GOOD, grade="vip", stage="lost")
    unborn = make(kind="person", name="김미래", birth_date=(date.today() + timedelta(days=40)).isoformat())
    trader = make(kind="person", name="박상인", business_number="220-81-62517")
    services.compute(customer())
    assert "best_but_lost" in findings(lost)
    assert "born_in_future" in findings(unborn)
    assert "person_with_number" in findings(trader)


def test_the_same_number_on_two_records_is_found_on_both_and_goes_when_one_is_deleted(insider):
    first, second = make(name="가", email="a@b.kr"), make(name="나", email="a@b.kr")
    alone = make(name="다", email="c@b.kr")
    services.compute(customer())
    assert "doubled_email" in findings(first) & findings(second)
    assert "doubled_email" not in findings(alone)
    writing.delete(customer(), [second], actor=SYSTEM)
    services.compute(customer())
    assert "doubled_email" not in findings(first)
    assert not Score.objects.filter(record_id=second, name="quality").exists()


def test_an_active_customer_with_whom_nothing_happens_is_stale(insider):
    silent, busy = make(stage="active"), make(stage="active", name="나다")
    writing.create(
        registry.get("interaction"), {"kind": "call", "subject": "통화", "customer": busy}, actor=SYSTEM
    )
    long_ago = timezone.now() - timedelta(days=500)
    with connection.cursor() as cursor:  # past the trigger that says when a row was changed
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE customers_customer SET updated_at = %s", [long_ago])
        cursor.execute("SET LOCAL session_replication_role = origin")
    services.compute(customer())
    assert "active_but_silent" in findings(silent)
    assert "active_but_silent" not in findings(busy)


def test_looking_changes_neither_version_nor_history(insider):
    one = make()
    before = Customer.objects.values_list("version", "updated_at").get(pk=one)
    services.compute(customer())
    services.compute_some(customer(), [one])
    assert Customer.objects.values_list("version", "updated_at").get(pk=one) == before


def test_a_mended_record_is_better_soon_and_doubles_stay_until_all_are_looked_at(insider):
    one, other = make(email="a@b.kr"), make(name="나", email="a@b.kr")
    services.compute(customer())
    worse = quality(one).value
    writing.update(customer(), one, {"phone": "02-123-4567", "email": "neu@b.kr"}, actor=SYSTEM)
    services.compute_some(customer(), [one])
    assert quality(one).value > worse
    assert "missing_phone" not in findings(one)
    assert "doubled_email" in findings(one)
    services.compute(customer())
    assert "doubled_email" not in findings(one) | findings(other)


def test_score_and_findings_are_fields_of_the_list(insider):
    poor, rich = make(insider.actor), make(insider.actor, **GOOD)
    services.compute(customer())
    page = lists.record_list(
        actor=insider.actor,
        record_type=customer(),
        sort=("quality",),
        columns=("name", "quality", "quality.issues"),
    )
    assert [row["id"] for row in page.rows] == [poor, rich]
    assert "unreachable" in page.rows[0]["quality.issues"]
    assert page.rows[1]["quality.issues"] is None
    for text, expected in (
        ("quality = 100", {rich}),
        ("quality < 100", {poor}),
        ("quality.issues contains unreachable", {poor}),
        ("quality.issues in (unreachable, best_but_lost)", {poor}),
        ("quality.issues not contains unreachable", {rich}),
        ("quality.issues is empty", {rich}),
        ("quality.issues is not empty", {poor}),
    ):
        tree = filters.parse(text, customer(), actor=insider.actor)
        assert set(rows_for(insider.actor, customer(), tree).values_list("pk", flat=True)) == expected, text
    told = insider.api.get(f"/api/v1/customers/{poor}").json()
    assert told["quality"] == quality(poor).value
    assert "unreachable" in told["quality.issues"]


def test_an_administrator_sets_what_counts(insider, administrator):
    one = make(insider.actor, **{**GOOD, "industry": ""})
    services.compute(customer())
    assert findings(one) == {"missing_industry"}
    form = administrator.client.get("/settings/quality/customer/")
    values = {f"weight-{row['rule'].code}": row["weight"] for row in form.context["rows"]}
    answer = administrator.client.post(
        "/settings/quality/customer/", {**values, "weight-missing_industry": "0"}
    )
    assert answer.status_code == 302
    assert QualitySetting.objects.get(pk="customer").computed_at is None
    services.follow_changes()
    assert quality(one).value == 100
    refused = administrator.client.post(
        "/settings/quality/customer/", {**values, "weight-missing_industry": "9"}
    )
    assert refused.status_code == 422
    assert QualitySetting.objects.get(pk="customer").weights == {"missing_industry": 0}
    with pytest.raises(PermissionDenied):
        expecting.weights_save(actor=insider.actor, record_type=customer(), weights={"missing_industry": 1})
    with pytest.raises(ValidationError):
        expecting.weights_save(actor=administrator.actor, record_type=customer(), weights={"no_such": 1})


def test_own_fields_and_own_objects_join_in(insider):
    objects.create(actor=SYSTEM, label_ko="설비", label_en="Equipment")
    own_fields.create(
        actor=SYSTEM, record_type="x_equipment", name="x_mail", kind="email", label_ko="메일", label_en="Mail"
    )
    own_fields.create(
        actor=SYSTEM,
        record_type="customer",
        name="x_size",
        kind="integer",
        label_ko="직원 수",
        label_en="Employees",
    )
    equipment = registry.get("x_equipment")
    assert {"missing_x_mail", "form_x_mail", "doubled_x_mail"} <= rules_of(equipment).keys()
    assert "missing_x_size" in rules_of(registry.get("customer"))
    one = writing.create(equipment, {"name": "선반", "x_mail": "a@b.kr"}, actor=insider.actor)
    expecting.weights_save(
        actor=replace(SYSTEM, is_administrator=True), record_type=equipment, weights={"missing_x_mail": 3}
    )
    services.compute(equipment)
    assert quality(one, "x_equipment").value == 100
    equipment.model.objects.filter(pk=one).update(own={})
    services.compute(equipment)
    assert findings(one, "x_equipment") == {"missing_x_mail"}
    tree = filters.parse("quality.issues contains missing_x_mail", equipment, actor=insider.actor)
    assert rows_for(insider.actor, equipment, tree).count() == 1


def test_a_finding_about_a_hidden_field_is_not_told(insider):
    one = make(insider.actor, **{**GOOD, "birth_date": (date.today() + timedelta(days=9)).isoformat()})
    services.compute(customer())
    assert "born_in_future" in findings(one)
    actor = replace(insider.actor, field_rules={("customer", "birth_date"): "hidden"})
    assert "born_in_future" not in selectors.rules_for(actor, customer())
    row = lists.record_get(actor=actor, record_type=customer(), record_id=one)
    assert not {"born_in_future", "company_with_birth"} & set(row["quality.issues"] or ())
    with pytest.raises(filters.FilterError):
        filters.parse("quality.issues contains born_in_future", customer(), actor=actor)
    tree = filters.parse("quality.issues is not empty", customer(), actor=actor)
    assert not rows_for(actor, customer(), tree).exists()


def test_the_source_of_a_record_is_kept(insider):
    by_hand = make(insider.actor)
    by_api = insider.api.post(
        "/api/v1/customers", {"kind": "company", "name": "API"}, content_type="application/json"
    ).json()["id"]
    imported = writing.create(
        customer(), {"kind": "company", "name": "파일"}, actor=insider.actor, origin="import"
    )
    run = ImportRun.objects.create(
        owner=insider.user, file_name="거래처.csv", path="/nowhere", size=1, sha256="0", fingerprint="0",
        mapping={"records": []}, record_types=["customer"],
    )  # fmt: skip
    ImportChunk.objects.create(run=run, position=2, created={"customer": [[imported, imported]]})
    services.compute(customer())
    assert [quality(one).label for one in (by_hand, by_api, imported)] == ["page", "api", f"import:{run.pk}"]
    ImportChunk.objects.all().delete()
    services.compute(customer())
    assert quality(imported).label == f"import:{run.pk}"
    rows = insider.client.get("/quality/customer/").context["groups"][0]["rows"]
    assert {row["label"] for row in rows} >= {"가져오기 거래처.csv", "API"}


def test_rules_that_are_off_say_nothing():
    assert "missing_website" in rules_of(customer())
    assert "missing_website" not in {rule.code for rule in in_force(customer(), {})}
    assert "missing_website" in {rule.code for rule in in_force(customer(), {"missing_website": 1})}


def test_the_tone_follows_the_score():
    assert [pages.tone(score) for score in (100, 70, 10, None)] == ["p", "g", "o", ""]


@pytest.mark.django_db(transaction=True)
def test_changes_are_followed_without_being_told(insider):
    one = make(insider.actor)
    services.follow_changes()
    before = quality(one).value
    assert services.follow_changes() == 0
    writing.update(customer(), one, {"phone": "02-123-4567"}, actor=insider.actor)
    assert services.follow_changes() == 1
    assert quality(one).value > before
    assert QualityDay.objects.get(record_type="customer").points == quality(one).value
    writing.delete(customer(), [one], actor=insider.actor)
    services.follow_changes()
    assert not Score.objects.filter(name="quality", record_type="customer").exists()


def test_owners_are_told_once_a_week(insider, teammate):
    make(insider.actor, owner=insider.id)
    make(teammate.actor, owner=teammate.id, **GOOD)
    services.compute(customer())
    monday = date(2026, 11, 23)
    assert told_owners(monday) == 1
    assert told_owners(monday + timedelta(days=3)) == 0
    assert told_owners(monday + timedelta(days=7)) == 1
    page = notification_page(actor=insider.actor)
    assert page.items[0].target.url == "/quality/mine/"
    assert not notification_page(actor=teammate.actor).items
