"""Metrics: each figure is declared once, with its meaning, and computed by whatever engine reads the lake.

Rooms register theirs in their `metrics.py`, which is imported while Django starts. `ask` answers questions about them;
`dangol.measures.metrics.explaining.explain` says what a change is made of. See docs/metrics.md.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dangol.measures.metrics.declaration import (
    EVERY,
    Column,
    Link,
    Metric,
    base_of,
    every,
    find,
    get,
    register,
    registered,
)
from dangol.measures.metrics.errors import NotAllowed, NotHere, QuestionError, UnknownMetric
from dangol.measures.metrics.series import MONTH, by_month

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.measures.metrics.answer import Answer


def ask(
    actor: Actor,
    name: str,
    *,
    by: str | None = None,
    filter: str = "",  # noqa: A002 - the parameter's name everywhere
    since: date | None = None,
    until: date | None = None,
    grain: str | None = None,
) -> Answer:
    """A metric's numbers, of exactly what the actor may see; see `dangol.measures.metrics.answers.ask`."""
    from dangol.measures.metrics import answers  # models are not there yet while rooms register

    return answers.ask(actor, name, by=by, filter=filter, since=since, until=until, grain=grain)


__all__ = [
    "EVERY",
    "MONTH",
    "Column",
    "Link",
    "Metric",
    "NotAllowed",
    "NotHere",
    "QuestionError",
    "UnknownMetric",
    "ask",
    "base_of",
    "by_month",
    "every",
    "find",
    "get",
    "register",
    "registered",
]
