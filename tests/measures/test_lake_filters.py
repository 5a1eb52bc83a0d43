"""A filter finds the same rows in the lake as in PostgreSQL."""

import operator

import ibis
import pyarrow as pa
import pytest
from django.db import connection
from django.db.models import Q
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dangol.measures.fields import ScoreInteger
from dangol.measures.lake import Column, Dataset, datasets, filters
from dangol.measures.lake.engine import Lake
from dangol.measures.lake.manifest import Manifest, Part
from dangol.records import filters as language
from dangol.records.filters import EVERYTHING, Compare, Count, FilterError, Not
from tests.records.filters import lab
from tests.records.filters.conftest import lab_registry, lab_tables, tables
from tests.records.filters.strategies import NOW, trees, worlds
from tests.records.filters.test_meaning import fill

__all__ = ["lab_registry", "lab_tables", "tables"]

ARROW = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "text": pa.string(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal(24,4)": pa.decimal128(24, 4),
}


def dataset(name, columns, **options):
    return Dataset(
        name=f"lab_{name}",
        source="FROM nowhere",
        record_type=name,
        columns=(Column("id", "bigint"), *(Column(column, kind) for column, kind in columns.items())),
        **options,
    )


LAB = {
    "company": dataset(
        "company",
        {
            "name": "text", "region": "text", "grade": "text", "credit": "decimal(24,4)", "founded": "date",
            "secret": "boolean", "parent_id": "bigint",
        },
    ),
    "deal": dataset(
        "deal",
        {
            "title": "text", "stage": "text", "amount": "decimal(24,4)", "closes_on": "date",
            "opened_at": "timestamp", "won": "boolean", "company_id": "bigint", "owner_id": "bigint",
            "rfm_segment": "text", "own": "text",
        },
        fields={"rfm.segment": "rfm_segment"},
    ),
    "item": dataset(
        "item", {"sku": "text", "quantity": "integer", "secret": "boolean", "deal_id": "bigint"}
    ),
    "user": dataset("user", {"name": "text"}),
}  # fmt: skip


@pytest.fixture
def lab_datasets(monkeypatch):
    monkeypatch.setattr(datasets, "_datasets", {each.name: each for each in LAB.values()})


def keep(backend, name, table):
    """Ibis 12 says this in words that DuckDB 2 no longer understands."""
    backend.con.register("given", table)
    backend.con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
    backend.con.unregister("given")


def opened(backend, rows, keep=keep):
    """A lake in memory of the same rows that PostgreSQL has."""
    own = {}
    if rows["deal"]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, {datasets.own_column('own').sql} FROM filterlab_deal")
            own = dict(cursor.fetchall())
    for name, each in LAB.items():
        renamed = [
            {**row, "rfm_segment": row.get("segment"), "own": own.get(row["id"])}
            for row in rows[name].values()
        ]
        table = pa.table(
            {
                column.name: pa.array([row[column.name] for row in renamed], ARROW[column.type])
                for column in each.columns
            }
        )
        keep(backend, each.name, table)
    parts = {each.name: Part(rows=0, columns={}, files=()) for each in LAB.values()}
    return Lake(backend, Manifest(snapshot="", taken_at="", zone="", datasets=parts))


