"""The pages of merging: side by side, previewed, merged, looked up, undone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dangol.identity.models import FieldRule, Role
from dangol.records import registry, writing
from dangol.records.bulk.selection import list_token
from dangol.records.merging import merge
from dangol.records.models import Merge
from dangol.records.types import RecordType
from tests.cast import Person
from tests.records.merging.conftest import Family, stored

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return answer.content.decode()


def form(pair: tuple[int, int], **more: Any) -> dict[str, Any]:
    into, other = pair
    return {"id": [into, other], "into": into, **more}


def test_differing_fields_come_first_and_what_hangs_on_each_record_is_counted(family: Family) -> None:
    asked = "&".join(f"id={pk}" for pk in family.ids)
    page = text(family.insider.client.get(f"/customers/merge/?{asked}&into={family.others[1]}"))
    before, alike = page.split('<details class="malike">')
    assert 'name="f-phone"' in before
    assert 'name="f-stage"' not in page  # all are the same
    assert 'name="f-' not in alike
    assert str(registry.get("customer").fields["stage"].label_of("active", "ko")) in alike
    assert re.search(rf'name="into" value="{family.others[1]}" checked', page)
    assert page.count("주문 2") >= 1  # the order, and the one whose payer it is
    assert page.count('name="into"') == 5


def test_preview_tells_what_becomes_of_it_and_changes_nothing(insider: Person, pair: tuple[int, int]) -> None:
    _into, other = pair
    answer = insider.client.post("/customers/merge/", form(pair, step="preview", **{"f-name": other}))
    page = text(answer)
    assert answer.status_code == 200
    assert "가온상사" in page.split('id="preview"')[1]
    assert "+8221234567" in page.split('id="preview"')[1] or "02-123-4567" in page.split('id="preview"')[1]
    assert not Merge.objects.exists()


def test_merged_on_the_page_shown_listed_and_undone(insider: Person, pair: tuple[int, int]) -> None:
    into, other = pair
    client = insider.client
    answer = client.post("/customers/merge/", form(pair, step="run", **{"f-name": other}))
    done = Merge.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/merges/{done.key}/"
    assert stored(into).name == "가온상사"
    page = text(client.get(answer.url))
    assert "가온상사" in page
    assert f"#{other}" in page
    assert str(done.key) in text(client.get("/merges/"))
    answer = client.get(f"/customers/{other}/", follow=True)
    assert answer.redirect_chain == [(f"/customers/{into}/", 302)]
    assert f"#{other}" in text(answer)
    history = text(client.get(f"/customers/{into}/history/"))
    assert f"/merges/{done.key}/" in history
    answer = client.post(f"/merges/{done.key}/undo/", follow=True)
    assert answer.status_code == 200
    assert stored(into).name == "가온"
    assert client.get(f"/customers/{other}/").status_code == 200


def test_what_was_changed_since_is_asked_about_before_undoing(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    writing.update(customer, into, {"phone": "02-999-9999"}, actor=insider.actor)
    answer = insider.client.post(f"/merges/{done.key}/undo/")
    assert answer.status_code == 409
    assert 'name="c-phone"' in text(answer)
    assert stored(other).deleted_at is not None
    insider.client.post(f"/merges/{done.key}/undo/", {"c-phone": "keep"})
    assert (stored(into).phone, stored(other).deleted_at) == ("+8229999999", None)


def test_a_later_merge_in_the_way_is_named(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    third = writing.create(customer, {"name": "셋째"}, actor=insider.actor)
    first = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    second = merge(actor=insider.actor, record_type=customer, into=third, others=[into])
    for early in (first,):
        answer = insider.client.post(f"/merges/{early.key}/undo/")
        assert answer.status_code == 409
        assert f"/merges/{second.key}/" in text(answer)


def test_ticked_rows_of_a_list_lead_to_the_page(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    token = list_token(customer, insider.actor, filter_text="", sort=())
    post = {"list": token, "act": "merge", "ids": ",".join(map(str, pair))}
    answer = insider.client.post("/customers/bulk/", post)
    assert answer.url == f"/customers/merge/?id={pair[0]}&id={pair[1]}"
    answer = insider.client.post("/customers/bulk/", {**post, "ids": str(pair[0])}, follow=True)
    assert answer.redirect_chain[0][0].startswith("/customers/")
    assert "merge" not in answer.redirect_chain[0][0]
    assert 'value="merge"' in text(insider.client.get("/customers/"))


def test_a_record_found_is_added_and_a_change_meanwhile_refuses(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    assert f"/customers/merge/?id={into}" in text(insider.client.get(f"/customers/{into}/"))
    answer = insider.client.get(f"/customers/merge/?id={into}&add={other}")
    assert answer.url == f"/customers/merge/?id={into}&id={other}"
    writing.update(customer, other, {"city": "부산"}, actor=insider.actor)
    answer = insider.client.post("/customers/merge/", form(pair, step="run", **{f"v-{other}": 1}))
    assert answer.status_code == 422
    assert not Merge.objects.exists()


def test_masked_and_hidden_values_are_not_shown_to_choose(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    writing.update(customer, other, {"description": "아무도 모르는 말", "city": "부산"}, actor=insider.actor)
    role = Role.objects.get(code="sales")
    FieldRule.objects.create(role=role, record_type="customer", field="description", rule="hidden")
    FieldRule.objects.create(role=role, record_type="customer", field="phone", rule="masked")
    page = text(insider.client.get(f"/customers/merge/?id={into}&id={other}"))
    assert "아무도 모르는 말" not in page
    assert "1234567" not in page
    assert 'name="f-phone"' not in page
    assert 'name="f-city"' in page
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    page = text(insider.client.get(f"/merges/{done.key}/"))
    assert "아무도 모르는 말" not in page
    assert "1234567" not in page


def test_who_may_not_merge_finds_no_page(
    reader: Person, outsider: Person, insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    assert reader.client.get(f"/customers/merge/?id={into}").status_code == 404
    assert outsider.client.get(f"/customers/merge/?id={into}").status_code == 404
    assert outsider.client.get(f"/merges/{done.key}/").status_code == 404
    assert outsider.client.get(f"/customers/{other}/").status_code == 404
    assert outsider.client.post(f"/merges/{done.key}/undo/").status_code == 404
    assert "가온" not in text(outsider.client.get("/merges/"))
    assert 'value="merge"' not in text(reader.client.get("/customers/"))
    assert registry.get("tag") is not None
    assert insider.client.get("/tags/merge/?id=1").status_code == 404
