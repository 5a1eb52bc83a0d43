"""The project's own checks, and `python -m checks`, which runs all of them with the bought ones."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "dangol"


def environment() -> dict[str, str]:
    """Variables with which settings load without touching anybody's installation."""
    return {
        "DANGOL_DATA": str(Path(tempfile.gettempdir()) / "dangol-checks"),
        "DANGOL_SECRET_KEY": "only for the checks",
        "DANGOL_LOG_LEVEL": "ERROR",
        "DATABASE_URL": "postgresql://localhost:1/none",
        "DJANGO_SETTINGS_MODULE": "dangol.config.settings",
    }


def start_django() -> None:
    """Load all rooms, without a database."""
    for name, value in environment().items():
        os.environ.setdefault(name, value)
    import django

    django.setup()


def project() -> dict[str, Any]:
    """The contents of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def layers() -> list[frozenset[str]]:
    """The rooms from top to bottom, siblings together, as the import contract has them."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract.get("exhaustive")]
    return [
        frozenset(name.strip().strip("()").strip() for name in layer.replace(":", "|").split("|"))
        for layer in contract["layers"]
    ]


def depth(room: str, order: list[frozenset[str]]) -> int:
    """How far down a room lies, 0 at the top.

    Raises:
        KeyError: the room is in no layer.
    """
    for number, layer in enumerate(order):
        if room in layer:
            return number
    raise KeyError(room)


def may_use(user: str, used: str, order: list[frozenset[str]]) -> bool:
    """Whether a room may know another: itself, or one that lies below it."""
    return user == used or depth(used, order) > depth(user, order)
