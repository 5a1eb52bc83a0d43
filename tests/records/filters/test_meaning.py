"""The database finds exactly the rows that the language promises, over generated rows and filters."""

import pytest
from django.db import connection
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.records import filters
from dangol.records.fields.own_json import encoded
from dangol.records.filters import Not
from tests.records.filters import lab
from tests.records.filters.evaluator import World
from tests.records.filters.strategies import NOW, trees, worlds

pytestmark = pytest.mark.usefixtures("tables")
QUIET = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)


def fill(world):
    for model in reversed(lab.MODELS):
        model._base_manager.all().delete()
    rows = {"user": {identity: {"id": identity, "name": "ab"[identity % 2]} for identity in (1, 2, 3)}}
    for name in ("company", "deal", "item"):
        rows[name] = {identity: {"id": identity, **row} for identity, row in enumerate(world[name], 1)}
    for model, name in zip(lab.MODELS, ("user", "company", "deal", "item"), strict=True):
        model._base_manager.bulk_create(
            model(**{key: value for key, value in row.items() if not key.startswith("x_")})
            for row in rows[name].values()
        )
    with connection.cursor() as cursor:
        for identity, row in rows["deal"].items():
            held = {key: value for key, value in row.items() if key.startswith("x_") and value is not None}
            text = encoded({key: lab.DEAL.fields[key].raw(value) for key, value in held.items()})
            cursor.execute("UPDATE filterlab_deal SET own = %s::jsonb WHERE id = %s", [text, identity])
    return rows


def ids(tree, record_type, *, guarded):
    def visible(target):
        return Q(secret=False) if guarded and "secret" in target.fields else True

    condition = filters.compile(tree, record_type, actor=lab.SEOUL, visible=visible, now=NOW)
    return list(record_type.model._base_manager.filter(condition).order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("name", ["deal", "company"])
@QUIET
@given(data=st.data(), world=worlds)
def test_the_database_agrees_with_plain_python(name, guarded, data, world):
    record_type = lab.TYPES[name]
    rows = fill(world)
    plain = World(rows, NOW, guarded=guarded, me=lab.SEOUL.user_id)
    for _again in range(3):
        tree = data.draw(trees(record_type))
        expected = [identity for identity, row in rows[name].items() if plain.holds(tree, name, row)]
        found = ids(tree, record_type, guarded=guarded)
        assert found == expected, "and without duplicates"
        assert sorted(found + ids(Not(tree), record_type, guarded=guarded)) == sorted(rows[name])
