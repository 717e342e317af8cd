#!/bin/sh
# Print the path of a Chromium for the browser tests, or nothing where there is none; messages go to stderr.
#
# $WORKBENCH_CHROMIUM wins. On Debian as root a missing one is installed from the system's packages.
set -eu

say() { printf '%s\n' "$*" >&2; }

found() {
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        if path=$(command -v "$name" 2>/dev/null); then
            printf '%s\n' "$path"
            return
        fi
    done
    for path in \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "${HOME:-}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    do
        if [ -x "$path" ]; then
            printf '%s\n' "$path"
            return
        fi
    done
    return 1
}

if [ -n "${WORKBENCH_CHROMIUM:-}" ]; then
    if [ -x "$WORKBENCH_CHROMIUM" ]; then
        printf '%s\n' "$WORKBENCH_CHROMIUM"
        exit 0
    fi
    say "WORKBENCH_CHROMIUM=$WORKBENCH_CHROMIUM is no program."
    exit 1
fi

found && exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    say "No Chromium found; installing the system's package chromium for the browser tests."
    export DEBIAN_FRONTEND=noninteractive
    if { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } >&2; then
        found && exit 0
    fi
    say "The package chromium could not be installed."
fi

say "No Chromium found: the browser tests are left out. To run them install one and repeat:"
say "    Debian, Ubuntu:  sudo apt install chromium"
say "    macOS:           brew install --cask google-chrome"
say "    elsewhere:       make test WORKBENCH_CHROMIUM=/path/to/chromium"
