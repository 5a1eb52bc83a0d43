"""Statements whose text is kept: one text for those who may do the same, and never for anybody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dangol.customers import beside
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.interactions import desk
from dangol.interactions.models import Interaction, Kind
from dangol.records import registry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(beside, "_kept", {})


def written(calls):
    def write(record_id: int, now: datetime):
        calls.append((record_id, now))
        return "SELECT %s, %s, %s, %s", [record_id, now, now - timedelta(days=365), "5"]

    return write


def test_the_text_is_written_once_and_filled_with_each_record_and_moment(insider):
    calls = []
    now = timezone.now()
    first = beside.composed(insider.actor, "one", written(calls), record_id=7, now=now)
    later = now + timedelta(minutes=5)
    second = beside.composed(insider.actor, "one", written(calls), record_id=8, now=later)
    assert first == ("SELECT %s, %s, %s, %s", [7, now, now - timedelta(days=365), "5"])
    assert second == ("SELECT %s, %s, %s, %s", [8, later, later - timedelta(days=365), "5"])
    assert len(calls) == 1


def test_other_rights_are_another_text(insider, teammate, manager, administrator):
    calls = []
    for person in (insider, teammate, manager, administrator):
        beside.composed(person.actor, "one", written(calls), record_id=7, now=timezone.now())
    assert len(calls) == 4
    lost = Actor(**{**vars_of(insider.actor), "grants": {}})
    ruled = Actor(**{**vars_of(insider.actor), "field_rules": {("order", "currency"): "hidden"}})
    for actor in (lost, ruled):
        beside.composed(actor, "one", written(calls), record_id=7, now=timezone.now())
    assert len(calls) == 6


def vars_of(actor):
    return {name: getattr(actor, name) for name in actor.__dataclass_fields__}


def test_a_type_that_comes_or_goes_makes_the_texts_be_written_again(insider):
    calls = []
    beside.composed(insider.actor, "one", written(calls), record_id=7, now=timezone.now())
    registry.set_own(registry.own_types())
    beside.composed(insider.actor, "one", written(calls), record_id=7, now=timezone.now())
    assert len(calls) == 2


def test_the_kept_texts_have_a_bound(insider, monkeypatch):
    monkeypatch.setattr(beside, "_MOST", 3)
    for at in range(10):
        beside.composed(insider.actor, f"name {at}", written([]), record_id=7, now=timezone.now())
    assert len(beside._kept) <= 3


def test_one_persons_text_shows_another_nothing(insider, outsider):
    """The second to ask, of another team, meets the text of nobody but itself; and what is new since is there."""
    customer = Customer.objects.create(name="한빛상사", owner_id=insider.id, team_id=insider.user.team_id)
    task = {"kind": Kind.TASK, "customer_id": customer.pk, "occurred_at": timezone.now()}
    Interaction.objects.create(subject="전화", owner_id=insider.id, team_id=insider.user.team_id, **task)

    def seen(person):
        shown = desk.record_desk(
            actor=person.actor, record_type=registry.get("customer"), record_id=customer.pk
        )
        return shown.open_tasks, [one["subject"] for one in shown.next_tasks]

    assert seen(insider) == (1, ["전화"])
    assert seen(outsider) == (0, [])
    Interaction.objects.create(subject="방문", owner_id=insider.id, team_id=insider.user.team_id, **task)
    assert seen(insider) == (2, ["전화", "방문"])
    assert seen(outsider) == (0, [])
