"""The command `dangol import`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.records import registry
from dangol.records.importing import engine, rejects, runs, storage
from dangol.records.importing import registry as mappings
from dangol.records.importing.engine import Progress
from dangol.records.importing.errors import ImportProblem, RunBusy
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.importing.readers import open_table
from dangol.records.models import ImportRun, ImportState
from dangol.records.types import RecordType

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
REPORT_EVERY = 1.0
LARGEST_CHUNK = 50_000


class _Misuse(Exception):
    """The command line does not make sense."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that `run` understands."""
    parser.add_argument("type", help=_("what is brought in, for example customers or order-lines"))
    parser.add_argument("file", type=Path, help=_("a CSV file, plain or .gz"))
    parser.add_argument("--mapping", help=_("name of a built-in mapping, or a JSON file"))
    parser.add_argument("--dry-run", action="store_true", help=_("check everything, write nothing"))
    parser.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    parser.add_argument("--user", metavar="EMAIL", help=_("in whose name; without it, the system"))
    parser.add_argument("--chunk", type=int, default=0, metavar="N", help=_("rows for one transaction"))


def run(args: argparse.Namespace) -> int:
    """Import a file and return the exit code: 0 also when rows were rejected, 1 failed, 2 misused.

    Called again after it was killed, it goes on where it stopped: the same file with the same mapping is the same
    import until it has come to its end.
    """
    try:
        actor = _actor(args.user)
        with translation.override(actor.language):
            return _import(args, actor)
    except _Misuse as misuse:
        return _say(str(misuse), MISUSED)
    except RunBusy as busy:
        return _say(str(busy), FAILED)
    except ImportProblem as problem:
        return _say(str(problem), FAILED)
    except (OperationalError, InterfaceError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        text = _("The database went away: %(why)s. Run the same command again to go on where it stopped.")
        return _say(text % {"why": first}, FAILED)
    except KeyboardInterrupt:
        return _say(_("Interrupted. Run the same command again to go on where it stopped."), INTERRUPTED)


def _import(args: argparse.Namespace, actor: Actor) -> int:
    record_type = _record_type(args.type)
    chunk = getattr(args, "chunk", 0) or 0
    if not 0 <= chunk <= LARGEST_CHUNK:
        raise _Misuse(_("--chunk lies between 1 and %(limit)s.") % {"limit": LARGEST_CHUNK})
    path = args.file.absolute()
    size, sha256 = storage.measure(path)
    mapping = _mapping(args.mapping, record_type, path)
    engine.require_permission(mapping, actor)
    report = _Reporter(quiet=not sys.stderr.isatty())
    if args.dry_run:
        with transaction.atomic():
            run_ = runs.run_create(
                actor=actor, path=path, mapping=mapping, size=size, sha256=sha256, chunk_rows=chunk
            )
            run_ = engine.rehearse(run_, actor, report)
            rejects_file = _write_rejects(run_, mapping)
            transaction.set_rollback(True)
    else:
        found = runs.run_unfinished(actor=actor, sha256=sha256, mapping=mapping)
        if found is None:
            found = runs.run_create(
                actor=actor, path=path, mapping=mapping, size=size, sha256=sha256, chunk_rows=chunk
            )
        else:
            _resume(found, path, chunk)
            if found.rows:
                _say(_("Going on after %(rows)s rows.") % {"rows": f"{found.rows:,}"}, OK)
        run_ = engine.run(found, actor, report)
        rejects_file = _write_rejects(run_, mapping)
    report.close()
    text = (
        json.dumps(result(run_, rejects_file), ensure_ascii=False)
        if args.json
        else _summary(run_, rejects_file, dry_run=args.dry_run)
    )
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    if run_.state == ImportState.CANCELLED:
        return _say(_("The import was cancelled."), FAILED)
    return OK


def result(import_run: ImportRun, rejects_file: Path | None) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "rows": import_run.rows,
        "imported": import_run.imported,
        "rejected": import_run.rejected,
        "unchanged": import_run.unchanged,
        "created": {name: count for name, count in import_run.created.items() if count},
        "updated": {name: count for name, count in import_run.updated.items() if count},
        "seconds": round(import_run.seconds, 3),
        "rows_per_second": round(import_run.rows_per_second, 1),
        "rejects_file": str(rejects_file) if rejects_file else None,
    }


