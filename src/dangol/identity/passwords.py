"""What makes a password good enough: its length, and not being known to those who guess (NIST SP 800-63B, 5.1.1.2)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dangol.identity.models import SignInPolicy, User

LONGEST_LINE = 128


class PolicyLengthValidator:
    """At least as long as the sign-in policy says. One query."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError when the password is too short."""
        length = SignInPolicy.current().password_length
        if len(password) < length:
            raise ValidationError(
                _("This password is too short: it needs at least %(length)s characters."),
                code="password_too_short",
                params={"length": length},
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("At least %(length)s characters.") % {"length": SignInPolicy.current().password_length}


class BreachListValidator:
    """Not among the leaked passwords in the file `DANGOL_BREACHED_PASSWORDS`, where there is one.

    The file is the one of Have I Been Pwned, "ordered by hash": a SHA-1 in capitals, a colon and a count on each line.
    It is searched in place by halving, about forty reads in a file of 40 GB; nothing leaves the machine.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError when the password is in the file.

        Raises:
            OSError: the file that the setting names cannot be read.
        """
        path = settings.BREACHED_PASSWORDS
        if path and is_listed(hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest(), Path(path)):
            raise ValidationError(
                _("This password is on the list of leaked passwords. Choose another one."),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("Not on the list of leaked passwords.")


def is_listed(digest: str, path: Path) -> bool:
    """Does a line of the file, which is in order, begin with this hash."""
    wanted = digest.upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            file.seek(max(middle - 1, 0))
            if middle:
                file.readline(LONGEST_LINE)  # what began before the middle
            start = file.tell()
            line = file.readline(LONGEST_LINE)
            found = line[:40].upper()
            if found == wanted:
                return True
            if line and found < wanted:
                low = start + len(line)
            else:
                high = middle
    return False
