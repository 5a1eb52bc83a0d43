"""The schema of an empty database, from the same migrations in a fraction of the time.

Before each operation Django draws every model anew that is related to the one that changes, however far: all rows there
may be must be seen as they were at that moment. Nearly every model here is related to the company and to users, so a first
start spent most of its time on drawing models for tables that are empty. Here only the model that changes is drawn anew.
What differs is what a model knows of the models that point to it, and no operation on an empty database asks for that;
a test compares the schemas that both ways make.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


class LoneState(ProjectState):
    """The models at one moment, where a change of one leaves its neighbours as they are drawn."""

    def _find_reload_model(
        self, app_label: str, model_name: str, delay: bool = False
    ) -> set[tuple[str, str]]:
        found = {(app_label, model_name)}
        drawn: Any = self.apps.all_models[app_label].get(model_name)
        if drawn is None:  # it is made by this operation
            return found
        for field in drawn._meta.local_many_to_many:
            through = field.remote_field.through
            # A model that another one replaces (Django's own user) has no table between; one made of itself is drawn with it.
            if through is not None and through._meta.auto_created:
                found.add((through._meta.app_label, through._meta.model_name))
        return found


def make(until: Iterable[tuple[str, str]] = ()) -> None:
    """Apply every migration to the empty database; killed half-way, Django's own way goes on where this one stopped.

    Args:
        until: only those up to these, each a room and a migration's name.
    """
    executor = MigrationExecutor(connection)
    executor.migrate(
        list(until) or executor.loader.graph.leaf_nodes(),
        state=LoneState(real_apps=executor.loader.unmigrated_apps),
    )
