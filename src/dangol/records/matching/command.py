"""The command `dangol duplicates scan`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.records.commandline import FAILED, MISUSED, OK, Misuse, actor_called, say, type_called
from dangol.records.matching import scanning
from dangol.records.matching.rules import rules_of
from dangol.records.matching.scans import ScanProblem, scan_create
from dangol.records.models import DuplicateScan, ScanState


def run(args: argparse.Namespace) -> int:
    """Search in this process and return the exit code: 0 done, 1 cancelled or refused, 2 misused."""
    try:
        actor = actor_called(args.user, "duplicates")
        with translation.override(actor.language):
            rules = rules_of(type_called(args.type))
            scan = scanning.run(scan_create(actor=actor, rules=rules, full=args.full))
            text = json.dumps(result(scan), ensure_ascii=False) if args.json else summary(scan)
            sys.stdout.write(f"{text}\n")
            return OK if scan.state == ScanState.FINISHED else FAILED
    except Misuse as misuse:
        return say(str(misuse), MISUSED)
    except ScanProblem as problem:
        return say(str(problem), FAILED)


def result(scan: DuplicateScan) -> dict[str, Any]:
    """What `--json` prints. Memory in bytes: the most that the process had."""
    return {
        "state": scan.state,
        "full": scan.full,
        "rows": scan.rows,
        "compared": scan.compared,
        "pairs": scan.pairs,
        "new": scan.new_pairs,
        "merged": scan.merged,
        "seconds": round(scan.seconds, 3),
        "peak_memory": scan.peak_memory,
    }


def summary(scan: DuplicateScan) -> str:
    return _(
        "%(rows)s records, %(pairs)s pairs, %(new)s of them new, in %(seconds)s s with %(memory)s MB"
    ) % {
        "rows": f"{scan.rows:,}",
        "pairs": f"{scan.pairs:,}",
        "new": f"{scan.new_pairs:,}",
        "seconds": f"{scan.seconds:,.1f}",
        "memory": f"{scan.peak_memory / 2**20:,.0f}",
    }
