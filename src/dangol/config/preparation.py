"""What happens once before the processes start: schema, first administrator. Runs as a process of its own.

So the supervisor stays small (no Django in it), and a failing migration is a clear exit code.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from dangol.config import environment, installation, seal

FIRST_SIGN_IN = "first-sign-in.txt"


def prepare(*, serving: bool = True) -> dict[str, object]:
    """Bring the schema to this version and make the first administrator; says what was done.

    Args:
        serving: gather the static files, too, which a command needs not.

    Returns:
        `applied`: names of migrations; `sign_in`: e-mail and one-time password when an administrator was made now.
    """
    from django.conf import settings

    from dangol.config import assets, schema

    applied = schema.migrate()
    if serving and not settings.DEBUG:
        assets.gather()
    from dangol.customers import standard
    from dangol.identity import services

    made = services.first_start()
    standard.make()
    sign_in = None
    if made is not None:
        sign_in = {"email": made.email, "password": made.password}
        keep_sign_in(environment.data_directory() / FIRST_SIGN_IN, made.email, made.password)
    return {"applied": applied, "sign_in": sign_in}


def keep_sign_in(path: Path, email: str, password: str) -> None:
    """Keep the first password where only the owner of the installation can read it, for whoever missed the terminal."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{email}\n{password}\n")


def main() -> int:
    """Print the result as one JSON line, and seal the installation."""
    installation.start_logs()
    code = seal.code()
    installation.start_django()
    done = prepare()
    seal.put(environment.data_directory(), environment.text("DATABASE_URL"), code)
    json.dump(done, sys.stdout)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
