"""What people keep and give to others: the rules that views, dashboards and reports share."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.insight.models import Report
from dangol.records import sharing
from dangol.records.models import Audience
from tests.cast import Person

pytestmark = pytest.mark.django_db


class Wrong(sharing.Unfit):
    pass


class Away(sharing.Missing):
    pass


def kept(owner: Person, audience: str = "private", **more: Any) -> Report:
    values = {"owner": owner.user, "team": owner.user.team, "audience": audience, "name": "하나"}
    return Report.objects.create(**{**values, **more})


def test_one_finds_ones_own_the_teams_and_everybodys(
    insider: Person, manager: Person, outsider: Person
) -> None:
    mine, team, everyone = kept(insider), kept(manager, "team"), kept(outsider, "everyone")
    gone = kept(insider, deleted_at="2026-01-01T00:00Z")
    foreign = kept(outsider, "team")
    found = set(sharing.found_by(insider.actor, Report.objects.all()))
    assert {mine, everyone} <= found
    assert (team in found) == (insider.user.team_id == manager.user.team_id)
    assert not {gone, foreign, kept(manager)} & found


def test_only_the_owner_changes_it_and_administrators_what_is_everybodys(
    insider: Person, outsider: Person, administrator: Person
) -> None:
    mine, everyone = kept(insider), kept(insider, "everyone")
    assert sharing.can_change(insider.actor, mine)
    assert not sharing.can_change(outsider.actor, everyone)
    assert sharing.can_change(administrator.actor, everyone)
    assert not sharing.can_change(administrator.actor, mine)
    with pytest.raises(Away):
        sharing.held(outsider.actor, Report.objects.all(), everyone.pk, Away, None, Wrong)


def test_a_change_based_on_what_stands_no_longer_there_is_a_conflict(insider: Person) -> None:
    mine = kept(insider)
    assert sharing.held(insider.actor, Report.objects.all(), mine.pk, Away, mine.version, Wrong) == mine
    with pytest.raises(Wrong) as error:
        sharing.held(insider.actor, Report.objects.all(), mine.pk, Away, mine.version + 1, Wrong)
    assert (error.value.field, error.value.code) == ("version", "conflict")


def test_what_everybody_finds_is_given_by_those_who_administer(
    insider: Person, administrator: Person
) -> None:
    mine = kept(insider)
    with pytest.raises(Wrong) as error:
        sharing.give(mine, "everyone", insider.actor, Wrong)
    assert error.value.code == "forbidden"
    with pytest.raises(Wrong, match="private, team, everyone"):
        sharing.give(mine, "all", insider.actor, Wrong)
    sharing.give(mine, "team", insider.actor, Wrong)
    assert (mine.audience, mine.team_id) == ("team", insider.user.team_id)
    assert [value for value, _label in sharing.audiences_for(insider.actor, "team")] == ["private", "team"]
    assert len(sharing.audiences_for(administrator.actor, "private")) >= 2


def test_what_stays_as_it_is_needs_no_permission(insider: Person) -> None:
    """An administrator gave a colleague's thing to everyone; the colleague may still change its name in the same form."""
    everyone = kept(insider, "everyone")
    sharing.give(everyone, "everyone", insider.actor, Wrong)
    assert everyone.audience == Audience.EVERYONE
    assert ("everyone", Audience.EVERYONE.label) in sharing.audiences_for(insider.actor, "everyone")


@pytest.mark.parametrize("value", [None, 7, "a\0b", "\ud800", "가" * 11])
def test_texts_that_cannot_be_kept_are_refused(value: Any) -> None:
    with pytest.raises(Wrong):
        sharing.text("name", value, 10, Wrong)


def test_texts_lose_the_space_around_them() -> None:
    assert sharing.text("name", "  한  빛\n", 10, Wrong) == "한 빛"
    assert sharing.text("description", " 한\n\n빛 ", 10, Wrong, lines=True) == "한\n\n빛"
