#!/bin/sh
# All that must hold before a change goes in. Runs everything, then says what failed; the last line
# of a good run is pytest's own summary. Needs tools/environment.sh dev. Arguments go to pytest.
# COVER=no leaves out the count of branches taken, which makes properties of core two to four times
# as slow (before Python 3.14, where it is almost free).
set -eu
cd "$(dirname -- "$0")/.."
PATH=$PWD/.venv/bin:$PATH
export PATH

failed=
check() {
    name=$1
    shift
    printf '%-10s ' "$name"
    if said=$("$@" 2>&1); then
        printf 'ok\n'
    else
        printf 'FAILED\n%s\n\n' "$said"
        failed="$failed $name"
    fi
}

check lint ruff check --output-format concise .
check format ruff format --check .
check types mypy
check floors lint-imports --no-logo --config importlinter.ini
check borrowed deptry src

if [ "${1:-}" = --lint ]; then
    if [ -z "$failed" ]; then exit 0; fi
    echo "failed:$failed" >&2
    exit 1
fi
status=0
# Two workers: nodes of parties test on two cores, and more would only wait for the disk.
if [ "${COVER:-yes}" != no ]; then set -- --cov --cov-report term:skip-covered "$@"; fi
pytest -n 2 "$@" || status=$?
if [ -z "$failed" ]; then exit "$status"; fi
echo "failed before pytest:$failed" >&2
exit 1
