"""The queue: who sees which pairs, and what is decided about them."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.events.outbox import announce
from dangol.records import writing
from dangol.records.matching import pairs
from dangol.records.matching.handlers import close_pairs, reopen_pairs
from dangol.records.matching.scans import SCAN_TASK
from dangol.records.merging.events import RecordsMerged, RecordsUnmerged
from dangol.records.models import DuplicatePair, DuplicateScan, MatchingRule
from dangol.records.types import RecordType
from tests.cast import SYSTEM, Person
from tests.records.matching.conftest import AGAIN, made, scanned

pytestmark = pytest.mark.django_db

QUEUE = "/customers/duplicates/"


@pytest.fixture
def pair(customer: RecordType, hanbit: int, again: int) -> DuplicatePair:
    scanned(customer)
    return DuplicatePair.objects.get()


def state(pair: DuplicatePair) -> str:
    pair.refresh_from_db()
    return pair.state


def test_the_queue_shows_both_side_by_side_with_the_reasons(
    pair: DuplicatePair, hanbit: int, again: int, insider: Person
) -> None:
    page = insider.client.get(QUEUE).content.decode()
    assert "㈜한빛전자" in page
    assert "한빛전자 주식회사" in page
    assert "전화: 같음" in page or "전화번호: 같음" in page
    assert f"/customers/merge/?id={hanbit}&amp;id={again}" in page


def test_who_may_edit_only_one_of_the_two_does_not_see_the_pair(
    customer: RecordType, hanbit: int, outsider: Person, insider: Person, administrator: Person
) -> None:
    made(outsider.actor, AGAIN)
    scanned(customer)
    for person in (insider, outsider):
        assert "한빛" not in person.client.get(QUEUE).content.decode()
        assert person.api.get("/api/v1/customers/duplicates").json()["items"] == []
    assert "㈜한빛전자" in administrator.client.get(QUEUE).content.decode()


def test_the_list_says_how_many_pairs_wait_and_leads_there(
    pair: DuplicatePair, insider: Person, administrator: Person, outsider: Person, reader: Person
) -> None:
    for person in (insider, administrator):
        text = person.client.get("/customers/count/").content.decode()
        assert f'<a class="chip b" href="{QUEUE}">중복 후보 1쌍</a>' in text
    # Those who may not decide about the pair, and lists of other records, are not told.
    for person in (outsider, reader):
        assert "중복" not in person.client.get("/customers/count/").content.decode()
    assert "중복" not in insider.client.get("/contacts/count/").content.decode()


def test_the_list_says_nothing_where_no_pair_waits(
    pair: DuplicatePair, insider: Person, customer: RecordType
) -> None:
    pairs.pairs_decide(actor=insider.actor, record_type=customer, pair_ids=[pair.pk], state="later")
    assert QUEUE not in insider.client.get("/customers/count/").content.decode()


def test_who_may_not_edit_customers_has_no_queue(pair: DuplicatePair, reader: Person, nobody: Person) -> None:
    for person in (reader, nobody):
        assert person.client.get(QUEUE).status_code == 404
        assert person.api.get("/api/v1/customers/duplicates").status_code == 403


def test_called_different_the_pair_leaves_the_queue(pair: DuplicatePair, insider: Person) -> None:
    answer = insider.client.post(f"{QUEUE}decide/", {"pair": pair.pk, "decision": "different"})
    assert answer.status_code == 302
    assert state(pair) == "different"
    assert pair.decided_by_id == insider.id
    assert "한빛" not in insider.client.get(QUEUE).content.decode()
    assert "㈜한빛전자" in insider.client.get(f"{QUEUE}?state=different").content.decode()


def test_a_decision_can_be_taken_back(pair: DuplicatePair, insider: Person) -> None:
    for decision in ("later", "open"):
        insider.client.post(f"{QUEUE}decide/", {"pair": pair.pk, "decision": decision})
        assert state(pair) == decision
    assert pair.decided_by_id is None


def test_what_is_not_ones_own_cannot_be_decided(pair: DuplicatePair, outsider: Person) -> None:
    answer = outsider.client.post(f"{QUEUE}decide/", {"pair": pair.pk, "decision": "different"})
    assert answer.status_code == 404
    path = f"/api/v1/customers/duplicates/{pair.pk}"
    answer = outsider.api.patch(path, {"state": "different"}, content_type="application/json")
    assert answer.status_code == 404
    assert state(pair) == "open"


@pytest.mark.parametrize("query", ["state=nonsense", "by=nonsense", "least=101"])
def test_filters_that_are_none_are_refused(query: str, insider: Person) -> None:
    assert insider.client.get(f"{QUEUE}?{query}").status_code == 404


def test_filters_narrow_the_queue(pair: DuplicatePair, insider: Person) -> None:
    assert "㈜한빛전자" in insider.client.get(f"{QUEUE}?by=scan&least=70").content.decode()
    assert "㈜한빛전자" not in insider.client.get(f"{QUEUE}?by=import").content.decode()


def test_three_that_hang_together_stand_as_one(
    customer: RecordType, hanbit: int, again: int, insider: Person
) -> None:
    third = made(insider.actor, {**AGAIN, "name": "한빛전자"})[0]
    scanned(customer)
    page = insider.client.get(QUEUE).content.decode()
    assert page.count("data-group") == 1
    assert f"id={hanbit}&amp;id={again}&amp;id={third}" in page


def test_a_merge_closes_the_pair_and_its_undo_opens_it(pair: DuplicatePair, hanbit: int, again: int) -> None:
    key = announce(RecordsMerged("customer", hanbit, [again]), actor=SYSTEM)
    close_pairs(RecordsMerged("customer", hanbit, [again]), event_id=key)
    assert state(pair) == "merged"
    reopen_pairs(RecordsUnmerged("customer", hanbit, [again]), event_id=key)
    assert state(pair) == "open"


def test_what_was_merged_is_not_decided_otherwise(
    pair: DuplicatePair, customer: RecordType, hanbit: int, again: int, insider: Person
) -> None:
    pairs.pairs_close("customer", hanbit, [again])
    path = f"/api/v1/customers/duplicates/{pair.pk}"
    answer = insider.api.patch(path, {"state": "different"}, content_type="application/json")
    assert answer.status_code == 409
    assert state(pair) == "merged"


def test_a_record_in_the_bin_takes_its_pairs_out_of_the_queue(
    pair: DuplicatePair, customer: RecordType, again: int, administrator: Person
) -> None:
    writing.delete(customer, [again], actor=administrator.actor)
    assert "한빛" not in administrator.client.get(QUEUE).content.decode()


def test_programs_list_and_decide(pair: DuplicatePair, hanbit: int, again: int, insider: Person) -> None:
    page = insider.api.get("/api/v1/customers/duplicates").json()
    [one] = page["items"]
    assert (one["id"], one["records"], one["state"], page["next"]) == (pair.pk, [hanbit, again], "open", None)
    path = f"/api/v1/customers/duplicates/{pair.pk}"
    answer = insider.api.patch(path, {"state": "different"}, content_type="application/json")
    assert answer.json()["state"] == "different"
    assert answer.json()["decided_by"] == insider.id
    for wrong in ({"state": "merged"}, {"state": "x"}, {}, {"state": "open", "more": 1}):
        assert insider.api.patch(path, wrong, content_type="application/json").status_code == 422
    assert state(pair) == "different"


def test_administrators_start_a_search_that_the_analytics_worker_does(
    customer: RecordType, administrator: Person, insider: Person
) -> None:
    insider.client.post(f"{QUEUE}scan/")
    assert not DuplicateScan.objects.exists()
    administrator.client.post(f"{QUEUE}scan/")
    scan = DuplicateScan.objects.get()
    assert (scan.state, scan.full) == ("waiting", True)
    assert ProcrastinateJob.objects.get(task_name=SCAN_TASK).queue_name == "analytics"
    assert "기다" in administrator.client.get(f"{QUEUE}scan/progress/").content.decode()
    administrator.client.post(f"{QUEUE}scan/cancel/")
    scan.refresh_from_db()
    assert scan.state == "cancelled"


def test_administrators_set_the_rules(customer: RecordType, administrator: Person, insider: Person) -> None:
    path = f"{QUEUE}rules/"
    assert insider.client.get(path).status_code == 404
    assert administrator.client.get(path).status_code == 200
    values = {"threshold": "80", "merge_from": "99.9", "merges_alone": "1", "merge_same": ["business_number"]}
    assert administrator.client.post(path, values).status_code == 302
    row = MatchingRule.objects.get()
    assert (row.threshold, row.asks, row.merges_alone, row.merge_same) == (
        0.8,
        False,
        True,
        ["business_number"],
    )
    for wrong in ({"threshold": "5"}, {"threshold": "x"}, {"merge_same": ["name"]}, {"merge_from": "10"}):
        assert administrator.client.post(path, {**values, **wrong}).status_code == 422
    assert MatchingRule.objects.get().threshold == 0.8


def test_the_overview_counts_what_waits(pair: DuplicatePair, insider: Person, nobody: Person) -> None:
    page = insider.client.get("/duplicates/").content.decode()
    assert 'href="/customers/duplicates/"' in page
    assert nobody.client.get("/duplicates/").status_code == 404
