"""Files stay readable, and nothing of one machine gets into them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from checks import ROOT

LONG = 400
TEXT = {".py", ".html", ".js", ".css", ".md", ".toml", ".json", ".sh", ".po", ".txt", ".yml", ".yaml", ""}
# Folders that exist only on somebody's own machine, and hosts that stand for one.
MACHINE = re.compile(r"(?<![\w.])/(?:work|home/\w+|Users/\w+|root)/[\w.]|/tmp/(?:probe|brief|bash_jobs)")
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "misc.py"}


def files() -> list[Path]:
    """What is or would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [
            path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()
        ]
    folders = ("src", "tests", "checks", "docs", "make", "benchmarks")
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


def wrong(paths: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """A line for each machine path and each file whose name says nothing."""
    for path in paths:
        name = path.relative_to(root).as_posix()
        if path.name in FORBIDDEN_NAMES:
            yield f"{name}: a file is named after what it holds"
        if (
            path.suffix not in TEXT
            or path.name.endswith(("lock", "-lock.json"))
            or name == "checks/sources.py"
        ):
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if found := MACHINE.search(line):
                yield f"{name}:{number}: a path of one machine: {found.group()}"


def long(paths: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """A line for each module past the length at which it becomes a package."""
    for path in paths:
        if path.suffix == ".py" and "migrations" not in path.parts:
            count = len(path.read_text(encoding="utf-8").splitlines())
            if count > LONG:
                yield f"{path.relative_to(root).as_posix()}: {count} lines; past {LONG} a module is split by noun"


def main() -> int:
    paths = files()
    for line in long(paths):
        print(f"note: {line}")
    found = list(wrong(paths))
    print("\n".join(found) or "no machine paths, no dump files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
