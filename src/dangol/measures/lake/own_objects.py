"""The lake's copy of types of records that administrators made: one dataset for each, under its name."""

from __future__ import annotations

from collections.abc import Iterator

from dangol.measures.lake.datasets import Column, Dataset, Follows, own_column
from dangol.records import registry

_COLUMNS = (
    Column("id", "bigint"),
    Column("number", "text"),
    Column("name", "text"),
    Column("external_id", "text"),
    Column("owner_id", "bigint"),
    Column("team_id", "bigint"),
    Column("territory_id", "bigint"),
    Column("created_at", "timestamp"),
    Column("updated_at", "timestamp"),
    own_column("o.own"),
)


def datasets() -> Iterator[Dataset]:
    """One row per record that is not in the recycle bin, with the columns that say who may see it and all own fields."""
    for record_type in registry.own_types():
        table = record_type.table.name
        yield Dataset(
            name=record_type.name,
            record_type=record_type.name,
            source=f"FROM {table} o WHERE o.deleted_at IS NULL",
            columns=_COLUMNS,
            follows=(Follows(table),),
        )
