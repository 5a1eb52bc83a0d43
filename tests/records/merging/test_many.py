"""Rows that move with a merge: in batches, each once, and which of them cannot."""

from __future__ import annotations

import pytest

from dangol.records import registry, writing
from dangol.records.merging import merge, moving, undo
from dangol.records.merging.places import places_of
from dangol.records.types import RecordType
from tests.cast import Person

pytestmark = pytest.mark.django_db


def test_many_rows_move_in_batches_and_none_is_left_or_moved_twice(
    insider: Person, pair: tuple[int, int], customer: RecordType, monkeypatch: pytest.MonkeyPatch
) -> None:
    into, other = pair
    monkeypatch.setattr(moving, "BATCH", 3)
    contacts = registry.get("contact")
    ids = [
        writing.create(contacts, {"name": f"담당 {at}", "customer": other}, actor=insider.actor)
        for at in range(10)
    ]
    places = {place.name: place for place in places_of(customer)}
    place = places["customers_contact.customer_id"]
    assert moving.rename(customer, place, other, into, but=ids[:2], only=ids[:9]) == ids[2:9]
    assert moving.rename(customer, place, into, other) == ids[2:9]
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    here = contacts.model._default_manager.filter(customer=into)
    assert sorted(here.values_list("pk", flat=True)) == ids
    assert set(here.values_list("version", flat=True)) == {2, 4}
    undo(actor=insider.actor, merge=done)
    assert not here.exists()


def test_rows_that_would_stand_twice_are_found_by_the_rule_of_their_table(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    point = registry.get("contact_point")
    mine, twice, alone = (
        writing.create(point, {"customer": whose, "kind": "phone", "value": value}, actor=insider.actor)
        for whose, value in ((into, "02-777-7777"), (other, "02-777-7777"), (other, "02-888-8888"))
    )
    place = {place.name: place for place in places_of(customer)}["customers_contactpoint.customer_id"]
    assert moving.doubles(customer, place, other, into) == {twice: mine}
    assert moving.doubles(customer, place, other, into, only=[alone]) == {}
    assert moving.doubles(customer, place, other, into, only=[twice, alone]) == {twice: mine}
