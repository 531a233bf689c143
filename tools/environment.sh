#!/bin/sh
# Make .venv from the hashed locks in requirements/. POSIX sh; no bash, no network tool of our own.
#
#   tools/environment.sh run     what a running party needs
#   tools/environment.sh dev     the same, and what `make test` needs
#
# Three ways, the first that this machine can go: uv; venv and pip, which fetch uv; an outside pip.
# All of them check every file against its hash. A second call does nothing and takes milliseconds.
# PYTHON=/path/to/python chooses the interpreter of a new one. Exit 69: install something first.
set -eu

group=${1:-run}
case $group in
run | dev) ;;
*)
    echo "usage: tools/environment.sh run|dev" >&2
    exit 64
    ;;
esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
venv=$root/.venv

# A stamp holds the sum of what it was made from. The path is part of it: scripts in a venv hold
# their own place, so a folder that was moved needs a new one.
sum_of() {
    { printf '%s\n' "$root" && cat tools/environment.sh "$@"; } | cksum
}
run_sum=$(sum_of requirements/run.txt)
dev_sum=$(sum_of requirements/run.txt requirements/dev.txt)
is_stamped() {
    [ -x "$venv/bin/python" ] && [ -f "$venv/detente-$1.stamp" ] &&
        [ "$(cat "$venv/detente-$1.stamp")" = "$2" ]
}
if is_stamped dev "$dev_sum"; then exit 0; fi
if is_stamped run "$run_sum"; then
    if [ "$group" = run ]; then exit 0; fi
    fresh=no # the tools come on top of what is there
else
    fresh=yes
fi

stop() {
    echo "environment  $1" >&2
    exit 69
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
        # Asking the program, not the name: a shim may stand there without a Python behind it.
        found=$("$candidate" -c 'import sys
if sys.version_info >= (3, 11): print(sys.executable)' 2>/dev/null) || found=
        if [ -n "$found" ]; then
            python=$found
            return
        fi
    done
    stop "Python 3.11 or newer is needed and was not found; on Debian 12 or newer: apt install python3 python3-venv"
}

lock=requirements/$group.txt
find_python
started=$(date +%s)
# Nothing on disk counts until the stamp is written, so an interrupted call is simply repeated.
rm -f "$venv/detente-run.stamp" "$venv/detente-dev.stamp"
if [ "$fresh" = yes ]; then rm -rf "$venv"; fi
# uv keeps its files under HOME; a machine without one (a builder, a cron job) gets a folder here.
if [ -z "${HOME:-}" ] && [ -z "${UV_CACHE_DIR:-}" ]; then
    UV_CACHE_DIR=$venv/cache
    export UV_CACHE_DIR
fi

# uv carries its own list of authorities. Behind an inspecting proxy only the system's will do.
with_uv() {
    if ! "$1" pip install --quiet --python "$venv/bin/python" --require-hashes \
        --requirement "$lock" 2>/dev/null; then
        UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 "$1" pip install --quiet --python "$venv/bin/python" \
            --require-hashes --requirement "$lock"
    fi
}
with_pip() { # pip and its place, then the lock
    requirements=$1
    shift
    "$@" install --quiet --disable-pip-version-check --no-input --require-hashes \
        --requirement "$requirements"
}
say() {
    echo "environment  making .venv with $how from $lock"
}

by_uv() {
    uv=$(command -v uv || echo "$venv/bin/uv") # ours, if an earlier call had to fetch it
    "$uv" pip install --help 2>/dev/null | grep -q -e --require-hashes || return 1
    how=uv
    say
    if [ ! -x "$venv/bin/python" ]; then "$uv" venv --quiet --python "$python" "$venv" || return 1; fi
    with_uv "$uv"
}
by_venv() {
    "$python" -c 'import venv, ensurepip' 2>/dev/null || return 1
    how="venv and pip"
    say
    rm -rf "$venv"
    "$python" -m venv "$venv" || return 1
    # uv is several times faster than pip. Where it cannot be had, pip does it all.
    if ! command -v uv >/dev/null && with_pip requirements/uv.txt "$venv/bin/python" -m pip 2>/dev/null &&
        with_uv "$venv/bin/uv" 2>/dev/null; then
        how="venv, pip and uv"
    else
        with_pip "$lock" "$venv/bin/python" -m pip
    fi
}
by_outside_pip() { # Debian without python3-venv: no ensurepip, but perhaps a pip
    "$python" -c 'import venv' 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1 || return 1
    how="an outside pip"
    say
    rm -rf "$venv"
    "$python" -m venv --without-pip "$venv" &&
        with_pip "$lock" "$python" -m pip --python "$venv/bin/python"
}

how=
if ! by_uv && ! by_venv && ! by_outside_pip; then
    if [ -z "$how" ]; then
        stop "neither uv nor pip can be used with $python; on Debian: apt install python3-venv"
    fi
    stop "the packages of $lock could not be had: is there a way to a package index?"
fi

# The project itself: one line says where its source is, one script starts it. No build backend is
# fetched for that, and an edit counts at once.
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$root/src" >"$packages/detente.pth"
{
    # Through sh, since a path may be too long, or hold a space, for a line beginning with #!.
    printf '%s\n' '#!/bin/sh' "'''exec' \"$venv/bin/python\" \"\$0\" \"\$@\"" "' '''"
    printf '%s\n' 'import sys' '' 'from detente.__main__ import main' '' 'sys.exit(main())'
} >"$venv/bin/detente"
chmod 755 "$venv/bin/detente"

if [ "$group" = dev ]; then printf '%s\n' "$dev_sum" >"$venv/detente-dev.stamp"; fi
printf '%s\n' "$run_sum" >"$venv/detente-run.stamp"
echo "environment  ready in .venv ($how, $("$venv/bin/python" -c 'import platform; print("Python", platform.python_version())'), $(($(date +%s) - started)) s)"
