"""Folding deltas into the base, so that reading stays quick."""

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dangol.measures.lake import manifest
from dangol.measures.lake.drafts import draft_folder, hand_over, new_snapshot
from dangol.measures.lake.engine import files_relation, open_engine, quoted
from dangol.measures.lake.manifest import Manifest, Part
from dangol.measures.lake.merging import merged, touched
from dangol.measures.lake.storage import store
from dangol.measures.lake.writing import write

if TYPE_CHECKING:
    import duckdb

MOST_DELTAS: Final = 20
MOST_TOUCHED: Final = 0.1
"""More deltas, or a larger share of rows touched by them, are folded in at once instead of at night."""

_MONTH = re.compile(r"/month=([^/]+)/")


def is_due(part: Part) -> bool:
    """Whether the deltas have become a burden to readers."""
    return len(part.deltas) > MOST_DELTAS or sum(delta.touched for delta in part.deltas) > max(
        10_000, MOST_TOUCHED * part.rows
    )


def compact() -> Manifest | None:
    """Fold all deltas of the current lake into its base and publish the result, which holds the same rows.

    Rewrites only the months that a delta touched. The caller holds `manifest.exclusive()`; nothing is read from
    PostgreSQL. Returns None where there was nothing to fold.

    Raises:
        LakeMissing: there is no lake.
    """
    before = manifest.current()
    if not any(part.deltas for part in before.datasets.values()):
        return None
    snapshot = new_snapshot()
    parts = dict(before.datasets)
    with draft_folder(snapshot) as draft, closing(open_engine()) as engine:
        for name, part in before.datasets.items():
            if part.deltas:
                parts[name] = part_compact(engine, part, draft / name, f"{name}/{snapshot}")
    published = replace(before, snapshot=snapshot, datasets=parts, previous=before.snapshot)
    manifest.publish(published, before)
    return published


def part_compact(engine: "duckdb.DuckDBPyConnection", part: Part, draft: Path, place: str) -> Part:
    """One dataset without deltas: months they touched are written anew below `place`, the others stay as they are."""
    relation = files_relation()
    hit = _months(_touched_files(engine, part))
    if part.month_of:
        for delta in part.deltas:
            if delta.file:
                hit |= _months_of_rows(engine, part.month_of, relation([delta.file]))
    old = [name for name in part.files if _months([name]) <= hit] if part.month_of else part.files
    # A name of its own: a refresh that compacts has put its delta below the same place already.
    draft = draft.with_name(f"{draft.name}-compacted")
    draft.mkdir()
    write(engine, merged(part, relation, base=old), draft, part.month_of)
    new = hand_over(draft, f"{place}/base")
    kept = [name for name in part.files if name not in set(old)]
    return replace(part, files=tuple(sorted([*kept, *new], key=_order)), deltas=())


def _order(name: str) -> tuple[str, str]:
    found = _MONTH.search(name)
    return (found[1] if found else "", name)


def _months(names: Iterable[str]) -> set[str]:
    return {found[1] if (found := _MONTH.search(name)) else "" for name in names}


def _touched_files(engine: "duckdb.DuckDBPyConnection", part: Part) -> list[str]:
    """The base files that hold a touched key. Reads only the keys."""
    if not part.files:
        return []
    place = store()
    names = {place.address(name): name for name in part.files}
    listed = ", ".join(quoted(address) for address in names)
    found = engine.execute(
        f"SELECT DISTINCT filename FROM read_parquet([{listed}], hive_partitioning = false, filename = true) "  # noqa: S608
        f"WHERE {part.key} IN ({touched(part, files_relation())})"
    ).fetchall()
    return [names[address] for (address,) in found]


def _months_of_rows(engine: "duckdb.DuckDBPyConnection", month_of: str, rows: str) -> set[str]:
    found = engine.execute(
        f"SELECT DISTINCT coalesce(strftime({month_of}, '%Y-%m'), 'none') FROM {rows}"  # noqa: S608
    ).fetchall()
    return {month for (month,) in found}
