#!/bin/sh
# Prints the folder with the programs of Debian's PostgreSQL 15, installing it where that is possible without asking.
set -eu
folder=/usr/lib/postgresql/15/bin
if [ ! -x "$folder/postgres" ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    apt-get install -y -qq postgresql-15 >/dev/null 2>&1 || true
fi
if [ ! -x "$folder/postgres" ]; then
    echo "PostgreSQL 15 is missing. Mend it with:" >&2
    echo "  sudo apt-get install -y postgresql-15" >&2
    exit 1
fi
echo "$folder"
