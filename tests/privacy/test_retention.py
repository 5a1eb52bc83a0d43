"""Retention rules: shown before, run at night, all of a rule at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dangol.customers.models import Customer
from dangol.records import registry, writing
from dangol.records.models import Erasure, ErasureState, RetentionRule
from dangol.records.persons import erasing, retention
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(insider, settings, tmp_path):
    """Two who were lost five years ago, one lost lately, and one who is a customer since long."""
    settings.DATA = tmp_path
    long_ago = timezone.now() - timedelta(days=5 * 366)

    def make(name, stage, at):
        return Customer.objects.create(
            name=name, stage=stage, phone="", updated_at=at, owner_id=insider.id, team_id=insider.user.team_id
        ).pk

    return [
        make("가나다", "lost", long_ago),
        make("라마바", "lost", long_ago),
        make("사아자", "lost", timezone.now()),
        make("차카타", "active", long_ago),
    ]


def rule(**values):
    given = {
        "name": "떠난 고객 5년",
        "record_type": "customer",
        "filter": "stage = lost",
        "months": 60,
        **values,
    }
    return writing.create(registry.get("retention_rule"), given, actor=SYSTEM)


def test_a_rule_shows_whom_it_would_find_before_it_is_switched_on(people, administrator):
    number = rule()
    page = administrator.client.get(f"/retention-rules/{number}/").content.decode()
    assert "가나다" in page
    assert "사아자" not in page
    assert retention.run() == 0


def test_those_whose_time_is_over_go_in_one_sweep_each_with_a_certificate(people):
    rule(is_active=True)
    assert retention.run() == 2
    assert retention.run() == 0  # they are on their way
    erasing.erase(*Erasure.objects.values_list("pk", flat=True))
    done = list(Erasure.objects.all())
    assert [(one.state, one.counts["together"]) for one in done] == [(ErasureState.FINISHED, 2)] * 2
    assert all(erasing.is_genuine(one) for one in done)
    assert set(Customer.objects.values_list("pk", flat=True)) == set(people[2:])
    assert RetentionRule.objects.get().erased == 2


def test_a_night_has_its_bound(people):
    rule(is_active=True, at_most=1)
    assert [retention.run(), retention.run(), retention.run()] == [1, 1, 0]


@pytest.mark.parametrize("text", ["", "nonsense = 3", "stage ="])
def test_a_rule_without_a_right_filter_is_refused(people, text):
    with pytest.raises(writing.WriteError) as refused:
        rule(filter=text)
    assert refused.value.errors[0].field == "filter"


def test_only_administrators_see_rules(people, manager):
    number = rule()
    assert manager.client.get(f"/retention-rules/{number}/").status_code == 404
    assert manager.api.get("/api/v1/retention-rules").status_code == 403
