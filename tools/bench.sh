#!/bin/sh
# Run benches: those named, or each module of bench/ whose name does not begin with an underscore.
# Every bench prints progress to standard error and one JSON object as its last line.
set -eu
cd "$(dirname -- "$0")/.."
if [ $# -eq 0 ]; then
    for file in bench/[a-z]*.py; do
        if [ -e "$file" ]; then set -- "$@" "$(basename "$file" .py)"; fi
    done
fi
for name in "$@"; do
    echo "bench  $name" >&2
    .venv/bin/python -m "bench.$name" --json
done
