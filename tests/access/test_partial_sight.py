"""Who may see some types of records sees nothing of the others, not even beside what may be seen.

Each visitor has a role with every right to a few types, in every team. No page and no answer may show a word or a
figure that comes from the types beyond: no name beside a task, no product on a timeline, no revenue in a list.
"""

from __future__ import annotations

import json

import pytest

from dangol.identity.models.roles import Action
from dangol.identity.services import role_save
from dangol.insight.customer_value import MODEL
from dangol.measures.models import RefreshRun
from dangol.records import registry, writing
from tests.access.conftest import AMOUNT, REVENUE, mark
from tests.cast import SYSTEM, person

pytestmark = pytest.mark.django_db

ROLES = {
    "customers only": {"customer"},
    "orders and interactions, no customers": {"order", "interaction"},
    "order lines, products and contacts": {"order_line", "product", "contact"},
    "invoices only": {"invoice"},
}


def money(amount: int) -> tuple[str, ...]:
    """The ways in which an amount is written."""
    return (
        str(amount),
        f"{amount:,}",
        f"{amount / 10**8:.1f}억",
        f"{amount / 10**8:.2f}억",
        f"{amount / 10**6:.1f}M",
    )


FIGURES = {"order": money(AMOUNT), "revenue": money(REVENUE)}


def visitor(company, types, scope="all"):
    grants = [
        (name, action.value, scope) for name in types for action in Action if action != Action.ADMINISTER
    ]
    role = role_save(actor=SYSTEM, code="partial", name="일부", grants=grants)
    return person(
        "partial@example.com", "송하린", roles=(role.code,), team=company.busan, territory=company.south
    )


def forbidden(types):
    words = {
        mark(name): name
        for name in (
            "customer",
            "contact",
            "contact_point",
            "order",
            "order_line",
            "interaction",
            "invoice",
            "invoice_line",
        )
    }
    words[mark("product")] = "product"
    found = [word for word, name in words.items() if name not in types]
    if not types & {"order", "order_line", "invoice", "invoice_line"}:
        found += FIGURES["order"]
    if not {"customer", "order"} <= types:
        found += FIGURES["revenue"]
    return found


@pytest.mark.parametrize("name", ROLES)
def test_nothing_shows_beside_what_may_be_seen(name, company, secrets, places):
    RefreshRun.objects.create(state="done", reason=MODEL, as_of="2026-11-20", facts={"currency": "KRW"})
    types = ROLES[name]
    who = visitor(company, types)
    words = forbidden(types)
    seen = set()
    for _pattern, path in places:
        client = who.api if path.startswith("/api/") else who.client
        questions = ["", "?q=ㅂㅁㅈㅁ"]
        record_type = registry.by_path(path.strip("/").split("/")[-1])
        if record_type is not None:
            fields = ",".join(record_type.fields)
            questions += [
                "?fields=*",
                "?cols=" + fields,
                f"?filter={record_type.title}+is+not+empty&sort=-id",
            ]
        for question in questions:
            if "sign-out" in path:
                continue
            answer = client.get(path + question)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            text = body.decode(errors="replace")
            shown = [word for word in words if word in text]
            assert not shown, f"{path}{question} shows {shown}"
            seen |= {word for word in map(mark, types) if word in text}
    assert seen == set(map(mark, types)), "the walk proves nothing unless the rest is shown"


def test_the_same_walk_shows_everything_to_those_who_may(company, secrets):
    """The words and figures looked for above are written as they are looked for."""
    who = visitor(company, {"*"})
    customer = secrets.ids["customer"]
    pages = (
        "/",
        f"/customers/{customer}/",
        f"/orders/{secrets.ids['order']}/",
        "/customers/?cols=rfm.monetary",
    )
    text = "".join(who.client.get(page).content.decode() for page in pages)
    missing = [word for word in map(mark, ("customer", "contact", "contact_point", "order", "interaction", "product")) if word not in text]  # fmt: skip
    assert missing == []
    assert any(word in text for word in FIGURES["order"])
    assert any(word in text for word in FIGURES["revenue"])


def asked(who, **parameters):
    answer = who.api.get("/api/v1/customers", parameters)
    return answer.status_code, json.loads(answer.content)


def test_scores_do_not_exist_without_the_right_to_see_orders(company, secrets):
    """They are computed from orders: neither shown, nor filtered, nor sorted by, nor offered."""
    who = visitor(company, {"customer"})
    customer = secrets.ids["customer"]
    assert not [
        name
        for name in who.api.get(f"/api/v1/customers/{customer}").json()
        if name.startswith(("rfm", "value"))
    ]
    assert asked(who, fields="rfm.monetary")[0] == asked(who, sort="-rfm.monetary")[0] == 400
    everybody = asked(who)[1]["items"]
    assert everybody
    for condition in (
        "rfm.monetary > 1",
        "rfm.monetary < 1",
        'rfm.segment = "at_risk"',
        "rfm.segment is not empty",
    ):
        assert asked(who, filter=condition)[1]["items"] == [], condition
        assert len(asked(who, filter=f"not ({condition})")[1]["items"]) == len(everybody), condition
    assert len(asked(who, filter="rfm.segment is empty")[1]["items"]) == len(everybody)
    assert "rfm" not in who.client.get("/customers/suggest/?q=rf").content.decode()
    # The columns that may be chosen, and the column that was asked for nevertheless.
    assert "rfm." not in who.client.get("/customers/").content.decode()
    assert "최근" not in who.client.get("/customers/?cols=rfm.recency").content.decode()


def test_a_score_is_seen_as_far_as_the_orders_it_was_computed_from(company, secrets):
    """Customers of every team, orders of one's own: the other team's customers have no score."""
    role = role_save(
        actor=SYSTEM, code="half", name="반", grants=[("customer", "view", "all"), ("order", "view", "team")]
    )
    outside = person("out@example.com", "문도현", roles=(role.code,), team=company.busan)
    inside = person("in@example.com", "배유나", roles=(role.code,), team=company.seoul)
    customer = secrets.ids["customer"]
    other = writing.create(registry.get("customer"), {"name": "다른 고객"}, actor=SYSTEM)
    for who, value in ((outside, None), (inside, "987654321.00000000")):
        shown = who.api.get(f"/api/v1/customers/{customer}").json()["rfm.monetary"]
        assert (shown["amount"] if isinstance(shown, dict) else shown) in (
            value,
            float(value or 0),
            value and str(REVENUE),
        ), shown
        found = [item["id"] for item in asked(who, filter="rfm.monetary > 5")[1]["items"]]
        assert found == ([customer] if value else [])
        order = [
            item["id"]
            for item in asked(who, sort="rfm.monetary,-id")[1]["items"]
            if item["id"] in (customer, other)
        ]
        assert order == ([customer, other] if value else [other, customer])
        order = [
            item["id"]
            for item in asked(who, sort="-rfm.monetary")[1]["items"]
            if item["id"] in (customer, other)
        ]
        assert order == ([customer, other] if value else [other, customer])
        page = who.client.get(f"/customers/{customer}/").content.decode()
        assert any(word in page for word in FIGURES["revenue"]) <= bool(value)
