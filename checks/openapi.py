"""The API is what the snapshot says: a change of it is seen in review. `python -m checks.openapi update` renews it."""

from __future__ import annotations

import difflib
import json
import sys
from typing import Any

from checks import ROOT, start_django

SNAPSHOT = ROOT / "tests" / "api" / "openapi.json"


def text(document: dict[str, Any]) -> str:
    """The document as the snapshot keeps it: sorted, so that only real changes show."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def difference(kept: str, current: str) -> list[str]:
    """The lines that changed; empty when the two are equal."""
    return list(
        difflib.unified_diff(
            kept.splitlines(), current.splitlines(), "snapshot", "this code", lineterm="", n=2
        )
    )


def current() -> str:
    """The document of this code, with English words."""
    start_django()
    from django.utils import translation

    from dangol.records.openapi import document

    with translation.override("en"):
        return text(json.loads(json.dumps(document(), default=str)))


def main(arguments: list[str]) -> int:
    now = current()
    if arguments == ["update"]:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_text(now)
        return 0
    kept = SNAPSHOT.read_text() if SNAPSHOT.exists() else ""
    lines = difference(kept, now)
    if lines:
        print("\n".join(lines[:200]))
        print("The API changed. If that is meant: .venv/bin/python -m checks.openapi update")
        return 1
    print("the API is as its snapshot")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
