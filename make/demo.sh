#!/bin/sh
# Loads the demo company, once, while the browser's libraries are brought, and serves it.
set -eu
cd "$(dirname "$0")/.."

.venv/bin/python -m checks.messages compile # before both: the company's words are in the catalogues
make -s environment &
brought=$!
.venv/bin/python -m dangol.config demo load --if-empty || {
    kill "$brought" 2>/dev/null || :
    exit 1
}
wait "$brought"
DANGOL_DEMO=1 DANGOL_HOST=127.0.0.1 exec .venv/bin/python -m dangol.config serve
