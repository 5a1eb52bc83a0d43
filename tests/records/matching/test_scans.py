"""Searches for duplicates: what they find, what they leave alone, and how they end."""

from __future__ import annotations

import json

import pytest

from dangol.records import ports, registry, writing
from dangol.records.matching import automatic, pairs, scanning
from dangol.records.matching.rules import RuleError, rules_of, rules_save
from dangol.records.matching.scans import ScanProblem, scan_cancel, scan_create
from dangol.records.models import DuplicatePair, DuplicateScan, MatchingRule
from dangol.records.types import RecordType
from tests.cast import SYSTEM, Person
from tests.records.matching.conftest import AGAIN, HANBIT, OTHERS, made, scanned

pytestmark = pytest.mark.django_db


def found() -> list[tuple[int, int]]:
    return [
        (pair.left, pair.right)
        for pair in DuplicatePair.objects.filter(state="open").order_by("left", "right")
    ]


def test_a_search_finds_who_stands_there_twice(customer: RecordType, hanbit: int, again: int) -> None:
    scan = scanned(customer)
    assert (scan.state, scan.rows, scan.pairs, scan.new_pairs) == ("finished", 10, 1, 1)
    assert found() == [(hanbit, again)]
    pair = DuplicatePair.objects.get()
    assert pair.probability > 0.9
    assert pair.evidence == {"name": "same", "phone": "same", "email": "different"}
    assert "한빛" not in json.dumps(pair.evidence, ensure_ascii=False)


def test_searching_again_finds_nothing_new(customer: RecordType, hanbit: int, again: int) -> None:
    scanned(customer)
    scan = scanned(customer, full=True)
    assert (scan.pairs, scan.new_pairs) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_after_the_first_search_only_changes_are_compared(
    customer: RecordType, hanbit: int, again: int, insider: Person
) -> None:
    first = scanned(customer)
    assert first.full
    new = made(insider.actor, {**HANBIT, "name": "한빛전자(주)", "business_number": None})[0]
    second = scanned(customer)
    assert not second.full
    assert second.rows == 1
    assert {(hanbit, new), (again, new)} <= set(found())


def test_changes_find_what_the_whole_search_finds(customer: RecordType, insider: Person) -> None:
    made(insider.actor, *OTHERS)
    scanned(customer)
    one = made(insider.actor, HANBIT)[0]
    other = made(insider.actor, AGAIN)[0]
    scanned(customer)
    by_changes = found()
    DuplicatePair.objects.all().delete()
    scanned(customer, full=True)
    assert found() == by_changes == [(one, other)]


def test_called_different_a_pair_stays_so(
    customer: RecordType, hanbit: int, again: int, insider: Person
) -> None:
    scanned(customer)
    pair = DuplicatePair.objects.get()
    pairs.pairs_decide(actor=insider.actor, record_type=customer, pair_ids=[pair.pk], state="different")
    writing.update(customer, again, {"description": "전화함"}, actor=insider.actor)
    scanned(customer, full=True)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by_id) == ("different", insider.id)


def test_called_different_it_comes_back_when_what_is_compared_changed(
    customer: RecordType, hanbit: int, again: int, insider: Person
) -> None:
    scanned(customer)
    pair = DuplicatePair.objects.get()
    pairs.pairs_decide(actor=insider.actor, record_type=customer, pair_ids=[pair.pk], state="different")
    writing.update(customer, again, {"business_number": "1248100998"}, actor=insider.actor)
    scanned(customer)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by_id, pair.evidence["business_number"]) == ("open", None, "same")


def test_a_pair_goes_when_the_two_no_longer_look_alike(
    customer: RecordType, hanbit: int, again: int, insider: Person
) -> None:
    scanned(customer)
    writing.update(customer, again, {"name": "새 이름", "phone": "", "email": ""}, actor=insider.actor)
    scanned(customer)
    assert found() == []


def test_records_in_the_bin_are_not_compared(
    customer: RecordType, hanbit: int, again: int, administrator: Person
) -> None:
    writing.delete(customer, [again], actor=administrator.actor)
    assert scanned(customer).pairs == 0


def test_contacts_of_one_customer_with_one_name_are_found(hanbit: int, insider: Person) -> None:
    contact = registry.get("contact")
    one, other, _third = made(
        insider.actor,
        {"name": "김민수", "customer": hanbit, "phone": "010-2345-6789"},
        {"name": "Kim Min-soo", "customer": hanbit, "phone": "010-2345-6789"},
        {"name": "이서연", "customer": hanbit},
        type_name="contact",
    )
    scanned(contact)
    assert found() == [(one, other)]


