"""What field rules hide or mask stays so, whichever way out is tried.

The visitor sees every record; only some fields are kept from that person. Each kept field of a record holds a word or a
figure of its own, and no answer of any address of the project may contain one. The addresses come from the URL
configuration, so a new page is in the walk by itself.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.identity import revisions
from dangol.identity.models.roles import Action
from dangol.identity.services import role_save
from dangol.insight.customer_value import MODEL
from dangol.measures.models import RefreshRun
from dangol.records import registry, writing
from dangol.records.fieldrules import possible_rules
from dangol.records.own import services
from tests.access.test_partial_sight import money
from tests.cast import SYSTEM, person

pytestmark = pytest.mark.django_db

PRICE, TOTAL, LINE, WORTH = 73_519_284, 64_208_317, 31_905_428, 58_127_436

RULES = {
    ("customer", "description"): "hidden",
    ("customer", "email"): "hidden",
    ("customer", "external_id"): "hidden",
    ("customer", "phone"): "masked",
    ("customer", "street"): "masked",
    ("customer", "x_kept"): "hidden",
    ("customer", "x_half"): "masked",
    ("contact", "job_title"): "hidden",
    ("contact", "phone"): "masked",
    ("contact", "email"): "masked",
    ("contact_point", "value"): "masked",
    ("interaction", "body"): "hidden",
    ("interaction", "outcome"): "masked",
    ("machine", "remark"): "hidden",
    ("machine", "code"): "hidden",
    ("machine", "price"): "masked",
    ("machine", "x_worth"): "hidden",
    ("machine", "x_half"): "masked",
    ("x_equipment", "external_id"): "hidden",
    ("x_equipment", "x_kept"): "hidden",
    ("x_equipment", "x_half"): "masked",
    ("order_line", "amount"): "hidden",
    ("order_line", "unit_price"): "hidden",
    ("invoice", "total"): "hidden",
    ("invoice", "memo"): "masked",
    ("invoice_line", "amount"): "hidden",
    ("invoice_line", "unit_price"): "hidden",
}
VALUES = {
    "customer": {
        "description": "zqdescriptionqz",
        "email": "zqmailqz@kept.example",
        "external_id": "ZQKEY-4711",
        "phone": "010-7777-5678",
        "street": "zqstreetqz",
        "x_kept": "zqownhiddenqz",
        "x_half": "zqownhalfqz",
    },
    "contact": {"job_title": "zqtitleqz", "phone": "010-6363-9191", "email": "zqhuman@kept2.example"},
    "contact_point": {"value": "zqpoint@kept3.example"},
    "interaction": {"body": "zqbodyqz", "outcome": "zqoutcomeqz"},
    "machine": {
        "remark": "zqremarkqz",
        "code": "ZQMACH-08",
        "price": str(PRICE),
        "x_worth": str(WORTH),
        "x_half": "zqownpartqz",
    },
    "x_equipment": {"external_id": "ZQKEY-0815", "x_kept": "zqownhiddenqz", "x_half": "zqownhalfqz"},
    "order_line": {"unit_price": str(LINE), "quantity": "1"},
    "invoice": {"total": str(TOTAL), "memo": "zqmemoqz"},
    "invoice_line": {"amount": str(TOTAL + 1), "unit_price": str(TOTAL + 2)},
}
KEPT = (
    "zqdescriptionqz", "kept.example", "zqmailqz", "ZQKEY", "zqkey", "7777-5678", "77775678", "zqstreetqz",
    "zqtitleqz", "6363-9191", "63639191", "zqhuman", "zqpoint", "zqbodyqz", "zqoutcomeqz", "zqremarkqz", "ZQMACH",
    "zqmemoqz", *money(PRICE), *money(TOTAL), *money(TOTAL + 1), *money(TOTAL + 2), *money(LINE),
    "zqown", *money(WORTH), "ZQOWN", *money(PRICE + 7), *money(TOTAL * 2), *money(WORTH * 2),
)  # fmt: skip
MASKS = ("010-****-5678", "010-****-9191", "z********z", "z*********z", "•••")


def visitor(company, rules=RULES, code="kept"):
    """Somebody who may do everything with every record, but for some fields."""
    types = [record_type.name for record_type in registry.all_types() if not record_type.scope.administered]
    grants = [
        (name, action.value, "all") for name in types for action in Action if action != Action.ADMINISTER
    ]
    role = role_save(actor=SYSTEM, code=code, name=code, grants=grants, rules=rules)
    return person(
        f"{code}@example.com", "송하린", roles=(role.code,), team=company.busan, territory=company.south
    )


OWN = {
    ("customer", "x_kept"): "text",
    ("customer", "x_half"): "text",
    ("machine", "x_worth"): "integer",
    ("machine", "x_half"): "text",
    ("x_equipment", "x_kept"): "text",
    ("x_equipment", "x_half"): "text",
}
"""Fields that an administrator made, also of a type of records that one made, under rules like any other."""


@pytest.fixture
def own_ones(secrets):
    """They are gone in the next test, also from this process."""
    revisions.forget()
    revisions.look()
    for (name, field), kind in OWN.items():
        services.create(
            actor=SYSTEM, record_type=name, name=field, kind=kind, label_ko=f"자체 {field}", settings={}
        )
    yield
    revisions.forget()


@pytest.fixture
def kept(company, secrets, own_ones):
    """The visitor, after every kept field was given its value, then another one and its value again."""
    RefreshRun.objects.create(state="done", reason=MODEL, as_of="2026-11-20", facts={"currency": "KRW"})
    for name, values in VALUES.items():
        record_type, record_id = registry.get(name), secrets.ids[name]
        writing.update(record_type, record_id, values, actor=SYSTEM)
        if name == "customer":
            emptied = {"phone": None, "description": "", "x_kept": None, "x_half": None}
            writing.update(record_type, record_id, emptied, actor=SYSTEM)
            writing.update(record_type, record_id, values, actor=SYSTEM)
    return visitor(company)


def body_of(answer) -> str:
    if getattr(answer, "streaming", False):
        return b"".join(answer.streaming_content).decode(errors="replace")
    return answer.content.decode(errors="replace")


def told(text: str) -> list[str]:
    return [word for word in KEPT if word in text]


def questions_of(path):
    record_type = registry.by_path(path.strip("/").split("/")[-1])
    yield ""
    for words in (
        "zqdescr",
        "zqmail",
        "kept.example",
        "ZQKEY-4711",
        "7777",
        "5678",
        "zqstreet",
        "zqremark",
        "ZQMACH-08",
        "zqbody",
    ):
        if path.startswith(("/search/", "/lookup/", "/api/v1/search")):
            yield f"?q={words}"
    if record_type is not None:
        fields = ",".join(record_type.fields)
        yield "?fields=*"
        yield f"?fields={fields}"
        yield f"?cols={fields}"
        for name in record_type.fields:
            yield f"?sort={name}"
            yield f"?sort=-{name}"
        yield f"?filter={record_type.title}+is+not+empty&sort=-id"
    if "suggest" in path:
        yield "?q=zq&cursor=2"
    if "timeline" in path:
        yield from ("?tab=all", "?tab=changes", "?tab=conversations", "?tab=orders")


def test_no_address_tells_a_hidden_or_masked_value(kept, places):
    seen = set()
    for _pattern, path in places:
        if "sign-out" in path:
            continue
        client = kept.api if path.startswith("/api/") else kept.client
        for question in questions_of(path):
            answer = client.get(path + question)
            # 503: not ready, or figures that no refresh has computed yet.
            assert answer.status_code < 500 or answer.status_code == 503, f"{path}{question}"
            text = body_of(answer)
            assert not told(text), f"{path}{question} tells {told(text)}"
            seen |= {mask for mask in MASKS if mask in text}
    assert seen == set(MASKS), "the walk proves nothing unless masks were shown"


def test_the_same_walk_tells_everything_to_those_without_rules(kept, company, secrets):
    """The words looked for above are written as they are looked for."""
    other = visitor(company, rules={}, code="free")
    customer = secrets.ids["customer"]
    pages = (
        f"/customers/{customer}/",
        f"/customers/{customer}/history/",
        f"/interactions/{secrets.ids['interaction']}/",
        f"/machines/{secrets.ids['machine']}/",
        f"/orders/{secrets.ids['order']}/",
        f"/invoices/{secrets.ids['invoice']}/",
        f"/contacts/{secrets.ids['contact']}/",
        f"/x-equipment/{secrets.ids['x_equipment']}/",
    )
    text = "".join(body_of(other.client.get(page)) for page in pages)
    words = ("zqdescriptionqz", "zqmailqz", "7777-5678", "zqstreetqz", "zqtitleqz", "zqbodyqz", "zqoutcomeqz", "zqremarkqz", "zqpoint", "zqmemoqz", "zqownhiddenqz", "zqownhalfqz", "zqownpartqz")  # fmt: skip
    assert [word for word in words if word not in text] == []
    assert f"{PRICE:,}" in text
    assert f"{WORTH:,}" in text
    assert f"{LINE:,}" in text


@pytest.mark.parametrize("kind", ["csv", "csv-cp949", "jsonl", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "path",
    ["customers", "interactions", "machines", "contacts", "orders", "invoices", "repairs", "x-equipment"],
)
def test_no_export_tells_a_hidden_or_masked_value(kept, path, kind):
    import io
    from zipfile import ZipFile, is_zipfile

    answer = kept.client.post(
        f"/{path}/export/", {"kind": kind, "columns": "all", "reason": "시험을 위해 내보내기"}
    )
    assert answer.status_code in (200, 302), body_of(answer)
    if answer.status_code == 302:
        answer = kept.client.get(answer.url)
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if is_zipfile(io.BytesIO(raw)):
        with ZipFile(io.BytesIO(raw)) as book:
            text = "".join(book.read(name).decode(errors="replace") for name in book.namelist())
    elif kind == "parquet":
        import pyarrow.parquet as pq

        text = str(pq.read_table(io.BytesIO(raw)).to_pylist())
    else:
        text = raw.decode("cp949" if kind.endswith("949") else "utf-8", errors="replace")
    assert len(text) > 20
    assert not told(text)


def asked(who, path, **parameters):
    answer = who.api.get(f"/api/v1/{path}", parameters)
    return answer.status_code, json.loads(answer.content)


HIDDEN = [(registry_name, name) for (registry_name, name), rule in RULES.items() if rule == "hidden"]
MASKED = [(registry_name, name) for (registry_name, name), rule in RULES.items() if rule == "masked"]


@pytest.mark.parametrize(("type_name", "name"), HIDDEN)
def test_a_hidden_field_is_refused_like_a_field_that_is_not_there(kept, type_name, name):
    path = registry.get(type_name).path
    for parameters in (
        {"filter": "{} is empty"},
        {"filter": "{} is not empty"},
        {"filter": "{} = 1"},
        {"filter": '{{"field": "{}", "op": "is empty"}}'},
        {"sort": "{}"},
        {"sort": "-{}"},
        {"fields": "{}"},
    ):
        wanted = {key: value.format(name) for key, value in parameters.items()}
        absent = {key: value.format("nothing_of_that_name") for key, value in parameters.items()}
        status, answer = asked(kept, path, **wanted)
        absent_status, absent_answer = asked(kept, path, **absent)
        assert status == absent_status == 400
        codes = [[error["code"] for error in one["errors"]] for one in (answer, absent_answer)]
        assert codes[0] == codes[1]
        assert all(name not in error.get("expected", ()) for error in answer["errors"])
    assert name not in asked(kept, path, fields="*")[1]["items"][0]


def test_hidden_fields_are_not_there_behind_references_and_relations(kept, secrets):
    refused = {
        "contacts": ("customer.description = x", "customer.email is empty"),
        "customers": (
            "contacts.any(job_title = x)",
            "interactions.any(body contains zq)",
            "interactions.count(body is not empty) > 0",
        ),
        "repairs": ("machine.code = x", "machine.remark contains zq"),
    }
    for path, conditions in refused.items():
        for condition in conditions:
            status, answer = asked(kept, path, filter=condition)
            assert status == 400, condition
            assert "unknown_field" in json.dumps(answer), condition


@pytest.mark.parametrize(("type_name", "name"), MASKED)
def test_a_masked_field_answers_only_whether_it_has_a_value(kept, type_name, name):
    path = registry.get(type_name).path
    assert asked(kept, path, sort=name)[0] == 400
    assert asked(kept, path, filter=f"{name} = 1")[0] == 400
    assert asked(kept, path, filter=f"{name} in (1, 2)")[0] == 400
    assert asked(kept, path, filter=f'{{"field": "{name}", "op": "=", "value": "1"}}')[0] == 400
    having, lacking = (
        len(asked(kept, path, filter=f"{name} {op}")[1]["items"]) for op in ("is not empty", "is empty")
    )
    assert having >= 1
    assert having + lacking == len(asked(kept, path)[1]["items"])


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_condition_made_by_somebody_else_tells_nothing_about_a_hidden_field(kept, data):
    """A saved filter, parsed with other rights: on a hidden field it holds for all records or for none."""
    from dangol.records import filters
    from dangol.records.lists import record_count

    type_name, name = data.draw(st.sampled_from([*HIDDEN, *MASKED]))
    record_type = registry.get(type_name)
    field = record_type.fields[name]
    value = data.draw(st.sampled_from([*(str(value) for value in VALUES[type_name].values()), "0", "x"]))
    op = data.draw(
        st.sampled_from(
            [op for op in ("=", "!=", "contains", ">", "<", "starts with", "in") if op in field.operators]
        )
    )
    text = f'{name} {op} ("{value}")' if op == "in" else f'{name} {op} "{value}"'
    try:
        tree = filters.parse(text, record_type)
    except filters.FilterError:
        return
    actor = kept.actor
    everything = record_count(actor=actor, record_type=record_type).value
    found = record_count(actor=actor, record_type=record_type, tree=tree).value
    assert found in (0, everything)


def test_nothing_is_found_by_a_hidden_value_and_by_a_masked_one_only_whole(kept, secrets):
    def hits(words):
        return [
            hit["id"]
            for hit in kept.api.get("/api/v1/search", {"q": words, "types": "customer"}).json()["items"]
        ]

    customer = secrets.ids["customer"]
    for words in ("ZQKEY-4711", "ZQKEY", "4711", "zqmailqz@kept.example", "zqmail", "kept.example"):
        assert customer not in hits(words), words
    for words in ("5678", "01077", "7777-5678", "비밀정밀 5678", "비밀정밀 01077775678"):
        assert customer not in hits(words), words
    assert customer in hits("010-7777-5678")
    assert customer in hits("ㅂㅁㅈㅁ")


def test_a_masked_name_is_masked_wherever_it_stands(company, secrets):
    who = visitor(company, {("customer", "name"): "masked"}, code="nameless")
    name = "비밀정밀 주식회사"
    customer, order = secrets.ids["customer"], secrets.ids["order"]
    for client, path in (
        (who.client, "/customers/"),
        (who.client, f"/customers/{customer}/"),
        (who.client, f"/customers/{customer}/edit/"),
        (who.client, f"/customers/{customer}/history/"),
        (who.client, "/orders/"),
        (who.client, f"/orders/{order}/"),
        (who.client, "/lookup/customer/"),
        (who.client, "/search/?q=비밀정밀 주식회사 zqcustomerqz"),
        (who.client, "/"),
        (who.client, f"/orders/new/?customer={customer}"),
        (who.api, "/api/v1/orders?fields=*"),
        (who.api, f"/api/v1/customers/{customer}/history"),
        (who.api, "/api/v1/search?q=비밀정밀 주식회사 zqcustomerqz"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert name not in body_of(answer), path
    assert asked(who, "orders", sort="customer")[0] == 400
    assert asked(who, "orders", filter='customer = "비밀정밀 주식회사 zqcustomerqz"')[1]["items"] == []
    assert [
        hit["id"]
        for hit in who.api.get("/api/v1/search?q=비밀정밀 주식회사 zqcustomerqz&types=customer").json()[
            "items"
        ]
    ]
    assert not who.api.get("/api/v1/search?q=zqcustomer&types=customer").json()["items"]


def test_a_change_of_a_hidden_field_is_no_history_for_whom_it_is_hidden(kept, secrets):
    customer = f"/api/v1/customers/{secrets.ids['customer']}/history"
    before = kept.api.get(customer).json()["items"]
    writing.update(registry.get("customer"), secrets.ids["customer"], {"description": "neu"}, actor=SYSTEM)
    assert kept.api.get(customer).json()["items"] == before
    assert all(
        change["field"] not in ("description", "email", "external_id")
        for item in before
        for change in item["changes"]
    )
    phones = [change for item in before for change in item["changes"] if change["field"] == "phone"]
    assert phones
    assert all(change[side] in (None, "010-****-5678") for change in phones for side in ("before", "after"))


def test_the_description_of_the_api_knows_no_hidden_field(kept, administrator):
    document = kept.api.get("/api/v1/openapi.json").json()
    properties = document["components"]["schemas"]["Customer"]["properties"]
    assert "description" not in properties
    assert properties["phone"]["x-operators"] == ["is empty", "is not empty"]
    assert "x_kept" not in properties
    assert properties["x_half"]["x-operators"] == ["is empty", "is not empty"]
    whole = administrator.api.get("/api/v1/openapi.json").json()["components"]["schemas"]["Customer"]
    assert "description" in whole["properties"]


def test_what_is_computed_from_a_hidden_field_is_hidden_too(kept, secrets):
    order = kept.api.get(f"/api/v1/orders/{secrets.ids['order']}").json()
    assert "amount" not in order
    assert "memo" in order
    customer = kept.api.get(f"/api/v1/customers/{secrets.ids['customer']}").json()
    assert not {"rfm.monetary", "rfm.segment", "value.revenue_12m"} & customer.keys()
    assert "rfm.frequency" in customer


def test_no_rule_holds_for_administrators_and_the_system(administrator, secrets):
    assert administrator.actor.field_rules == {}
    assert (
        administrator.api.get(f"/api/v1/customers/{secrets.ids['customer']}").json()["phone"]
        == "+821077775678"
    )


@pytest.mark.parametrize("rule", ["hidden", "masked", "read_only"])
def test_every_page_stands_when_every_field_that_can_have_the_rule_has_it(company, secrets, places, rule):
    rules = {
        (record_type.name, name): rule
        for record_type in registry.all_types()
        for name in record_type.fields
        if rule in possible_rules(record_type, name)
    }
    who = visitor(company, rules, code="much")
    for _pattern, path in places:
        if "sign-out" in path:
            continue
        client = who.api if path.startswith("/api/") else who.client
        for question in ("", "?q=5678"):
            answer = client.get(path + question)
            assert answer.status_code < 500 or answer.status_code == 503, f"{path}{question}"
            text = body_of(answer)
        if rule == "hidden":
            assert "7777-5678" not in text, path
