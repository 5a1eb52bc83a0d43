"""What one may not see is not found."""

import pytest

from dangol.identity.actors import Actor
from dangol.records.search import index, query
from tests.records.search.conftest import Deal, Person, World, seeing

OWNER = seeing("own", user_id=7)
TEAM = seeing("team", team_ids=frozenset({1, 2}))
TERRITORY = seeing("territory", territory_ids=frozenset({5}))
EVERYBODY = seeing("all")


@pytest.fixture(params=[(300, 0), (0, 0), (0, 10_000)], ids=["few matches", "large scope", "small scope"])
def every_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs as for a rare match, and as for a frequent one in a large scope and in a small one."""
    few, small = request.param
    monkeypatch.setattr(query, "FEW", few)
    monkeypatch.setattr(query, "SMALL_SCOPE", small)


pytestmark = pytest.mark.usefixtures("every_way")
QUERIES = ("홍길동", "홍", "길동", "ㅎㄱㄷ", "홍길둥", "5678", "홍길동 5678", "hong@hanbit")
HONG = {"name": "홍길동", "phone": "+821012345678", "email": "hong@hanbit.co.kr"}


@pytest.mark.parametrize("q", QUERIES)
def test_each_finds_what_is_in_the_own_scope_and_nothing_else(world: World, q: str) -> None:
    mine = world.add(**HONG, owner_id=7, team_id=9)
    ours = world.add(**HONG, owner_id=8, team_id=2)
    near = world.add(**HONG, owner_id=8, team_id=3, territory_id=5)
    nobody = world.add(**HONG)
    assert world.found(q, OWNER) == [mine]
    assert world.found(q, TEAM) == [ours]
    assert world.found(q, TERRITORY) == [near]
    assert sorted(world.found(q, EVERYBODY)) == [mine, ours, near, nobody]


@pytest.mark.parametrize("q", QUERIES)
def test_without_a_grant_nothing_is_found(world: World, q: str) -> None:
    world.add(**HONG, owner_id=1)
    assert world.found(q, Actor(user_id=1, name="")) == []
    assert world.found(q, Actor(user_id=1, name="", grants={("other", "view"): frozenset({"all"})})) == []


def test_scopes_add_up(world: World) -> None:
    actor = Actor(
        user_id=7, name="", team_ids=frozenset({1}), grants={("*", "view"): frozenset({"own", "team"})}
    )
    mine = world.add(**HONG, owner_id=7, team_id=9)
    ours = world.add(**HONG, owner_id=8, team_id=1)
    world.add(**HONG, owner_id=8, team_id=2)
    assert sorted(world.found("홍길동", actor)) == [mine, ours]


def test_types_may_have_different_scopes(world: World) -> None:
    grants = {("test_person", "view"): frozenset({"own"}), ("test_deal", "view"): frozenset({"all"})}
    actor = Actor(user_id=7, name="", grants=grants)
    other = world.add("한빛", owner_id=8)
    mine = world.add("한빛", owner_id=7)
    deal = world.add_deal(other, subject="한빛")
    assert {(hit.record_type, hit.id) for hit in world.hits("한빛", actor)} == {
        ("test_person", mine),
        ("test_deal", deal),
    }


def test_open_types_are_seen_whole_by_whoever_may_see_the_type(world: World) -> None:
    article = world.add_article("한빛")
    assert world.found("한빛", OWNER) == [article]
    assert world.found("한빛", Actor(user_id=1, name="")) == []


def test_a_type_that_follows_another_is_found_in_that_ones_scope(world: World) -> None:
    mine = world.add_deal(world.add("홍길동", team_id=1), number="A-77")
    world.add_deal(world.add("홍길동", team_id=3), number="A-77")
    assert world.found("A-77", TEAM) == [mine]


def test_stale_scope_columns_let_nothing_through(world: World) -> None:
    person = world.add(**HONG, team_id=1)
    deal = world.add_deal(person, number="A-77")
    Person.objects.filter(pk=person).update(team_id=3)
    for q in QUERIES:
        assert world.found(q, TEAM) == [], q
    assert world.found("A-77", TEAM) == []
    assert world.found("A-77", EVERYBODY) == [deal]


def test_the_last_check_is_the_callers_when_given(world: World) -> None:
    first, second = world.add("홍길동"), world.add("홍길동")
    assert world.found("홍길동", visible=lambda record_type, ids: {second} & set(ids)) == [second]
    assert world.found("홍길동", visible=lambda record_type, ids: set()) == []
    assert sorted(world.found("홍길동", visible=lambda record_type, ids: ids)) == [first, second]


def test_records_behind_many_that_may_not_be_seen_are_still_found(world: World) -> None:
    for _ in range(80):
        person = world.add("홍길동", team_id=1)
        Person.objects.filter(pk=person).update(team_id=3)
    visible = world.add("홍길동", team_id=1)
    assert world.found("홍길동", TEAM, limit=5) == [visible]


def test_when_a_parent_moves_its_children_move_with_it(world: World) -> None:
    person = world.add(**HONG, team_id=3)
    deal = world.add_deal(person, number="A-77")
    Person.objects.filter(pk=person).update(team_id=1)
    assert world.found("A-77", TEAM) == []
    index.refresh_scope(world.person, [person], children=[(world.deal, "person")])
    assert world.found("A-77", TEAM) == [deal]
    assert world.found("홍길동", TEAM) == [person]


def test_when_a_child_gets_another_parent_it_moves(world: World) -> None:
    here, there = world.add("홍길동", team_id=1), world.add("김철수", team_id=3)
    deal = world.add_deal(there, number="A-77")
    Deal.objects.filter(pk=deal).update(person_id=here)
    index.reindex(world.deal, [deal])
    assert world.found("A-77", TEAM) == [deal]
