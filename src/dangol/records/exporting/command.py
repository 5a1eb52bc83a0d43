"""The command `dangol export`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.records import filters, registry
from dangol.records.exporting import making, runs
from dangol.records.exporting.asking import Asked, all_columns, ask
from dangol.records.exporting.errors import ExportProblem
from dangol.records.exporting.formats import FORMATS
from dangol.records.filters.tree import EVERYTHING
from dangol.records.models import ExportRun
from dangol.records.types import RecordType

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


class _Misuse(Exception):
    """The command line does not make sense."""


def run(args: argparse.Namespace) -> int:
    """Write the file and return the exit code: 0 also when characters were replaced (which is said), 1 failed, 2 misused.

    The file appears when it is whole; one that is there already is replaced then.
    """
    try:
        actor = _actor(args.user)
        with translation.override(actor.language):
            return _export(args, actor)
    except _Misuse as misuse:
        return _say(str(misuse), MISUSED)
    except ExportProblem as problem:
        return _say(str(problem.message), FAILED if problem.code == "forbidden" else MISUSED)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return _say(
            _("The file %(name)s cannot be written: %(why)s") % {"name": args.out, "why": why}, FAILED
        )
    except KeyboardInterrupt:
        return _say(_("Interrupted. Nothing was written."), INTERRUPTED)


def _export(args: argparse.Namespace, actor: Actor) -> int:
    asked = _asked(args, actor)
    if not args.out.absolute().parent.is_dir():
        raise _Misuse(_("There is no folder %(name)s.") % {"name": args.out.absolute().parent})
    export = runs.run_create(asked, origin="command")
    path = making.make(export, asked, keep=False)
    _move(path, args.out.absolute())
    if export.path:
        # It was kept for somebody to look at; here it is handed over at once.
        ExportRun.objects.filter(pk=export.pk).update(path="", expires_at=None)
    text = (
        json.dumps(result(export, args.out), ensure_ascii=False) if args.json else _summary(export, args.out)
    )
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    if lost := export.losses:
        _say(
            _("%(count)s characters became “?”, since CP949 does not have them; %(cut)s texts were cut.")
            % {"count": f"{lost['replaced']:,}", "cut": f"{lost['shortened']:,}"},
            OK,
        )
    return OK


def _asked(args: argparse.Namespace, actor: Actor) -> Asked:
    record_type = _record_type(args.type)
    try:
        tree = filters.parse(args.filter, record_type, actor=actor) if args.filter.strip() else EVERYTHING
    except filters.FilterError as problem:
        raise _Misuse(f"{problem}\n{filters.point(problem, args.filter)}") from problem
    names = [name.strip() for name in args.fields.split(",") if name.strip()]
    return ask(
        actor=actor,
        record_type=record_type,
        tree=tree,
        sort=[name.strip() for name in args.sort.split(",") if name.strip()],
        columns=all_columns(actor, record_type) if names == ["*"] else names,
        format_name=args.format or args.out.suffix.lstrip(".").lower() or next(iter(FORMATS)),
        encoding=args.encoding,
        reason=args.reason,
    )


def result(export: ExportRun, out: Path) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "rows": export.rows,
        "file": str(out),
        "bytes": export.size,
        "seconds": round(export.seconds, 3),
        "rows_per_second": round(export.rows_per_second, 1),
        "replaced": export.losses.get("replaced", 0),
        "shortened": export.losses.get("shortened", 0),
    }


def _move(path: Path, out: Path) -> None:
    """Into place in one step: beside the goal first, since the data folder may lie on another disk."""
    draft = out.with_name(f".{out.name}.part")
    try:
        shutil.move(path, draft)
        draft.replace(out)
    except BaseException:
        path.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
        raise


def _actor(email: str | None) -> Actor:
    if not email:
        revisions.look()
        return Actor.system("export")
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise _Misuse(_("There is no user %(email)s.") % {"email": email})
    return actor_for(user)


def _record_type(name: str) -> RecordType:
    found = registry.by_path(name) or registry.find(name)
    if found is None:
        paths = ", ".join(known.path for known in registry.all_types())
        raise _Misuse(
            _("There is no record type %(name)s. Possible are: %(names)s.") % {"name": name, "names": paths}
        )
    return found


def _summary(export: ExportRun, out: Path) -> str:
    return _("%(rows)s rows in %(file)s (%(rate)s rows/s)") % {
        "rows": f"{export.rows:,}",
        "file": out,
        "rate": f"{export.rows_per_second:,.0f}",
    }


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"dangol: {text}\n")
    return code
