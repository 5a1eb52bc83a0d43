"""An own object with many fields, a formula, and roll-ups on the customer: made through the pages, used everywhere."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from dangol.identity import revisions
from dangol.identity.services import role_save
from dangol.records import permissions, registry, writing
from dangol.records.importing import undoing
from dangol.records.models import OwnField, OwnObject, OwnState, RollUpValue
from dangol.records.objects import services as objects
from dangol.records.own import removing, roll_checks, rolling
from dangol.records.own import services as own_fields
from tests.administration.test_own_objects import make
from tests.cast import SYSTEM, Person, person
from tests.records.importing.conftest import Importer, bring_in, file, own_folder

__all__ = ["bring_in", "file", "own_folder"]

pytestmark = pytest.mark.django_db

FIELDS = [
    ("text", "x_maker", "제조사", {}),
    ("text", "x_serial", "시리얼", {"unique": "on"}),
    ("choice", "x_state", "가동 상태", {"choice_ko": ["가동", "정지"], "choice_code": ["running", "stopped"], "choice_en": ["", ""], "choice_tone": ["p", "r"], "choice_place": ["1", "2"]}),
    ("money", "x_price", "취득가", {"currency": "KRW"}),
    ("date", "x_installed", "설치일", {}),
    ("integer", "x_power", "출력", {"unit": "kW", "low": "0"}),
    ("number", "x_weight", "무게", {"unit": "kg"}),
    ("percent", "x_efficiency", "효율", {}),
    ("boolean", "x_leased", "임대", {}),
    ("url", "x_manual", "설명서", {}),
    ("phone", "x_helpline", "담당 전화", {}),
    ("reference", "x_customer", "설치 고객", {"target": "customer"}),
]  # fmt: skip
HEAD = "설비명,제조사,시리얼,가동 상태,취득가,설치일,출력,설치 고객\n"


@pytest.fixture(autouse=True)
def _nothing_left_behind(db: None) -> Any:
    revisions.forget()
    revisions.look()
    yield
    registry.set_own(())
    revisions.forget()


@pytest.fixture
def equipment(administrator: Person) -> OwnObject:
    """설비 with twelve own fields, a formula, and what the customer has of it: number, worth, latest."""
    pages = administrator.client
    definition = make(pages, label_en="Equipment", title_ko="설비명", prefix="EQ-")
    for kind, name, label, more in FIELDS:
        answer = pages.post(
            f"/settings/fields/x_equipment/new/?kind={kind}", {"label_ko": label, "name": name, **more}
        )
        assert answer.status_code == 302, answer.content.decode()
    formula = {"label_ko": "kW당 취득가", "name": "x_rate", "formula": "취득가 / 출력"}
    answer = pages.post("/settings/fields/x_equipment/new/?kind=formula", formula)
    assert answer.status_code == 302, answer.content.decode()
    assert (
        "of=x_equipment.x_customer"
        in pages.get("/settings/fields/customer/new/?kind=roll_up").content.decode()
    )
    for name, label, settings in (
        ("x_machines", "설비 수", {"function": "count", "where": "x_state = 가동"}),
        ("x_worth", "설비 취득가", {"function": "sum", "value": "x_price"}),
        ("x_newest", "최근 설비", {"function": "latest", "value": "name", "by": "x_installed"}),
    ):
        answer = pages.post(
            "/settings/fields/customer/new/?kind=roll_up",
            {"label_ko": label, "name": name, "child": "x_equipment", "through": "x_customer", **settings},
        )
        assert answer.status_code == 302, answer.content.decode()
    for field in OwnField.objects.filter(kind="roll_up"):
        rolling.settle(field.pk)
    return definition


@pytest.fixture
def customers(insider: Person) -> list[int]:
    rows = [writing.Change({"name": name}) for name in ("한빛정밀", "두리상사")]
    return writing.write(registry.get("customer"), rows, actor=insider.actor).created


def totals(who: Person, ids: list[int]) -> list[tuple[Any, ...]]:
    """What the API tells of the customers."""
    names = ("x_machines", "x_worth", "x_newest")
    items = {
        item["id"]: item
        for item in who.api.get("/api/v1/customers", {"fields": ",".join(names)}).json()["items"]
    }
    told = [[items[record_id].get(name) for name in names] for record_id in ids]
    return [(number and Decimal(number), worth and Decimal(worth), newest) for number, worth, newest in told]


def drifted() -> int:
    return sum(roll_checks.check(field, mend=False).drifted for field in rolling.kept())


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_whole_way_of_an_own_object_through_pages_files_and_api(
    administrator: Person,
    insider: Person,
    manager: Person,
    equipment: OwnObject,
    customers: list[int],
    bring_in: Importer,
) -> None:
    # One by the form …
    form = insider.client.get(f"/x-equipment/new/?x_customer={customers[0]}").content.decode()
    for _kind, _name, label, _more in FIELDS:
        assert label in form
    assert 'name="x_rate"' not in form
    given = {"name": "선반", "x_maker": "한빛", "x_serial": "S1", "x_state": "running", "x_price": "15000000", "x_power": "30",
             "x_installed": "2026-01-02", "x_customer": customers[0], "x_customer-title": "한빛정밀"}  # fmt: skip
    assert insider.client.post("/x-equipment/new/", given).status_code == 302
    assert totals(administrator, customers) == [
        (1, 15_000_000, "선반"),
        (0, 0, None),
    ]
    # … more from a file …
    run = bring_in(
        f"{HEAD}절단기,두리,S2,가동,2000000,2026-03-01,10,한빛정밀\n톱,두리,S3,정지,500000,2025-12-01,5,두리상사\n"
        "프레스,두리,S9,녹슮,1,2026-01-01,1,두리상사\n",
        "x_equipment",
        actor=manager.actor,
    )
    assert (run.imported, run.rejected) == (2, 1), list(run.rejects.values())
    assert totals(administrator, customers) == [
        (2, 17_000_000, "절단기"),
        (0, 500_000, "톱"),
    ]
    assert drifted() == 0
    # … listed, filtered and sorted, by what is computed, too …
    page = insider.client.get("/x-equipment/?cols=name,x_customer,x_rate&sort=-x_rate").content.decode()
    assert "₩500,000" in page
    assert page.index("선반") < page.index("절단기") < page.index("톱")
    found = administrator.api.get(
        "/api/v1/x-equipment", {"filter": "x_rate >= 20만 and x_customer.x_machines > 1", "sort": "-x_rate", "fields": "name,x_rate"}
    ).json()  # fmt: skip
    assert [(item["name"], Decimal(item["x_rate"])) for item in found["items"]] == [
        ("선반", 500_000),
        ("절단기", 200_000),
    ]  # fmt: skip
    rich = administrator.api.get(
        "/api/v1/customers", {"filter": "x_worth > 1000만", "sort": "-x_worth"}
    ).json()
    assert [item["id"] for item in rich["items"]] == [customers[0]]
    customer = administrator.client.get(f"/customers/{customers[0]}/").content.decode()
    assert "₩17,000,000" in customer
    assert "절단기" in customer
    # … and out again.
    out = rows_of(manager.api.get("/api/v1/x-equipment/export?format=csv&fields=name,x_rate"))
    assert {row["설비명"]: Decimal(row["kW당 취득가"]) for row in out} == {
        "선반": 500_000,
        "절단기": 200_000,
        "톱": 100_000,
    }
    back = rows_of(
        administrator.api.get(
            "/api/v1/customers/export?format=csv&fields=name,x_machines,x_worth&reason=시험을 위해 내보내기"
        )
    )
    assert {row[next(iter(row))]: Decimal(row["설비 취득가"]) for row in back} == {
        "한빛정밀": 17_000_000,
        "두리상사": 500_000,
    }
    undoing.undo(run, manager.actor)
    assert [row[0] for row in totals(administrator, customers)] == [1, 0]
    # Those who see only what is their team's are told no totals: colleagues' equipment could be among it.
    assert totals(insider, customers) == [(None, None, None)] * 2
    assert (
        insider.api.get("/api/v1/customers", {"filter": "x_worth > 0", "sort": "-x_worth"}).json()["items"]
        == []
    )
    assert drifted() == 0


def test_totals_of_an_object_are_for_those_who_see_it_and_what_it_counts(
    company: Any, equipment: OwnObject, customers: list[int], insider: Person
) -> None:
    written = {"name": "선반", "x_price": "100", "x_state": "running", "x_customer": customers[0]}
    writing.create(registry.get("x_equipment"), written, actor=insider.actor)
    grants = [("customer", action, "all") for action in ("view", "edit", "export")]
    role_save(actor=SYSTEM, code="blind", name="blind", grants=grants)
    rules = {("x_equipment", "x_price"): "masked", ("x_equipment", "x_power"): "hidden"}
    role_save(
        actor=SYSTEM, code="half", name="half", grants=[*grants, ("x_equipment", "view", "all")], rules=rules
    )
    team = {"team": company.seoul, "territory": company.capital}
    blind = person("blind@example.com", "눈먼이", roles=("blind",), **team)
    half = person("half@example.com", "반쪽이", roles=("half",), **team)
    customer, machine = registry.get("customer"), registry.get("x_equipment")
    assert not {"x_machines", "x_worth", "x_newest"} & permissions.fields_for(blind.actor, customer).keys()
    seen = permissions.fields_for(half.actor, customer).keys()
    assert {"x_machines", "x_newest"} <= seen
    assert "x_worth" not in seen
    assert "x_rate" not in permissions.fields_for(half.actor, machine)
    assert half.api.get("/api/v1/customers", {"sort": "x_worth"}).status_code == 400
    assert half.api.get("/api/v1/x-equipment", {"filter": "x_rate > 1"}).status_code == 400


def test_an_object_that_is_counted_is_neither_switched_off_nor_deleted(
    equipment: OwnObject, customers: list[int]
) -> None:
    for act in (
        lambda: objects.switch(actor=SYSTEM, definition=equipment, active=False),
        lambda: objects.delete(actor=SYSTEM, definition=equipment),
    ):
        with pytest.raises(ValidationError, match="설비 수"):
            act()
    assert registry.find("x_equipment") is not None
    for field in rolling.kept():
        own_fields.delete(actor=SYSTEM, definition=field)
    objects.delete(actor=SYSTEM, definition=equipment)
    for field in OwnField.objects.filter(kind="roll_up"):
        removing.remove(field.pk, SYSTEM)
    assert not RollUpValue.objects.exists()
    writing.create(registry.get("customer"), {"name": "새 고객"}, actor=SYSTEM)


def test_what_an_object_counts_itself_goes_with_it_and_leaves_nothing_that_hinders(
    administrator: Person, equipment: OwnObject, customers: list[int], insider: Person
) -> None:
    for field in rolling.kept():
        own_fields.delete(actor=SYSTEM, definition=field)
        removing.remove(field.pk, SYSTEM)
    own_fields.create(
        actor=SYSTEM, record_type="repair", name="x_of", kind="reference", label_ko="설비", settings={"target": "x_equipment"}
    )  # fmt: skip
    counting = own_fields.create(
        actor=SYSTEM, record_type="x_equipment", name="x_repairs", kind="roll_up", label_ko="수리 횟수",
        settings={"child": "repair", "through": "x_of", "function": "count", "value": ""},
    )  # fmt: skip
    rolling.settle(counting.pk)
    own_fields.create(
        actor=SYSTEM, record_type="x_equipment", name="x_often", kind="formula", label_ko="잦은 수리",
        settings={"formula": "x_repairs > 3"},
    )  # fmt: skip
    one = writing.create(registry.get("x_equipment"), {"name": "선반"}, actor=insider.actor)
    machine = writing.create(registry.get("machine"), {"name": "밀링", "code": "M-1"}, actor=insider.actor)
    repair = registry.get("repair")
    writing.create(repair, {"machine": machine, "title": "축", "x_of": one}, actor=insider.actor)
    assert RollUpValue.objects.get(field_id=counting.pk).number == 1
    # Off and on again: what happened meanwhile is counted.
    objects.switch(actor=SYSTEM, definition=equipment, active=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_roll_up_value SET number = 77")
    objects.switch(actor=SYSTEM, definition=equipment, active=True)
    assert "x_repairs" not in registry.get("x_equipment").fields
    rolling.settle(counting.pk)
    assert RollUpValue.objects.get(field_id=counting.pk).number == 1
    objects.delete(actor=SYSTEM, definition=equipment, confirmed="설비")
    assert "x_of" not in repair.fields
    writing.create(repair, {"machine": machine, "title": "다시"}, actor=insider.actor)
    removing.remove(counting.pk, SYSTEM)
    counting.refresh_from_db()
    assert counting.state == OwnState.DELETED
    assert not RollUpValue.objects.exists()
