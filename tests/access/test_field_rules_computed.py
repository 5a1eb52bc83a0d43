"""Formulas and roll-ups are hidden from whom a field that they read is hidden or masked, by whatever detour they read it."""

from __future__ import annotations

import json

import pytest

from dangol.identity.models import Role
from dangol.records import filters, permissions, registry, writing
from dangol.records.bulk.edits import bulk_fields
from dangol.records.fieldrules import seen_by
from dangol.records.layouts import arranging
from dangol.records.layouts import services as layouts
from dangol.records.lists import record_count
from dangol.records.models import OwnField
from dangol.records.own import rolling, services
from tests.access.test_field_rules import asked, body_of, kept, own_ones, told, visitor
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db

__all__ = ["kept", "own_ones"]

FORMULAS = [
    ("customer", "x_f_hidden", "upper(x_kept) & '1'"),
    ("customer", "x_f_masked", "x_half & '2'"),
    ("customer", "x_f_chosen", "if(x_kept = 'zqownhiddenqz', 1, 2)"),
    *(
        ("customer", f"x_f_step{step}", f"x_f_{f'step{step - 1}' if step > 1 else 'masked'} & '!'")
        for step in range(1, 9)
    ),
    ("contact", "x_f_behind", "customer.x_kept & '4'"),
    ("contact", "x_f_far", "customer.x_f_step8 & '5'"),
    ("machine", "x_f_price", "price + 7"),
    ("machine", "x_f_worth", "x_worth * 2"),
    ("repair", "x_f_two", "machine.price + 7"),
    ("machine", "x_f_free", "name & '·' & label(state)"),
]
"""The last stands for what nobody keeps back."""
ROLL_UPS = [
    ("customer", "x_r_hidden", "contact", {"function": "latest", "value": "job_title", "by": "created_at"}),
    ("customer", "x_r_masked", "contact", {"function": "latest", "value": "phone", "by": "created_at"}),
    ("customer", "x_r_asked", "contact", {"function": "count", "where": "job_title is not empty"}),
    ("customer", "x_r_sum", "invoice", {"function": "sum", "value": "total"}),
    ("customer", "x_r_free", "contact", {"function": "count"}),
]
UPON = [("customer", "x_f_upon", "x_r_sum * 2"), ("contact", "x_f_upon", "customer.x_r_masked & '6'")]
FREE = [("machine", "x_f_free"), ("customer", "x_r_free")]
COMPUTED = [one[:2] for one in (*FORMULAS, *ROLL_UPS, *UPON) if one[:2] not in FREE]


def formula(record_type, name, text):
    services.create(
        actor=SYSTEM, record_type=record_type, name=name, kind="formula", label_ko=f"계산 {name}", settings={"formula": text}
    )  # fmt: skip


@pytest.fixture
def computed(kept):
    """The visitor from whom fields are kept, in a company that computes with them."""
    for record_type, name, text in FORMULAS:
        formula(record_type, name, text)
    for record_type, name, child, settings in ROLL_UPS:
        given = {"child": child, "through": record_type, "value": "", **settings}
        definition = services.create(
            actor=SYSTEM, record_type=record_type, name=name, kind="roll_up", label_ko=f"계산 {name}", settings=given
        )  # fmt: skip
        rolling.settle(definition.pk)
    for record_type, name, text in UPON:
        formula(record_type, name, text)
    return kept


def test_what_reads_a_kept_field_exists_for_others_only(computed, company):
    other = visitor(company, rules={}, code="free").actor
    for type_name, name in (*COMPUTED, *FREE):
        record_type = registry.get(type_name)
        assert name in permissions.fields_for(other, record_type), name
        assert (name in permissions.fields_for(computed.actor, record_type)) is ((type_name, name) in FREE), (
            name
        )
        assert (name in seen_by(computed.actor, record_type).fields) is ((type_name, name) in FREE), name


