"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def described(database: str) -> dict[str, str]:
    """The machine in words; `database` is PostgreSQL's version."""
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return {
        "Machine": f"{processor()}, {os.cpu_count()} cores, {memory:,.0f} GB RAM, {platform.system()}",
        "PostgreSQL": database,
        "Python": platform.python_version(),
    }


def processor(information: Path = Path("/proc/cpuinfo")) -> str:
    """The name of the processor, else its architecture."""
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    return platform.machine()


def database_version() -> str:
    """The version of the PostgreSQL that Django is connected to."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])