SOUGHT = st.sampled_from(["deal", "company"])
QUIET = settings(
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def agrees(of, data, guarded):
    """Hold one drawn filter over an open lake against PostgreSQL, which has the same rows."""

    def secrets(target):
        return guarded and "secret" in target.fields

    record_type = lab.TYPES[data.draw(SOUGHT)]
    tree = data.draw(trees(record_type))
    condition = language.compile(
        tree, record_type, actor=lab.SEOUL, now=NOW,
        visible=lambda target: Q(secret=False) if secrets(target) else True,
    )  # fmt: skip
    expected = sorted(record_type.model._base_manager.filter(condition).values_list("pk", flat=True))
    found = filters.matching(
        of, tree, record_type, actor=lab.SEOUL, now=NOW,
        visible=lambda target: Compare(("secret",), "=", False) if secrets(target) else EVERYTHING,
    )  # fmt: skip
    assert sorted(row["id"] for row in of.read(found.select("id")).to_pylist()) == expected, tree


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.usefixtures("tables", "lab_datasets")
@QUIET
@given(data=st.data(), world=worlds)
def test_the_lake_finds_what_the_database_finds(guarded, data, world):
    rows = fill(world)
    with opened(ibis.duckdb.connect(), rows) as of:
        for _again in range(3):
            agrees(of, data, guarded)


@pytest.mark.usefixtures("lab_registry", "lab_datasets")
@pytest.mark.parametrize("op", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("value", [0, 1, 2])
def test_counts_are_right_where_there_is_nothing_to_count(op, value):
    counts = {1: 0, 2: 1, 3: 2}
    backend = ibis.duckdb.connect()
    ids = pa.array(list(counts), pa.int64())
    keep(backend, "lab_deal", pa.table({"id": ids}))
    deals = [deal for deal, count in counts.items() for _one in range(count)]
    items = {"id": range(len(deals)), "deal_id": deals, "secret": [False] * len(deals)}
    keep(backend, "lab_item", pa.table({name: pa.array(list(column)) for name, column in items.items()}))
    parts = {name: Part(rows=0, columns={}, files=()) for name in ("lab_deal", "lab_item")}
    holds = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[op]  # fmt: skip
    expected = [deal for deal, count in counts.items() if holds(count, value)]
    with Lake(backend, Manifest("", "", "", parts)) as of:
        for tree, wanted in (
            (Count(("items",), op, value, EVERYTHING), expected),
            (Not(Count(("items",), op, value, EVERYTHING)), sorted(set(counts) - set(expected))),
        ):
            found = filters.matching(of, tree, lab.DEAL, visible=lambda target: EVERYTHING)
            assert sorted(row["id"] for row in of.read(found).to_pylist()) == wanted


@pytest.mark.usefixtures("lab_registry", "lab_datasets")
def test_a_field_the_lake_does_not_hold_is_refused_by_name():
    of = opened(ibis.duckdb.connect(), {name: {} for name in LAB})
    with of, pytest.raises(FilterError, match="전화") as refused:
        filters.matching(of, Compare(("phone",), "=", "+8215771577"), lab.DEAL)
    assert refused.value.code == "lake"


@pytest.mark.usefixtures("lab_registry", "lab_datasets")
def test_a_filter_that_walks_without_a_guard_is_a_mistake_of_ours():
    of = opened(ibis.duckdb.connect(), {name: {} for name in LAB})
    with of, pytest.raises(TypeError, match="visible="):
        filters.matching(of, Compare(("company", "name"), "=", "x"), lab.DEAL)


@pytest.mark.usefixtures("lab_registry", "lab_datasets", "tables")
@pytest.mark.parametrize(
    ("known", "expected"), [(True, [1]), (False, []), (Compare(("won",), "=", True), [])]
)
def test_a_computed_value_counts_as_missing_where_it_may_not_be_known(monkeypatch, known, expected):
    score = ScoreInteger("t.count", record_type="deal", needs="item", label="Count")
    monkeypatch.setitem(lab.DEAL.fields, "t.count", score)
    scored = dataset("deal", {"won": "boolean", "t_count": "bigint"}, fields={"t.count": "t_count"})
    monkeypatch.setitem(datasets._datasets, "lab_deal", scored)
    backend = ibis.duckdb.connect()
    keep(backend, "lab_deal", pa.table({"id": [1, 2], "won": [False, False], "t_count": [5, None]}))
    of = Lake(backend, Manifest("", "", "", {"lab_deal": Part(rows=0, columns={}, files=())}))
    with of:
        tree = Compare(("t.count",), ">", 3)
        found = filters.matching(of, tree, lab.DEAL, revealed=lambda needs: known)
        assert [row["id"] for row in of.read(found).to_pylist()] == expected
        rest = filters.matching(of, Not(tree), lab.DEAL, revealed=lambda needs: known)
        assert sorted([*expected, *(row["id"] for row in of.read(rest).to_pylist())]) == [1, 2]
