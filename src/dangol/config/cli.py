"""The command `dangol`. Parses only: each command lives in `dangol.config.commands` and is imported when called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from dangol.config.language import gettext as _

FAILED = 1
MISUSED = 2
INTERRUPTED = 130


class CommandFailed(Exception):
    """The command cannot go on; the text says why, and `mend` what to do about it."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend


def parser() -> argparse.ArgumentParser:
    """The whole command line; needs neither Django nor a database."""
    top = argparse.ArgumentParser(
        prog="dangol",
        description=_(
            "A CRM. Settings come from the environment: DANGOL_DATA, DANGOL_HOST, DANGOL_PORT, DATABASE_URL."
        ),
    )
    commands = top.add_subparsers(dest="command", metavar=_("COMMAND"), required=True)

    def command(name: str, module: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(module=module)
        return sub

    command("serve", "serve", _("Start everything: database, migrations, web and workers."))

    migrate = command("migrate", "migrate", _("Bring the database to this version."))
    migrate.add_argument("--check", action="store_true", help=_("only say whether something is to be done"))

    worker = command("worker", "worker", _("Work off the queues."))
    worker.add_argument(
        "--queue", action="append", dest="queues", help=_("a queue: default or analytics (repeatable)")
    )
    worker.add_argument("--concurrency", type=int, default=4, help=_("jobs at the same time"))
    worker.add_argument("--once", action="store_true", help=_("stop when the queues are empty"))

    imports = command("import", "imports", _("Bring records in from a file."))
    imports.add_argument(
        "type", nargs="?", help=_("what is brought in, for example customers or order-lines")
    )
    imports.add_argument("file", nargs="?", type=Path, help=_("a CSV file, plain or .gz"))
    imports.add_argument("--schedule", metavar="NAME", help=_("look at the source of this schedule now"))
    imports.add_argument("--mapping", help=_("name of a built-in mapping, or a JSON file"))
    imports.add_argument("--dry-run", action="store_true", help=_("check everything, write nothing"))
    imports.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    imports.add_argument("--chunk", type=int, default=0, metavar="N", help=_("rows for one transaction"))
    imports.add_argument("--user", metavar="EMAIL", help=_("in whose name; without it, the system"))

    move = command("move", "move", _("Bring a whole CRM in from a folder of files."))
    move.add_argument("folder", type=Path, help=_("a folder, a ZIP file or one file"))
    move.add_argument(
        "--recipe", default="", help=_("of which program; found out when left out, none for none")
    )
    move.add_argument("--dates", default="", help=_("dmy, mdy or ymd, where a column leaves it open"))
    move.add_argument("--dry-run", action="store_true", help=_("check everything, write nothing"))
    move.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    move.add_argument("--user", metavar="EMAIL", help=_("in whose name; without it, the system"))

    exports = command("export", "exports", _("Take records out into a file."))
    exports.add_argument("type", help=_("what is taken out, for example customers or order-lines"))
    exports.add_argument("--out", type=Path, required=True, metavar="FILE", help=_("the file to write"))
    exports.add_argument("--format", help=_("csv, xlsx, jsonl or parquet; else by the name of the file"))
    exports.add_argument("--filter", default="", help=_("as on the list's page"))
    exports.add_argument(
        "--sort", default="", help=_("fields with commas between them, - in front for descending")
    )
    exports.add_argument("--fields", default="", help=_("columns with commas between them, * for all"))
    exports.add_argument("--encoding", default="", help=_("of CSV: utf-8 or cp949"))
    exports.add_argument("--reason", default="", help=_("what the data are for; kept with the export"))
    exports.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    exports.add_argument("--user", metavar="EMAIL", help=_("in whose name; without it, the system"))

    duplicates = command("duplicates", "duplicates", _("Find records that are about the same."))
    duplicates.add_argument("act", choices=["scan"])
    duplicates.add_argument("type", help=_("of which records, for example customers"))
    duplicates.add_argument("--full", action="store_true", help=_("compare all, not only what changed since"))
    duplicates.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    duplicates.add_argument("--user", metavar="EMAIL", help=_("in whose name; without it, the system"))

    _users(command("user", "users", _("List and change the people who sign in.")))
    _tokens(command("token", "tokens", _("Make and revoke tokens for the API.")))

    demo = command("demo", "demo", _("Load or clear the demo company."))
    demo.add_argument("act", choices=["load", "clear"])
    demo.add_argument(
        "--if-empty", action="store_true", help=_("do nothing when there are customers already")
    )

    backup = command("backup", "backup", _("Save database and files into one file."))
    backup.add_argument("file", type=Path)
    backup.add_argument("--with-secret-key", action="store_true", help=_("include the secret key"))

    restore = command("restore", "restore", _("Bring a backup back into an empty installation."))
    restore.add_argument("file", type=Path)
    restore.add_argument("--force", action="store_true", help=_("replace what is there"))
    restore.add_argument(
        "--erasures", type=Path, help=_("the list of erasures of the former installation (erasures.jsonl)")
    )

    doctor = command("doctor", "doctor", _("Say what is wrong and how to mend it."))
    doctor.add_argument("--json", action="store_true", help=_("print the result as JSON"))

    privacy = command("privacy", "privacy", _("Check that nobody has tampered with the access log."))
    privacy.add_argument("act", choices=["verify"])

    refresh = command("refresh", "refresh", _("Compute values and scores now."))
    refresh.add_argument("--full", action="store_true", help=_("copy everything anew, not only what changed"))

    command(
        "mcp", "mcp", _("Serve an assistant over standard input and output, by the Model Context Protocol.")
    )

    manage = command("manage", "manage", _("For developers: Django's own commands."))
    manage.add_argument("rest", nargs=argparse.REMAINDER)
    return top


def _users(sub: argparse.ArgumentParser) -> None:
    acts = sub.add_subparsers(dest="act", required=True, metavar=_("ACT"))
    acts.add_parser("list", help=_("list all")).add_argument("--json", action="store_true")
    add = acts.add_parser("add", help=_("add a person; the first password is printed"))
    add.add_argument("email")
    add.add_argument("--name", default="")
    add.add_argument("--administrator", action="store_true")
    add.add_argument("--role", action="append", default=[], help=_("code of a role (repeatable)"))
    add.add_argument("--team", default="", help=_("name of the team"))
    for name, text in (
        ("password", _("set a new password, which is printed")),
        ("deactivate", _("close the account")),
        ("reset-factors", _("take away the second factors, for somebody who lost them")),
    ):
        acts.add_parser(name, help=text).add_argument("email")


def _tokens(sub: argparse.ArgumentParser) -> None:
    acts = sub.add_subparsers(dest="act", required=True, metavar=_("ACT"))
    create = acts.add_parser("create", help=_("make a token; it is printed as the last line, once"))
    create.add_argument("--user", required=True, metavar="EMAIL")
    create.add_argument("--name", default="command line")
    create.add_argument("--days", type=int, default=365, help=_("days until it expires"))
    create.add_argument(
        "--actions", default="", help=_("what it may do, separated by commas: view,create,edit,…")
    )
    create.add_argument("--scopes", default="", help=_("only for these: customer:read,*:write,…"))
    create.add_argument("--networks", default="", help=_("only from these networks: 203.0.113.0/24,…"))
    create.add_argument("--per-minute", type=int, help=_("calls a minute at most"))
    acts.add_parser("list", help=_("list all")).add_argument("--user", metavar="EMAIL")
    acts.add_parser("revoke", help=_("make a token useless")).add_argument("id", type=int)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (failed), 2 (misused) or 130 (interrupted)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["manage"]:
        # Everything behind it belongs to Django, `--help` included.
        chosen = argparse.Namespace(module="manage", rest=given[1:])
    else:
        chosen = parser().parse_args(given)
    try:
        from dangol.config.accounts import AccountError
        from dangol.config.environment import UnusableSetting
        from dangol.config.postgres import PostgresError

        expected = (CommandFailed, AccountError, PostgresError, UnusableSetting)
    except ImportError as error:
        print(f"dangol: {error}", file=sys.stderr)
        return FAILED
    try:
        return int(import_module(f"dangol.config.commands.{chosen.module}").run(chosen) or 0)
    except expected as error:
        print(f"dangol: {error}", file=sys.stderr)
        if mend := getattr(error, "mend", ""):
            print(f"  → {mend}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
