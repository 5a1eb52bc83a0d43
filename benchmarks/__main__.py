"""All benchmarks at one size, on a PostgreSQL of their own (or the one that `DATABASE_URL` names).

python -m benchmarks [--size S|M|L] [NAME …]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Shares of the company of size L: 1,000,000 customers, 12,000,000 order lines.
SHARE = {"S": 0.01, "M": 0.1, "L": 1.0}
BENCHMARKS = {
    "search": lambda share: ["benchmarks.search", str(int(1_000_000 * share))],
    "lake": lambda share: ["benchmarks.lake", "--lines", str(int(12_000_000 * share))],
    "pages": lambda share: ["benchmarks.pages", "--share", str(share)],
    "rfm": lambda share: ["benchmarks.rfm", "--lines", str(int(12_000_000 * share))],
}


def main() -> int:
    """Run them one after the other; the exit code says whether all came to their end."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--size", choices=SHARE, default="S")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")

    folder = Path(tempfile.mkdtemp(prefix="dangol-bench-"))
    os.environ["DANGOL_DATA"] = str(folder)
    os.environ.setdefault("DANGOL_LOG_LEVEL", "WARNING")
    server = None
    failed = []
    try:
        if not os.environ.get("DATABASE_URL"):
            from dangol.config import logs, postgres

            logs.configure(level="WARNING")
            server = postgres.start(folder)
            os.environ["DATABASE_URL"] = server.url()
        for name in arguments.names or BENCHMARKS:
            print(f"\n## {name}, size {arguments.size}\n", flush=True)
            module = BENCHMARKS[name](SHARE[arguments.size])
            if subprocess.run([sys.executable, "-m", *module], check=False).returncode:
                failed.append(name)
    finally:
        if server is not None:
            from dangol.config import postgres

            postgres.stop(server)
        shutil.rmtree(folder, ignore_errors=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
