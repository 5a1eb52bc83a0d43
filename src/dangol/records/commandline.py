"""What the commands for files have in common: in whose name, of which records, and how an end is told."""

from __future__ import annotations

import sys

from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.records import registry
from dangol.records.types import RecordType

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""


class Misuse(Exception):
    """The command line does not make sense; the text says what would."""


def actor_called(email: str | None, reason: str) -> Actor:
    """The user with this address; without one the system, for the `reason` that history shows. At most one query.

    Raises:
        Misuse: nobody active has the address.
    """
    if not email:
        revisions.look()
        return Actor.system(reason)
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise Misuse(_("There is no user %(email)s.") % {"email": email})
    return actor_for(user)


def type_called(name: str) -> RecordType:
    """The record type as addresses (`order-lines`) or the code (`order_line`) call it.

    Raises:
        Misuse: there is none; the text lists those there are.
    """
    found = registry.by_path(name) or registry.find(name)
    if found is None:
        paths = ", ".join(known.path for known in registry.all_types())
        raise Misuse(
            _("There is no record type %(name)s. Possible are: %(names)s.") % {"name": name, "names": paths}
        )
    return found


def say(text: str, code: int) -> int:
    """Tell people, who read stderr, and give the exit code back."""
    sys.stderr.write(f"dangol: {text}\n")
    return code