def _actor(email: str | None) -> Actor:
    if not email:
        revisions.look()
        return Actor.system("import")
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


def _mapping(chosen: str | None, record_type: RecordType, path: Path) -> Mapping:
    if not chosen:
        return runs.mapping_from_header(path, record_type)
    if chosen.endswith(".json") or "/" in chosen:
        file = Path(chosen)
        mapping = read_mapping(mappings.load(file), name=file.stem)
    else:
        mapping = mappings.get(chosen)
    if record_type.name not in mapping.types:
        types = ", ".join(registry.get(name).path for name in mapping.types)
        raise _Misuse(
            _("The mapping %(mapping)s does not make %(type)s; it makes %(types)s.")
            % {"mapping": mapping.name, "type": record_type.path, "types": types}
        )
    return mapping


def _resume(found: ImportRun, path: Path, chunk: int) -> None:
    """The same content may lie elsewhere by now."""
    found.path = str(path)
    if chunk:
        found.chunk_rows = chunk
    found.save(update_fields=["path", "chunk_rows"])


def _write_rejects(import_run: ImportRun, mapping: Mapping) -> Path | None:
    if not import_run.rejected:
        return None
    path = storage.rejects_path(import_run.key)
    with open_table(Path(import_run.path), engine.options_of(mapping)) as table:
        rejects.write_rejects(import_run, table.header, len(mapping.ordinals), path)
    return path


def _summary(import_run: ImportRun, rejects_file: Path | None, *, dry_run: bool) -> str:
    lines = [_("Dry run, nothing was written.")] if dry_run else []
    lines.append(
        _("%(rows)s rows: %(imported)s imported, %(unchanged)s unchanged, %(rejected)s rejected")
        % {
            "rows": f"{import_run.rows:,}",
            "imported": f"{import_run.imported:,}",
            "unchanged": f"{import_run.unchanged:,}",
            "rejected": f"{import_run.rejected:,}",
        }
    )
    lines.extend(
        _("%(type)s: %(created)s created, %(updated)s updated")
        % {
            "type": registry.get(name).label_plural,
            "created": f"{import_run.created.get(name, 0):,}",
            "updated": f"{import_run.updated.get(name, 0):,}",
        }
        for name in import_run.record_types
    )
    lines.append(
        _("%(seconds)s s, %(rate)s rows/s")
        % {"seconds": f"{import_run.seconds:,.1f}", "rate": f"{import_run.rows_per_second:,.0f}"}
    )
    if rejects_file:
        lines.append(_("Rejected rows with their reasons: %(path)s") % {"path": rejects_file})
    return "\n".join(lines)


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"dangol: {text}\n")
    return code


class _Reporter:
    """One line on the terminal that is written over; in a log file a line now and then."""

    def __init__(self, *, quiet: bool) -> None:
        self.every = 10.0 if quiet else REPORT_EVERY / 4
        self.end = "\n" if quiet else ""
        self.start = "" if quiet else "\r\x1b[K"
        self.said = time.monotonic()
        self.open = False

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self.said < self.every:
            return
        self.said = time.monotonic()
        left = progress.seconds_left
        text = _(
            "%(percent)s %% · %(rows)s rows · %(rate)s rows/s · %(left)s left · %(rejected)s rejected"
        ) % {
            "percent": f"{progress.share * 100:.0f}",
            "rows": f"{progress.rows:,}",
            "rate": f"{progress.rows_per_second:,.0f}",
            "left": _clock(left),
            "rejected": f"{progress.rejected:,}",
        }
        sys.stderr.write(f"{self.start}{text}{self.end}")
        sys.stderr.flush()
        self.open = not self.end

    def close(self) -> None:
        if self.open:
            sys.stderr.write("\n")
            self.open = False


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    whole = int(seconds + 0.5)
    return f"{whole // 60}:{whole % 60:02d}"
