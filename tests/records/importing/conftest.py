"""Small files, and an importer that hands back what became of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import engine, runs, storage
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.models import ImportRun
from tests.outbound.conftest import loopback, site  # noqa: F401 - fixtures

SYSTEM = Actor.system("test")

CUSTOMERS: dict[str, Any] = {
    "name": "customers",
    "records": [
        {
            "type": "customer",
            "key": ["external_id"],
            "fields": {
                "external_id": "번호",
                "name": "이름",
                "kind": {"column": "구분"},
                "phone": "전화",
                "since": {"column": "시작일"},
            },
        }
    ],
}
HEADER = "번호,이름,구분,전화,시작일\n"


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    """Uploads and rejects files of a test lie in its own folder."""
    settings.DANGOL_IMPORTS_DIR = tmp_path / "imports"
    return tmp_path / "imports"


@pytest.fixture
def inbox(settings: Any, tmp_path: Path) -> Path:
    """The only folder that schedules may look into."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    settings.DANGOL_IMPORT_FOLDERS = [str(folder)]
    return folder


Importer = Callable[..., ImportRun]


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of the given text or bytes."""

    def write(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def bring_in(db: None, file: Callable[..., Path]) -> Importer:
    """Import a file's content through a mapping and give the run back as it ended."""

    def run(
        content: str | bytes,
        mapping: dict[str, Any] | Mapping | str = CUSTOMERS,
        *,
        actor: Actor = SYSTEM,
        chunk_rows: int = 3,
    ) -> ImportRun:
        path = file(content)
        if isinstance(mapping, str):
            given = runs.mapping_from_header(path, registry.get(mapping))
        else:
            given = mapping if isinstance(mapping, Mapping) else read_mapping(mapping)
        size, sha256 = storage.measure(path)
        made = runs.run_create(
            actor=actor, path=path, mapping=given, size=size, sha256=sha256, chunk_rows=chunk_rows
        )
        done = engine.run(made, actor)
        assert done.rows == done.imported + done.unchanged + done.rejected
        return done

    return run
