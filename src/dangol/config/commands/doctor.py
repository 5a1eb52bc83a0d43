"""`dangol doctor`: what is wrong and how to mend it."""

from __future__ import annotations

import argparse
import json

from dangol.config import diagnosis, installation
from dangol.config.findings import Finding
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Look at everything; returns 1 when something is wrong."""
    findings = list(diagnosis.before_database())
    try:
        with installation.opened(schema=False):
            findings += diagnosis.with_database()
    except Exception as error:  # noqa: BLE001 - that the database cannot be reached is a finding, too
        findings.append(
            Finding(
                "database", False, str(error).strip(), _("see the log in DANGOL_DATA, or check DATABASE_URL")
            )
        )
    findings += diagnosis.around()
    wrong = [finding for finding in findings if not finding.good]
    if args.json:
        print(
            json.dumps({"good": not wrong, "findings": [f.as_json() for f in findings]}, ensure_ascii=False)
        )
        return 1 if wrong else 0
    for finding in findings:
        mark = "✗" if not finding.good else "·" if finding.note else "✓"
        print(f"{mark} {finding.name:18} {finding.text}")
        if finding.mend:
            print(f"  {'':18} → {finding.mend}")
    print(_("Everything is in order.") if not wrong else _("%s things are wrong.") % len(wrong))
    return 1 if wrong else 0
