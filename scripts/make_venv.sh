#!/bin/sh
# Make a virtual environment and install the package into it, in place.
#
#   sh scripts/make_venv.sh .venv ".[dev]"
#
# Uses $PYTHON where given, else the first Python 3.11 or newer on the path. On Debian as root the package that
# brings the module venv is installed where it is missing.
set -eu

venv=$1
what=$2
needed=3.11

say() { printf '%s\n' "$*" >&2; }

new_enough() {
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" && printf '%s\n' "$PYTHON" && return
        say "PYTHON=$PYTHON does not run, or is older than $needed."
        return 1
    fi
    for name in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    say "Python $needed or newer is needed and was not found on the path (python3 is: $(python3 --version 2>&1))."
    say "Install it (Debian: apt install python3 python3-venv; macOS: brew install python@3.13) or name one:"
    say "    make PYTHON=/path/to/python3.12"
    return 1
}

make_venv() {
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && "$python" -m venv "$venv" && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "The module venv is missing; installing the system's package python3-venv."
        apt-get update -q >&2
        apt-get install -y -q python3-venv >&2
        "$python" -m venv "$venv" && return
    fi
    say "$python lacks the module venv. On Debian: sudo apt install python3-venv; then run make again."
    return 1
}

if [ ! -x "$venv/bin/python" ] || ! new_enough "$venv/bin/python"; then
    rm -rf "$venv"
    python=$(find_python)
    say "Making $venv with $("$python" --version)."
    make_venv
fi
say "Installing $what and what it needs into $venv."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what"
