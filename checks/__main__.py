"""Run every check; say which failed. `python -m checks NAME …` runs only those."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from checks import ROOT, environment

BIN = Path(sys.executable).parent
CHECKS: dict[str, list[str]] = {
    "ruff": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "templates-style": [str(BIN / "djlint"), "src", "--lint", "--quiet"],
    "layers": [str(BIN / "lint-imports")],
    "foreign-keys": [sys.executable, "-m", "checks.foreign_keys"],
    "templates": [sys.executable, "-m", "checks.templates"],
    "migrations": [sys.executable, "-m", "checks.migrations"],
    "messages": [sys.executable, "-m", "checks.messages", "check"],
    "openapi": [sys.executable, "-m", "checks.openapi"],
    "sources": [sys.executable, "-m", "checks.sources"],
    "types": [str(BIN / "mypy")],
}


def main(names: list[str]) -> int:
    if unknown := set(names) - set(CHECKS):
        print(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
        return 2
    failed = []
    for name in names or CHECKS:
        start = time.monotonic()
        done = subprocess.run(
            CHECKS[name],
            cwd=ROOT,
            env={**os.environ, **environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:16} {word:7} {time.monotonic() - start:6.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print((done.stdout + done.stderr).rstrip() + "\n", flush=True)
        elif notes := [line for line in done.stdout.splitlines() if line.startswith("note:")]:
            print("\n".join(f"  {note}" for note in notes))
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
