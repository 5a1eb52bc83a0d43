"""The demo company 단골정밀: a maker of machine-tool parts with two years of invented business up to today.

`load` makes it through the services, `clear` takes away exactly what was made. Generators are pure and seeded, one
file per entity; nothing here imports tests.
"""

from __future__ import annotations

from typing import Any

__all__ = ["clear", "load"]


def load(progress: Any = lambda text: None, **options: Any) -> None:
    """Load the demo company; see `dangol.config.demo.loading.load`."""
    from dangol.config.demo.loading import load as run

    run(progress, **options)


def clear(progress: Any = lambda text: None) -> dict[str, int]:
    """Remove the demo company; see `dangol.config.demo.clearing.clear`."""
    from dangol.config.demo.clearing import clear as run

    return run(progress)