def test_no_address_tells_what_was_computed_from_a_kept_value(computed, secrets):
    """The walk over all places with every question is `test_field_rules`; here the places of the types that compute."""
    ids = secrets.ids
    types = ("customer", "contact", "machine", "repair")
    for name in types:
        path = registry.get(name).path
        pages = [f"/{path}/", f"/{path}/{ids[name]}/", f"/{path}/{ids[name]}/edit/", f"/{path}/{ids[name]}/history/",
                 f"/{path}/new/", f"/{path}/?cols=" + ",".join(registry.get(name).fields)]  # fmt: skip
        programs = [
            f"/api/v1/{path}?fields=*",
            f"/api/v1/{path}/{ids[name]}",
            f"/api/v1/{path}/{ids[name]}/history",
        ]
        for client, addresses in ((computed.client, pages), (computed.api, programs)):
            for address in addresses:
                answer = client.get(address)
                assert answer.status_code == 200, address
                assert not told(body_of(answer)), address


def test_the_values_looked_for_are_there_for_others(computed, company, secrets):
    other = visitor(company, rules={}, code="free")
    pages = [f"/api/v1/{path}?fields=*" for path in ("customers", "contacts", "machines", "repairs")]
    text = "".join(body_of(other.api.get(page)) for page in pages)
    said = set(told(text))
    assert {"ZQOWN", "zqown"} <= said
    for value in (73_519_284 + 7, 64_208_317 * 2, 58_127_436 * 2):
        assert str(value) in text


def test_no_export_has_it(computed):
    for path, kind in (
        ("customers", "csv"),
        ("contacts", "jsonl"),
        ("machines", "csv"),
        ("repairs", "jsonl"),
    ):
        answer = computed.client.post(
            f"/{path}/export/", {"kind": kind, "columns": "all", "reason": "시험을 위해 내보내기"}
        )
        if answer.status_code == 302:
            answer = computed.client.get(answer.url)
        text = body_of(answer)
        assert len(text) > 20
        assert not told(text)
        mine = [name for type_name, name in COMPUTED if registry.get(type_name).path == path]
        assert mine
        assert [name for name in mine if name in text or f"계산 {name}" in text] == []


def test_naming_it_is_refused_like_a_field_that_is_not_there(computed):
    for type_name, name in COMPUTED:
        path = registry.get(type_name).path
        for parameters in (
            {"filter": "{} is empty"},
            {"filter": "{} = 1"},
            {"filter": '{{"field": "{}", "op": "is not empty"}}'},
            {"sort": "-{}"},
            {"fields": "{}"},
        ):
            status, answer = asked(computed, path, **{k: v.format(name) for k, v in parameters.items()})
            absent, said = asked(
                computed, path, **{k: v.format("nothing_at_all") for k, v in parameters.items()}
            )
            assert status == absent == 400, (name, parameters)
            assert [one["code"] for one in answer["errors"]] == [one["code"] for one in said["errors"]]
    for path, condition in (
        ("contacts", "customer.x_f_masked is empty"),
        ("repairs", "machine.x_f_price > 1"),
        ("customers", "contacts.any(x_f_behind is empty)"),
    ):
        assert "unknown_field" in json.dumps(asked(computed, path, filter=condition)[1]), condition


def test_a_saved_condition_on_it_tells_no_records_apart(computed, secrets):
    for type_name, name in COMPUTED:
        record_type = registry.get(type_name)
        everything = record_count(actor=computed.actor, record_type=record_type).value
        for op in ("is empty", "is not empty"):
            tree = filters.parse(f"{name} {op}", record_type)
            found = record_count(actor=computed.actor, record_type=record_type, tree=tree).value
            assert found in (0, everything), (name, op)


def test_the_description_of_the_api_does_not_know_it(computed):
    text = body_of(computed.api.get("/api/v1/openapi.json"))
    assert [name for _type, name in COMPUTED if f'"{name}"' in text] == []
    assert "x_r_free" in text


