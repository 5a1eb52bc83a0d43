"""The short way to the tables of an empty database ends where Django's own way ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.config.installation import Installation

pytestmark = pytest.mark.slow

LOOK = """
import subprocess
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from dangol.config import environment, postgres, schema
schema.migrate()
for name in sorted(MigrationRecorder(connection).applied_migrations()): print(*name)
for permission in sorted(map(str, Permission.objects.all())): print(permission, flush=True)
subprocess.run([postgres.binary("pg_dump"), "--schema-only", environment.database_url()], check=True)
"""


def looked_at(place: Path, before: str = "") -> list[str]:
    """Migrations, permissions and schema of a new installation that began so and was brought up to date."""
    told = Installation(place).run("manage", "shell", "-v", "0", "-c", before + LOOK)
    return [line for line in told.splitlines() if not re.match(r"\\(un)?restrict ", line)]  # a word by chance


def test_all_ways_make_the_same_schema(place: Path) -> None:
    own = looked_at(
        place / "own",
        "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n",
    )
    assert sum(line.startswith("CREATE TABLE") for line in own) > 100
    assert sum(line.startswith("CREATE TRIGGER") for line in own) > 50
    assert looked_at(place / "short") == own
    cut_off = looked_at(
        place / "cut",
        "from dangol.config import first_schema\nfirst_schema.make([('records', '0008_narrow_identifiers')])\n",
    )
    # Which of two migrations that do not know each other adds its column first may differ.
    assert sorted(line.rstrip(",") for line in cut_off) == sorted(line.rstrip(",") for line in own)
