"""Acts on many records and pasted cells obey field rules: what is kept is not offered, not told, and not changed."""

from __future__ import annotations

import json

import pytest

from dangol.customers.models import Customer
from dangol.records import registry, writing
from dangol.records.bulk import editing
from dangol.records.bulk.acts import Work
from dangol.records.bulk.edits import bulk_fields, ops_of, read_edits
from dangol.records.bulk.selection import Selection, list_token
from dangol.records.models import BulkRefusal
from tests.access.test_field_rules import body_of, kept, own_ones, told, visitor
from tests.cast import SYSTEM
from tests.records.bulk.conftest import change, done

pytestmark = pytest.mark.django_db

__all__ = ["kept", "own_ones"]


def bulk(who, change, **more):
    answer = who.api.post(
        "/api/v1/customers/bulk",
        json.dumps({"select": {"filter": ""}, "change": change, **more}),
        content_type="application/json",
    )
    return answer.status_code, answer.json()


def test_only_what_the_actor_may_change_is_offered(company, kept, secrets):
    customer, machine = registry.get("customer"), registry.get("machine")
    offered = bulk_fields(kept.actor, customer)
    assert not {"description", "email", "external_id", "x_kept"} & offered.keys()
    assert {"city", "phone", "street", "x_half"} <= offered.keys()
    prices = bulk_fields(kept.actor, machine)
    assert ops_of(prices["price"], machine) == ["set"], "a masked price is neither reckoned with nor cleared"
    assert "add" in ops_of(machine.fields["price"], machine)
    fixed = visitor(
        company, {("customer", "city"): "read_only", ("customer", "x_half"): "read_only"}, "fixed"
    )
    assert not {"city", "x_half"} & bulk_fields(fixed.actor, customer).keys()
    assert bulk(fixed, {"x_half": {"set": "neu"}})[0] == 422


@pytest.mark.parametrize("name", ["description", "x_kept", "nothing_of_that_name"])
def test_a_hidden_field_is_refused_like_one_that_is_not_there(kept, name):
    status, answer = bulk(kept, {name: {"set": "neu"}}, dry_run=True)
    assert status == 422
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(name, "unknown_field")]
    assert not {"description", "x_kept"} & set(answer["detail"].replace(",", " ").rstrip(".").split()) - {
        name
    }
    assert kept.client.get(f"/customers/bulk/field/?add={name}").content == b""


def test_a_masked_value_is_refused_the_same_whether_the_guess_is_right_or_not(kept, secrets):
    number = secrets.ids["customer"]
    said = []
    for guess in ("zqownhalfqz", "zqwrongqz"):
        status, answer = bulk(kept, {"x_half": {"set": guess}}, dry_run=True, select={"ids": [number]})
        assert status == 200
        assert answer["examples"] == []
        reasons = answer["refused"]
        assert [(one["id"], one["code"], one["field"]) for one in reasons] == [(number, "masked", "x_half")]
        counts = {key: answer[key] for key in ("selected", "changing", "already", "forbidden")}
        # Carried out without the preview's snapshot: what this test's own transaction wrote would count as a clash.
        customer = registry.get("customer")
        edits = read_edits(customer, change(x_half={"set": guess}), kept.actor)
        result = editing.carry_out(Work(customer, [number], kept.actor, edits))
        assert (result.updated, result.unchanged) == ({}, [])
        assert [(one.id, one.code) for one in result.refused] == [(number, "masked")]
        said.append((counts, reasons))
    assert said[0] == said[1]
    assert Customer.objects.get(pk=number).own["x_half"] == "zqownhalfqz"


