"""What was prepared is not prepared again, and whatever changes since is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from dangol.config import schema, seal
from dangol.identity import services
from dangol.identity.models import User
from dangol.measures.lake.extraction import database_address


@pytest.fixture
def sealed(transactional_db, tmp_path: Path) -> Path:
    """The data folder of an installation that was prepared and sealed."""
    schema.migrate()
    services.first_start()
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / ".gathered").touch()
    assert not seal.is_whole(tmp_path, database_address()), "nobody has prepared it yet"
    seal.put(tmp_path, database_address(), seal.code())
    return tmp_path


def is_whole(data: Path) -> bool:
    return seal.is_whole(data, database_address())


def test_what_was_prepared_need_not_be_prepared_again(sealed):
    assert is_whole(sealed)


def test_another_release_breaks_the_seal(sealed, monkeypatch):
    monkeypatch.setattr(seal, "_libraries", lambda: iter(["django-99.0.dist-info"]))
    assert not is_whole(sealed)


def test_a_file_that_was_changed_breaks_the_seal(tmp_path, monkeypatch):
    changed = tmp_path / "dangol" / "records" / "migrations" / "0002_more.py"
    changed.parent.mkdir(parents=True)
    changed.write_text("a")
    monkeypatch.setattr(seal, "__file__", str(tmp_path / "dangol" / "config" / "seal.py"))
    before = seal.code()
    (tmp_path / "dangol" / "__pycache__").mkdir()
    (tmp_path / "dangol" / "__pycache__" / "x.pyc").touch()
    assert seal.code() == before, "what Python keeps for itself does not count"
    changed.write_text("ab")
    assert seal.code() != before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE django_migrations SET applied = now() WHERE id = (SELECT max(id) FROM django_migrations)",
        "UPDATE identity_user SET is_active = false",
        "ALTER TABLE config_cache SET LOGGED",
    ],
    ids=["a migration applied anew", "nobody who administers", "a cache that is logged"],
)
def test_another_database_breaks_the_seal(sealed, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert not is_whole(sealed)


def test_static_files_that_are_gone_break_the_seal(sealed):
    (sealed / "static" / ".gathered").unlink()
    assert not is_whole(sealed)


def test_a_database_that_does_not_answer_is_prepared_to_say_so(sealed, tmp_path):
    assert not seal.is_whole(sealed, f"host={tmp_path} dbname=none")


def test_an_installation_without_an_administrator_is_not_sealed(sealed):
    User.objects.update(is_active=False)
    seal.put(sealed, database_address(), seal.code())
    assert not (sealed / seal.FILE).exists()
