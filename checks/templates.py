"""Templates extend and include only templates of their own room or of lower ones, and only ones that exist."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from checks import PACKAGE, layers, may_use

USES = re.compile(r"""{%-?\s*(?:extends|include)\s+["']([^"']+)["']""")


def wrong(package: Path, order: list[frozenset[str]]) -> Iterator[str]:
    """A line for each use that points up, to a sibling, or to nothing."""
    owners: dict[str, set[str]] = {}
    files: list[tuple[str, str, Path]] = []
    for folder in sorted(package.glob("*/templates")):
        room = folder.parent.name
        for path in sorted(folder.rglob("*.*")):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                owners.setdefault(name, set()).add(room)
                files.append((room, name, path))
    for room, name, path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for used in USES.findall(line):
                target = used.split("#")[0]
                rooms = owners.get(target)
                if rooms is None:
                    if not used.startswith(LIBRARIES):
                        yield f"{room}/templates/{name}:{number}: there is no template {used}"
                elif not any(may_use(room, owner, order) for owner in rooms):
                    yield f"{room}/templates/{name}:{number}: {room} may not use {used} of {', '.join(sorted(rooms))}"


# Templates that libraries bring.
LIBRARIES = ("django/", "account/", "allauth/", "usersessions/", "mfa/", "socialaccount/")


def main() -> int:
    found = list(wrong(PACKAGE, layers()))
    print("\n".join(found) or "every template uses lower rooms only")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
