#!/bin/sh
# Where Java is, brings Spark's libraries (450 MB, once) so that the tests of the lake on Spark run; elsewhere they are skipped, and say so.
set -eu
cd "$(dirname "$0")/.."

if ! command -v java >/dev/null 2>&1 && [ -z "${JAVA_HOME:-}" ]; then
    echo "There is no Java: the tests of the lake on Spark are skipped."
    exit 0
fi
.venv/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("pyspark") is None)' && exit 0
uv=$(ls -d .cache/uv-*/bin/uv | tail -n 1)
echo "Bringing Spark's libraries …"
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
"$uv" sync --quiet --frozen --inexact --extra spark 2>/dev/null ||
    "$uv" sync --quiet --frozen --inexact --extra spark --system-certs ||
    echo "Spark's libraries cannot be had just now: the tests of the lake on Spark are skipped." >&2
