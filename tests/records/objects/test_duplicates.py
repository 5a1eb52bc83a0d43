"""Own objects are compared by the fields that an administrator ticks."""

from __future__ import annotations

import pytest

from dangol.records import writing
from dangol.records.matching import scanning
from dangol.records.matching.rules import rules_of
from dangol.records.matching.scans import ScanProblem, scan_create
from dangol.records.models import DuplicatePair
from dangol.records.writing import Change
from tests.records.objects.conftest import SYSTEM

pytestmark = pytest.mark.django_db


def test_own_objects_are_compared_by_ticked_fields(equipment, administrator):
    with pytest.raises(ScanProblem):
        scan_create(actor=administrator.actor, rules=rules_of(equipment))
    page = administrator.client.get(f"/{equipment.path}/duplicates/rules/").content.decode()
    assert 'value="x_maker"' in page
    assert 'value="x_price"' not in page  # amounts tell nobody apart
    values = {
        "threshold": "70",
        "merge_from": "99.9",
        "fields": ["name", "x_maker", "x_installed", "x_serial"],
    }
    assert administrator.client.post(f"/{equipment.path}/duplicates/rules/", values).status_code == 302
    rules = rules_of(equipment)
    assert [one.kind.name for one in rules.compares] == ["name", "text", "date", "text"]
    rows = [
        {
            "name": "머시닝센터 3호",
            "x_maker": "화천기계",
            "x_installed": "2024-03-05",
            "x_serial": "HC-200431",
        },
        {
            "name": "머시닝센타 3호",
            "x_maker": "화천기계",
            "x_installed": "2024-05-03",
            "x_serial": "HC-200413",
        },
        *({"name": f"선반 {n}", "x_maker": "두산", "x_serial": f"DS-{n:05}"} for n in range(8)),
    ]
    made = writing.write(equipment, [Change(row) for row in rows], actor=SYSTEM).created
    scan = scanning.run(scan_create(actor=administrator.actor, rules=rules))
    assert (scan.state, scan.rows) == ("finished", 10)
    assert (made[0], made[1]) in DuplicatePair.objects.values_list("left", "right")
    assert "머시닝센터 3호" in administrator.client.get(f"/{equipment.path}/duplicates/").content.decode()


def test_without_ticked_fields_nobody_but_administrators_finds_a_queue(equipment, administrator, insider):
    assert administrator.client.get(f"/{equipment.path}/duplicates/").status_code == 200
    assert insider.client.get(f"/{equipment.path}/duplicates/").status_code == 404
