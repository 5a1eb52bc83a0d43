"""Every address of the project, with something put in for each of its parts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Place:
    """One address. `pattern` is how it stands in the URL configuration, `path` with its parts filled in."""

    pattern: str
    path: str


def patterns(
    resolver: URLResolver | None = None, before: str = "/"
) -> Iterator[tuple[str, dict[str, object]]]:
    """Every pattern with the converters of its parts, in order."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, {}


def filled(route: str, values: Mapping[str, Sequence[str]]) -> Iterator[Place]:
    """The pattern with every combination of values for its parts. Raises KeyError for a part nobody has thought of."""
    pieces: list[Sequence[str]] = []
    rest = route
    while "<" in rest:
        text, _, rest = rest.partition("<")
        part, _, rest = rest.partition(">")
        pieces.append([text])
        pieces.append(values[part.rpartition(":")[2]])
    pieces.append([rest])
    for combination in itertools.product(*pieces):
        yield Place(route, "".join(combination))
