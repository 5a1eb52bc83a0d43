"""What the lake holds: rooms declare their facts here from `AppConfig.ready`."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings

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


OWN = "own"
_OWN = """
CASE WHEN {0} <> '{{}}'::jsonb THEN (
    SELECT jsonb_object_agg(
        e.key, CASE WHEN jsonb_typeof(e.value) = 'number' THEN to_jsonb(e.value #>> '{{}}') ELSE e.value END
    ) FROM jsonb_each({0}) e
)::text END
"""


def own_column(column: str) -> Column:
    """The column that carries the own fields of a type's records; new fields need no new copy of the dataset.

    JSON as text, with numbers as texts, since engines read JSON numbers as floats.

    Args:
        column: the SQL of `own` in the dataset's source, such as `c.own`.
    """
    return Column(OWN, "text", _OWN.format(column).strip())


@dataclass(frozen=True, slots=True)
class Follows:
    """A table of records whose changes change a dataset.

    `keys` is the SELECT that leads from the ids of changed and removed rows – the relation `changed (id)` – to the keys
    of the dataset's rows; as it stands, where the dataset has the table's ids for keys.
    """

    table: str
    keys: str = "SELECT id FROM changed"

    def touched(self, since: int) -> str:
        """The SELECT of all keys touched by transactions from `since` on."""
        # The upper bound leaves out numbers of another cluster, which a restored backup brings and which lie ahead.
        new = f"changed_in >= '{since:d}' AND changed_in < pg_snapshot_xmax(pg_current_snapshot())"
        removed = (
            f"SELECT record_id FROM records_change "  # noqa: S608
            f"WHERE action = 'delete' AND \"table\" = '{self.table}' AND {new}"
        )
        changed = f"SELECT id FROM {self.table} WHERE {new} UNION ALL {removed}"  # noqa: S608
        return f"(WITH changed (id) AS ({changed}) {self.keys})"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Facts of one kind, one row each.

    `source` is everything from FROM on; it must leave out rows in the recycle bin. The session that runs it has the
    company's time zone, so `ordered_at::date` is the company's day. `key` is the column that knows a row again when
    only changes are copied (never missing, never twice); `month_of` is the date column by whose months the files are
    cut (none: one file).
    `record_type` is set where the rows are the records of that type, one each; `fields` then says which columns hold
    which of its fields, where their names differ (references are found as `<name>_id`).

    `follows` names every table that `source` reads, so that a refresh copies only rows that changed; without it the
    dataset is copied in full each time.
    """

    name: str
    source: str
    columns: tuple[Column, ...]
    key: str = "id"
    month_of: str | None = None
    record_type: str = ""
    follows: tuple[Follows, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        if "touched" in names:
            raise ValueError(f"dataset {self.name}: no column may be called touched")
        for wanted in (self.key, self.month_of, *self.fields.values()):
            if wanted is not None and wanted not in names:
                raise ValueError(f"dataset {self.name} has no column {wanted!r}")

    def query(self) -> str:
        """The SELECT that reads all of it. Columns are declared in code, never taken from outside."""
        parts = [
            f"({column.sql or column.name}){'::text' if column.is_decimal else ''} AS {column.name}"
            for column in self.columns
        ]
        return f"SELECT {', '.join(parts)} {self.source}"

    def changed(self, since: int, most: int) -> str:
        """The SELECT of the rows that transactions from `since` on wrote, moved in or out, or removed.

        `touched` is the key of each, beside the columns, which are all missing where it does not (or no longer) belong
        to the dataset. At most `most` of them.
        """
        reached = " UNION ALL ".join(each.touched(since) for each in self.follows)
        # In the order of the keys, rows that lie beside each other are fetched one after the other: half the time.
        keys = f"SELECT DISTINCT key FROM ({reached}) u (key) ORDER BY key LIMIT {most:d}"  # noqa: S608
        return f"SELECT t.key AS touched, r.* FROM ({keys}) t LEFT JOIN ({self.query()}) r ON r.{self.key} = t.key"  # noqa: S608

    def definition(self) -> str:
        """A digest of all that decides what the files hold; another one asks for a full copy."""
        told = (self.query(), self.columns, self.key, self.month_of, self.follows, settings.TIME_ZONE)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


_datasets: dict[str, Dataset] = {}
_sources: list[Callable[[], Iterable[Dataset]]] = []


def register(*datasets: Dataset) -> None:
    """Add datasets to the lake; the same name again replaces."""
    for dataset in datasets:
        _datasets[dataset.name] = dataset


def also(source: Callable[[], Iterable[Dataset]]) -> None:
    """Add datasets that come and go while the project runs; asked whenever the lake is copied or read."""
    _sources.append(source)


def registered() -> list[Dataset]:
    """All datasets, by name."""
    return sorted(_all(), key=lambda dataset: dataset.name)


def _all() -> list[Dataset]:
    return [*_datasets.values(), *(dataset for source in _sources for dataset in source())]


def of_records(record_type: str) -> Dataset:
    """The dataset whose rows are the records of that type. Raises LookupError."""
    for dataset in _all():
        if dataset.record_type == record_type:
            return dataset
    raise LookupError(f"no dataset holds the records of type {record_type!r}")
