#!/bin/sh
# Finds Chromium for the browser tests, or installs it where that is possible without asking.
set -eu

find_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        [ -x "$CHROMIUM" ] && return 0
        echo "CHROMIUM=$CHROMIUM is not a program." >&2
        exit 1
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    for path in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        [ -x "$path" ] && return 0
    done
    return 1
}

find_chromium && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
    find_chromium && exit 0
fi
echo "Chromium is missing; the browser tests need it. Mend it with:" >&2
if [ "$(uname)" = Darwin ]; then
    echo "  brew install --cask chromium" >&2
else
    echo "  sudo apt-get install -y chromium fonts-noto-cjk" >&2
fi
exit 1