def test_no_computed_field_is_offered_for_bulk_edits(computed, company):
    other = visitor(company, rules={}, code="free")
    for who in (computed, other):
        for type_name, name in (*COMPUTED, *FREE):
            assert name not in bulk_fields(who.actor, registry.get(type_name))
        answer = who.api.post(
            "/api/v1/customers/bulk",
            json.dumps({"select": {"filter": ""}, "change": {"x_r_free": {"set": 3}}, "dry_run": True}),
            content_type="application/json",
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "unknown_field"
    chosen = {"select": {"filter": "x_f_chosen = 1"}, "change": {"city": {"set": "인천"}}, "dry_run": True}
    answers = [
        who.api.post(
            "/api/v1/customers/bulk", json.dumps(chosen), content_type="application/json"
        ).status_code
        for who in (computed, other)
    ]
    assert answers[0] in (400, 422)
    assert answers[1] == 200


def test_a_title_that_is_masked_hides_what_reads_it_behind_a_reference(company, secrets, own_ones):
    formula("order", "x_f_whose", "customer & '5'")
    who = visitor(company, {("customer", "name"): "masked"}, code="nameless")
    assert "x_f_whose" not in permissions.fields_for(who.actor, registry.get("order"))
    assert "비밀정밀 주식회사" not in body_of(who.api.get("/api/v1/orders?fields=*"))
    assert asked(who, "orders", sort="x_f_whose")[0] == 400
    other = visitor(company, rules={}, code="free")
    assert "비밀정밀 주식회사" in asked(other, "orders", fields="x_f_whose")[1]["items"][0]["x_f_whose"]


@pytest.mark.parametrize(
    ("type_name", "name", "shown"),
    [("contact", "x_f_behind", "•••"), ("customer", "x_r_free", "•••")],
)
def test_a_computed_field_can_be_masked_itself(company, secrets, own_ones, type_name, name, shown):
    writing.update(registry.get("customer"), secrets.ids["customer"], {"x_kept": "12345"}, actor=SYSTEM)
    formula("contact", "x_f_behind", "number(length(customer.x_kept))")
    definition = services.create(
        actor=SYSTEM, record_type="customer", name="x_r_free", kind="roll_up", label_ko="담당자 수",
        settings={"child": "contact", "through": "customer", "function": "count", "value": ""},
    )  # fmt: skip
    rolling.settle(definition.pk)
    who = visitor(company, {(type_name, name): "masked"}, code="half")
    path = registry.get(type_name).path
    rows = asked(who, path, fields=name)[1]["items"]
    assert rows
    assert {row[name] for row in rows} == {shown}
    assert asked(who, path, sort=name)[0] == asked(who, path, filter=f"{name} = 1")[0] == 400
    having, lacking = (
        len(asked(who, path, filter=f"{name} {op}")[1]["items"]) for op in ("is not empty", "is empty")
    )
    assert (having, lacking) == (len(rows), 0)


def test_a_layout_of_a_role_never_shows_what_a_rule_hides(computed, secrets):
    machine = registry.get("machine")
    names = ("remark", "x_worth", "x_f_worth", "x_f_free", "code", "name", "x_half")
    rest = [name for section in machine.sections for name in section.fields if name not in names]
    layouts.arrange(
        actor=SYSTEM,
        record_type="machine",
        role=Role.objects.get(code="kept"),
        sections=[
            {"ko": "맨 앞", "en": "First", "fields": list(names)},
            {"ko": "Rest", "en": "Rest", "fields": rest},
        ],
        hidden=[],
    )
    first = arranging.sections(computed.actor, machine)[0]
    assert first.fields == ("x_f_free", "name", "x_half")
    assert arranging.form_sections(computed.actor, machine)[0].fields == ("name", "x_half")
    for page in (
        f"/machines/{secrets.ids['machine']}/",
        f"/machines/{secrets.ids['machine']}/edit/",
        "/machines/new/",
    ):
        text = body_of(computed.client.get(page))
        assert "맨 앞" in text
        assert not told(text)
        for name in ("x_worth", "x_f_worth"):
            label = OwnField.objects.get(record_type="machine", name=name).label_ko
            assert label not in text
