"""What `dangol doctor` looks at in long work: the lake, imports, exports, and what they left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from dangol.config.findings import Finding, finding
from dangol.config.language import gettext as _

LAKE_AGE = timedelta(hours=36)
"""It is refreshed each night; one night may be missed."""
NAMED = 5


def lake() -> Iterator[Finding]:
    """Whether the lake can be read and is of today, and what became of its last refresh."""
    from django.conf import settings
    from django.utils import timezone

    from dangol.measures.lake import checking
    from dangol.measures.lake.manifest import FILE
    from dangol.measures.selectors import run_last_done

    state = checking.state()
    done = run_last_done()
    if state.broken:
        place = getattr(settings, "DANGOL_LAKE", "") or Path(settings.DATA) / "lake"
        yield finding(
            "lake",
            False,
            _("the manifest cannot be read: %s") % state.broken,
            _("remove %s, then dangol refresh") % f"{place}/{FILE}",
        )
    elif state.taken_at is None and done is None:
        yield Finding("lake", True, _("none yet; the first refresh makes it"), note=True)
    elif state.taken_at is None:
        yield finding("lake", False, _("missing, though it was refreshed before"), "dangol refresh")
    elif state.missing:
        yield finding(
            "lake", False, _("%s of its files are missing") % state.missing, "dangol refresh --full"
        )
    elif not state.is_ours:
        yield finding("lake", False, _("copied from another database"), "dangol refresh")
    else:
        age = timezone.now() - state.taken_at
        text = _("%(rows)s rows, as of %(hours)s h ago") % {
            "rows": f"{state.rows:,}",
            "hours": f"{age.total_seconds() / 3600:.1f}",
        }
        yield finding(
            "lake", age < LAKE_AGE, text, _("start dangol serve or dangol worker, or call dangol refresh")
        )
    yield from _last_refresh()


def _last_refresh() -> Iterator[Finding]:
    from dangol.measures.lake import checking
    from dangol.measures.models import RefreshRun
    from dangol.measures.selectors import run_latest

    last = run_latest()
    if last is None:
        return
    if last.state == RefreshRun.State.FAILED:
        yield finding("refresh", False, _("failed: %s") % last.error[:200], "dangol refresh")
    elif last.state == RefreshRun.State.RUNNING and not checking.is_being_written():
        yield finding("refresh", False, _("stopped half-way, its process is gone"), "dangol refresh")
    else:
        yield finding("refresh", True, last.get_state_display(), "")


def imports() -> Iterator[Finding]:
    """Whether imports that should be going on are, and have their files."""
    from dangol.records.importing import leftovers

    stuck = leftovers.runs_stuck()
    yield finding(
        "imports",
        not stuck,
        _("%(count)s without a process: %(files)s")
        % {"count": len(stuck), "files": _named([run.file_name for run in stuck])}
        if stuck
        else _("none is stuck"),
        _("start dangol worker; one begun by dangol import goes on when the same command is called again"),
    )
    if gone := leftovers.runs_without_file():
        yield finding(
            "import files",
            False,
            _("%(count)s files are gone: %(files)s")
            % {"count": len(gone), "files": _named([run.file_name for run in gone])},
            _(
                "restore the imports folder from the backup, or remove these imports and upload the files again"
            ),
        )


def exports() -> Iterator[Finding]:
    """Whether exports that should be going on are."""
    from dangol.records.exporting import runs

    stuck = runs.runs_stuck()
    yield finding(
        "exports",
        not stuck,
        _("%(count)s without a process: %(files)s")
        % {"count": len(stuck), "files": _named([run.file_name or run.record_type for run in stuck])}
        if stuck
        else _("none is stuck"),
        _("start dangol worker, or cancel them and export again"),
    )


def left_behind() -> Iterator[Finding]:
    """Files of imports and exports that nothing names any more; they may hold personal data."""
    from dangol.records.exporting import runs
    from dangol.records.importing import leftovers

    for name, found, mend in (
        ("import leftovers", leftovers.leftovers(), _("remove them: %s")),
        ("export leftovers", runs.leftovers(), _("start dangol worker, which removes them each hour: %s")),
    ):
        size = sum(path.stat().st_size for path in found)
        yield finding(
            name,
            not found,
            _("%(count)s files, %(size)s MB") % {"count": len(found), "size": f"{size / 1e6:.1f}"},
            mend % _named([str(path) for path in found]) if found else "",
        )


def roll_ups() -> Iterator[Finding]:
    """Whether something keeps each roll-up field up to date, and whether the nightly check found values that had drifted."""
    from dangol.records.own import roll_checks

    found = roll_checks.findings()
    wrong = [(definition, text) for definition, good, text in found if not good]
    for definition, text in wrong[:NAMED]:
        yield finding(
            "roll-ups",
            False,
            f"{definition.record_type}.{definition.name}: {text}",
            _("start dangol worker; if it comes again, tell the makers"),
        )
    if found and not wrong:
        yield Finding("roll-ups", True, _("%s fields in step with their records") % len(found))


QUESTIONS = (lake, imports, exports, left_behind, roll_ups)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
