"""What the lake holds: rooms declare their facts here from `AppConfig.ready`."""

import re
from dataclasses import dataclass

_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_TYPES = {
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "text": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the lake, its type there, and the SQL that reads it (the name when not given).

    Types: bigint, integer, text, date, timestamp, boolean, decimal(p,s). Decimals stay exact: they travel as text.
    """

    name: str
    type: str
    sql: str = ""

    def __post_init__(self) -> None:
        if self.type not in _TYPES and not _DECIMAL.fullmatch(self.type):
            raise ValueError(f"column {self.name}: the lake has no type {self.type!r}")

    @property
    def engine_type(self) -> str:
        return _TYPES.get(self.type) or self.type.upper()

    @property
    def is_decimal(self) -> bool:
        return self.type.startswith("decimal")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Facts of one kind, one row each.

    `source` is everything from FROM on; it must leave out rows in the recycle bin. The session that runs it has the
    company's time zone, so `ordered_at::date` is the company's day. `key` is the column that knows a row again when
    only changes are copied; `month_of` is the date column by whose months the files are cut (none: one file).
    `record_type` is set where the rows are the records of that type, one each.
    """

    name: str
    source: str
    columns: tuple[Column, ...]
    key: str = "id"
    month_of: str | None = None
    record_type: str = ""

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        for wanted in (self.key, self.month_of):
            if wanted is not None and wanted not in names:
                raise ValueError(f"dataset {self.name} has no column {wanted!r}")

    def query(self) -> str:
        """The SELECT that reads all of it. Columns are declared in code, never taken from outside."""
        parts = [
            f"({column.sql or column.name}){'::text' if column.is_decimal else ''} AS {column.name}"
            for column in self.columns
        ]
        return f"SELECT {', '.join(parts)} {self.source}"


_datasets: dict[str, Dataset] = {}


def register(*datasets: Dataset) -> None:
    """Add datasets to the lake; the same name again replaces."""
    for dataset in datasets:
        _datasets[dataset.name] = dataset


def registered() -> list[Dataset]:
    """All datasets, by name."""
    return [_datasets[name] for name in sorted(_datasets)]


def of_records(record_type: str) -> Dataset:
    """The dataset whose rows are the records of that type. Raises LookupError."""
    for dataset in _datasets.values():
        if dataset.record_type == record_type:
            return dataset
    raise LookupError(f"no dataset holds the records of type {record_type!r}")
