"""Every change of a model has its migration. Needs no database."""

from __future__ import annotations

import sys

from checks import start_django


def missing() -> dict[str, list[str]]:
    """Operations that `makemigrations` would write now, by room."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    if conflicts := loader.detect_conflicts():
        return {room: [f"two migrations at the end: {', '.join(names)}"] for room, names in conflicts.items()}
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(graph=loader.graph)
    return {
        room: [operation.describe() for migration in migrations for operation in migration.operations]
        for room, migrations in changes.items()
    }


def main() -> int:
    start_django()
    from django.utils import translation

    # Migrations hold the English words, as makemigrations writes them.
    translation.deactivate_all()
    found = missing()
    for room, operations in sorted(found.items()):
        for operation in operations:
            print(f"{room}: {operation}")
    if not found:
        print("no migration is missing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
