"""Static files under names that change with their content, gathered once per version."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

_MARK = ".gathered"
# Files of libraries that no page uses; htmx itself comes with the room `web`.
_UNUSED = ["django_htmx/*"]


def fingerprint() -> str:
    """Changes whenever a static file of any room is added, changed or removed."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            seen.update(
                path.encode() + b"\0" + hashlib.sha256(Path(storage.path(path)).read_bytes()).digest()
            )
    return seen.hexdigest()


def are_gathered() -> bool:
    """Whether what the web serves is what the rooms have."""
    mark = Path(settings.STATIC_ROOT) / _MARK
    return mark.exists() and mark.read_text() == fingerprint()


def gather() -> bool:
    """Copy, hash and compress what changed since the last time; says whether anything had to be done."""
    current = fingerprint()
    mark = Path(settings.STATIC_ROOT) / _MARK
    if mark.exists() and mark.read_text() == current:
        return False
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.unlink(missing_ok=True)
    # Old names stay: a page that a visitor opened before the upgrade still asks for them.
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=_UNUSED)
    mark.write_text(current)
    return True
