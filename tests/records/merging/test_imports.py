"""Files that still name a merged record, and imports that are taken back around a merge."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.customers.models import Contact, Customer
from dangol.records import registry, writing
from dangol.records.importing import undoing
from dangol.records.merging import merge, undo
from tests.records.importing.conftest import SYSTEM, Importer, bring_in, file, own_folder  # noqa: F401

pytestmark = pytest.mark.django_db
PEOPLE: dict[str, Any] = {
    "name": "people",
    "records": [
        {
            "type": "customer",
            "key": ["external_id"],
            "fields": {"external_id": "No", "name": "Name", "city": "City"},
        },
        {"type": "contact", "fields": {"name": "Person", "customer": {"record": "customer"}}},
    ],
}
PLACES = {**PEOPLE, "name": "places", "records": PEOPLE["records"][:1]}
FIRST = "No,Name,City\n1,한빛정밀,서울\n2,한빛,부산\n"


def ids() -> dict[str, int]:
    return dict(Customer.objects.values_list("external_id", "pk"))


def test_a_row_with_the_number_of_a_merged_record_changes_the_survivor(bring_in: Importer) -> None:  # noqa: F811
    bring_in(FIRST, PLACES)
    known = ids()
    done = merge(actor=SYSTEM, record_type=registry.get("customer"), into=known["1"], others=[known["2"]])
    run = bring_in("No,Name,City,Person\n2,한빛,대전,홍길동\n", PEOPLE)
    assert (run.rejected, run.imported) == (0, 1)
    assert ids() == known
    survivor = Customer.objects.get(pk=known["1"])
    assert (survivor.external_id, survivor.name, survivor.city) == ("1", "한빛", "대전")
    assert Contact.objects.get().customer_id == survivor.pk
    again = bring_in("No,Name,City\n2,한빛,대전\n", PLACES)
    assert again.unchanged == 1
    undo(actor=SYSTEM, merge=done)
    assert Customer.objects.get(pk=known["2"]).city == "부산"


def test_a_record_in_the_bin_is_still_not_to_be_imported_into(bring_in: Importer) -> None:  # noqa: F811
    bring_in(FIRST, PLACES)
    writing.delete(registry.get("customer"), [ids()["2"]], actor=SYSTEM)
    assert bring_in("No,Name,City\n2,한빛,대전\n", PLACES).rejected == 1


def test_undoing_the_import_that_made_them_leaves_merged_records_alone(bring_in: Importer) -> None:  # noqa: F811
    run = bring_in(FIRST, PLACES)
    known = ids()
    done = merge(actor=SYSTEM, record_type=registry.get("customer"), into=known["1"], others=[known["2"]])
    undoing.require_undoable(run, SYSTEM)
    undoing.undo(run, SYSTEM)
    assert ids() == known
    undo(actor=SYSTEM, merge=done)
    assert Customer.objects.filter(deleted_at=None).count() == 2