def test_a_preview_shows_masks_and_the_act_fills_in_what_is_empty(kept, secrets):
    number = secrets.ids["customer"]
    writing.update(registry.get("customer"), number, {"x_half": None, "phone": None}, actor=SYSTEM)
    edits = {"x_half": {"set": "zqnewvalue"}, "phone": {"set": "010-1111-2222"}}
    status, answer = bulk(kept, edits, dry_run=True, select={"ids": [number]})
    assert status == 200
    assert not told(json.dumps(answer))
    assert answer["examples"] == [
        {
            "id": number,
            "changes": [
                {"field": "x_half", "before": None, "after": "z********e"},
                {"field": "phone", "before": None, "after": "010-****-2222"},
            ],
        }
    ]
    token = list_token(registry.get("customer"), kept.actor)
    page = body_of(
        kept.client.post(
            "/customers/bulk/",
            {"list": token, "ids": str(number), "act": "edit", "step": "preview", "change": ["x_half", "phone"],
             "x_half": "zqnewvalue", "phone": "010-1111-2222"},
        )
    )  # fmt: skip
    assert "z********e" in page
    assert not told(page)
    assert "x_half" not in Customer.objects.get(pk=number).own
    run = done(kept.actor, Selection(ids=(number,)), settings=change(**edits))
    assert run.changed == 1
    stored = Customer.objects.get(pk=number)
    assert (stored.own["x_half"], stored.own["x_kept"]) == ("zqnewvalue", "zqownhiddenqz")
    page = body_of(kept.client.get(f"/bulk/{run.key}/"))
    assert "z********e" in page
    assert "zqnewvalue" not in page


def test_a_clash_that_a_colleague_had_tells_no_kept_value(kept, secrets, manager):
    number = secrets.ids["customer"]
    run = done(SYSTEM, Selection(ids=(number,)), settings=change(city={"set": "인천"}))
    for name, value in (("x_kept", "zqownhiddenqz"), ("phone", "010-7777-5678")):
        BulkRefusal.objects.create(
            run=run, record_type="customer", record_id=number + len(name), field=name, value=value, code="x",
            reason=f"{value} 때문",
        )  # fmt: skip
    type(run).objects.filter(pk=run.pk).update(refused=2, rows=run.changed + run.unchanged + 2)
    for client, path in (
        (kept.client, f"/bulk/{run.key}/"),
        (kept.client, f"/bulk/{run.key}/refused.csv"),
        (kept.api, f"/api/v1/bulk/{run.key}/refusals"),
    ):
        answer = client.get(path)
        text = body_of(answer)
        assert answer.status_code == 404 or not told(text)
        assert "x_kept" not in text
    assert kept.api.get(f"/api/v1/bulk/{run.key}/refusals").status_code == 200


def test_taking_an_act_back_does_not_pass_by_a_rule(company, kept, secrets):
    number = secrets.ids["customer"]
    who = visitor(company, {}, code="later")
    # A preview that is rolled back: within one test's transaction, what was written before it counts as seen by it.
    assert bulk(who, {"x_kept": {"set": "neu"}}, dry_run=True)[0] == 200
    run = done(who.actor, Selection(ids=(number,)), settings=change(x_kept={"set": "neu"}))
    assert run.changed == 1
    visitor_now = visitor(company, {("customer", "x_kept"): "hidden"}, code="narrow")
    from dangol.records.bulk import undoing

    undone = undoing.undo(run, visitor_now.actor)
    assert undone.undo == "partly"
    assert Customer.objects.get(pk=number).own["x_kept"] == "neu"
    reason = undone.refusals.get(undoing=True).reason
    assert "x_kept" not in reason
    assert not told(reason)


def test_pasted_cells_go_only_where_the_actor_may_write(kept, secrets):
    cells = "고객명\t자체 x_kept\t자체 x_half\n새 고객\tzq1\tzq2\n"
    answer = kept.client.post("/customers/paste/", {"cells": cells, "header": "yes"})
    assert answer.status_code == 302, body_of(answer)
    page = body_of(kept.client.get(answer.url))
    assert 'value="x_half"' in page
    assert 'value="x_kept"' not in page
    assert 'value="description"' not in page
    kept.client.post(answer.url, {"f0": "name", "f1": "x_kept", "f2": "x_half", "step": "run"})
    made = Customer.objects.get(name="새 고객")
    assert made.own == {"x_half": "zq2"}


def test_own_values_that_are_masked_stay_when_nothing_is_typed(kept, secrets):
    number = secrets.ids["customer"]
    page = body_of(kept.client.get(f"/customers/{number}/edit/"))
    assert 'placeholder="z*********z"' in page
    assert "x_kept" not in page
    form = {"kind": "company", "name": "새 이름", "stage": "active", "x_half": "", "version": ""}
    assert kept.client.post(f"/customers/{number}/edit/", form).status_code == 302
    assert Customer.objects.get(pk=number).own == {"x_kept": "zqownhiddenqz", "x_half": "zqownhalfqz"}
    with pytest.raises(writing.WriteError):
        writing.update(registry.get("customer"), number, {"x_kept": "neu"}, actor=kept.actor)
