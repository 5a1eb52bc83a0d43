#!/bin/sh
# Makes .venv from uv.lock. Needs Python 3.11 or newer with venv, nothing else; says the one line that mends what is missing.
set -eu
cd "$(dirname "$0")/.."
UV_VERSION=0.13.9

fits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=""
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
    if fits "$candidate"; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is missing. Mend it with:" >&2
    if [ "$(uname)" = Darwin ]; then
        echo "  brew install python@3.13" >&2
    else
        echo "  apt-get install -y python3 python3-venv" >&2
    fi
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "$python has no venv. Mend it with:" >&2
    echo "  apt-get install -y python3-venv" >&2
    exit 1
fi

# uv lives beside the environment, not in it: it removes from .venv whatever is not in the lock file.
uv=.cache/uv-$UV_VERSION/bin/uv
if [ ! -x "$uv" ]; then
    echo "Bringing uv $UV_VERSION …"
    rm -rf ".cache/uv-$UV_VERSION"
    "$python" -m venv ".cache/uv-$UV_VERSION"
    ".cache/uv-$UV_VERSION/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi
echo "Making .venv from uv.lock …"
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
# Behind a company's proxy only the system's certificates know it; a bare system may have none. So both, in turn.
"$uv" sync --quiet --frozen --python "$python" 2>/dev/null ||
    "$uv" sync --quiet --frozen --python "$python" --system-certs
# The large libraries are compiled while others are still being brought. A first start that comes sooner does it itself.
.venv/bin/python -c 'import ibis.backends.duckdb, pandas, pyarrow, scipy.optimize, scipy.stats, sklearn.ensemble' >/dev/null 2>&1 &
touch .venv/.ready
