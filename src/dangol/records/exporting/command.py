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

from dangol.identity.actors import Actor
from dangol.records import filters
from dangol.records.commandline import (
    FAILED,
    INTERRUPTED,
    MISUSED,
    OK,
    Misuse,
    actor_called,
    say,
    type_called,
)
from dangol.records.exporting import making, runs
from dangol.records.exporting.asking import Asked, all_columns, ask
from dangol.records.exporting.errors import ExportProblem
from dangol.records.exporting.formats import FORMATS
from dangol.records.filters.tree import EVERYTHING
from dangol.records.models import ExportRun


def run(args: argparse.Namespace) -> int:
    """Write the file and return the exit code: 0 also when characters were replaced (which is said), 1 failed, 2 misused.

    The file appears when it is whole; one that is there already is replaced then.
    """
    try:
        actor = actor_called(args.user, "export")
        with translation.override(actor.language):
            return _export(args, actor)
    except Misuse as misuse:
        return say(str(misuse), MISUSED)
    except ExportProblem as problem:
        return say(str(problem.message), FAILED if problem.code == "forbidden" else MISUSED)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return say(_("The file %(name)s cannot be written: %(why)s") % {"name": args.out, "why": why}, FAILED)
    except KeyboardInterrupt:
        return say(_("Interrupted. Nothing was written."), INTERRUPTED)


def _export(args: argparse.Namespace, actor: Actor) -> int:
    asked = _asked(args, actor)
    if not args.out.absolute().parent.is_dir():
        raise Misuse(_("There is no folder %(name)s.") % {"name": args.out.absolute().parent})
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
        say(
            _("%(count)s characters became “?”, since CP949 does not have them; %(cut)s texts were cut.")
            % {"count": f"{lost['replaced']:,}", "cut": f"{lost['shortened']:,}"},
            OK,
        )
    return OK


def _asked(args: argparse.Namespace, actor: Actor) -> Asked:
    record_type = type_called(args.type)
    try:
        tree = filters.parse(args.filter, record_type, actor=actor) if args.filter.strip() else EVERYTHING
    except filters.FilterError as problem:
        raise Misuse(f"{problem}\n{filters.point(problem, args.filter)}") from problem
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


def _summary(export: ExportRun, out: Path) -> str:
    return _("%(rows)s rows in %(file)s (%(rate)s rows/s)") % {
        "rows": f"{export.rows:,}",
        "file": out,
        "rate": f"{export.rows_per_second:,.0f}",
    }
