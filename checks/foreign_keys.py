"""Every foreign key, one-to-one and many-to-many points down, or sideways within its room.

The import contract does not see a relation written as text (`"customers.Customer"`); this sees all of them, since it
looks at the loaded models.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks import layers, may_use, start_django


@dataclass(frozen=True)
class Relation:
    """A relation field and the two rooms that it joins."""

    field: str
    room: str
    target: str


def wrong(relations: Iterable[Relation], order: list[frozenset[str]]) -> Iterator[str]:
    """A line for each relation that points up or to a sibling."""
    for relation in relations:
        if not may_use(relation.room, relation.target, order):
            yield f"{relation.field}: {relation.room} may not point to {relation.target}, which is not below it"


def relations() -> Iterator[Relation]:
    """All relations between models of rooms."""
    from django.apps import apps

    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("dangol."):
            continue
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            target = field.related_model
            if target is None or isinstance(target, str) or not target.__module__.startswith("dangol."):
                continue
            rooms = [kind.__module__.split(".")[1] for kind in (model, target)]
            yield Relation(f"{model._meta.label}.{field.name}", *rooms)


def main() -> int:
    start_django()
    found = list(wrong(relations(), layers()))
    print("\n".join(found) or "every relation points down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