def test_only_who_may_change_all_records_searches(customer: RecordType, insider: Person) -> None:
    with pytest.raises(ScanProblem):
        scan_create(actor=insider.actor, rules=rules_of(customer))
    assert not DuplicateScan.objects.exists()


def test_one_search_at_a_time(customer: RecordType, administrator: Person) -> None:
    scan_create(actor=administrator.actor, rules=rules_of(customer))
    with pytest.raises(ScanProblem):
        scan_create(actor=administrator.actor, rules=rules_of(customer))


def test_a_search_that_was_cancelled_keeps_nothing(
    customer: RecordType, hanbit: int, again: int, administrator: Person
) -> None:
    scan = scan_create(actor=administrator.actor, rules=rules_of(customer))
    DuplicateScan.objects.filter(pk=scan.pk).update(state="running")
    scan_cancel(actor=administrator.actor, record_type=customer, scan=scan)
    assert scanning.run(scan).state == "cancelled"
    assert found() == []


def test_a_search_that_died_begins_anew(
    customer: RecordType, hanbit: int, again: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = scan_create(actor=SYSTEM, rules=rules_of(customer))

    def dies(*args: object, **kwargs: object) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as patch:
        patch.setattr(pairs, "pairs_drop_stale", dies)  # the last act of the transaction that keeps the pairs
        with pytest.raises(SystemExit):
            scanning.run(scan)
    assert found() == []
    scan.refresh_from_db()
    assert scan.state == "running"
    assert scanning.run(scan).state == "finished"
    assert found() == [(hanbit, again)]


def test_an_error_is_told_and_leaves_the_queue_as_it_was(
    customer: RecordType, hanbit: int, again: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(scanning, "all_texts", breaks)
    scan = scan_create(actor=SYSTEM, rules=rules_of(customer))
    with pytest.raises(ZeroDivisionError):
        scanning.run(scan)
    assert found() == []


# merging by itself


class Merger:
    """Stands in for the merger: notes what it is asked for, and closes pairs as its event does."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, list[int]]] = []

    def __call__(self, *, actor: object, type_key: str, into: int, others: list[int]) -> None:
        self.asked.append((type_key, into, list(others)))
        pairs.pairs_close(type_key, into, others)


@pytest.fixture
def merger(monkeypatch: pytest.MonkeyPatch) -> Merger:
    made_merger = Merger()
    monkeypatch.setattr(ports, "_merging", [made_merger])
    return made_merger


def allow(administrator: Person, customer: RecordType, same: list[str]) -> None:
    rules_save(
        actor=administrator.actor, record_type=customer, threshold=0.7, asks=True, tells_of_others=True,
        merges_alone=True, merge_from=0.99, merge_same=same,
    )  # fmt: skip


def test_nothing_is_merged_unless_somebody_allowed_it(
    customer: RecordType, hanbit: int, insider: Person, merger: Merger
) -> None:
    made(insider.actor, HANBIT)
    assert scanned(customer).merged == 0
    assert merger.asked == []


def test_what_is_sure_is_merged_into_the_older_one(
    customer: RecordType, hanbit: int, insider: Person, administrator: Person, merger: Merger
) -> None:
    allow(administrator, customer, ["business_number"])
    other = made(insider.actor, {**HANBIT, "name": "한빛전자 주식회사"})[0]
    assert scanned(customer).merged == 1
    assert merger.asked == [("customer", hanbit, [other])]
    assert DuplicatePair.objects.get().state == "merged"


def test_what_lacks_the_number_waits_for_people(
    customer: RecordType, hanbit: int, again: int, administrator: Person, merger: Merger
) -> None:
    allow(administrator, customer, ["business_number"])
    assert scanned(customer).merged == 0
    assert found() == [(hanbit, again)]


def test_another_name_with_the_same_number_waits_for_people(
    customer: RecordType, hanbit: int, administrator: Person
) -> None:
    allow(administrator, customer, ["business_number"])
    pair = DuplicatePair(evidence={"business_number": "same", "name": "different"}, probability=1.0)
    assert not automatic.is_sure(rules_of(customer), pair)


def test_a_name_is_not_enough_to_merge_by(customer: RecordType, administrator: Person) -> None:
    with pytest.raises(RuleError) as told:
        allow(administrator, customer, ["name"])
    assert told.value.field == "merge_same"
    assert not MatchingRule.objects.exists()


def test_only_administrators_set_rules(customer: RecordType, insider: Person) -> None:
    with pytest.raises(PermissionError):
        allow(insider, customer, ["business_number"])
    assert not MatchingRule.objects.exists()
